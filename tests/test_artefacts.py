"""Results handed in as files: read without trust, bounded, and judged with a sentence whatever they hold."""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autograder import artefacts, check
from autograder.cards import card
from autograder.classroom import intake, job
from autograder.course import load_course
from autograder.exercise import load
from autograder.learning import submit
from autograder.loading import Missing
from autograder.sandboxing import sandbox

ROOT = Path(__file__).resolve().parent.parent
SHAPES = {"0.w": (2, 3), "0.b": (2,)}
GOOD = {"0.w": np.arange(6.0).reshape(2, 3), "0.b": np.ones(2, np.float32)}
TRAINED = (ROOT / "solutions" / "artefacts" / "lenet5.npz").read_bytes()


def saved(arrays: dict, save=np.savez) -> bytes:
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_was_saved_comes_back_in_float64(save) -> None:
    found = artefacts.arrays(saved(GOOD | {"0.w": np.asfortranarray(GOOD["0.w"].astype(">f4"))}, save), SHAPES)
    assert {name: array.dtype for name, array in found.items()} == dict.fromkeys(SHAPES, np.float64)
    for name, array in found.items():
        np.testing.assert_array_equal(array, GOOD[name])


HEADER = "{'descr': %s, 'fortran_order': False, 'shape': %s, }"
FULL = "'<f8'", "(2, 3)"
BAD = {  # each with its own sentence, that says what to do
    "nothing": (b"", "it is empty: save the arrays by name with np.savez"),
    "not a zip": (b"weights" * 100, "no file that np.savez wrote: save the arrays by name with np.savez"),
    "np.save": (npy(HEADER % FULL, bytes(48)), "a single array, as np.save writes it: save the arrays by name"),
    "a pickled dictionary": (pickle.dumps(GOOD), "it is a pickle, .*: save the arrays by name"),
    "torch.save": (zipped({"archive/data.pkl": b"", "archive/version": b"3"}), "what torch.save writes: save NumPy arrays by name"),
    "without names": (saved({"arr_0": GOOD["0.w"], "arr_1": GOOD["0.b"]}), r"have no names \(arr_0, …\): two stars"),
    "the dictionary as one": (saved({"arr_0": np.array(GOOD, object)}), "two stars"),
    "cut short": (saved(GOOD)[:-40], "damaged, perhaps cut short .*: save it again"),
    "bytes changed": (saved(GOOD).replace(b"\x93NUMPY", b"\x93NUMPX"), "damaged"),
    "another array": (saved(GOOD | {"1.w": np.ones(1)}), "^it holds 1.w, which nobody asked for: save what the notebook saves"),
    "one missing": (saved({"0.w": GOOD["0.w"]}), "^it lacks 0.b: save what the notebook saves"),
    "other names": (saved(dict.fromkeys("abcde", np.ones(1))), "^it lacks 0.w, 0.b, and it holds a, b, c and 2 more, which"),
    "an endless name": (saved({"n" * 5000: np.ones(1)}), "it holds n{30}, which"),
    "a shape": (saved(GOOD | {"0.b": np.ones(3)}), r"0.b should have shape \(2,\); it has \(3,\): save what the notebook saves, of the network"),
    "much larger": (saved(GOOD | {"0.b": np.ones(300)}), r"0.b should have shape \(2,\); it has \(300,\)"),
    "nan": (saved(GOOD | {"0.b": np.array([1, np.nan])}), "0.b holds nan .* smaller learning rate"),
    "integers": (saved(GOOD | {"0.b": np.ones(2, int)}), "floating-point numbers, not <i8: save it as the training left it"),
    "objects": (saved(GOOD | {"0.b": np.array([{}, []], object)}), "0.b holds Python objects, .*: save plain arrays"),
    "a pickle": (zipped({"0.w.npy": pickle.dumps(GOOD["0.w"]), "0.b.npy": b""}), "damaged"),
    "a structure": (zipped({"0.w.npy": npy(HEADER % ("[('a', '<f8')]", "(2, 3)"), bytes(48)), "0.b.npy": b""}), "floating-point numbers: "),
    "too few numbers": (zipped({"0.w.npy": npy(HEADER % FULL, bytes(40)), "0.b.npy": b""}), "not hold as many"),
    "too many numbers": (zipped({"0.w.npy": npy(HEADER % FULL, bytes(5000)), "0.b.npy": b""}), "not hold as many"),
    "no shape": (zipped({"0.w.npy": npy("{'descr': '<f8'}"), "0.b.npy": b""}), "damaged"),
    "code for a header": (zipped({"0.w.npy": npy("__import__('os').getcwd()"), "0.b.npy": b""}), "damaged"),
    "a deep header": (zipped({"0.w.npy": npy("(" * 400), "0.b.npy": b""}), "damaged"),
    "a bomb": (zipped({"0.w.npy": npy(HEADER % FULL, bytes(300 << 20)), "0.b.npy": b""}), "0.w does not hold as many"),
    "a huge file": (bytes(artefacts.MAX_BYTES + 1), "larger than 8 MiB, where 1 KiB are enough: save what the notebook saves"),
}


@pytest.mark.parametrize("data, says", BAD.values(), ids=BAD)
def test_anything_else_is_refused_with_a_clause(data: bytes, says: str) -> None:
    with pytest.raises(artefacts.Unfit, match=says):
        artefacts.arrays(data, SHAPES)


def test_a_twin_within_the_archive_is_refused() -> None:
    buffer = io.BytesIO(saved(GOOD))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("0.b.npy", npy(HEADER % ("'<f8'", "(2,)"), bytes(16)))
    with pytest.raises(artefacts.Unfit, match="it holds an array twice: save"):
        artefacts.arrays(buffer.getvalue(), SHAPES)


def test_an_unfit_file_is_a_verdict_and_a_missing_one_is_not_written() -> None:
    exercise = load("lenet.trained")
    for data, status, says in ((None, "not_written", "not written yet"), (b"", "unusable", "lenet5.npz cannot be used: it is empty")):
        with pytest.raises(Missing) as caught:
            artefacts.subject(exercise, data)
        assert caught.value.answer.status == status and says in caught.value.answer.message


def test_the_file_lies_beside_the_notebook(tmp_path: Path) -> None:
    for folder in ("cnnlib", "notebooks"):
        (tmp_path / folder).mkdir()
    verdict = check("lenet.trained", seed=1, cnnlib=tmp_path / "cnnlib")
    assert (verdict.status, verdict.points) == ("not_written", 0)
    (tmp_path / "notebooks" / "lenet5.npz").write_bytes(b"nothing of use")
    verdict = check("lenet.trained", seed=1, cnnlib=tmp_path / "cnnlib")
    assert (verdict.status, verdict.points) == ("unusable", 0) and "lenet5.npz cannot be used: it is no file" in verdict.feedback
    for shown in (str(verdict), card.html(verdict)):
        assert "cannot be used: it is no file that np.savez wrote" in shown
        assert "not found" not in shown and "images" not in shown  # no case was tried
    (tmp_path / "notebooks" / "lenet5.npz").write_bytes(TRAINED)
    assert check("lenet.trained", seed=1, cnnlib=tmp_path / "cnnlib").passed


def test_a_file_that_cannot_be_read_is_a_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "lenet5.npz").write_bytes(TRAINED)
    monkeypatch.setattr(Path, "open", refuse)
    verdict = check("lenet.trained", seed=1, cnnlib=tmp_path / "cnnlib")
    assert verdict.status == "unusable" and "lenet5.npz cannot be used: it cannot be read (Permission denied)" in verdict.feedback


# --- in a grader's job ------------------------------------------------------------------------------------------------


def submission(*, files: dict[str, bytes], handed_in: dict[str, bytes]) -> job.Job:
    ids = ("lenet.build_lenet5", "lenet.trained")
    return job.Job(ids, files, (), handed_in, {}, {}, 1, "secret" * 4, job.BUBBLEWRAP, "")


def library(*stubs: str) -> dict[str, bytes]:
    """The solutions with some files as learners first get them."""
    solutions = ROOT / "solutions" / "cnnlib"
    found = {f"cnnlib/{path.relative_to(solutions).as_posix()}": path.read_bytes() for path in solutions.rglob("*.py")}
    return found | {f"cnnlib/{name}.py": (ROOT / "cnnlib" / f"{name}.py").read_bytes() for name in stubs}


@pytest.fixture(scope="module")
def bubblewrap() -> None:
    sandbox.require()


def test_a_network_is_built_in_the_sandbox_and_weights_are_judged_outside(bubblewrap: None) -> None:
    built, trained = job.run(submission(files=library(), handed_in={"lenet5.npz": TRAINED}))
    assert built.passed and trained.passed, f"{built}\n{trained}"


def test_a_piece_that_is_not_written_is_named_and_nobody_stands_in(bubblewrap: None) -> None:
    built, trained = job.run(submission(files=library("pool"), handed_in={}))
    assert built.status == "not_written" and built.points < built.max_points
    assert "needs pool.avg_pool2d_forward, which is not written yet" in built.feedback
    assert (trained.status, trained.points) == ("not_written", 0)


def test_what_was_handed_in_is_part_of_the_jobs_key() -> None:
    one, other = (submission(files={}, handed_in={"lenet5.npz": data}) for data in (b"a", b"b"))
    assert one.key != other.key


# --- handing in -------------------------------------------------------------------------------------------------------

COURSE = load_course(ROOT)
FOUR = COURSE.assignment("04")


def packed(folder: Path, without: str = "", more: dict[str, bytes] | None = None) -> Path:
    """A submission of assignment 04 as a zip."""
    members = {name: b"# mine\n" for name in FOUR.files if name.endswith(".py")} | {"lenet5.npz": TRAINED}
    members |= {"04_pooling_lenet.ipynb": (ROOT / "notebooks" / "04_pooling_lenet.ipynb").read_bytes()} | (more or {})
    members.pop(without, None)
    (folder / "anna.zip").write_bytes(zipped(members))
    return folder / "anna.zip"


def test_an_assignment_names_what_it_builds_on_and_its_artefacts() -> None:
    assert FOUR.modules == ("pool", "lenet")
    assert FOUR.uses == ("fast_conv", "linear", "activations")  # pool is its own
    assert FOUR.files[-1] == "lenet5.npz" and "cnnlib/linear.py" in FOUR.files
    assert COURSE.assignment("02").uses == COURSE.assignment("02").artefacts == ()


def test_weights_and_earlier_work_are_taken_from_the_submission(tmp_path: Path) -> None:
    found = intake.read("anna", [packed(tmp_path)], COURSE, FOUR)
    assert found.problems == [] and found.artefacts == {"lenet5.npz": TRAINED}
    assert {f"cnnlib/{name}.py" for name in ("pool", "lenet", "fast_conv", "linear", "activations")} == found.files.keys()
    changed = intake.read("anna", [packed(tmp_path, more={"lenet5.npz": b"other"})], COURSE, FOUR)
    assert changed.digest != found.digest


@pytest.mark.parametrize("name", ["lenet5.npz", "cnnlib/linear.py"])
def test_what_is_missing_is_for_a_person_to_look_at(tmp_path: Path, name: str) -> None:
    found = intake.read("anna", [packed(tmp_path, without=name)], COURSE, FOUR)
    assert len(found.problems) == 1 and found.problems[0].startswith(f"{name} is missing")


def test_too_large_or_twice_is_refused_and_the_rest_is_taken(tmp_path: Path) -> None:
    large = intake.read("anna", [packed(tmp_path, more={"lenet5.npz": bytes(artefacts.MAX_BYTES + 1)})], COURSE, FOUR)
    assert large.artefacts == {} and len(large.problems) == 1 and len(large.files) == 5
    twice = intake.read("anna", [packed(tmp_path, "lenet5.npz", {"a/lenet5.npz": b"", "b/lenet5.npz": b""})], COURSE, FOUR)
    assert twice.artefacts == {} and twice.problems == ["lenet5.npz was handed in more than once: keep one and grade again"]


def test_submit_packs_the_weights_and_earlier_work(tmp_path: Path) -> None:
    for name in FOUR.files:
        path = tmp_path / ("notebooks" if name.endswith((".ipynb", ".npz")) else "") / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(TRAINED if name.endswith(".npz") else b"")
    assert submit.collect(replace(COURSE, root=tmp_path), FOUR).keys() == set(FOUR.files)
    (tmp_path / "notebooks" / "lenet5.npz").unlink()
    assert submit.collect(replace(COURSE, root=tmp_path), FOUR).keys() == set(FOUR.files) - {"lenet5.npz"}
