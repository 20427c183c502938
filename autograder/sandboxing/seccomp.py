"""The system calls that a sandbox refuses, as a seccomp filter: a small program that the kernel runs before every call.

Namespaces take away what a process can reach; the filter takes away what it could still do there: become several
processes, allocate memory that no limit counts, open sockets of kinds that no namespace holds (AF_VSOCK), use interfaces of the kernel
that a NumPy program never needs. It names what is refused, so that an honest program runs on any C library;
calls newer than those we know are refused as unknown, which programs are prepared for.

Two machines are known, x86_64 and aarch64; numbers from the kernel's asm/unistd.h.
Source: Linux, Documentation/userspace-api/seccomp_filter.rst and include/uapi/linux/{bpf_common,seccomp,audit}.h.
"""

from __future__ import annotations

import errno
import os
import struct

# What is refused, with its numbers on x86_64 and aarch64 ("-": not there).
REFUSED = """
    fork 57 -  vfork 58 -  execveat 322 281
    kill 62 129  tkill 200 130  tgkill 234 131  rt_sigqueueinfo 129 138  rt_tgsigqueueinfo 297 240
    pidfd_send_signal 424 424  pidfd_open 434 434  pidfd_getfd 438 438
    ptrace 101 117  process_vm_readv 310 270  process_vm_writev 311 271  kcmp 312 272  process_madvise 440 440  process_mrelease 448 448
    memfd_create 319 279  memfd_secret 447 447  mlock 149 228  mlockall 151 230  mlock2 325 284  remap_file_pages 216 234
    shmget 29 194  shmat 30 196  shmctl 31 195  shmdt 67 197  semget 64 190  semctl 66 191  semop 65 193  semtimedop 220 192
    msgget 68 186  msgsnd 69 189  msgrcv 70 188  msgctl 71 187
    mq_open 240 180  mq_unlink 241 181  mq_timedsend 242 182  mq_timedreceive 243 183  mq_notify 244 184  mq_getsetattr 245 185
    socket 41 198  socketpair 53 199  bind 49 200  listen 50 201  accept 43 202  accept4 288 242  connect 42 203
    io_uring_setup 425 425  io_uring_enter 426 426  io_uring_register 427 427  io_setup 206 0
    bpf 321 280  perf_event_open 298 241  userfaultfd 323 282  fanotify_init 300 262  inotify_init 253 -  inotify_init1 294 26
    add_key 248 217  request_key 249 218  keyctl 250 219
    mount 165 40  umount2 166 39  pivot_root 155 41  chroot 161 51  unshare 272 97  setns 308 268
    open_tree 428 428  move_mount 429 429  fsopen 430 430  fsconfig 431 431  fsmount 432 432  fspick 433 433  mount_setattr 442 442
    name_to_handle_at 303 264  open_by_handle_at 304 265  mknod 133 -  mknodat 259 33
    init_module 175 105  finit_module 313 273  delete_module 176 106  kexec_load 246 104  kexec_file_load 320 294  reboot 169 142
    swapon 167 224  swapoff 168 225  acct 163 89  quotactl 179 60  quotactl_fd 443 443  syslog 103 116  vhangup 153 58
    settimeofday 164 170  clock_settime 227 112  adjtimex 159 171  clock_adjtime 305 266  sethostname 170 161  setdomainname 171 162
    iopl 172 -  ioperm 173 -  modify_ldt 154 -  personality 135 92  setrlimit 160 164
    sched_setscheduler 144 119  sched_setparam 142 118  sched_setattr 314 274  sched_setaffinity 203 122  setpriority 141 140  ioprio_set 251 30
"""
# Calls that are refused for some of their arguments, or in one of the two filters only.
CONDITIONAL = """
    clone 56 220  clone3 435 435  ioctl 16 29  prlimit64 302 261  execve 59 221
"""
NEWEST_KNOWN = 450  # set_mempolicy_home_node, Linux 5.17; on x86_64 the calls of the x32 kind are all above it too

MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}  # AUDIT_ARCH of the machine, its column above
INSTRUCTION = struct.Struct("<HBBI")  # struct sock_filter: code, jump if true, jump if false, k
LOAD, EQUAL, GREATER, ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data; arguments take eight bytes, the low half first
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
CLONE_THREAD = 0x00010000
# What Python asks of a descriptor: is it a terminal and how wide, close on exec, bytes waiting, non-blocking. So no TIOCSTI.
IOCTLS = (0x5401, 0x5413, 0x5450, 0x5451, 0x541B, 0x5421)
PR_SET_PDEATHSIG, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 1, 22, 2, 38


class UnknownMachine(LookupError):
    """A filter for a machine whose system calls are not known here; the message names it."""


def sandbox(threads: bool = False, machine: str | None = None) -> bytes:
    """The filter that bubblewrap loads before it becomes Python; `threads` lets the process start threads (never processes)."""
    calls = _Calls(machine)
    numbers = calls.numbers(CONDITIONAL)
    return calls.filter(
        *(_refuse(number, errno.EPERM) for number in calls.numbers(REFUSED).values()),
        _refuse(numbers["clone3"], errno.ENOSYS),  # its flags lie in memory, out of the filter's sight; C libraries then use clone
        _unless(numbers["clone"], 0, ANY_BIT, CLONE_THREAD, errno.EPERM) if threads else _refuse(numbers["clone"], errno.EPERM),
        _unless_one_of(numbers["ioctl"], 1, IOCTLS, errno.ENOTTY),
        _unless_null(numbers["prlimit64"], 2, errno.EPERM),  # reading limits is fine, setting them is not
    )


def without_programs(machine: str | None = None) -> bytes:
    """The filter that the worker adds before it loads anything of a learner's: no other program in its place."""
    calls = _Calls(machine)
    return calls.filter(_refuse(calls.numbers(CONDITIONAL)["execve"], errno.EPERM))


def numbers(machine: str | None = None) -> dict[str, int]:
    """The numbers of all calls that are named here, on this machine."""
    return _Calls(machine).numbers(REFUSED + CONDITIONAL)


class _Calls:
    """The system calls of one machine."""

    def __init__(self, machine: str | None) -> None:
        machine = machine or os.uname().machine
        if machine not in MACHINES:
            raise UnknownMachine(f"the system calls of {' and '.join(MACHINES)} machines are known, and this is {machine}")
        self.architecture, self.column = MACHINES[machine]

    def numbers(self, table: str) -> dict[str, int]:
        words = table.split()
        rows = zip(words[::3], zip(words[1::3], words[2::3]))
        return {name: int(columns[self.column]) for name, columns in rows if columns[self.column] != "-"}

    def filter(self, *rules: list[bytes]) -> bytes:
        head = [
            *(_load(ARCHITECTURE), _jump(EQUAL, self.architecture, 1, 0), _return(KILL)),
            *(_load(NUMBER), _jump(GREATER, NEWEST_KNOWN, 0, 1), _return(ERRNO | errno.ENOSYS)),
        ]
        return b"".join([*head, *(instruction for rule in rules for instruction in rule), _return(ALLOW)])


def _refuse(number: int, error: int) -> list[bytes]:
    return [_jump(EQUAL, number, 0, 1), _return(ERRNO | error)]


def _unless(number: int, argument: int, test: int, value: int, error: int) -> list[bytes]:
    """Refuse the call unless the low half of its argument passes the test."""
    return [_jump(EQUAL, number, 0, 4), _load(ARGUMENTS + 8 * argument), _jump(test, value, 1, 0), _return(ERRNO | error), _return(ALLOW)]


def _unless_one_of(number: int, argument: int, values: tuple[int, ...], error: int) -> list[bytes]:
    n = len(values)
    tests = [_jump(EQUAL, value, n - i, 0) for i, value in enumerate(values)]
    return [_jump(EQUAL, number, 0, n + 3), _load(ARGUMENTS + 8 * argument), *tests, _return(ERRNO | error), _return(ALLOW)]


def _unless_null(number: int, argument: int, error: int) -> list[bytes]:
    low, high = ARGUMENTS + 8 * argument, ARGUMENTS + 8 * argument + 4
    return [
        *(_jump(EQUAL, number, 0, 6), _load(low), _jump(EQUAL, 0, 0, 2)),
        *(_load(high), _jump(EQUAL, 0, 1, 0), _return(ERRNO | error), _return(ALLOW)),
    ]


def _load(offset: int) -> bytes:
    return INSTRUCTION.pack(LOAD, 0, 0, offset)


def _jump(test: int, value: int, if_true: int, if_false: int) -> bytes:
    return INSTRUCTION.pack(test, if_true, if_false, value)


def _return(action: int) -> bytes:
    return INSTRUCTION.pack(RETURN, 0, 0, action)
