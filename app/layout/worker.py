"""The layout engine's process: Graphviz, kept warm, with no right but to compute.

Started as `python -I worker.py MEMORY_BYTES`, in the folder of its fonts, by `engine`; imports nothing of this project.
It answers on its pipes: a request is a format byte (`s` SVG, `p` PNG, `f` PDF), seconds as a byte, a length of four
bytes and DOT; a reply is a status byte (`k` done, `e` Graphviz refused), a length of four bytes and the picture. The
first reply is the names of the layers that confine it.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

FONT_FOLDERS = (".", "/usr/share/fonts", "/var/cache/fontconfig")
FORMATS = {b"s": b"svg", b"p": b"png", b"f": b"pdf"}
SAMPLE = """digraph { n0 [label=<<b>Aa0</b> <font point-size="9">Aa0</font>> fontname="DejaVu Sans" shape=box3d]
 n0 -> n1 [fontname="DejaVu Sans" label="Ελ 中文 عر 😀" style=dashed] n1 [shape=note] n0 -> n1 n1 -> n1 }"""
# What Graphviz, cairo, fontconfig and CPython call once everything is loaded; all else answers EPERM.
SYSTEM_CALLS = (
    *("read", "write", "close", "lseek", "pread64", "ftruncate", "dup", "fcntl", "poll"),
    *("stat", "lstat", "fstat", "statx", "newfstatat", "fstatfs", "access", "faccessat", "readlink", "getdents64"),
    *("mmap", "munmap", "mremap", "mprotect", "brk", "madvise", "futex", "membarrier", "sched_yield"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "setitimer", "restart_syscall"),
    *("clock_gettime", "gettimeofday", "time", "getrandom", "getpid", "gettid", "exit", "exit_group"),
)


class Renderer:
    """Graphviz in this process; one context serves every picture."""

    def __init__(self) -> None:
        graphviz = importlib.import_module("pygraphviz.graphviz")

        self._graphviz = graphviz
        self._context = graphviz.gvContextWithBuiltins()
        # Graphviz reads a file; this one lives in memory and is written anew for each graph.
        self._source = os.fdopen(os.memfd_create("dot"), "r+b")

    def draw(self, dot: bytes, picture: bytes) -> bytes:
        """Lay out one graph and draw it in one format."""
        self._source.seek(0)
        self._source.truncate()
        self._source.write(dot)
        self._source.flush()
        self._source.seek(0)
        graph = self._graphviz.agread(self._source, None)
        try:
            if self._graphviz.gvLayout(self._context, graph, b"dot") != 0:
                raise ValueError("no layout")
            drawn: bytes = self._graphviz.gvRenderData(self._context, graph, picture)[1]
            return drawn
        finally:
            self._graphviz.gvFreeLayout(self._context, graph)
            self._graphviz.agclose(graph)


def limit(memory_bytes: int) -> None:
    """Bound what this process may use."""
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_FSIZE, 64 * 1024 * 1024),
    ):
        resource.setrlimit(kind, (most, most))


def confine() -> list[str]:
    """Give up every right; return the layers that hold.

    Reading fonts is the only thing that can still be done with files, and only where Landlock can say which; elsewhere
    nothing can be opened.
    """
    # Both are loaded before the first takes away the right to load anything.
    landlock, seccomp = (load(name) for name in ("landlockpy", "pyseccomp"))
    files = landlock is not None and attempt(confine_files, landlock)
    calls = seccomp is not None and attempt(confine_calls, seccomp, files)
    return [*(["landlock"] if files else []), *(["seccomp"] if calls else [])]


def load(name: str) -> Any:
    """Import a module; None where it or the library behind it is missing."""
    try:
        return importlib.import_module(name)
    except (ImportError, OSError, RuntimeError):
        return None


def attempt(step: Callable[..., None], *arguments: Any) -> bool:
    """Whether a step of the confinement could be taken on this kernel."""
    try:
        step(*arguments)
    except Exception:
        return False
    return True


def confine_files(landlock: Any) -> None:
    """Leave reading of fonts as the only access to files."""
    read = landlock.AccessFS.READ_FILE | landlock.AccessFS.READ_DIR
    with landlock.Ruleset() as rules:
        for folder in FONT_FOLDERS:
            if os.path.isdir(folder):
                rules.allow_path(folder, read)
        rules.restrict()


def confine_calls(seccomp: Any, may_open: bool) -> None:
    """Refuse every system call outside the list."""
    rules = seccomp.SyscallFilter(defaction=seccomp.ERRNO(errno.EPERM))
    for name in SYSTEM_CALLS:
        with contextlib.suppress(OSError, RuntimeError, ValueError):  # Not every machine has every call.
            rules.add_rule(seccomp.ALLOW, name)
    if may_open:
        rules.add_rule(seccomp.ALLOW, "openat", seccomp.Arg(2, seccomp.MASKED_EQ, os.O_ACCMODE | os.O_CREAT, 0))
    rules.load()


def read_exactly(count: int) -> bytes:
    """Read from standard input, or leave when the server has closed it."""
    data = sys.stdin.buffer.read(count)
    if len(data) < count:
        os._exit(0)
    return data


def reply(status: bytes, body: bytes) -> None:
    """Write one answer."""
    sys.stdout.buffer.write(status + len(body).to_bytes(4, "big") + body)
    sys.stdout.buffer.flush()


def serve(renderer: Renderer) -> None:
    """Answer requests until the server goes away."""
    while True:
        head = read_exactly(6)
        dot = read_exactly(int.from_bytes(head[2:], "big"))
        # The server kills what takes too long; the alarm ends it when the server itself is gone.
        signal.setitimer(signal.ITIMER_REAL, 1 + head[1])
        try:
            status, body = b"k", renderer.draw(dot, FORMATS[head[:1]])
        except Exception as error:
            status, body = b"e", str(error).encode()[:1000]
        signal.setitimer(signal.ITIMER_REAL, 0)
        reply(status, body)


def main() -> None:
    """Warm up, give up every right, answer."""
    renderer = Renderer()
    for picture in FORMATS.values():
        renderer.draw(SAMPLE.encode(), picture)
    limit(int(sys.argv[1]))
    reply(b"k", " ".join(["rlimits", *confine()]).encode())
    serve(renderer)


if __name__ == "__main__":
    main()
