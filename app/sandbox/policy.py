"""Which system calls a child may make: compute and talk on one descriptor, nothing else.

Three answers: allow; refuse, for calls that an ordinary program may try and whose `PermissionError` its author should
read; kill, for all others, which only an attack makes. Calls that some machine or library version does not know are
left out: the default kills them.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from typing import Any

JOB_DESCRIPTOR = 3
"""The child's one descriptor: the job comes in on it, the reply goes out."""

_PROT_EXEC = 0x4
_MAP_ANONYMOUS = 0x20
_ITIMER_REAL = 0
_MADV_HWPOISON = 100
"""The first of the advices that a mighty process may use to take pages of memory from the whole machine."""

_ALLOWED = """
    brk munmap mremap futex getrandom exit exit_group rt_sigreturn restart_syscall sched_yield
    getpid gettid clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time
"""

_REFUSED = """
    open openat openat2 creat close dup dup2 dup3 fcntl flock lseek readv writev pread64 pwrite64 sendfile ioctl
    stat lstat fstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat getdents
    getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat
    symlink symlinkat chmod fchmod fchmodat chown fchown lchown fchownat utime utimes utimensat futimesat
    truncate ftruncate fallocate mknod mknodat umask fsync fdatasync sync getxattr lgetxattr listxattr setxattr
    removexattr fadvise64 memfd_create pipe pipe2 eventfd2 epoll_create epoll_create1 inotify_init1 signalfd4
    timerfd_create poll ppoll select pselect6 socket socketpair bind connect listen accept accept4 sendto
    recvfrom sendmsg recvmsg shutdown getsockopt setsockopt getsockname getpeername clone clone3 fork wait4
    waitid kill tkill tgkill rt_sigqueueinfo setpgid setsid getpgrp getpgid getsid getppid rt_sigaction
    rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack pause alarm getitimer uname sysinfo
    getrusage times getrlimit setrlimit prlimit64 getpriority setpriority sched_getaffinity sched_setaffinity
    sched_getparam sched_setscheduler sched_getscheduler sched_get_priority_max sched_get_priority_min getcpu
    membarrier set_robust_list get_robust_list rseq prctl getuid geteuid getgid getegid getgroups getresuid
    getresgid setuid setgid setreuid setregid setgroups setresuid setresgid capget capset mlock munlock mlockall
    munlockall msync mincore mbind get_mempolicy set_mempolicy syslog sethostname setdomainname clock_settime
    settimeofday
"""


_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_MODE_FILTER = 2
_INSTRUCTION_BYTES = 8
_BINARY_TREE = 2
"""The kernel tries a new policy with every call there is, in each child."""


class _Program(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


class Filter:
    """A compiled policy that the calling process can put on itself.

    Args:
        instructions: the policy as the kernel takes it, so that a child need not compile it again.
    """

    def __init__(self, instructions: bytes) -> None:
        self._program = _Program(len(instructions) // _INSTRUCTION_BYTES, instructions)
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl

    def load(self) -> None:
        """Confine the calling process for the rest of its life.

        Raises:
            OSError: the kernel refused the policy.
        """
        # Without this only a process with many rights may take a filter on.
        self._call(_PR_SET_NO_NEW_PRIVS, 1, 0)
        self._call(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(self._program))

    def _call(self, option: int, value: int, argument: object) -> None:
        if self._prctl(option, value, argument, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def build_filter() -> Filter:
    """Compile the policy.

    Raises:
        ImportError, RuntimeError, OSError: libseccomp is not on this machine or does not know its kernel.
    """
    import pyseccomp as seccomp  # type: ignore[import-untyped]

    refuse = seccomp.ERRNO(errno.EPERM)
    policy = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
    policy.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # older libraries list the calls one after the other
        policy.set_attr(seccomp.Attr.CTL_OPTIMIZE, _BINARY_TREE)
    for action, names in ((seccomp.ALLOW, _ALLOWED), (refuse, _REFUSED)):
        for number in map(_number, names.split()):
            if number is not None:
                policy.add_rule(action, number)
    _add_conditional_rules(policy, refuse)
    return Filter(_export(policy))


def _export(policy: Any) -> bytes:
    reader, writer = os.pipe()
    with open(reader, "rb") as output:
        # A program is limited to 4,096 instructions, which a pipe holds.
        with open(writer, "wb") as input_:
            policy.export_bpf(input_)
        return output.read()


def _number(name: str) -> int | None:
    import pyseccomp as seccomp

    number: int = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
    # Negative numbers are libseccomp's own, for calls that this architecture does not have.
    return number if number >= 0 else None


def _add_conditional_rules(policy: object, refuse: int) -> None:
    import pyseccomp as seccomp

    add = policy.add_rule  # type: ignore[attr-defined]
    for name in ("read", "write"):
        add(seccomp.ALLOW, name, seccomp.Arg(0, seccomp.EQ, JOB_DESCRIPTOR))
        add(refuse, name, seccomp.Arg(0, seccomp.NE, JOB_DESCRIPTOR))
    add(seccomp.ALLOW, "setitimer", seccomp.Arg(0, seccomp.EQ, _ITIMER_REAL))
    add(refuse, "setitimer", seccomp.Arg(0, seccomp.NE, _ITIMER_REAL))
    add(seccomp.ALLOW, "madvise", seccomp.Arg(2, seccomp.LT, _MADV_HWPOISON))
    add(refuse, "madvise", seccomp.Arg(2, seccomp.GE, _MADV_HWPOISON))
    executable = seccomp.Arg(2, seccomp.MASKED_EQ, _PROT_EXEC, _PROT_EXEC)
    plain = seccomp.Arg(2, seccomp.MASKED_EQ, _PROT_EXEC, 0)
    anonymous = seccomp.Arg(3, seccomp.MASKED_EQ, _MAP_ANONYMOUS, _MAP_ANONYMOUS)
    of_a_file = seccomp.Arg(3, seccomp.MASKED_EQ, _MAP_ANONYMOUS, 0)
    add(seccomp.ALLOW, "mmap", plain, anonymous)
    add(refuse, "mmap", plain, of_a_file)
    add(seccomp.ERRNO(errno.ENOMEM), "mmap", executable)
    add(seccomp.ALLOW, "mprotect", plain)
    add(seccomp.ERRNO(errno.ENOMEM), "mprotect", executable)
