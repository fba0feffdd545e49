"""The process that every child is forked from: torch is loaded and warm in it, and no program ever runs in it.

It is started by path in an interpreter without the site directory of the user and without any `PYTHON…` variable but
the hash seed, so equal requests have equal answers in every replica. It holds no secret: children inherit its memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import operator
import os
import select
import signal
import socket
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from app.identifiers import gather_identifiers

    _rooms = [Path(__file__).parents[1] / room for room in ("program", "tracer", "trace", "sandbox")]
    _identifiers = gather_identifiers(_rooms)

import msgspec

from app.sandbox import child
from app.sandbox.code import gather_code
from app.sandbox.confinement import Confinement, die_with_parent
from app.sandbox.control import BARREN, BORN, COMMAND, DIED, FORK, KILL, RECORD, WARM, Configuration
from app.sandbox.machine_code import gather_machine_code
from app.sandbox.mappings import merge_mappings
from app.sandbox.pages import gather_pages, plug_holes
from app.tracer.run import QUIET_COLLECTOR


def main(control_descriptor: int) -> None:
    """Be a zygote until the server hangs up."""
    with contextlib.suppress(OSError, AttributeError):
        die_with_parent()
    control = socket.socket(fileno=control_descriptor)
    configuration = _read_configuration(control)
    threads = _warm()
    confinement = Confinement(configuration.limits, configuration.layers)
    os.environ.clear()
    wakeup = _listen_for_deaths()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*QUIET_COLLECTOR)  # a child's first steps would else begin with a look at all that is young
    plug_holes()
    gather_pages()
    merge_mappings()
    confinement.take_on_inherited()
    control.sendall(RECORD.pack(WARM, os.getpid(), threads))
    _serve(control, wakeup, confinement)


def _warm() -> int:
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.backends.mkldnn.enabled = False  # type: ignore[assignment]
    from app.tracer.warmup import warm

    warm()
    # Once more what every child does first: caches that it would make for itself are then there for all.
    child.rehearse()
    gather_machine_code(child.rehearse)
    plug_holes()
    gather_code(child.rehearse)
    sys.modules.pop("__main__", None)
    os.system = _refuse_shell  # type: ignore[assignment]
    torch.set_num_threads = _keep_one_thread  # type: ignore[assignment]
    torch.set_num_interop_threads = _keep_one_thread  # type: ignore[assignment]
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 0


def _refuse_shell(_command: object) -> int:
    # The one call of `os` that would hide the refusal in a number that nobody reads.
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def _keep_one_thread(number: int) -> None:
    # Programs ask for threads to be quick, not to be right; without them the library behind torch ends the process.
    if operator.index(number) < 1:
        raise RuntimeError("expected a positive number of threads")


def _read_configuration(control: socket.socket) -> Configuration:
    length = int.from_bytes(control.recv(4, socket.MSG_WAITALL), "big")
    if length == 0:
        sys.exit("the server hung up before it said a word")
    return msgspec.json.decode(control.recv(length, socket.MSG_WAITALL), type=Configuration)


def _listen_for_deaths() -> int:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGALRM, child.on_tick)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return reader


def _serve(control: socket.socket, wakeup: int, confinement: Confinement) -> None:
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(wakeup, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == wakeup:
                os.read(wakeup, 4096)
                _reap(control)
            elif not _obey(control, confinement):
                return


def _obey(control: socket.socket, confinement: Confinement) -> bool:
    command, descriptors, _, _ = socket.recv_fds(control, COMMAND.size, 1)
    if len(command) < COMMAND.size:
        return False
    kind, argument = COMMAND.unpack(command)
    if kind == FORK and descriptors:
        _fork(control, descriptors[0], confinement, bool(argument))
    elif kind == KILL:
        with contextlib.suppress(ProcessLookupError):
            os.kill(argument, signal.SIGKILL)
    return True


# `os.fork` would also run what modules have registered to mend threads and locks in the child. With one thread nothing
# is broken, and the hooks touch a hundred pages.
_fork_process = ctypes.PyDLL(None, use_errno=True).fork


def _fork(control: socket.socket, job_descriptor: int, confinement: Confinement, is_to_rehearse: bool) -> None:
    pid = _fork_process()
    if pid < 0:
        control.sendall(RECORD.pack(BARREN, 0, ctypes.get_errno()))
        os.close(job_descriptor)
        return
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        child.live(confinement, job_descriptor, is_to_rehearse)
    os.close(job_descriptor)
    record = RECORD.pack(BORN, pid, 0)
    try:
        process_descriptor = os.pidfd_open(pid)
    except (OSError, AttributeError):
        control.sendall(record)
        return
    socket.send_fds(control, [record], [process_descriptor])
    os.close(process_descriptor)


def _reap(control: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        control.sendall(RECORD.pack(DIED, pid, os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
