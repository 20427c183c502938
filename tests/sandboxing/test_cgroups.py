"""Control groups: what they hold on this machine, and which files are written where the other version of the interface is mounted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from autograder import probes
from autograder.exercise import Case
from autograder.sandboxing import attacks, cgroups, doctor
from autograder.sandboxing.cgroups import Group, Place
from autograder.sandboxing.limits import MIB
from autograder.sandboxing.sandbox import Sandbox, SandboxFault

here = pytest.mark.skipif(cgroups.place() is None or cgroups.place().memory is None, reason="no memory cgroup can be made on this machine")
TABLES = next(attack for attack in attacks.ATTACKS if "page tables" in attack.tries)
LIMITS = {"cpu_seconds": 5, "wall_seconds": 20, "memory_mb": 64, "output_mb": 4}
X = [Case("a", {})]


def left() -> list[Path]:
    """Groups of this process that are still there."""
    return [group for folder in cgroups.place().folders for group in folder.glob(f"stride-{os.getpid()}-*")]


# --- on this machine --------------------------------------------------------------------------------------------------


@here
def test_memory_that_no_limit_of_a_process_counts_ends_in_the_memory_limit_and_the_next_exercise_goes_on() -> None:
    files = {"cnnlib/attack0.py": TABLES.source.encode(), "cnnlib/attack1.py": b"def attack(): return 7\n"}
    with Sandbox(files, LIMITS) as box:
        assert [answer.status for answer in box.run(doctor._exercise(0), X)] == [probes.MEMORY_LIMIT]
        assert box.run(doctor._exercise(1), X)[0].output == 7
        assert left()
    assert not left()


@here
def test_a_limit_can_be_raised_and_lowered() -> None:
    group = Group(cgroups.place())
    try:
        for size in (256 * MIB, 1024 * MIB, 128 * MIB):
            group.allow_memory(size)
            name = "memory.max" if cgroups.place().version == 2 else "memory.limit_in_bytes"
            assert int((group._memory / name).read_text()) == size + cgroups.BESIDE
    finally:
        group.close()


@here
def test_closing_a_group_kills_what_is_in_it() -> None:
    group = Group(cgroups.place())
    sleeper = subprocess.Popen(group.entering(["/bin/sleep", "600"]))
    while not (group._folders[0] / "cgroup.procs").read_text().strip():
        assert sleeper.poll() is None
    group.close()
    assert sleeper.wait(5) == -9
    group.close()
    assert not left()


@here
def test_groups_of_a_grader_that_was_killed_are_swept_away_and_living_ones_are_not() -> None:
    mine = Group(cgroups.place())
    sleeper = subprocess.Popen(mine.entering(["/bin/sleep", "600"]))
    try:
        while not (mine._folders[0] / "cgroup.procs").read_text().strip():
            assert sleeper.poll() is None
        dead = cgroups.place().folders[0] / "stride-99999999-0"
        dead.mkdir()
        cgroups.place().sweep()
        assert not dead.exists() and mine._folders[0].exists() and sleeper.poll() is None
    finally:
        mine.close()
        sleeper.wait()


@here
def test_a_group_that_takes_no_limit_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Group, "allow_memory", refused)
    with Sandbox({"cnnlib/attack0.py": b"def attack(): return 1"}, LIMITS) as box, pytest.raises(SandboxFault, match="takes no limit any more"):
        box.run(doctor._exercise(0), X)


def test_without_a_place_everything_goes_on_and_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "_place", lambda process: None)
    with Sandbox({"cnnlib/attack0.py": b"def attack(): return 1"}, LIMITS) as box:
        assert box.run(doctor._exercise(0), X)[0].output == 1
    results = doctor.run_doctor([TABLES])
    assert [result.outcome for result in results] == [doctor.IMPOSSIBLE] and doctor.sound(results)
    assert "page tables" in cgroups.gaps()[0]
    assert "rlimit: the address space of its one process" in doctor.table(results, cgroups.carriers())
    for user, threads in ((0, True), (1000, False)):
        monkeypatch.setattr(cgroups.os, "geteuid", lambda user=user: user)
        assert (cgroups.THREADS_GAP in cgroups.gaps()) is threads


def test_with_both_controllers_nothing_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cgroups, "_place", lambda process: Place(2, tmp_path, tmp_path))
    assert cgroups.gaps() == ()
    assert ("threads of a sandbox", "cgroup v2: 64") in cgroups.carriers()


# --- on folders that only look like cgroups: which files are found and written ----------------------------------------


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Make a root folder: what /proc/self/cgroup and mountinfo say, and files of groups with their content."""
    monkeypatch.setattr(cgroups, "REMOVAL_SECONDS", 0)  # an ordinary folder with files in it is not removed as a group is

    def machine(own: str, mounts: str, **groups: str) -> Path:
        (tmp_path / "proc/self").mkdir(parents=True)
        (tmp_path / "proc/self/cgroup").write_text(own)
        (tmp_path / "proc/self/mountinfo").write_text(mounts)
        for path, content in groups.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content)
        return tmp_path

    return machine


V2 = "24 23 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
SCOPE = "sys/fs/cgroup/user.slice/app.slice/run-1.scope"


def written(folder: Path) -> dict[str, str]:
    (group,) = folder.glob(f"stride-{os.getpid()}-*")
    return {path.name: path.read_text().strip() for path in group.iterdir()}


def test_version_2_beside_our_own_group_where_the_one_above_hands_its_controllers_on(machine) -> None:
    root = machine("0::/user.slice/app.slice/run-1.scope\n", V2, **{
        f"{SCOPE}/cgroup.subtree_control": "", "sys/fs/cgroup/user.slice/app.slice/cgroup.subtree_control": "cpu memory pids\n",
    })
    slice = root / "sys/fs/cgroup/user.slice/app.slice"
    assert cgroups.find(root) == Place(2, slice, slice)
    files = written(slice)
    assert files.pop("cgroup.procs") == "0"
    assert files == {"pids.max": "64", "memory.swap.max": "0", "memory.oom.group": "1", "memory.max": str(64 * MIB + cgroups.BESIDE)}


def test_version_2_moves_aside_where_it_is_alone_in_a_group_that_was_delegated_to_it(machine) -> None:
    root = machine("0::/user.slice/app.slice/run-1.scope\n", V2, **{
        f"{SCOPE}/cgroup.subtree_control": "", f"{SCOPE}/cgroup.controllers": "memory pids\n", f"{SCOPE}/cgroup.procs": f"{os.getpid()}\n",
    })
    assert cgroups.find(root) == Place(2, root / SCOPE, root / SCOPE)
    assert (root / SCOPE / "stride-grader/cgroup.procs").read_text() == str(os.getpid())
    assert (root / SCOPE / "cgroup.subtree_control").read_text() == "+memory +pids"


@pytest.mark.parametrize(("own", "mounts", "files"), [
    ("0::/user.slice/app.slice/run-1.scope\n", V2, {f"{SCOPE}/cgroup.controllers": "memory pids", f"{SCOPE}/cgroup.procs": "1\n2\n"}),  # not alone
    ("0::/user.slice/app.slice/run-1.scope\n", V2, {f"{SCOPE}/cgroup.controllers": "cpu", f"{SCOPE}/cgroup.procs": f"{os.getpid()}\n"}),
    ("0::/../elsewhere\n", V2, {"sys/fs/cgroup/cgroup.subtree_control": "memory pids"}),  # outside of what is mounted
    ("4:memory:/a\n8:pids:/\n", V1, {}),  # nothing there
    ("0::/\n", "nonsense\n\n", {}),
    ("", "", {}),
])
def test_where_no_group_can_be_made_there_is_no_place_and_nothing_is_touched(machine, own: str, mounts: str, files: dict[str, str]) -> None:
    root = machine(own, mounts, **files)
    before = sorted(root.rglob("*"))
    assert cgroups.find(root) is None
    assert sorted(root.rglob("*")) == before and all((root / path).read_text() == content for path, content in files.items())


def test_version_1_has_a_folder_for_each_controller_and_one_of_them_is_better_than_none(machine) -> None:
    root = machine("8:pids:/\n4:memory:/job/7\n", V1, **{"sys/fs/cgroup/memory/job/7/tasks": "", "sys/fs/cgroup/pids/tasks": ""})
    memory, pids = root / "sys/fs/cgroup/memory/job/7", root / "sys/fs/cgroup/pids"
    assert cgroups.find(root) == Place(1, memory, pids)
    assert written(memory) == {"memory.limit_in_bytes": str(64 * MIB + cgroups.BESIDE), "cgroup.procs": "0"}
    assert written(pids) == {"pids.max": "64", "cgroup.procs": "0"}
    memory.rename(memory.with_name("8"))
    assert cgroups.find(root) == Place(1, None, pids)


@pytest.mark.parametrize(("version", "files", "ours"), [
    (2, {"memory.events": "low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n"}, True),
    (2, {"memory.events": "low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\n"}, False),  # the machine had no more
    (2, {}, False),
    (1, {"memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", "memory.max_usage_in_bytes": "99999999\n"}, True),
    (1, {"memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", "memory.max_usage_in_bytes": "50000000\n"}, False),
    (1, {"memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n", "memory.max_usage_in_bytes": "99999999\n"}, False),
])
def test_only_the_groups_own_limit_is_the_learners(tmp_path: Path, monkeypatch, version: int, files: dict[str, str], ours: bool) -> None:
    monkeypatch.setattr(cgroups, "REMOVAL_SECONDS", 0)
    group = Group(Place(version, tmp_path, None))
    for name, content in ({"memory.limit_in_bytes": "100000000\n"} | files).items():
        (group._memory / name).write_text(content)
    assert group.out_of_memory() is ours
