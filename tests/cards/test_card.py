"""The card and its text: what they show, that foreign text cannot steer them, and that a sanitiser leaves them readable."""

import html as htmllib
import re
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter

from autograder.cards import card, picture
from autograder.cards.escape import escape, printable
from autograder.exercise import load
from autograder.judge import judge
from autograder.probes import ERROR, NOT_WRITTEN, OK, TIME_LIMIT, Answer
from autograder.verdict import AspectResult, Difference, Verdict

EXERCISE = load("conv.conv2d_forward")
CASES = EXERCISE.cases(2026)
EVIL = "<script>alert(1)</script><img src=http://x/y onerror=alert(2)> \x1b[31mred\x1b]0;title\x07 \u202eback \x07 $x$ \"' &lt;"


def truth(case):
    out = EXERCISE.oracle(**case.inputs)
    return out.astype(case.dtype)


def verdict_of(change, cases=CASES):
    """The verdict on answers made from what is expected."""
    return judge(EXERCISE, cases, [Answer(OK, change(case, truth(case))) for case in cases])


def border_lost(case, out):
    if case.inputs.get("padding", 0):
        out[:, :, 0] = 0
    return out


@pytest.fixture(scope="module")
def passed():
    return verdict_of(lambda case, out: out)


@pytest.fixture(scope="module")
def flipped():
    mirrored = EXERCISE.misconception("flipped_filter").oracle
    return verdict_of(lambda case, out: mirrored(**case.inputs).astype(case.dtype))


@pytest.fixture(scope="module")
def border():
    return verdict_of(border_lost)


@pytest.fixture(scope="module")
def evil():
    return judge(EXERCISE, CASES, [Answer(ERROR, error="ValueError", message=EVIL, where=f"conv.py, line 3: raise {EVIL}")] * len(CASES))


def words(page):
    """What a reader sees: the text without tags."""
    return htmllib.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


class Tags(HTMLParser):
    """Collects tags and attributes, and checks that every tag is closed in order."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.open = set(), [], []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_pass_is_one_quiet_line_that_names_the_next_exercise(passed):
    page = card.html(passed)
    assert "18 of 18 points" in words(page) and "shapes.conv_parameters" in page
    assert "details" not in page and len(page) < 1200
    assert card.text(passed) == "✓ conv.conv2d_forward: 18 of 18 points. Everything holds."


def test_a_recognised_misconception_comes_first(flipped):
    known = EXERCISE.misconception("flipped_filter")
    for shown in (words(card.html(flipped)), re.sub(r"\s+", " ", card.text(flipped))):
        says, hint, failing = (shown.index(part) for part in (known.says, known.hint, "numbers differ"))
        assert says < hint < failing
        assert "Read again: 02" in shown


def test_shows_the_first_failing_case_where_it_fails_and_every_mark(border):
    shown = words(card.html(border))
    first = next(aspect for aspect in border.aspects if aspect.difference)
    assert (first.name, first.difference.where) == ("padding", "Only the first row is wrong.")
    for part in (first.case, first.difference.text, first.difference.where, "13 of 18 points"):
        assert part in shown and part in re.sub(r"\s+", " ", card.text(border))
    for aspect in border.aspects:
        unjudged = aspect.difference and aspect.difference.kind == "not judged"
        news = "not judged: its values are wrong. " if unjudged else ""
        mark = "✓" if aspect.passed else "–" if unjudged else "✗"
        assert f"{mark} {aspect.name} {aspect.says} {news}{aspect.points:g} of {aspect.max_points:g}" in re.sub(r" +", " ", shown)


def test_hints_open_one_inside_the_other(border):
    page = card.html(border)
    assert page.count("<details") == 3
    depth = [page[: page.index(escape(hint))].count("<details") - page[: page.index(escape(hint))].count("</details") for hint in EXERCISE.hints]
    assert depth == [1, 2, 3]
    assert "<details open" not in page


def test_not_written_lists_what_is_asked_without_blame():
    verdict = judge(EXERCISE, CASES, [Answer(NOT_WRITTEN)] * len(CASES))
    page = card.html(verdict)
    assert "not written yet" in page and "✗" not in page and page.count("○") == 1 + len(verdict.aspects)
    assert card.text(verdict).count("\n") == 0 and "stride hint conv.conv2d_forward" in card.text(verdict)


def test_an_error_shows_its_message_and_the_learners_line_once(evil):
    page = card.html(evil)
    assert "an error was raised" in page and page.count("conv.py, line 3") == 1
    assert card.text(evil).count("raised ValueError") == 1


def test_the_case_that_decided_the_status_is_shown_first():
    late = [Answer(TIME_LIMIT) if case.aspect == "batch" else Answer(OK, 0 * truth(case)) for case in CASES]
    shown = words(card.html(judge(EXERCISE, CASES, late)))
    assert "batch : did not come to an end" in shown


def headlines(verdict):
    """What stands at the top of the card, and of its text."""
    return words(card.html(verdict)).split(" · ")[0], card.text(verdict).split("\n")[0]


def test_the_top_speaks_of_the_case_that_is_shown():
    """Every aspect's first failing case has wrong numbers; the status comes from one after it."""
    seen, answers = set(), []
    for case in CASES:
        answers.append(Answer(ERROR, error="ValueError", message="late") if case.aspect in seen else Answer(OK, 0 * truth(case) + 7))
        seen.add(case.aspect)
    verdict = judge(EXERCISE, CASES, answers)
    assert verdict.status == ERROR and "raised" not in card.text(verdict)
    assert all("not yet right" in top and "error" not in top for top in headlines(verdict))
    assert all("an error was raised" in top for top in headlines(judge(EXERCISE, CASES, [Answer(ERROR, error="ValueError")] * len(CASES))))


@pytest.mark.parametrize("hidden", [False, True])
def test_writing_into_an_argument_is_no_error_at_the_top(hidden):
    cases = EXERCISE.cases(3, hidden=hidden)
    stopped = Answer(ERROR, error="ValueError", message="assignment destination is read-only", where="conv.py, line 3: x += 1")
    verdict = judge(EXERCISE, cases, [stopped if case.layout == "read-only" else Answer(OK, truth(case)) for case in cases])
    assert [aspect.name for aspect in verdict.aspects if not aspect.passed] == ["contract"]
    assert all("not yet right" in top and "error" not in top for top in headlines(verdict))
    assert all("writes into one of its arguments" in shown and "conv.py, line 3" in shown for shown in (card.html(verdict), card.text(verdict)))


def test_hidden_cases_show_neither_numbers_nor_pictures():
    verdict = verdict_of(border_lost, EXERCISE.cases("secret", hidden=True))
    page = card.html(verdict, hints=False)
    assert not verdict.passed and "a hidden case of this kind" in page
    assert "<pre" not in page and "×" not in page and "expected" not in page


@pytest.mark.parametrize("render", [card.html, card.text])
def test_foreign_text_cannot_steer_a_page_or_terminal(evil, render):
    held, failed = (AspectResult(EVIL, EVIL, 0, 1, EVIL, d) for d in (None, Difference(EVIL, EVIL, EVIL, EVIL)))
    verdict = Verdict(EVIL, EVIL, 1, 2, (held, failed), EVIL, EVIL)
    for shown in (render(evil), render(verdict)):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", shown)
    assert "title" not in render(verdict) and "[31m" not in render(verdict)  # whole sequences go, not only their first character
    if render is card.html:
        for shown in (render(evil), render(verdict)):
            found = Tags(shown)
            assert found.tags <= {"div", "span", "b", "code", "pre", "details", "summary"}
            assert {name for name, _ in found.attributes} <= {"style", "class", "title"}
            assert not any("http" in value or "url" in value for _, value in found.attributes)


def test_survives_a_sanitiser_with_all_its_words_and_drawing(flipped, border, passed):
    book = nbformat.v4.new_notebook()
    for verdict in (flipped, border, passed):
        data = {"text/html": card.html(verdict, hints=False), "text/plain": "0.0"}
        book.cells.append(nbformat.v4.new_code_cell("", outputs=[nbformat.v4.new_output("execute_result", data, execution_count=1)]))
    page = HTMLExporter(sanitize_html=True).from_notebook_node(book)[0]
    body = page[page.index("<body") :]
    assert "&lt;" not in body
    for verdict in (flipped, border, passed):
        for word in words(card.html(verdict, hints=False)).split():
            assert word in htmllib.unescape(body)
    assert re.search("█.*·", re.sub("<[^>]*>", "", body), re.DOTALL)


def test_colours_only_for_a_person_who_wants_them(border, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" not in card.text(border)  # pytest captures: no terminal
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert "\x1b[" in card.text(border)
    assert re.sub(r"\x1b\[\d+m", "", card.text(border)) == card.text(border, colour=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in card.text(border)


def test_a_journaled_verdict_still_has_a_card(flipped):
    again = Verdict.from_dict(flipped.to_dict())
    assert EXERCISE.misconception("flipped_filter").says in words(card.html(again))
    assert "<pre" not in card.html(again)


def test_a_verdict_outlives_its_exercise():
    aspect = AspectResult("plain", "says", 0, 1, "n=1", Difference("value", "got 1, expected 2"))
    gone = Verdict("gone.exercise", "failed", 0, 1, (aspect,), "old", "Mixed up.")
    assert "Mixed up." in card.html(gone) and "gone.exercise" in card.html(gone) and "Mixed up." in card.text(gone)


# --- the picture -------------------------------------------------------------------------------------------------------

PINK = f"rgba({picture.PINK}"


def lines(drawing, panel):
    """The characters of one panel, row by row."""
    body = re.search(rf">{panel}</div><pre[^>]*>(.*?)</pre>", drawing, re.DOTALL)[1]
    return re.sub("<[^>]*>", "", body).split("\n")


def test_draws_the_worst_image_and_channel_and_says_which():
    expected = np.random.default_rng(0).standard_normal((2, 3, 7, 11))
    got = expected.copy()
    got[1, 2, 6, 0] += 9
    got[0, 0, 0, 0] += 1
    drawing = picture.draw(got, expected)
    assert "[1, 2, :, :] is shown, the worst of 6." in drawing
    assert lines(drawing, "difference") == ["·" * 11] * 6 + ["█" + "·" * 10]
    assert f'title="[6, 0]: {got[1, 2, 6, 0]:.4g}, not {expected[1, 2, 6, 0]:.4g}"' in drawing


def test_a_large_array_is_cut_around_its_worst_number():
    expected = np.ones((100, 200))
    got = expected.copy()
    got[90, 3] = 5
    drawing = picture.draw(got, expected)
    assert "Rows 76 to 99, columns 0 to 23 of 100×200." in drawing and 'title="[90, 3]: 5, not 1"' in drawing
    assert len(drawing) < 300_000


@pytest.mark.parametrize("shape", [(40,), (9, 10), (2, 9, 10), (2, 2, 9, 10), (1, 1, 3, 9, 10)])
def test_any_number_of_axes_is_drawn(shape):
    expected = np.random.default_rng(0).standard_normal(shape)
    drawing = picture.draw(-expected, expected)
    assert [lines(drawing, panel) for panel in ("got", "expected")].count(lines(drawing, "difference")) == 2  # all are as large
    assert "".join(lines(drawing, "difference")).count("·") == 0
    Tags(drawing)


def test_small_arrays_are_written_as_numbers_with_the_wrong_ones_marked():
    drawing = picture.draw(np.array([[1, 2], [3, 9]]), np.array([[1, 2], [3, 4]]))
    assert lines(drawing, "got") == ["1  2", "3  9"] and lines(drawing, "expected") == ["1  2", "3  4"]
    assert drawing.count(PINK) == 1


def test_not_a_number_is_marked_and_does_not_hide_the_rest():
    expected = np.random.default_rng(0).standard_normal((9, 10))
    got = expected.copy()
    got[2, 3], got[5, 5] = np.nan, np.inf
    difference = "".join(lines(picture.draw(got, expected), "difference"))
    assert [i for i, c in enumerate(difference) if c != "·"] == [23, 55]


def test_other_shapes_are_drawn_side_by_side_with_the_sizes_that_differ_in_bold():
    drawing = picture.draw(np.ones((2, 3, 9, 9)), np.ones((2, 3, 9, 4)))
    assert "got: 2×3×9×<b>9</b>" in drawing and "expected: 2×3×9×<b>4</b>" in drawing


@pytest.mark.parametrize("pair", [(3, 4), (None, np.ones(4)), (np.ones(0), np.ones(0)), (np.array(["a"]), np.ones(1))])
def test_nothing_is_drawn_of_what_is_no_array(pair):
    assert picture.draw(*pair) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\r\nc", "a    b\nc"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x\x1b]8;;http://x\x1b\\y", "xy"),
        ("\x1bPq\x1b\\z\x1b", "z"),
        ("\x9b31m\udc80\u202e\u2066a\ufeff", "31ma"),
        ("é 漢 – ✓ 🎉", "é 漢 – ✓ 🎉"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown
