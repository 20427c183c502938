"""Similar submissions: found under other names and another layout, and not where everybody writes the same."""

from __future__ import annotations

import random
import re
from html import unescape

import pytest

from autograder.classroom import similar
from autograder.course import CourseError
from tests import toy_class

LOOPS = """def conv2d_forward(x, w, b, stride=1, padding=0):
    # six loops
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    result = np.zeros((N, F, H - KH + 1, W - KW + 1))
    for n in range(N):
        for f in range(F):
            for i in range(H - KH + 1):
                for j in range(W - KW + 1):
                    total = b[f]
                    for c in range(C):
                        total = total + (x[n, c, i : i + KH, j : j + KW] * w[f, c]).sum()
                    result[n, f, i, j] = total
    return result
"""
# The same with other names, other comments, a docstring and another layout.
DISGUISED = (
    LOOPS.replace("# six loops", '"""My own work."""').replace("result", "my_answer").replace("total", "acc").replace("KH", "kernel_rows")
    .replace("for n in", "for image in").replace("[n, ", "[image, ").replace("    ", "  ")
)
WINDOWS = """def conv2d_forward(x, w, b, stride=1, padding=0):
    views = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("ncijuv,fcuv->nfij", views, w) + b[:, None, None]
"""
MATRIX = """def conv2d_forward(x, w, b, stride=1, padding=0):
    rows = []
    for image in x:
        for i in range(x.shape[2] - w.shape[2] + 1):
            for j in range(x.shape[3] - w.shape[3] + 1):
                rows.append(image[:, i : i + w.shape[2], j : j + w.shape[3]].ravel())
    product = np.array(rows) @ w.reshape(len(w), -1).T + b
    shape = (len(x), x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1, len(w))
    return product.reshape(shape).transpose(0, 3, 1, 2)
"""
EVERYBODYS = "def correlate2d(image, kernel):\n    return conv2d_forward(image[None, None], kernel[None, None], np.zeros(1))[0, 0]\n"


@pytest.fixture
def course(tmp_path):
    return toy_class.make_course(tmp_path / "course")


def a_class(course, tmp_path, **work: str):
    stub = (course.root / "cnnlib" / "conv.py").read_text()
    for learner, source in work.items():
        toy_class.hand_in(tmp_path / "class" / learner, course, f"{stub}\n\n{source}\n\n{EVERYBODYS}")
    return tmp_path / "class"


def test_a_copy_in_disguise_is_found_and_shown_side_by_side(course, tmp_path) -> None:
    folder = a_class(course, tmp_path, anna=LOOPS, bert=WINDOWS, carl=DISGUISED, dora=MATRIX)
    path, pairs = similar.write(course, "07", folder, tmp_path / "out")
    first, second = pairs[:2]
    assert (first.one, first.other) == ("anna", "carl") and first.beyond > 0.9 > 0.5 > second.beyond
    page = path.read_text()
    text = re.sub(r"<[^>]*>", "", page)
    assert "anna and carl" in text and "acc = acc + (x[image" in text and "no proof and no mark" in text
    assert "anna  carl" in similar.summary("07", pairs, path)
    assert not re.search(r"<(script|img|iframe|link)\b", page)


def test_what_everybody_writes_is_no_evidence(course, tmp_path) -> None:
    pairs, written = similar.compare(course, "07", a_class(course, tmp_path, anna=LOOPS, bert=WINDOWS, dora=MATRIX))
    assert all("conv.correlate2d" not in pair.exercises for pair in pairs), "too short to tell anything"
    assert max(pair.beyond for pair in pairs) < 0.5
    same, _ = similar.compare(course, "07", a_class(course, tmp_path / "same", anna=LOOPS, bert=LOOPS, carl=LOOPS))
    assert all(pair.beyond == 0 for pair in same)


def test_what_was_given_is_left_out(course, tmp_path) -> None:
    stub = (course.root / "cnnlib" / "conv.py").read_text()
    for learner in ("anna", "bert"):
        toy_class.hand_in(tmp_path / "class" / learner, course, stub)
    pairs, written = similar.compare(course, "07", tmp_path / "class")
    assert written == {"anna": {}, "bert": {}} and pairs[0].beyond == 0


@pytest.mark.parametrize("source", ["def conv2d_forward(:\n", "x = " + "(" * 3000, "\0", "def conv2d_forward(x):\n    return " + "-" * 5000 + "x\n"])
def test_code_that_cannot_be_read_is_compared_with_nobody(course, tmp_path, source: str) -> None:
    toy_class.hand_in(tmp_path / "class" / "anna", course)
    toy_class.hand_in(tmp_path / "class" / "bert", course, source)
    assert len(similar.compare(course, "07", tmp_path / "class")[0]) == 1


def test_lines_that_everybody_was_given_are_not_marked(course, tmp_path) -> None:
    stub = (course.root / "cnnlib" / "conv.py").read_text()
    docstring = re.search(r'def conv2d_forward.*?("""(\n|.)*?""")', stub, re.DOTALL)[1]
    kept = LOOPS.replace("# six loops", docstring)
    path, _ = similar.write(course, "07", a_class(course, tmp_path, anna=kept, bert=kept, carl=WINDOWS, dora=MATRIX), tmp_path / "out")
    marked = re.findall("<mark>(.*?)</mark>", path.read_text())
    assert any("total = total + " in line for line in marked)
    assert not [line for line in docstring.splitlines() if unescape(line) in map(unescape, marked)]


def test_a_folder_that_cannot_be_written_is_a_sentence(course, tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CourseError, match="cannot be written .*Name another folder: stride similar 07 --submissions"):
        similar.write(course, "07", a_class(course, tmp_path, anna=LOOPS, bert=LOOPS), tmp_path / "file")


def test_html_in_code_is_shown_as_text(course, tmp_path) -> None:
    evil = LOOPS.replace("# six loops", "# <script>alert(1)</script>")
    path, _ = similar.write(course, "07", a_class(course, tmp_path, anna=evil, bert=evil, carl=WINDOWS, dora=MATRIX), tmp_path / "out")
    assert "<script>" not in path.read_text() and "&lt;script&gt;" in path.read_text()


def test_one_submission_is_a_sentence(course, tmp_path) -> None:
    toy_class.hand_in(tmp_path / "class" / "anna", course)
    with pytest.raises(CourseError, match="takes two to be alike"):
        similar.compare(course, "07", tmp_path / "class")


def test_a_class_of_random_programs_has_no_unusual_pair(course, tmp_path) -> None:
    rng = random.Random(0)
    lines = ["y = x * {0}", "z = np.roll(x, {0})", "for i in range({0}): x = x + i", "w = w @ w.T", "if x.sum() > {0}: b = -b"]
    work = {}
    for number in range(8):
        body = "\n".join(f"    {rng.choice(lines).format(rng.randint(2, 99))}" for _ in range(12))
        work[f"learner{number}"] = f"def conv2d_forward(x, w, b, stride=1, padding=0):\n{body}\n    return x\n"
    pairs, _ = similar.compare(course, "07", a_class(course, tmp_path, **work))
    assert pairs[0].beyond < 0.5
