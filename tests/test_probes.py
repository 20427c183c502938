"""Probes: what a call of a learner's code gave, whatever the code does."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from autograder import probes, values
from autograder.probes import Answer, arrange, failure, from_plain, observe, same, to_plain


def call(subject, layout: str = "plain", **inputs) -> Answer:
    return observe("call", subject, inputs, layout)


# --- inputs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 5), (2, 3, 4, 5)])
@pytest.mark.parametrize("layout", ["plain", "read-only", "strided"])
def test_layouts_hold_the_same_numbers(shape: tuple, layout: str) -> None:
    given = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    array = arrange(given, layout)
    assert np.array_equal(array, given) and array.dtype == given.dtype
    assert not np.shares_memory(array, given)
    assert array.flags.writeable == (layout != "read-only")
    if layout == "strided" and len(shape) > 1:
        assert not array.flags.c_contiguous and not array.flags.f_contiguous


def test_layouts_reach_into_containers_and_seeds_become_generators() -> None:
    given = {"layers": [(np.arange(3.0), 2)], "rng": values.Seed(3)}
    arranged = arrange(given, "read-only")
    assert not arranged["layers"][0][0].flags.writeable and type(arranged["layers"][0]) is tuple
    assert arranged["rng"].random() == np.random.default_rng(3).random()


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.__setitem__(0, 9),
        lambda x: x.__setitem__(0, np.nextafter(x[0], 9)),
        lambda x: setattr(x, "shape", (2, 2)),
        lambda x: setattr(x, "dtype", np.int64),
        lambda x: x.resize((5,), refcheck=False),
        lambda x: np.negative(x, out=x),
        lambda x: x.sort(),
    ],
    ids=["item", "last bit", "shape", "dtype", "size", "out=", "method"],
)
def test_a_changed_array_is_noticed(change) -> None:
    def subject(x, y):
        change(x)
        return 1

    assert call(subject, x=np.array([3.0, 1.0, 2.0, 0.0]), y=np.zeros(2)).modified == ("x",)


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v["layers"].append(1),
        lambda v: v["layers"].pop(),
        lambda v: v["layers"].__setitem__(0, (3, 2)),
        lambda v: v["layers"].__setitem__(0, [3, 1]),
        lambda v: v["pads"].__setitem__("h", 2),
        lambda v: v["pads"].__setitem__("h", 1.0),
        lambda v: v.__setitem__("pads", {"h": 1.5, "w": 0}),
        lambda v: v["deep"][0][0].__setitem__(0, 5),
        lambda v: v["deep"][0].__setitem__(0, v["deep"][0][0].view(Always)),
    ],
)
def test_a_changed_container_is_noticed(change) -> None:
    given = {"layers": [(3, 1), (5, 2)], "pads": {"h": 1, "w": 0}, "deep": [[np.zeros(2)]]}
    assert call(lambda value: change(value), value=given).modified == ("value",)
    assert given["layers"] == [(3, 1), (5, 2)] and given["pads"] == {"h": 1, "w": 0}  # the case itself stays whole


def test_what_only_looks_changed_is_not_reported() -> None:
    def subject(x, rng, text, nan, layers):
        x = x * 2
        rng.random()
        layers = [*layers, 1]
        return x

    answer = call(subject, "strided", x=np.array([np.nan, 1.0]), rng=values.Seed(1), text="same", nan=float("nan"), layers=[1])
    assert answer.status == "ok" and answer.modified == ()


def test_same_tells_nan_and_zero_apart_by_their_bits() -> None:
    assert same(np.array([np.nan]), np.array([np.nan])) and not same(np.array([0.0]), np.array([-0.0]))
    assert not same(1, True) and not same((1,), [1]) and same({"a": (1, 2.5)}, {"a": (1, 2.5)})


# --- outputs ----------------------------------------------------------------------------------------------------------


class Always(np.ndarray):
    """An array that claims to equal anything."""

    def __eq__(self, other):
        return np.ones(self.shape, bool)

    def __array_ufunc__(self, *_, **__):
        return np.ones(self.shape, bool)


class Agreeable:
    def __eq__(self, other):
        return True

    def __array__(self, *_, **__):
        return np.zeros(3)


@pytest.mark.parametrize("output", [np.zeros(3).view(Always), Agreeable(), [Agreeable()], {"a": Agreeable()}])
def test_objects_that_equal_everything_are_no_answer(output) -> None:
    answer = call(lambda: output)
    assert (answer.status, answer.error, answer.output) == ("error", "NotPlain", None)
    assert "instead of NumPy arrays and numbers" in answer.message


def test_tensors_are_no_answer() -> None:
    import torch

    assert "torch.Tensor" in call(lambda: torch.zeros(3)).message


def test_a_class_that_breaks_when_it_is_described_is_no_answer() -> None:
    class Meta(type):
        def __getattribute__(cls, name):
            raise ZeroDivisionError

    class Broken(metaclass=Meta):
        pass

    assert call(lambda: Broken()).status == "error"


def test_what_is_returned_is_what_counts_not_what_it_becomes() -> None:
    kept = np.zeros(3)
    answer = call(lambda: kept[::-1])
    kept[:] = 5
    assert answer.output.tolist() == [0, 0, 0]


def test_a_thread_that_goes_on_writing_changes_nothing() -> None:
    stop = threading.Event()

    def subject(x):
        def write():
            while not stop.wait(0.001):
                out[:] += 1

        out = x + 1
        threading.Thread(target=write, daemon=True).start()
        return out

    answer = call(subject, x=np.zeros(3))
    first = answer.output.copy()
    time.sleep(0.02)
    stop.set()
    assert np.array_equal(answer.output, first)


def test_a_returned_argument_is_compared_as_it_came_back() -> None:
    answer = call(lambda x: x, x=np.arange(3.0))
    assert answer.output.tolist() == [0, 1, 2] and answer.modified == ()


# --- endings ----------------------------------------------------------------------------------------------------------


class Mute(Exception):
    def __str__(self):
        raise SystemExit("no text from me")


class MuteNotWritten(NotImplementedError):
    def __str__(self):
        raise ValueError


class Stranger(BaseException):
    pass


class Odd(Exception):
    def __str__(self):
        return TextLike("text")


class TextLike(str):
    def __getitem__(self, _):
        return 5


STUB = "conv.x: not written yet — stride hint conv.x"


def raising(error: BaseException):
    def subject(**_):
        raise error

    return subject


@pytest.mark.parametrize(
    "error, status, name, message",
    [
        (ValueError("bad shape"), "error", "ValueError", "bad shape"),
        (SystemExit(0), "error", "SystemExit", "0"),
        (GeneratorExit(), "error", "GeneratorExit", ""),
        (Stranger("mine"), "error", "Stranger", "mine"),
        (Mute(), "error", "Mute", ""),
        (MuteNotWritten(), "error", "MuteNotWritten", ""),
        (Odd(), "error", "Odd", ""),
        (AssertionError("x" * 9999), "error", "AssertionError", "x" * 2000),
        (NotImplementedError(STUB), "not_written", "NotImplementedError", STUB),
        (NotImplementedError("no groups here"), "error", "NotImplementedError", "no groups here"),
        (MemoryError(), "memory_limit", "MemoryError", ""),
        (probes.TimeLimit(), "time_limit", "", ""),
        (RecursionError("deep"), "error", "RecursionError", "deep"),
        (StopIteration(3), "error", "StopIteration", "3"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_every_ending_is_told(error: BaseException, status: str, name: str, message: str) -> None:
    answer = call(raising(error), x=np.zeros(2))
    assert (answer.status, answer.error, answer.message, answer.output) == (status, name, message, None)
    assert from_plain(values.decode(values.encode(to_plain(answer)))) == answer  # it can leave a sandbox


def test_a_person_who_interrupts_is_obeyed() -> None:
    with pytest.raises(KeyboardInterrupt):
        call(raising(KeyboardInterrupt()))


def test_a_real_recursion_and_a_wrong_signature_are_told() -> None:
    def endless(n):
        return endless(n + 1)

    assert call(endless, n=0).error == "RecursionError"
    assert call(lambda x: x, y=1).error == "TypeError"
    assert call(5, x=1).error == "TypeError"


def test_nan_and_infinity_are_answers() -> None:
    assert np.isnan(call(lambda: np.float32("nan")).output)


# --- where it happened ------------------------------------------------------------------------------------------------


def learner(tmp_path: Path, source: str, folder: str = "cnnlib"):
    """The function f of a learner's file."""
    path = tmp_path / folder / "conv.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    scope: dict = {}
    exec(compile(source, str(path), "exec"), scope)
    return scope["f"]


def test_the_learners_own_line_is_named_not_numpys(tmp_path: Path) -> None:
    f = learner(tmp_path, "import numpy as np\ndef f(x):\n    y = x\n    return np.tensordot(x, np.zeros(9), 1)\n")
    assert call(f, x=np.zeros((2, 2))).where == "conv.py, line 4: return np.tensordot(x, np.zeros(9), 1)"


def test_the_line_is_not_the_standard_librarys(tmp_path: Path) -> None:
    f = learner(tmp_path, "import statistics\ndef f():\n    return statistics.mean([])\n")
    assert call(f).where == "conv.py, line 3: return statistics.mean([])"


@pytest.mark.parametrize("folder", ["autograder/course/cnnlib", "site-packages/cnnlib", "my work/cnnlib"])
def test_the_line_is_found_wherever_the_course_lies(tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PACKAGES", (*probes.PACKAGES, str(tmp_path / "site-packages")))
    assert call(learner(tmp_path, "def f():\n    1 / 0\n", folder)).where == "conv.py, line 2: 1 / 0"


def test_a_file_that_python_cannot_read_names_its_own_line(tmp_path: Path) -> None:
    f = learner(tmp_path, "def f():\n    import broken_sibling\n")
    (tmp_path / "broken_sibling.py").write_text("x = (1,\ny = 2\ndef g(:\n")
    sys.path.insert(0, str(tmp_path))
    try:
        answer = call(f)
    finally:
        sys.path.remove(str(tmp_path))
    assert (answer.error, answer.where[:24]) == ("SyntaxError", "broken_sibling.py, line ")


def test_an_exception_that_was_never_raised_has_no_place() -> None:
    assert failure(ValueError("x")) == Answer("error", error="ValueError", message="x")


# --- the way out of a sandbox -----------------------------------------------------------------------------------------


def test_an_answer_comes_back_whole() -> None:
    answer = call(lambda x: (x, [1, "a"], {"k": None}), x=np.arange(3, dtype=np.float32))
    back = from_plain(values.decode(values.encode(to_plain(answer))))
    assert back.output[0].dtype == np.float32 and back.output[1:] == ([1, "a"], {"k": None})
    assert (back.status, back.modified, back.seconds, back.slowdown) == (answer.status, (), answer.seconds, None)


GOOD = to_plain(Answer("ok", output=1))


@pytest.mark.parametrize(
    "forged",
    [
        None,
        [],
        {},
        GOOD | {"slowdown": 0.5},
        {key: GOOD[key] for key in GOOD if key != "output"},
        GOOD | {"status": "passed"},
        GOOD | {"status": "crashed"},
        GOOD | {"status": 1},
        GOOD | {"modified": ["x"]},
        GOOD | {"modified": (1,)},
        GOOD | {"message": None},
        GOOD | {"seconds": "0"},
        GOOD | {"seconds": 0},
        GOOD | {"seconds": -1.0},
        GOOD | {"seconds": float("nan")},
        GOOD | {"seconds": float("inf")},
    ],
)
def test_forged_answers_are_refused(forged) -> None:
    with pytest.raises(values.NotPlain):
        from_plain(forged)


def test_long_texts_from_outside_are_cut() -> None:
    answer = from_plain(GOOD | {"status": "error", "message": "x" * 10**6, "where": "y" * 10**6, "error": "z" * 10**6})
    assert max(map(len, (answer.message, answer.where, answer.error))) == 2000


def test_an_answer_cell_is_its_own_answer() -> None:
    assert observe("answer", {"fc": 100, "conv1": (48, 92, 92)}, {}).output == {"fc": 100, "conv1": (48, 92, 92)}
    for nothing in (None, {"fc": None, "conv1": None}, {}):
        assert observe("answer", nothing, {}).status == "not_written"


# --- refusing ---------------------------------------------------------------------------------------------------------


def test_a_value_error_is_an_answer_only_where_it_is_asked_for() -> None:
    def halved(x):
        if x % 2:
            raise ValueError("odd")
        return x // 2

    assert observe("refusing", halved, {"x": 3, "refuses": True}).output == "ValueError"
    assert observe("refusing", halved, {"x": 4, "refuses": True}).output == 2
    assert observe("refusing", halved, {"x": 4}).output == 2
    answer = observe("refusing", halved, {"x": 3})
    assert (answer.status, answer.error, answer.message) == ("error", "ValueError", "odd")


@pytest.mark.parametrize("error", [TypeError, IndexError, ZeroDivisionError, NotImplementedError, AssertionError])
def test_no_other_error_is_a_refusal(error) -> None:
    def raises(x):
        raise error("no")

    assert observe("refusing", raises, {"x": 3, "refuses": True}).status == "error"


# --- careful ----------------------------------------------------------------------------------------------------------


def test_careful_makes_an_overflow_an_error_where_call_does_not_mind() -> None:
    def overflows(x):
        return 1 / (1 + np.exp(x))

    inputs = {"x": np.array([1.0, 1000.0])}
    with np.errstate(all="ignore"):
        assert observe("call", overflows, inputs).status == "ok"
    answer = observe("careful", overflows, inputs)
    assert (answer.status, answer.error) == ("error", "FloatingPointError") and "overflow" in answer.message
    assert observe("careful", overflows, {"x": np.array([1.0, -1000.0])}).status == "ok"  # what underflows to 0 is as it should be


def test_careful_makes_a_nan_out_of_infinities_an_error() -> None:
    answer = observe("careful", lambda x: x - x, {"x": np.array([np.inf])})
    assert (answer.status, answer.error) == ("error", "FloatingPointError")
