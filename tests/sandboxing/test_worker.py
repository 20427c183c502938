"""The program inside a sandbox, here without one: what it answers to requests."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import probes, values
from autograder.probes import Answer
from autograder.sandboxing import frames, worker


@pytest.fixture
def cnnlib(tmp_path: Path) -> Path:
    folder = tmp_path / "cnnlib"
    folder.mkdir()
    (folder / "conv.py").write_text("def double(x):\n    return 2 * x\n\nnumber = 3\n\ndef size(n):\n    return n - 1\n")
    return folder


def load(cnnlib: Path, module: str = "conv", name: str = "double", cell: str | None = None) -> tuple[Any, Answer]:
    return worker.load({"module": module, "name": name, "cell": cell}, cnnlib)


def test_a_function_is_loaded_from_the_file_as_it_is_now(cnnlib: Path) -> None:
    subject, answer = load(cnnlib)
    assert answer == Answer(probes.OK) and subject(4) == 8
    (cnnlib / "conv.py").write_text("def double(x):\n    return x + x + 1\n")
    assert load(cnnlib)[0](4) == 9


@pytest.mark.parametrize(
    ("source", "status", "error", "where"),
    [
        ("def single(x): pass", probes.MISSING, "", ""),
        ("double = 2", probes.MISSING, "", ""),
        ("def double(x:\n", probes.ERROR, "SyntaxError", "conv.py, line 1: def double(x:"),
        ("import nothing_of_that_name", probes.ERROR, "ModuleNotFoundError", "conv.py, line 1: import nothing_of_that_name"),
        ("raise SystemExit", probes.ERROR, "SystemExit", "conv.py, line 1: raise SystemExit"),
        ("raise KeyboardInterrupt", probes.ERROR, "KeyboardInterrupt", "conv.py, line 1: raise KeyboardInterrupt"),
        ("raise MemoryError", probes.MEMORY_LIMIT, "MemoryError", ""),
    ],
)
def test_a_file_that_cannot_be_loaded(cnnlib: Path, source: str, status: str, error: str, where: str) -> None:
    (cnnlib / "conv.py").write_text(source)
    subject, answer = load(cnnlib)
    assert subject is None
    assert (answer.status, answer.error, answer.where) == (status, error, where)


def test_a_missing_file_is_named(cnnlib: Path) -> None:
    assert load(cnnlib, "pool")[1] == Answer(probes.MISSING, message="there is no file cnnlib/pool.py")


def test_an_answer_cell_has_the_names_of_the_notebooks_first_cell(cnnlib: Path) -> None:
    (cnnlib / "shapes.py").write_text("raise ValueError")  # not loadable, and not needed
    cell = "import math\nanswer = {'a': conv.size(math.isqrt(81)), 'b': int(np.prod([2, 3]))}  # not shapes"
    assert load(cnnlib, "conv", "answer", cell) == ({"a": 8, "b": 6}, Answer(probes.OK))


@pytest.mark.parametrize(
    ("cell", "status", "error", "where"),
    [
        ("other = 1", probes.MISSING, "", ""),
        ("answer = 1 / 0", probes.ERROR, "ZeroDivisionError", "answer cell, line 1: answer = 1 / 0"),
        ("answer = (", probes.ERROR, "SyntaxError", "answer cell, line 1: answer = ("),
        ("x = 1\nanswer = shapes.size(3)", probes.ERROR, "NameError", "answer cell, line 2: answer = shapes.size(3)"),
    ],
)
def test_an_answer_cell_that_gives_no_answer(cnnlib: Path, cell: str, status: str, error: str, where: str) -> None:
    subject, answer = load(cnnlib, "conv", "answer", cell)
    assert subject is None
    assert (answer.status, answer.error, answer.where) == (status, error, where)


def observe(subject: Any, **inputs: Any) -> Answer:
    return worker.observe({"probe": "call", "inputs": inputs, "layout": "plain"}, subject)


def test_whatever_is_raised_becomes_an_answer() -> None:
    def raises(kind: type[BaseException]) -> None:
        raise kind

    for kind in (KeyboardInterrupt, BaseException, SystemExit, ValueError):
        answer = observe(raises, kind=kind)
        assert (answer.status, answer.error) == (probes.ERROR, kind.__name__)


def test_an_answer_with_objects_of_the_learners_leaves_as_plain_text_or_not_at_all() -> None:
    class Text(str):
        pass

    class Strange(Exception):
        def __str__(self) -> str:
            return Text("passed")

    def raises() -> None:
        raise Strange

    for answer in (observe(raises), Answer(probes.ERROR, error=Text("passed")), Answer(probes.OK, output=Strange())):
        reply = values.decode(worker.encode(7, answer))
        assert reply["number"] == 7
        received = probes.from_plain(reply["answer"])
        assert received.status == probes.ERROR and "passed" not in received.error + received.message


@pytest.fixture
def pipes() -> Iterator[tuple[int, int, int, int]]:
    descriptors = (*os.pipe(), *os.pipe())
    yield descriptors
    for descriptor in descriptors:
        try:
            os.close(descriptor)
        except OSError:
            pass  # closed by the test


def test_requests_are_answered_in_order_until_the_pipe_is_closed(cnnlib: Path, pipes: tuple[int, int, int, int], monkeypatch: Any) -> None:
    monkeypatch.setattr(worker, "refuse_programs", lambda: None)  # it cannot be taken back, and pytest goes on
    monkeypatch.setattr(worker.sys, "path", list(worker.sys.path))
    requests, ask, answers, reply = pipes
    thread = threading.Thread(target=worker.main, args=(str(cnnlib.parent), requests, reply))
    thread.start()
    assert values.decode(frames.read(answers)) == "ready"
    x = np.arange(3.0)
    frames.write(ask, values.encode({"number": 1, "do": "load", "module": "conv", "name": "double", "cell": None}))
    frames.write(ask, values.encode({"number": 2, "do": "case", "probe": "call", "inputs": {"x": x}, "layout": "read-only"}))
    first, second = values.decode(frames.read(answers)), values.decode(frames.read(answers))
    assert first["number"] == 1 and probes.from_plain(first["answer"]).status == probes.OK
    assert second["number"] == 2 and second["answer"]["output"].tolist() == [0.0, 2.0, 4.0]
    os.close(ask)
    thread.join(5)
    assert not thread.is_alive()
