"""The judge on a small exercise: what is compared, what is revealed, and which misconception is named."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest

from autograder import probes, runner
from autograder.compare import compare
from autograder.exercise import Aspect, Case, Exercise, Misconception, contract
from autograder.judge import judge
from autograder.probes import Answer
from autograder.verdict import Verdict


def scale(x, factor=1, shift=0.0):
    return x * factor + shift


def slip(id: str, oracle, **more) -> Misconception:
    return Misconception(id, f"{id} happened.", "Mend it.", oracle, **more)


def in_place(x, factor=1, shift=0.0):
    x *= factor
    x += shift
    return x


def draw(rng):
    yield Case("plain", {"x": rng.standard_normal((3, 5))})
    yield Case("factor", {"x": rng.standard_normal((3, 5)), "factor": 3})
    yield Case("factor", {"x": rng.standard_normal(7), "factor": -2})
    yield Case("shift", {"x": rng.standard_normal((2, 3)), "shift": 0.5})
    yield Case("contract", {"x": rng.standard_normal(5).astype(np.float32), "factor": 2}, exact_dtype=True)


toy = Exercise(
    id="toy.scale",
    title="Scale and shift",
    difficulty=1,
    minutes=1,
    aspects=(Aspect("plain", 1, "as it is"), Aspect("factor", 2, "times the factor"), Aspect("shift", 3, "plus the shift"), contract()),
    draw=draw,
    oracle=scale,
    misconceptions=(
        slip("factor_ignored", lambda x, factor=1, shift=0.0: x + shift),
        slip("shift_ignored", lambda x, factor=1, shift=0.0: x * factor),
        slip("shift_subtracted", lambda x, factor=1, shift=0.0: x * factor - shift),
        slip("flattened", lambda x, factor=1, shift=0.0: (x * factor + shift).ravel()),
        slip("first_only", lambda x, factor=1, shift=0.0: (x * factor + shift)[:1]),
        slip("emptied", lambda x, factor=1, shift=0.0: scale(x, factor, shift)[int(factor == 1) and 99 :]),
        slip("only_one_dimension", lambda x, factor=1, shift=0.0: scale(x, factor, shift) if x.ndim == 1 else int("x")),
        slip("in_place", in_place),
        slip("float64_result", lambda **inputs: scale(**inputs).astype(np.float64), keeps_dtype=False),
    ),
    hints=("a", "b", "c"),
)


def verdict_on(subject, exercise: Exercise = toy, hidden: bool = False) -> Verdict:
    cases = exercise.cases(1, hidden=hidden)
    return judge(exercise, cases, runner.run(exercise, cases, subject))


def one(expected, output, inputs: dict | None = None, **case):
    """Kind and text of the first difference between what is expected and what code returned."""
    answer = probes.observe("call", lambda **_: output, {})
    assert answer.status == "ok", answer.message
    return compare(expected, answer.output, Case("a", inputs or {}, **case), exact_dtype=case.get("exact_dtype", False))


def kind(*arguments, **more) -> str:
    found = one(*arguments, **more)
    return found[0] if found else "equal"


# --- comparing --------------------------------------------------------------------------------------------------------

FLOATS = np.array([1.0, -2.0, 0.5])


@pytest.mark.parametrize(
    "expected, output, text",
    [
        (np.array([1.0]), np.array([0, 1.25]), "got 2 numbers (0, 1.25), expected 1 number (1)"),
        (np.array([3, 4]), np.zeros(0, int), "got no numbers, expected 2 numbers (3, 4)"),
        (np.zeros(7), np.full(6, np.nan), "got 6 numbers, expected 7 numbers"),
        (np.array([True]), np.array(["a", "b"]), "got 2 values, expected 1 value (True)"),
        (np.zeros(2), np.zeros((2, 1)), "got shape 2×1, expected shape 2"),
    ],
)
def test_another_shape_is_told_in_a_sentence_that_cannot_be_misread(expected, output, text: str) -> None:
    assert compare(expected, output, Case("a", {})) == ("shape", text)


@pytest.mark.parametrize(
    "output, found",
    [
        (FLOATS, "equal"),
        (FLOATS.astype(np.float32), "equal"),  # which dtype is asked for is another question
        (FLOATS.astype(">f8"), "equal"),
        (FLOATS * (1 + 1e-12), "equal"),
        (FLOATS * (1 + 1e-6), "value"),
        (FLOATS[::-1], "value"),
        (FLOATS + 1e-6, "value"),
        (np.full(3, np.nan), "not finite"),
        (np.array([1.0, -2.0, np.inf]), "not finite"),
        (np.array([1, -2, 0]), "value"),
        (np.array([True, True, False]), "dtype"),
        (FLOATS[None], "shape"),
        (FLOATS[:2], "shape"),
        (np.zeros((3, 0)), "shape"),
        (list(FLOATS), "type"),
        (tuple(FLOATS), "type"),
        (None, "type"),
        (1.0, "type"),
        ("1.0", "type"),
        ({"out": FLOATS}, "type"),
    ],
)
def test_float_arrays(output, found: str) -> None:
    assert kind(FLOATS, output) == found


@pytest.mark.parametrize(
    "expected, output, found",
    [
        (np.array([1, 2]), np.array([1, 2], np.int8), "equal"),
        (np.array([1, 2]), np.array([1, 2], np.uint64), "equal"),
        (np.array([1, 2]), np.array([1.0, 2.0]), "dtype"),
        (np.array([1, 0]), np.array([True, False]), "dtype"),
        (np.array([True, False]), np.array([1, 0]), "dtype"),
        (np.array([2**53 + 1]), np.array([2**53]), "value"),
        (np.zeros((0, 3)), np.zeros((0, 3)), "equal"),
        (np.zeros((0, 3)), np.zeros((3, 0)), "shape"),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf]), "equal"),
        (np.array([np.nan, np.inf]), np.array([np.nan, -np.inf]), "not finite"),
        (np.array([np.nan, 1.0]), np.array([0.0, 1.0]), "not finite"),
        (np.zeros(3), np.full(3, 1e-200), "value"),
        (np.array(2.0), 2, "equal"),
        (np.array(2.0), np.float32(2), "equal"),
        (np.array(2.0), np.array([2.0]), "shape"),
        (np.array(2.0), True, "type"),
        (np.array(2.0), 10**400, "not finite"),
        (2.0, 2, "equal"),
        (2.0, np.array(2.0), "equal"),
        (2.0, np.array([2.0]), "type"),
        (2.0, True, "type"),
        (1.0, np.array(True), "type"),
        (2.0, 10**400, "not finite"),
        (2.0, -(10**400), "not finite"),
        (2.0, float("nan"), "not finite"),
        (2.0, "2.0", "type"),
        (4, 4, "equal"),
        (4, np.int32(4), "equal"),
        (4, 4.0, "type"),
        (1, True, "type"),
        (4, 10**9999, "value"),
        (4, None, "type"),
        (True, True, "equal"),
        (True, np.bool_(True), "equal"),
        (True, 1, "type"),
        (False, True, "value"),
        ((1, 2), [1, 2], "equal"),
        ((1, 2), (1, 3), "value"),
        ((1, 2), (1, 2, 3), "type"),
        ((1, 2), np.array([1, 2]), "type"),
        ((1, 2), [10**9999, 10**9999, 1], "type"),
        ({"a": 1}, {"a": 1, "b": 2}, "equal"),
        ({"a": 1, "b": 2}, {"a": 1}, "type"),
        ({"a": 1}, {"a": 2}, "value"),
        ({"a": 1}, [1], "type"),
        ("same", "same", "equal"),
        ("same", "valid", "value"),
        (None, 0, "value"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_values(expected, output, found: str) -> None:
    assert kind(expected, output) == found


def test_whether_the_dtype_counts_is_the_cases_to_say() -> None:
    single = {"x": np.zeros(1, np.float32)}
    assert one(FLOATS, FLOATS, single, exact_dtype=True) == ("dtype", "got dtype float64, expected float32: the dtype that came in")
    assert kind(FLOATS, FLOATS.astype(np.float32), single, exact_dtype=True) == "equal"
    assert kind(FLOATS, FLOATS * (1 + 1e-5), single) == "equal"
    assert kind(FLOATS, FLOATS * (1 + 1e-3), single) == "value"
    assert kind(FLOATS, FLOATS.astype(np.float16) * 1.001) == "value"
    assert kind(FLOATS, FLOATS.astype(np.float32) * np.float32(1.00001), tolerance=1e-8) == "value"  # a case that says how exact it must be


def test_differences_are_said_with_place_and_enough_digits() -> None:
    assert one(np.eye(3), np.eye(3) + np.diag([0, 0, 2.0])) == ("value", "1 of 9 numbers differ, most at [2, 2]: got 3, expected 1")
    assert one(np.arange(4), np.arange(4)[::-1]) == ("value", "got [3 2 1 0], expected [0 1 2 3]")
    many = np.arange(30).reshape(5, 6)
    assert one(many, many * (many != 9)) == ("value", "1 of 30 numbers differ, the first at [1, 3]: got 0, expected 9")
    assert one(many > 8, many > 9) == ("value", "1 of 30 numbers differ, the first at [1, 3]: got False, expected True")
    assert one(2.0, 2.0000005) == ("value", "got 2.0000005, expected 2")
    assert one(2.0, float("nan")) == ("not finite", "got nan, expected 2")
    assert one(FLOATS, None) == ("type", "should be a NumPy array; it is None (is a `return` missing?)")
    assert one(4, 4.0) == ("type", "should be an integer; it is the float 4.0")
    assert "thousands of digits" in one(4, 10**9999)[1]
    assert len(one(4, "x" * 10**6)[1]) < 300


# --- verdicts ---------------------------------------------------------------------------------------------------------


def test_points_are_earned_by_aspect() -> None:
    assert verdict_on(scale).points == 7
    partly = verdict_on(lambda x, factor=1, shift=0.0: x * factor)
    assert (partly.status, partly.points, partly.misconception) == ("failed", 4, "shift_ignored")
    assert [aspect.passed for aspect in partly.aspects] == [True, True, False, True]
    assert partly.aspects[2].case == "x 2×3, shift=0.5"


def test_statuses_say_how_calls_ended() -> None:
    def on(answer: Answer) -> Verdict:
        return judge(toy, toy.cases(1), [answer] * 5)

    for status in ("not_written", "missing", "unusable", "time_limit", "memory_limit", "crashed", "protocol", "error"):
        verdict = on(Answer(status, error="ValueError"))
        assert (verdict.status, verdict.points) == (status, 0) and verdict.feedback
    assert "stride hint toy.scale" in on(Answer("not_written")).feedback
    assert "needs" not in on(Answer("not_written", message="toy.scale: not written yet — stride hint toy.scale")).feedback
    other = on(Answer("not_written", message="conv.conv2d_forward: not written yet — stride hint conv.conv2d_forward")).feedback
    assert "needs conv.conv2d_forward, which is not written yet — stride hint conv.conv2d_forward" in other


STRANGE = [None, 5, "text", [], {}, np.zeros(0), np.zeros(()), np.full((2, 3), np.nan), 10**9999, [10**9999], np.zeros((500, 500))]


@pytest.mark.parametrize("output", STRANGE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("hidden", [False, True])
def test_nothing_that_is_returned_upsets_the_judge(output, hidden: bool) -> None:
    verdict = verdict_on(lambda **_: output, hidden=hidden)
    assert (verdict.status, verdict.points, verdict.misconception) == ("failed", 0, None)
    two = Exercise(**{**vars(toy), "returns": ("a", "b"), "oracle": lambda **inputs: (scale(**inputs), 1), "misconceptions": ()})
    assert verdict_on(lambda **_: output, two, hidden).points == 0


def test_a_changed_argument_costs_the_contract_alone() -> None:
    verdict = verdict_on(in_place)
    assert (verdict.points, verdict.misconception) == (6, "in_place")
    assert verdict.aspects[3].difference.kind == "modified" and "`x`" in verdict.aspects[3].difference.text


def test_names_of_changed_arguments_are_only_believed_if_there_are_such() -> None:
    cases = toy.cases(1)
    answers = [Answer("ok", scale(**case.inputs), modified=("\x1b[31m secret 3.25",)) for case in cases]
    assert judge(toy, cases, answers).passed


def test_the_sessions_settings_do_not_matter() -> None:
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert verdict_on(lambda x, **_: np.full(x.shape, 1e308)).status == "failed"
        loud = Exercise(**{**vars(toy), "oracle": lambda **inputs: warnings.warn("torch is talkative", stacklevel=1) or scale(**inputs)})
        assert verdict_on(scale, loud).passed


def test_timed_cases() -> None:
    only = Case("speed", {"x": np.ones(3)}, max_slowdown=4)
    timed = Exercise(**{**vars(toy), "aspects": (Aspect("speed", 2, "fast"),), "draw": lambda rng: [only]})
    case = timed.cases(1)

    def points(answer: Answer) -> float:
        return judge(timed, case, [answer]).points

    assert points(Answer("ok", np.ones(3), slowdown=4.0)) == 2
    assert points(Answer("ok", np.ones(3), slowdown=4.1)) == 0
    assert points(Answer("ok", np.ones(3), slowdown=float("nan"))) == 0
    assert points(Answer("ok", np.zeros(3), slowdown=0.1)) == 0  # fast and wrong
    assert points(Answer("ok", None, slowdown=0.1)) == 0
    with pytest.raises(ValueError, match="slowdown"):  # a venue's fault must not become a learner's zero
        points(Answer("ok", np.ones(3)))


def test_as_many_answers_as_cases() -> None:
    with pytest.raises(ValueError, match="4 answers to 5 cases"):
        judge(toy, toy.cases(1), [Answer("ok", 1)] * 4)


@pytest.mark.parametrize("subject", [scale, in_place, lambda **_: None, lambda x, **_: x.ravel(), lambda **_: 1 / 0])
def test_verdicts_survive_a_journal(subject) -> None:
    verdict = verdict_on(subject)
    assert Verdict.from_dict(json.loads(json.dumps(verdict.to_dict()))) == verdict
    assert float(verdict) == verdict.points


def test_texts_of_learners_cannot_command_a_terminal_or_break_a_file() -> None:
    def subject(**_):
        raise ValueError("\x1b[2J\ud800\r\nend")

    text = verdict_on(subject).feedback
    text.encode("utf-8")
    assert "\x1b" not in text and "\r" not in text and "end" in text


# --- hidden cases -----------------------------------------------------------------------------------------------------


class Leak(Exception):
    pass


def leaks_by_text(**inputs):
    raise Leak("SEC" + "RET", inputs)  # the line itself may be shown, what it makes may not


@pytest.mark.parametrize(
    "subject",
    [
        leaks_by_text,
        lambda **inputs: f"SECRET {inputs}",
        lambda x, **_: x * 1e9,
        lambda x, **_: x[:1],
        lambda **inputs: [inputs["x"]] * 3,
        lambda **_: np.nan,
        lambda x, **_: x.__setitem__(Ellipsis, 3.25),
    ],
)
def test_hidden_cases_reveal_nothing(subject) -> None:
    cases = toy.cases("secret", hidden=True)
    two = Exercise(**{**vars(toy), "returns": ("a", "b"), "oracle": lambda **inputs: (scale(**inputs), 1), "misconceptions": ()})
    for exercise in (toy, two):
        verdict = judge(exercise, cases, runner.run(exercise, cases, subject))
        assert verdict.points == 0
        said = json.dumps(verdict.to_dict()) + str(verdict)
        assert "SECRET" not in said and "3×5" not in said and "factor=" not in said
        assert not any(f"{abs(number):.3g}"[:5] in said for case in cases for number in case.inputs["x"].flat)
        for aspect in verdict.aspects:
            assert aspect.case == "" and aspect.difference.got is None and aspect.difference.expected is None


def test_hidden_endings_carry_no_message() -> None:
    for status in ("error", "missing", "unusable", "time_limit", "memory_limit", "crashed", "not_written", "protocol"):
        verdict = judge(toy, toy.cases(1, hidden=True), [Answer(status, error="ValueError", message="SECRET")] * 5)
        assert "SECRET" not in json.dumps(verdict.to_dict())


# --- recognition ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("misconception", toy.misconceptions, ids=lambda m: m.id)
def test_each_misconception_is_recognised(misconception: Misconception) -> None:
    def subject(**inputs):
        found = misconception.oracle(**inputs)
        return found.astype(inputs["x"].dtype) if misconception.keeps_dtype else found.astype(np.float64)

    assert verdict_on(subject).misconception == misconception.id


@pytest.mark.parametrize(
    "subject, id",
    [
        (lambda x, factor=1, shift=0.0: (x * factor).astype(np.float64) if factor == 2 else x * factor, "shift_ignored"),  # and float64
        (lambda x, factor=1, shift=0.0: (x + shift) * (1 if shift == 0 else 7), "factor_ignored"),  # and something of its own
        (lambda x, factor=1, shift=0.0: 1 / 0 if shift else x, "factor_ignored"),  # and an exception
        (lambda x, factor=1, shift=0.0: in_place(x, factor, -shift), "in_place"),  # explains more than the wrong sign does
        (lambda x, factor=1, shift=0.0: in_place(x, 1, shift), "factor_ignored"),  # explains more than the change of x does
    ],
)
def test_a_second_mistake_does_not_hide_the_first(subject, id: str) -> None:
    assert verdict_on(subject).misconception == id


@pytest.mark.parametrize(
    "subject",
    [
        scale,
        lambda x, **_: np.zeros_like(x),
        lambda x, **_: x * 1.37,
        lambda **_: int("x"),  # raises everywhere what one misconception raises somewhere
        lambda **_: 1 / 0,
        lambda **_: None,
        lambda x, **_: np.random.default_rng(5).standard_normal(x.shape),
        lambda **inputs: scale(**inputs).astype(np.longdouble),  # another wrong dtype
        lambda x, **_: x[:0],  # empty everywhere, where one misconception is empty somewhere
    ],
)
def test_nothing_is_named_without_evidence(subject) -> None:
    assert verdict_on(subject).misconception is None


def test_a_passing_case_of_the_same_aspect_speaks_against_a_name() -> None:
    """The factor counts in one case of the aspect: whatever happened in the other one, it is not ignored."""
    assert verdict_on(lambda x, factor=1, shift=0.0: x * (1 if factor == -2 else factor) + shift).misconception is None
    assert verdict_on(lambda x, factor=1, shift=0.0: x + shift).misconception == "factor_ignored"


def test_a_coincidence_of_small_numbers_is_no_evidence() -> None:
    """One whole number agrees by accident: that the other predictions did not come true says so."""
    sizes = Exercise(
        **{
            **vars(toy),
            "aspects": (Aspect("size", 1, "size"),),
            "draw": lambda rng: [Case("size", {"n": n}) for n in (7, 8, 9)],
            "oracle": lambda n: n // 2,
            "misconceptions": (slip("rounded_up", lambda n: -(-n // 2)),),
        }
    )
    assert verdict_on(lambda n: -(-n // 2), sizes).misconception == "rounded_up"
    assert verdict_on(lambda n: {7: 4}.get(n, n // 2), sizes).misconception is None
    assert verdict_on(lambda n: 4, sizes).misconception is None


def test_a_mistake_in_one_output_is_recognised_beside_one_in_another() -> None:
    def both(x):
        return x * 2, x.sum(axis=0)

    pair = Exercise(
        **{
            **vars(toy),
            "aspects": (Aspect("both", 1, "both"),),
            "draw": lambda rng: [Case("both", {"x": rng.standard_normal((4, 5))})],
            "oracle": both,
            "returns": ("double", "total"),
            "misconceptions": (slip("total_of_rows", lambda x: (x * 2, x.sum(axis=1))), slip("not_doubled", lambda x: (x, x.sum(axis=0)))),
        }
    )
    assert verdict_on(lambda x: (x * 3, x.sum(axis=1)), pair).misconception == "total_of_rows"
    assert verdict_on(lambda x: (x, x.sum()), pair).misconception == "not_doubled"
    assert verdict_on(lambda x: (x * 3, x.sum()), pair).misconception is None


# --- what is not said, and what is said once ---------------------------------------------------------------------------


def test_an_answer_of_another_length_does_not_bring_out_what_is_expected() -> None:
    from autograder.exercise import load

    lists = replace(load("shapes.sizing"), oracle=lambda: dict.fromkeys(load("shapes.sizing").returns, np.array([1.5, 2.5])), misconceptions=())
    feedback = verdict_on(dict.fromkeys(lists.returns, np.array([7.0])), lists).feedback
    assert "not right (got [7.])" in feedback and "1.5" not in feedback and "2 numbers" not in feedback


def test_an_answer_cells_expected_values_are_never_told() -> None:
    from autograder.exercise import load

    sizing = load("shapes.sizing")
    right = sizing.oracle()
    wrong = {name: (1, 2, 3) if isinstance(value, tuple) else 7 for name, value in right.items()}
    found = verdict_on(wrong, sizing)
    assert found.points == 0 and "not right (got (1, 2, 3))" in found.feedback
    for name, value in right.items():
        if name == "fc":
            continue  # 100 is also the image's height
        assert all(str(value) not in said for said in (found.feedback, str(found), found._repr_mimebundle_()["text/html"])), name
    empty = verdict_on({**right, "conv1": None}, sizing)
    assert empty.points == sizing.points - 1 and "`return`" not in empty.feedback


def test_the_contract_is_not_judged_on_wrong_values() -> None:
    *_, contract_mark = verdict_on(lambda x, factor=1, shift=0.0: x * 17).aspects
    assert contract_mark.points == 0 and contract_mark.difference.kind == "not judged"
    *_, contract_mark = verdict_on(lambda x, factor=1, shift=0.0: (x * 17).astype(np.float64)).aspects
    assert contract_mark.difference.kind == "dtype"
    *_, contract_mark = verdict_on(lambda x, factor=1, shift=0.0: scale(x, factor, shift) + (x.dtype == np.float32)).aspects
    assert contract_mark.difference.kind == "value"  # wrong there alone


def test_another_exercises_stub_is_waited_for() -> None:
    def subject(**_):
        raise NotImplementedError("conv.correlate2d: not written yet — stride hint conv.correlate2d")

    found = verdict_on(subject)
    assert found.waits_for == "conv.correlate2d" and "waits for conv.correlate2d" in str(found)
    assert "waits for conv.correlate2d" in found._repr_mimebundle_()["text/html"]


def test_endings_are_one_clear_sentence() -> None:
    def leave(**_):
        raise SystemExit

    def write(x, **_):
        x.flags.writeable = False
        x[0] = 1

    assert "left Python with exit: return the result instead" in verdict_on(leave).feedback
    assert "NotPlain" not in verdict_on(lambda **_: object()).feedback
    assert "writes into one of its arguments: work on a copy" in verdict_on(write).feedback
    assert one(3, {"a": np.zeros(99)}) == ("type", "should be an integer; it is a dictionary of 1")
    assert one(3, np.float64(90.5)) == ("type", "should be an integer; it is the float64 90.5")
