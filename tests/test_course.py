"""course.toml and the secret: read as they should be, or one sentence that says what to mend."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from autograder import course as course_module
from autograder.course import CourseError, find_root, load_course
from autograder.exercise import UnknownExercise

TOML = """
[course]
name = "Toy"
title = "A course"
visible_seed = 7
repository = "https://example.org/toy"
[limits]
cpu_seconds = 3
[[assignment]]
id = "02"
title = "Convolution"
notebook = "02_convolution"
minutes = 60
points = 100
exercises = ["conv.conv2d_forward", "conv.rotate180", "fast_conv.im2col"]
written = [{ id = "02-written", points = 8 }]
[[assignment]]
id = "exam"
title = "Exam"
notebook = "exam"
minutes = 60
points = 10
exercises = []
"""


def course_at(folder: Path, text: str | bytes = TOML):
    (folder / "course.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_course(folder)


def test_what_is_read(tmp_path: Path) -> None:
    course = course_at(tmp_path, "\ufeff" + TOML)  # an editor's byte order mark does no harm
    assignment = course.assignment("02")
    assert assignment.modules == ("conv", "fast_conv")
    assert assignment.files == ("02_convolution.ipynb", "cnnlib/conv.py", "cnnlib/fast_conv.py")
    assert course.exercise_ids == ("conv.conv2d_forward", "conv.rotate180", "fast_conv.im2col")
    assert course.assignment_of("conv.rotate180") is assignment and assignment.written[0].points == 8
    assert course.limits == course_module.LIMITS | {"cpu_seconds": 3.0}
    assert assignment.exercises[2].id == "fast_conv.im2col"


@pytest.mark.parametrize("name", ["02", "2", "0002", "02_convolution"])
def test_an_assignment_has_several_names(tmp_path: Path, name: str) -> None:
    assert course_at(tmp_path).assignment(name).id == "02"


@pytest.mark.parametrize("name", ["3", "", "²", "02_conv", "-2", "2.0"])
def test_an_unknown_assignment_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(CourseError, match="no assignment .* stride list$"):
        course_at(tmp_path).assignment(name)
    with pytest.raises(UnknownExercise, match="stride list$"):
        course_at(tmp_path).assignment_of("conv.nothing")


@pytest.mark.parametrize("end", range(0, len(TOML) - 30, 23))
def test_a_half_written_file_gives_a_course_or_one_sentence(tmp_path: Path, end: int) -> None:
    try:
        course_at(tmp_path, TOML[:end])
    except CourseError as error:
        assert "\n" not in str(error) and "git checkout course.toml" in str(error) and "course.toml" in str(error)
        return
    assert "exercises = [" in TOML[:end]  # cut between two complete assignments at the earliest


@pytest.mark.parametrize(
    "old, new, says",
    [
        ('title = "A course"', "", "lacks 'title'"),
        ('title = "A course"', "title = 3", "title should be text, it is 3"),
        ("visible_seed = 7", "visible_seed = true", "visible_seed should be a whole number, it is True"),
        ("minutes = 60", "minutes = '60'", "minutes should be a whole number"),
        ("points = 100", "points = 99.5", "points should be a whole number"),
        ("cpu_seconds = 3", "cpu_seconds = 0", "the limit cpu_seconds should be a number above 0"),
        ("cpu_seconds = 3", "cpu_seconds = nan", "the limit cpu_seconds should be a number above 0"),
        ("cpu_seconds = 3", "cpu_seconds = '3'", "the limit cpu_seconds should be a number above 0"),
        ("cpu_seconds = 3", "cpu_second = 3", "there is no limit cpu_second "),
        ("[limits]", "[[limits]]", "limits should be a table"),
        ("[course]", "course = 3\n[other]", "course should be a table"),
        ("exercises = []", 'exercises = "conv.rotate180"', "exercises should be a list"),
        ("exercises = []", "exercises = [1]", "exercises should be a list, each of its items text"),
        ("exercises = []", 'exercises = ["a.b", "a.b"]', "the exercise 'a.b' is there twice"),
        ('id = "exam"', 'id = "02"', "the assignment '02' is there twice"),
        ('id = "exam"\ntitle = "Exam"', 'id = "exam"', "lacks 'title'"),
        ("written = [{ id = ", "written = [{ name = ", "lacks 'id'"),
        ("points = 8", "points = 'eight'", "points should be a whole number"),
        ("written = [", "written = 3 # [", "written should be a list"),
        ("[limits]", "[limits", "cannot be read"),
        ('name = "Toy"', 'name = "Toy"\nname = "Toy"', "cannot be read"),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TOML
    with pytest.raises(CourseError) as caught:
        course_at(tmp_path, TOML.replace(old, new))
    assert says in str(caught.value) and "git checkout course.toml" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\x00", b"\x00" * 100, b"[[assignment]]\n", b"assignment = 3\n"])
def test_what_is_no_course_is_told(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(CourseError, match="git checkout course.toml"):
        course_at(tmp_path, text)


def test_a_missing_file_and_a_folder_in_its_place_are_told(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="cannot be read"):
        load_course(tmp_path)
    (tmp_path / "course.toml").mkdir()
    with pytest.raises(CourseError, match="cannot be read"):
        load_course(tmp_path)


def test_the_root_is_the_nearest_above_and_the_learners_folder_can_be_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course_at(tmp_path)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_root(deep) == tmp_path.resolve()
    monkeypatch.chdir(deep)
    monkeypatch.delenv("STRIDE_CNNLIB", raising=False)
    assert load_course().cnnlib == (tmp_path / "cnnlib").resolve()
    monkeypatch.setenv("STRIDE_CNNLIB", str(deep))
    assert load_course().cnnlib == deep.resolve()


def test_away_from_a_course_the_installed_one_serves_and_a_deleted_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_root(tmp_path) == Path(course_module.__file__).resolve().parent.parent
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(CourseError, match="Change into the course's folder"):
        find_root()


# --- the secret -------------------------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(course_module.SECRET_VARIABLE, raising=False)
    return course_at(tmp_path)


def files(course) -> list[str]:
    return sorted(path.name for path in course.root.iterdir())


def test_the_secret_is_made_once_for_its_owner_alone(course) -> None:
    secret = course.secret_seed()
    path = course.root / "course.secret"
    assert len(secret) == 32 and course.secret_seed() == secret and path.read_text().strip() == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert files(course) == ["course.secret", "course.toml"]  # no draft is left


def test_the_environment_comes_first(course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(course_module.SECRET_VARIABLE, "of the environment")
    assert course.secret_seed() == "of the environment" and not (course.root / "course.secret").exists()


def test_of_two_graders_that_start_together_the_first_wins(course, monkeypatch: pytest.MonkeyPatch) -> None:
    path = course.root / "course.secret"
    link = course_module.os.link

    def late(draft, target):
        path.write_text("the secret of the other grader\n")
        link(draft, target)

    monkeypatch.setattr(course_module.os, "link", late)
    assert course.secret_seed() == "the secret of the other grader"
    assert files(course) == ["course.secret", "course.toml"]


def test_a_disk_without_links_has_a_secret_too(course, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_):
        raise PermissionError("no links here")

    monkeypatch.setattr(course_module.os, "link", none)
    assert course.secret_seed() == course.secret_seed()
    assert files(course) == ["course.secret", "course.toml"]


@pytest.mark.parametrize("content", [b"", b"\n", b"abc\n", b"\xff\xfe\xfd"])
def test_a_broken_secret_is_told_not_used(course, content: bytes) -> None:
    (course.root / "course.secret").write_bytes(content)
    with pytest.raises(CourseError, match="course.secret"):
        course.secret_seed()
