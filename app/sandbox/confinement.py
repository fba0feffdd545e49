"""The layers that a process puts around itself, each by itself and each honest about whether it holds.

The zygote takes on Landlock, which every child inherits; each child then takes on the others. None of them can be
taken off again.
"""

from __future__ import annotations

import ctypes
import logging
import math
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable

from app.sandbox.policy import JOB_DESCRIPTOR, Filter, build_filter
from app.settings import Limits

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_OOM_SCORE = "500"
_WARM_SECONDS = 2
_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that made it ends."""
    parent = os.getppid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def restrict_files() -> None:
    """Give up all files, TCP and signals to others, by a Landlock ruleset without rules; children inherit it.

    Raises:
        OSError, ImportError: the kernel or the library does not have it.
    """
    from landlockpy import AccessFS, Ruleset, Scope, abi_version
    from landlockpy.flags import scope_for_abi

    abi = abi_version()
    if abi == 0:
        raise OSError("this kernel has no Landlock")
    with Ruleset(scoped=scope_for_abi(abi) or Scope.NONE) as rules:
        rules.restrict()
        assert rules.handled_fs & AccessFS.READ_FILE
    try:
        os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY))
    except PermissionError:
        return
    raise OSError("Landlock took the rules but opens files")


def prefer_to_be_killed() -> None:
    """Tell the kernel to end this process and its children before the server when memory runs out."""
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write(_OOM_SCORE)
    except OSError as error:
        log.debug("no out-of-memory score: %s", error)


def address_space() -> int:
    """How many bytes of addresses this process has mapped; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as sizes:
            return int(sizes.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


class Confinement:
    """What a child takes on, prepared once in the zygote.

    Args:
        limits: the limits that the kernel enforces.
        layers: names out of `control.LAYERS` to take on; the others are left off.
    """

    def __init__(self, limits: Limits, layers: Iterable[str]) -> None:
        self._layers = frozenset(layers)
        self._ceilings = _ceilings(limits)
        self._filter = _build_filter() if "seccomp" in self._layers else None
        self._inherited: list[str] = []

    def take_on_inherited(self) -> None:
        """Take on, in the zygote, the layer that all its children inherit."""
        prefer_to_be_killed()
        if "landlock" in self._layers:
            self._inherited += _attempt("landlock", restrict_files)

    def take_on(self, job_descriptor: int) -> list[str]:
        """Confine the calling child, whose only way out is `job_descriptor`; it becomes `JOB_DESCRIPTOR`.

        Returns:
            The layers that hold.
        """
        os.dup2(job_descriptor, JOB_DESCRIPTOR, inheritable=False)
        measures: dict[str, Callable[[], None]] = {
            "descriptors": _close_descriptors,
            "rlimits": self._limit_resources,
            "parent-death": die_with_parent,
            "undumpable": lambda: _prctl(_PR_SET_DUMPABLE, 0),
            "no-new-privs": lambda: _prctl(_PR_SET_NO_NEW_PRIVS, 1),
        }
        held = list(self._inherited)
        for name, measure in measures.items():
            if name in self._layers:
                held += _attempt(name, measure)
        if self._filter is not None:
            held += _attempt("seccomp", self._filter.load)
        return held

    def _limit_resources(self) -> None:
        for kind, ceiling in self._ceilings.items():
            resource.setrlimit(kind, ceiling)


def _ceilings(limits: Limits) -> dict[int, tuple[int, int]]:
    """Soft and hard limits of the kernel for a child, none above what this process itself may have."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    mapped = address_space()
    if mapped:
        wanted[resource.RLIMIT_AS] = mapped + limits.memory_bytes
    ceilings = {}
    for kind, ceiling in wanted.items():
        _, hard = resource.getrlimit(kind)
        value = ceiling if hard == resource.RLIM_INFINITY else min(ceiling, hard)
        ceilings[kind] = (value, value)
    # The soft limit's own signal tells the server why the child ended.
    cpu = math.ceil(limits.cpu_seconds) + _WARM_SECONDS
    ceilings[resource.RLIMIT_CPU] = (cpu, cpu + 1)
    return ceilings


def _build_filter() -> Filter | None:
    if sys.platform != "linux":
        return None
    try:
        return build_filter()
    except (ImportError, RuntimeError, OSError) as error:
        log.warning("layer seccomp cannot be had: %s", error)
        return None


def _close_descriptors() -> None:
    os.closerange(0, JOB_DESCRIPTOR)
    os.closerange(JOB_DESCRIPTOR + 1, 1 << 20)


def _attempt(name: str, measure: Callable[[], None]) -> list[str]:
    try:
        measure()
    except (OSError, ImportError, AttributeError, ValueError) as error:
        log.warning("layer %s cannot be had: %s", name, error)
        return []
    return [name]
