"""The filter's program, executed here by a small interpreter, for both machines; the attacks of test_doctor try it on the kernel."""

from __future__ import annotations

import errno

import pytest

from autograder.sandboxing import seccomp

MACHINES = list(seccomp.MACHINES)
THREAD, FORK = 0x3D0F00, 0x1200011  # the flags with which glibc starts a thread, and a process
ALLOWED = {"x86_64": {"read": 0, "mmap": 9, "futex": 202}, "aarch64": {"read": 63, "mmap": 222, "futex": 98}}


def run(program: bytes, machine: str, number: int, *arguments: int) -> str:
    """What the filter says to a call: "allow", "kill", or an error's name."""
    data = number.to_bytes(4, "little") + seccomp.MACHINES[machine][0].to_bytes(4, "little") + bytes(8)
    data += b"".join(value.to_bytes(8, "little") for value in (*arguments, *[0] * (6 - len(arguments))))
    instructions = list(seccomp.INSTRUCTION.iter_unpack(program))
    position = accumulator = 0
    while True:
        code, if_true, if_false, k = instructions[position]
        position += 1
        if code == seccomp.LOAD:
            accumulator = int.from_bytes(data[k : k + 4], "little")
        elif code == seccomp.RETURN:
            if k >> 16 == seccomp.ERRNO >> 16:
                return errno.errorcode[k & 0xFFFF]
            return {seccomp.ALLOW: "allow", seccomp.KILL: "kill"}[k]
        else:
            test = {seccomp.EQUAL: accumulator == k, seccomp.GREATER: accumulator > k, seccomp.ANY_BIT: bool(accumulator & k)}[code]
            position += if_true if test else if_false


def names(table: str) -> list[str]:
    return table.split()[::3]


@pytest.mark.parametrize("machine", MACHINES)
def test_every_named_call_is_refused_and_ordinary_ones_are_not(machine: str) -> None:
    program, numbers = seccomp.sandbox(machine=machine), seccomp.numbers(machine)
    refused = [name for name in names(seccomp.REFUSED) if name in numbers]
    assert len(refused) > 90
    assert {run(program, machine, numbers[name]) for name in refused} == {"EPERM"}
    assert {run(program, machine, number) for number in ALLOWED[machine].values()} == {"allow"}
    assert run(program, machine, numbers["execve"]) == "allow"  # bubblewrap has still to become Python
    assert run(seccomp.without_programs(machine), machine, numbers["execve"]) == "EPERM"
    assert run(seccomp.without_programs(machine), machine, ALLOWED[machine]["read"]) == "allow"


@pytest.mark.parametrize("machine", MACHINES)
def test_threads_only_where_they_are_asked_for_and_never_processes(machine: str) -> None:
    numbers = seccomp.numbers(machine)
    for threads, thread in ((False, "EPERM"), (True, "allow")):
        program = seccomp.sandbox(threads, machine)
        assert run(program, machine, numbers["clone"], THREAD) == thread
        assert run(program, machine, numbers["clone"], FORK) == "EPERM"
        assert run(program, machine, numbers["clone3"], 1, 88) == "ENOSYS"


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_that_depend_on_an_argument(machine: str) -> None:
    program, numbers = seccomp.sandbox(machine=machine), seccomp.numbers(machine)
    assert {run(program, machine, numbers["ioctl"], 1, request) for request in seccomp.IOCTLS} == {"allow"}
    assert {run(program, machine, numbers["ioctl"], 0, request) for request in (0x5412, 0x541C, 0x5400, 0x5422)} == {"ENOTTY"}
    assert run(program, machine, numbers["prlimit64"], 0, 9, 0, 0x7FFF_0000_1000) == "allow"
    for pointer in (0x1000, 0x7FFF_0000_0000):  # the low half alone may be zero
        assert run(program, machine, numbers["prlimit64"], 0, 9, pointer) == "EPERM"


@pytest.mark.parametrize("machine", MACHINES)
def test_unknown_calls_and_other_kinds_of_calls(machine: str) -> None:
    program = seccomp.sandbox(machine=machine)
    assert run(program, machine, seccomp.NEWEST_KNOWN) == "allow"
    assert run(program, machine, seccomp.NEWEST_KNOWN + 1) == "ENOSYS"
    assert run(program, machine, 0x40000000) == "ENOSYS"  # x32
    other = next(name for name in MACHINES if name != machine)
    assert run(program, other, 0) == "kill"


def test_an_unknown_machine_is_named() -> None:
    with pytest.raises(seccomp.UnknownMachine, match="this is riscv64"):
        seccomp.sandbox(machine="riscv64")
