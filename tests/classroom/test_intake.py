"""Taking submissions in: honest work in every shape is found, and nothing is followed, unpacked or believed that should not be."""

import contextlib
import io
import json
import os
import socket
import stat
import time
import zipfile

import nbformat
import pytest

from autograder.classroom import cells, intake, unpack
from autograder.course import CourseError
from tests import toy_class

NAME = "07_filters.ipynb"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return toy_class.make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture
def take(course, tmp_path):
    """Read what lies at a path as a learner's submission."""

    def take(path):
        return intake.read(path.stem, [path], course, course.assignments[0])

    return take


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def zipped(path, members):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members:
            target.writestr(name, content)
    return path


def test_a_folder(course, take, tmp_path):
    found = take(toy_class.hand_in(tmp_path / "anna", course, answers={toy_class.WRITTEN: "It shifts."}))
    assert found.files == {"cnnlib/conv.py": toy_class.solution().encode()}
    assert found.notebook.cells[toy_class.WRITTEN].source == "It shifts."
    assert found.problems == [] and found.notes == []


@pytest.mark.parametrize("prefix", ["", "07_submission/", "Downloads/anna/stride/", "__MACOSX_not/"])
def test_a_zip_at_any_folder_level(course, take, tmp_path, prefix):
    path = zipped(tmp_path / "anna.zip", [
        (prefix + NAME, json.dumps(toy_class.notebook(course))),
        (prefix + "cnnlib/conv.py", toy_class.solution()),
        ("__MACOSX/cnnlib/._conv.py", b"\0\5\26\7"),
        ("__MACOSX/cnnlib/conv.py", "what macOS adds"),
        (prefix + ".ipynb_checkpoints/" + NAME.replace(".", "-checkpoint."), "{}"),
    ])
    found = take(path)
    assert found.problems == []
    assert found.files["cnnlib/conv.py"] == toy_class.solution().encode()


def test_the_whole_repository_zipped(course, take, tmp_path):
    found = take(zipped(tmp_path / "anna.zip", [
        ("stride/notebooks/" + NAME, json.dumps(toy_class.notebook(course))),
        ("stride/notebooks/08_other.ipynb", "{}"),
        ("stride/cnnlib/conv.py", "mine = 1\n"),
        ("stride/venv/lib/conv.py", "not mine"),
        ("stride/tests/checks/conv.py", "not mine either"),
        ("stride/cnnlib/__init__.py", ""),
    ]))
    assert found.files == {"cnnlib/conv.py": b"mine = 1\n"} and found.problems == []


@pytest.mark.parametrize("place", ["cnnlib/conv.py", "conv.py"])
def test_a_notebook_with_the_files_beside_it(course, take, tmp_path, place):
    put(tmp_path / "anna" / NAME, json.dumps(toy_class.notebook(course)))
    put(tmp_path / "anna" / place, "mine = 1\n")
    found = take(tmp_path / "anna")
    assert found.files == {"cnnlib/conv.py": b"mine = 1\n"} and found.problems == []


def test_a_zip_inside_a_folder(course, take, tmp_path):
    zipped(tmp_path / "anna" / "07_submission.zip", [("cnnlib/conv.py", "mine = 1\n"), (NAME, json.dumps(toy_class.notebook(course)))])
    assert take(tmp_path / "anna").files == {"cnnlib/conv.py": b"mine = 1\n"}


def test_a_single_notebook_is_missing_its_files(course, take, tmp_path):
    put(tmp_path / "anna.ipynb", json.dumps(toy_class.notebook(course)))
    found = take(tmp_path / "anna.ipynb")
    assert found.notebook is not None
    assert found.problems == ["cnnlib/conv.py is missing"]


@pytest.mark.parametrize(("content", "reason"), [
    (b"", "empty"),
    (b" \n", "empty"),
    (b'{"cells": [{"cell_type": "mark', "damaged"),
    (b'{"nbformat": 4}', "no cells"),
    (b"[1, 2]", "no cells"),
    (b"[" * 100_000, "damaged"),
    (b"<<<<<<< HEAD\n{}\n=======\n>>>>>>> theirs\n", "conflict markers"),
])
def test_a_bad_notebook_does_not_cost_the_files(course, take, tmp_path, content, reason):
    folder = toy_class.hand_in(tmp_path / "anna", course)
    put(folder / NAME, content)
    found = take(folder)
    assert found.notebook is None and list(found.files) == ["cnnlib/conv.py"]
    assert len(found.problems) == 1 and reason in found.problems[0]


@pytest.mark.parametrize("change", [
    lambda tree: tree | {"nbformat": 3, "worksheets": [{"cells": tree.pop("cells")}]},
    lambda tree: tree | {"nbformat": 9, "nbformat_minor": 99},
    lambda tree: tree | {"nbformat": 4, "nbformat_minor": 0, "cells": [{k: v for k, v in cell.items() if k != "id"} for cell in tree["cells"]]},
    lambda tree: tree | {"metadata": {"kernelspec": {"name": "ruby"}}},
    lambda tree: tree | {"cells": [7, None, {"cell_type": "code"}, *tree["cells"], {"cell_type": "code", "source": {"a": 1}}]},
])
def test_any_format_and_any_kernel(course, take, tmp_path, change):
    folder = toy_class.hand_in(tmp_path / "anna", course)
    put(folder / NAME, json.dumps(change(toy_class.notebook(course, {toy_class.WRITTEN: "It shifts."}))))
    found = take(folder)
    assert found.problems == [] and found.notebook.cells[toy_class.WRITTEN].source == "It shifts."


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_of_a_notebook(course, take, tmp_path, encoding):
    folder = toy_class.hand_in(tmp_path / "anna", course)
    put(folder / NAME, json.dumps(toy_class.notebook(course, {toy_class.WRITTEN: "größer"}), ensure_ascii=False).encode(encoding))
    found = take(folder)
    assert found.problems == [] and found.notebook.cells[toy_class.WRITTEN].source == "größer"


@pytest.mark.parametrize(("encoding", "noted"), [("utf-8", False), ("utf-8-sig", False), ("utf-16", True), ("cp1252", True)])
def test_encodings_of_a_module(course, take, tmp_path, encoding, noted):
    text = toy_class.solution() + "\n# größer\n"
    found = take(toy_class.hand_in(tmp_path / "anna", course, text.encode(encoding)))
    assert found.files["cnnlib/conv.py"] == text.encode() and found.problems == []
    assert bool(found.notes) is noted


def test_outputs_are_dropped(course, take, tmp_path):
    folder = toy_class.hand_in(tmp_path / "anna", course)
    tree = toy_class.notebook(course, {toy_class.WRITTEN: "It shifts."})
    tree["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (20 << 20)}]
    put(folder / NAME, json.dumps(tree))
    found = take(folder)
    built = cells.rebuild(nbformat.reads(json.dumps(toy_class.notebook(course)), 4), found.notebook.cells)
    assert found.problems == [] and len(json.dumps(built)) < 100_000


def test_copies_and_two_notebooks(course, take, tmp_path):
    folder = toy_class.hand_in(tmp_path / "anna", course)
    put(folder / "07_filters-Copy1.ipynb", (folder / NAME).read_bytes())
    assert take(folder).problems == ["two notebooks: 07_filters.ipynb is graded, 07_filters-Copy1.ipynb is not"]
    (folder / NAME).unlink()
    found = take(folder)
    assert found.notebook is not None and found.problems == ["07_filters-Copy1.ipynb is graded: there is no 07_filters.ipynb"]
    put(folder / "07_filters (1).ipynb", (folder / "07_filters-Copy1.ipynb").read_bytes())
    found = take(folder)
    assert found.notebook is None and "2 copies" in found.problems[0]


def test_another_assignments_notebook(course, take, tmp_path):
    folder = toy_class.hand_in(tmp_path / "anna", course)
    put(folder / NAME, (folder / NAME).read_text().replace("check-conv-", "check-pool-").replace("07-written", "08-written"))
    found = take(folder)
    assert found.notebook is None and "another assignment's" in found.problems[0] and found.files
    (folder / NAME).rename(folder / "08_others.ipynb")
    assert take(folder).problems == found.problems, "and it is not said to be graded"


def test_duplicated_cells_are_told(course, take, tmp_path):
    folder = toy_class.hand_in(tmp_path / "anna", course, answers={toy_class.WRITTEN: "first"})
    tree = json.loads((folder / NAME).read_text())
    tree["cells"].append(tree["cells"][-1] | {"source": "second"})
    put(folder / NAME, json.dumps(tree))
    found = take(folder)
    assert found.notebook.cells[toy_class.WRITTEN].source == "second"
    assert found.problems == ["cell 07-written occurs twice with different content: the last one is graded"]


def test_nothing_but_what_the_assignment_names(course, take, tmp_path):
    folder = toy_class.hand_in(tmp_path / "anna", course)
    for name in ("gradebook.db", "cnnlib/numpy.py", "sitecustomize.py", "autograder/judge.py", "timestamp.txt", "cnnlib/kit/__init__.py", "x.pth"):
        put(folder / name, "evil")
    found = take(folder)
    assert list(found.files) == ["cnnlib/conv.py"] and found.problems == []


@pytest.mark.parametrize("kind", ["link", "hard link", "named pipe", "device", "socket", "folder link"])
def test_what_is_not_a_plain_file_is_refused(course, take, tmp_path, kind):
    folder = toy_class.hand_in(tmp_path / "anna", course)
    secret = tmp_path / "secret" / "conv.py"
    put(secret, "secret = 1\n")
    target = folder / "cnnlib" / "conv.py"
    target.unlink()
    if kind == "link":
        target.symlink_to(secret)
    elif kind == "hard link":
        os.link(secret, target)
    elif kind == "named pipe":
        os.mkfifo(target)
    elif kind == "device":
        try:
            os.mknod(target, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero: it never ends
        except PermissionError:
            pytest.skip("only root makes devices")
    elif kind == "socket":
        with contextlib.chdir(target.parent), socket.socket(socket.AF_UNIX) as listener:  # a socket's path is short
            listener.bind(target.name)
    else:
        target.parent.rmdir()
        target.parent.symlink_to(secret.parent)
    started = time.monotonic()
    found = take(folder)
    assert time.monotonic() - started < 5
    assert found.files == {} and found.notebook is not None
    expected = [] if kind == "folder link" else [f"cnnlib/conv.py is a {kind}, which is not read"]
    assert found.problems == [*expected, "cnnlib/conv.py is missing"]


def test_a_file_that_becomes_a_link_before_it_is_read(tmp_path):
    put(tmp_path / "secret", "secret")
    put(tmp_path / "anna" / "cnnlib" / "conv.py", "mine")
    (entry,), _ = unpack.folder(tmp_path / "anna", lambda name: True)
    assert entry.read(100) == b"mine"
    (tmp_path / "anna" / "cnnlib" / "conv.py").unlink()
    (tmp_path / "anna" / "cnnlib" / "conv.py").symlink_to(tmp_path / "secret")
    with pytest.raises(unpack.Refused, match="cannot be read"):
        entry.read(100)
    (tmp_path / "anna" / "cnnlib").rename(tmp_path / "elsewhere")
    (tmp_path / "anna" / "cnnlib").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(unpack.Refused, match="cannot be read"):
        entry.read(100)


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("times", [1, 99])
def test_handed_in_anew_while_it_is_read(course, take, tmp_path, monkeypatch, kind, times):
    """What is graded was handed in together, at the time that is noted; where it never comes to rest, a person is told."""
    path, count, read = tmp_path / ("anna" if kind == "folder" else "anna.zip"), 0, cells.read

    def hand_in():
        again = {toy_class.WRITTEN: f"It shifts, {count * 'really, '}I think."}
        members = {NAME: json.dumps(toy_class.notebook(course, again)), "cnnlib/conv.py": f"again = {10 ** count}\n"}
        if kind == "zip":
            zipped(path, members.items())
        for name, content in members.items() if kind == "folder" else ():
            put(path / name, content)
            os.utime(path / name, (10 ** 9 + count, 10 ** 9 + count))

    def read_and_hand_in(data):
        nonlocal count
        found = read(data)
        if count < times:
            count += 1
            hand_in()
        return found

    hand_in()
    monkeypatch.setattr(cells, "read", read_and_hand_in)
    found = take(path)
    if times == 1:
        assert found.files == {"cnnlib/conv.py": b"again = 10\n"} and "really" in found.notebook.cells[toy_class.WRITTEN].source
        assert found.problems == [] and (kind == "zip" or found.timestamp == "2001-09-09 01:46:41 UTC")
    else:
        assert (found.files, found.notebook) == ({}, None)
        assert found.problems == ["it changes while it is read: wait until it is handed in, then grade again"]


@pytest.mark.parametrize("times", [1, 99])
def test_a_file_that_is_written_while_it_is_read(tmp_path, monkeypatch, times):
    path, fstat, count = tmp_path / "conv.py", os.fstat, 0
    path.write_bytes(b"half")

    def write_and_tell(descriptor):
        nonlocal count
        found = fstat(descriptor)
        if count < times:
            count += 1
            path.write_bytes(path.read_bytes() + b" and more")
        return found

    monkeypatch.setattr(unpack.os, "fstat", write_and_tell)
    if times == 1:
        assert unpack.bytes_beneath(tmp_path, "conv.py", 1 << 20) == b"half and more"
    else:
        with pytest.raises(unpack.Refused, match="conv.py changes while it is read.*then grade again"):
            unpack.bytes_beneath(tmp_path, "conv.py", 1 << 20)


@pytest.mark.parametrize(("places", "graded"), [
    (["work/cnnlib/conv.py", "cnnlib/conv.py"], "work/cnnlib/conv.py"),   # beside the notebook
    (["cnnlib/conv.py", "old/cnnlib/conv.py"], "cnnlib/conv.py"),         # one level up
    (["a/b/cnnlib/conv.py", "old/cnnlib/conv.py"], "old/cnnlib/conv.py"),  # nearest to the top
    (["a/cnnlib/conv.py", "old/cnnlib/conv.py"], None),
])
def test_of_several_the_nearest_is_graded_and_it_is_told(course, take, tmp_path, places, graded):
    folder = tmp_path / "anna"
    put(folder / "work" / NAME, json.dumps(toy_class.notebook(course)))
    for place in places:
        put(folder / place, place)
    found = take(folder)
    assert found.files == ({"cnnlib/conv.py": graded.encode()} if graded else {})
    assert len(found.problems) == 1 and "handed in more than once" in found.problems[0]


def test_a_linked_entry_is_refused(course, take, tmp_path):
    toy_class.hand_in(tmp_path / "anna", course)
    (tmp_path / "bert").symlink_to(tmp_path / "anna")
    found = take(tmp_path / "bert")
    assert found.files == {} and found.problems == ["bert is a link, which is not followed"]


@pytest.mark.parametrize("name", ["/cnnlib/conv.py", "../cnnlib/conv.py", "a/../../cnnlib/conv.py", "C:/cnnlib/conv.py"])
def test_paths_that_leave_the_zip(course, take, tmp_path, name):
    found = take(zipped(tmp_path / "anna.zip", [(name, "evil = 1\n"), (NAME, json.dumps(toy_class.notebook(course)))]))
    assert found.files == {}
    assert any("leaves its folder" in problem for problem in found.problems)


def test_a_link_in_a_zip(course, take, tmp_path):
    link = zipfile.ZipInfo("cnnlib/conv.py")
    link.external_attr = 0o120777 << 16
    found = take(zipped(tmp_path / "anna.zip", [(link, "/etc/passwd"), (NAME, json.dumps(toy_class.notebook(course)))]))
    assert found.files == {} and "cnnlib/conv.py is a link, which is not read" in found.problems


@pytest.mark.parametrize("other", ["cnnlib/Conv.py", "CNNLIB/CONV.PY"])
def test_names_that_differ_in_capitals_only(course, take, tmp_path, other):
    found = take(zipped(tmp_path / "anna.zip", [("cnnlib/conv.py", "a"), (other, "b"), (NAME, json.dumps(toy_class.notebook(course)))]))
    assert found.files == {} and "capital letters" in found.problems[0]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice(course, take, tmp_path):
    found = take(zipped(tmp_path / "anna.zip", [("cnnlib/conv.py", "a"), ("cnnlib/conv.py", "b"), (NAME, json.dumps(toy_class.notebook(course)))]))
    assert found.files == {} and found.problems == ["cnnlib/conv.py is in the zip twice: keep one and grade again"]


def test_a_bomb_is_not_unpacked(course, take, tmp_path):
    bomb = zipped(tmp_path / "anna.zip", [
        ("cnnlib/conv.py", b"#" * (64 << 20)),
        ("photo.raw", b"\0" * (64 << 20)),
        (NAME, json.dumps(toy_class.notebook(course))),
    ])
    started = time.monotonic()
    found = take(bomb)
    assert time.monotonic() - started < 2
    assert found.files == {} and "larger than 1 MB" in found.problems[0] and found.notebook is not None


def test_a_bomb_that_lies_about_its_size(course, take, tmp_path):
    path = zipped(tmp_path / "anna.zip", [("cnnlib/conv.py", b"#" * (64 << 20))])
    data = path.read_bytes().replace((64 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    path.write_bytes(data)
    found = take(path)
    assert found.files == {} and any("damaged" in problem for problem in found.problems)


def test_zips_within_zips_and_too_many_members(course, take, tmp_path, monkeypatch):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as target:
        target.writestr("deeper.zip", b"PK")
    assert "zip of zips" in take(zipped(tmp_path / "anna.zip", [("a.zip", inner.getvalue())])).problems[0]
    monkeypatch.setattr(unpack, "MAX_ENTRIES", 10)
    many = [(f"f{i}.txt", "") for i in range(11)]
    assert take(zipped(tmp_path / "bert.zip", many)).problems == ["the zip holds more than 10 files"]
    for name, content in many:
        put(tmp_path / "carl" / name, content)
    assert take(tmp_path / "carl").problems == ["the folder holds more than 10 files"]


def test_a_table_of_contents_that_is_too_long(course, take, tmp_path, monkeypatch):
    path = zipped(tmp_path / "anna.zip", [(f"{i}" * 50, "") for i in range(100)])
    monkeypatch.setattr(unpack, "MAX_CONTENTS", 5000)
    assert "table of contents is too long" in take(path).problems[0]


@pytest.mark.parametrize(("name", "content"), [("anna.zip", b"PK nonsense"), ("anna.zip", b""), ("anna.rar", b"Rar!"), ("anna.tar.gz", b"\x1f\x8b")])
def test_archives_that_cannot_be_read(course, tmp_path, name, content):
    put(tmp_path / name, content)
    found = intake.find(tmp_path, course.assignments[0])
    assert list(found) == ["anna"]
    assert len(intake.read("anna", found["anna"], course, course.assignments[0]).problems) == 1


def test_handed_in_twice(course, tmp_path):
    toy_class.hand_in(tmp_path / "anna", course)
    zipped(tmp_path / "anna.zip", [("cnnlib/conv.py", "a = 1")])
    found = intake.find(tmp_path, course.assignments[0])
    submission = intake.read("anna", found["anna"], course, course.assignments[0])
    assert submission.files == {} and "more than once (anna, anna.zip)" in submission.problems[0]


@pytest.mark.parametrize("stem", ["=1+1", "@sum", "-x", "a,b", 'a"b', "..", "a*", "x" * 100, "tab\there", "a[b]", "back\\slash"])
def test_names_that_are_not_ids(stem):
    id, changed = intake.learner_id(stem)
    assert changed and intake.LEARNER.fullmatch(id) and len(id) <= 64
    assert intake.learner_id(stem + "2")[0] != id


@pytest.mark.parametrize("stem", ["anna", "anna.b@example.org", "Ana Maria", "s-0123", "Żółć", "007"])
def test_names_that_are(stem):
    assert intake.learner_id(stem) == (stem, False)


def test_what_a_user_can_mend(course, tmp_path):
    assignment = course.assignments[0]
    with pytest.raises(CourseError, match="There is no folder .* stride grade 07 --submissions"):
        intake.find(tmp_path / "nowhere", assignment)
    with pytest.raises(CourseError, match="holds no submissions.* stride grade 07"):
        intake.find(tmp_path, assignment)
    put(tmp_path / "class.zip", "x")
    with pytest.raises(CourseError, match="is a file.*unzip"):
        intake.find(tmp_path / "class.zip", assignment)


def test_the_digest_is_of_what_is_graded(course, take, tmp_path):
    one = take(toy_class.hand_in(tmp_path / "a", course))
    put(tmp_path / "b" / "README.txt", "not graded")
    two = take(toy_class.hand_in(tmp_path / "b" / "deeper", course).parent)
    other = take(toy_class.hand_in(tmp_path / "c", course, toy_class.solution() + "\n"))
    answered = take(toy_class.hand_in(tmp_path / "d", course, answers={toy_class.WRITTEN: "It shifts."}))
    assert one.digest == two.digest
    assert len({one.digest, other.digest, answered.digest}) == 3


@pytest.mark.parametrize(("risky", "safe"), [
    ("<script>x</script>", "<\u2060script>x<\u2060/script>"),
    ("![x](http://a/b.png)", "!\u2060[x](http://a/b.png)"),
    (r"$\href{javascript:x}{y}$", "$\\\u2060href{javascript:x}{y}$"),
    ("a < b, $a<1$ and `x[i]`", "a < b, $a<1$ and `x[i]`"),
    ("![p](attachment:p.png)", "![p](attachment:p.png)"),
])
def test_disarmed_markdown(risky, safe):
    assert cells.disarm(risky) == safe
