"""Every attack on the sandbox of this machine; and that the doctor notices when a part of the sandbox is taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograder.sandboxing import attacks, confinement, doctor, forked, process
from autograder.sandboxing.attacks import ATTACKS, Attack
from autograder.sandboxing.doctor import ENFORCED, IMPOSSIBLE, NOT_ENFORCED, AttackResult
from autograder.sandboxing.sandbox import SandboxFault


def test_every_attack_is_withstood() -> None:
    seen: list[AttackResult] = []
    results = doctor.run_doctor(progress=seen.append)
    assert len(results) == len(ATTACKS) and seen == results
    assert [result for result in results if result.outcome == NOT_ENFORCED] == []
    assert doctor.sound(results)
    excused = {attack.tries for attack in ATTACKS if attack.excuse()}
    assert {result.tries for result in results if result.outcome == IMPOSSIBLE} <= excused


def find(*tries: str) -> list[Attack]:
    found = [attack for attack in ATTACKS if attack.tries in tries]
    assert len(found) == len(tries)
    return found


def outcomes(*tries: str) -> set[str]:
    return {result.outcome for result in doctor.run_doctor(find(*tries))}


@pytest.fixture
def anew() -> Iterator[None]:
    """Templates that are made within the test, and end with it: as it changes them, no other shall use them."""
    forked.close_templates()
    yield
    forked.close_templates()


def without(option: str, values: int) -> Callable[..., list[str]]:
    """bubblewrap's command line without an option and its values."""
    command = confinement.command

    def weaker(*arguments: Any) -> list[str]:
        words = command(*arguments)
        while option in words:
            at = words.index(option)
            del words[at : at + 1 + values]
        return words

    return weaker


def test_without_the_filter_the_doctor_says_so(monkeypatch: Any) -> None:
    monkeypatch.setattr(forked.seccomp, "sandbox", lambda threads: forked.seccomp._Calls(None).filter())
    tries = ("a memory file", "a thread", "a socket of kind AF_INET", "System V shared memory", "io_uring", "a message queue")
    assert outcomes(*tries) == {NOT_ENFORCED}


@pytest.mark.parametrize(
    ("option", "values", "tries"),
    [
        ("--remount-ro", 1, "many folders"),
        ("--clearenv", 0, "the environment's secrets"),
    ],
)
def test_without_an_option_of_bubblewrap_the_doctor_says_so(monkeypatch: Any, anew: None, option: str, values: int, tries: str) -> None:
    if option == "--clearenv":  # bubblewrap is started with an empty environment too: take both away
        monkeypatch.setitem(confinement.ENVIRONMENT, "STRIDE_SECRET_SEED", "1")
        confinement._fixed.cache_clear()
    monkeypatch.setattr(confinement, "command", without(option, values))
    assert outcomes(tries) == {NOT_ENFORCED}


@pytest.mark.parametrize(
    ("weaker", "tries"),
    [
        ("spawner.READ_ONLY = 0", "deleting its own file"),
        ("spawner.give_up_privileges = lambda: None", "privileges that are left"),
    ],
)
def test_without_a_part_of_what_a_fork_does_the_doctor_says_so(monkeypatch: Any, anew: None, weaker: str, tries: str) -> None:
    monkeypatch.setattr(confinement, "START", confinement.START.replace("spawner.main", f"{weaker}\nspawner.main"))
    assert outcomes(tries) == {NOT_ENFORCED}


def test_with_the_course_in_sight_the_doctor_says_so(monkeypatch: Any, anew: None) -> None:
    command, here = confinement.command, str(attacks.PACKAGE)

    def wider(*arguments: Any) -> list[str]:
        words = command(*arguments)
        at = words.index("--remount-ro")
        return [*words[:at], "--ro-bind", here, here, "--ro-bind", "/proc", "/proc", *words[at:]]

    monkeypatch.setattr(confinement, "command", wider)
    assert outcomes("the checks' source", "other processes") == {NOT_ENFORCED}


def test_without_limits_the_doctor_says_so(monkeypatch: Any) -> None:
    monkeypatch.setattr(process.limits, "FIXED", {})
    monkeypatch.setattr(process.limits, "allow_memory", lambda *_: None)
    assert outcomes("more memory by raising the limit") == {ENFORCED}  # the filter's
    assert outcomes("shared anonymous memory") == {NOT_ENFORCED}


def test_a_mistake_in_an_attack_is_not_a_defence() -> None:
    mistaken = Attack("resources", "nothing", "return undefined_name", (attacks.PERMITTED,))
    [result] = doctor.run_doctor([mistaken])
    assert result.outcome == NOT_ENFORCED and "undefined_name" in result.detail
    assert not doctor.sound([result])


def test_an_attack_that_works_is_excused_only_where_the_machine_cannot_help() -> None:
    works = Attack("resources", "counting", "return 1", (attacks.PERMITTED,), excuse=lambda: "the kernel is too old")
    [result] = doctor.run_doctor([works])
    assert (result.outcome, result.detail) == (IMPOSSIBLE, "the kernel is too old")
    assert doctor.sound([result])


def test_an_attack_that_is_not_prevented_leaves_nothing_to_the_next_ones() -> None:
    hoards = Attack("resources", "hoarding", "os.hoard = bytearray(40 << 20)", (attacks.PERMITTED,))
    needs = Attack("resources", "a second hoard", f"bytearray(40 << 20)\nraise LookupError({attacks.NOT_FOUND!r})", (attacks.NOT_FOUND,))
    assert [result.outcome for result in doctor.run_doctor([hoards, hoards, needs])] == [NOT_ENFORCED, NOT_ENFORCED, ENFORCED]


def test_an_attack_that_brings_the_sandbox_itself_down_is_told_and_the_next_one_runs(monkeypatch: Any) -> None:
    class Broken(doctor.Sandbox):
        def run(self, exercise: Any, *rest: Any) -> Any:
            if exercise.id.startswith("attack0"):
                raise SandboxFault("killed from outside")
            return super().run(exercise, *rest)

    monkeypatch.setattr(doctor, "Sandbox", Broken)
    assert outcomes("sys.exit") == {NOT_ENFORCED}
    assert [result.outcome for result in doctor.run_doctor(find("sys.exit", "a thread"))] == [NOT_ENFORCED, ENFORCED]


def test_the_table_has_a_line_for_each_and_sums_up() -> None:
    results = [
        AttackResult("reading", "the checks", ENFORCED, "FileNotFoundError"),
        AttackResult("network", "a socket", NOT_ENFORCED, "got 3"),
    ]
    assert doctor.table(results).splitlines() == [
        "Reading",
        "  the checks  enforced      FileNotFoundError",
        "",
        "Network",
        "  a socket    NOT ENFORCED  got 3",
        "",
        "1 enforced, 1 NOT ENFORCED, 0 cannot be enforced here. This sandbox does not hold: do not grade with it.",
    ]
    assert doctor.table(results[:1]).endswith("The sandbox holds.")
    carried = doctor.table(results, [("memory", "cgroup v2"), ("time", "the grader")]).splitlines()
    assert carried[6:9] == ["What carries the limits here", "  memory      cgroup v2", "  time        the grader"]
