"""The server's handle on one zygote and on the children it bore."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import select
import signal
import socket
import sys
from collections import deque
from pathlib import Path

import msgspec

from app.sandbox.control import (
    BARREN,
    BORN,
    COMMAND,
    DIED,
    FORK,
    KILL,
    RECORD,
    WARM,
    Configuration,
    Record,
)

log = logging.getLogger(__name__)

_ZYGOTE = Path(__file__).with_name("zygote.py")
_START_SECONDS = 120.0
_STOP_SECONDS = 5.0


class Child:
    """One process that the zygote bore: how to talk to it, and how to end it."""

    def __init__(self, pid: int, descriptor: int | None, channel: socket.socket, lineage: Lineage) -> None:
        self.pid = pid
        self.channel = channel
        self.exit: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """The status it ended with; below zero, the signal that ended it."""
        self._descriptor = descriptor
        self._lineage = lineage

    @property
    def is_alive(self) -> bool:
        """Whether the process runs, as the kernel has it: the zygote tells of a death a little later."""
        if self.exit.done() or self._lineage.dead.is_set():
            return False
        if self._descriptor is None:
            return True
        ended = select.poll()
        ended.register(self._descriptor, select.POLLIN)
        return not ended.poll(0)

    def kill(self) -> None:
        """End the process now; what it wrote before can still be read."""
        if self._descriptor is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
        elif not self.exit.done():
            self._lineage.kill(self.pid)

    def discard(self) -> None:
        """End the process and let go of it; it may be called again."""
        self.kill()
        self.channel.close()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def bury(self, status: int) -> None:
        """Note that the process has ended."""
        if not self.exit.done():
            self.exit.set_result(status)

    def reap_orphan(self) -> None:
        """Collect the process if its zygote died before it and this process inherited it, as the first one does."""
        if self._descriptor is not None:
            self.kill()
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PIDFD, self._descriptor, os.WEXITED)
        self.bury(-signal.SIGKILL)


class Lineage:
    """One zygote from its start to its death, and its children.

    Args:
        configuration: what the zygote confines its children to.
    """

    def __init__(self, configuration: Configuration) -> None:
        loop = asyncio.get_running_loop()
        self.warm: asyncio.Future[int] = loop.create_future()
        """Done when the zygote can fork: the number of its threads."""
        self.dead = asyncio.Event()
        self._configuration = configuration
        self._children: dict[int, Child] = {}
        self._unborn: deque[tuple[asyncio.Future[Child], socket.socket]] = deque()
        self._control: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._descriptor: int | None = None

    async def start(self) -> None:
        """Start the zygote and wait until it is warm.

        Raises:
            OSError: it died before, or is not warm after a long time.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._control = ours
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-s", "-B", str(_ZYGOTE), str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                env=_environment(),
                cwd="/",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        with contextlib.suppress(OSError, AttributeError):
            self._descriptor = os.pidfd_open(self._process.pid)
        payload = msgspec.json.encode(self._configuration)
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, self._listen)
        await loop.sock_sendall(ours, len(payload).to_bytes(4, "big") + payload)
        await asyncio.wait_for(asyncio.shield(self.warm), _START_SECONDS)

    async def fork(self, is_to_rehearse: bool) -> Child:
        """Let the zygote bear one more child.

        Args:
            is_to_rehearse: whether it runs something tiny before it says that it is ready.

        Raises:
            ConnectionError: the zygote is dead.
            OSError: the system has no room for another process.
        """
        if self._control is None:
            raise ConnectionResetError("the zygote is dead")
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        born: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        with theirs:
            try:
                socket.send_fds(self._control, [COMMAND.pack(FORK, is_to_rehearse)], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        self._unborn.append((born, ours))
        try:
            return await born
        except asyncio.CancelledError:
            # Who asked may be told to stop in the very moment of the birth; the child is then nobody's.
            if born.done() and not born.cancelled() and born.exception() is None:
                born.result().discard()
            raise

    def kill(self, pid: int) -> None:
        """Let the zygote kill one of its children, where the system has no process descriptors."""
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.send(COMMAND.pack(KILL, pid))

    def abandon(self) -> None:
        """Kill a zygote that no longer answers; `dead` follows."""
        # `Process.kill` would collect a process that is dead already, behind the back of asyncio's watcher.
        if self._descriptor is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
        elif self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def stop(self) -> None:
        """End the zygote; the kernel ends its children with it."""
        self._hang_up()
        self.abandon()
        if self._process is not None:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    # -- what the zygote says ------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        while self._control is not None:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._control, RECORD.size, 1)
            except BlockingIOError:
                return
            except OSError:
                data, descriptors = b"", []
            if len(data) < RECORD.size:
                self._hang_up()
                return
            self._hear(Record(*RECORD.unpack(data)), descriptors[0] if descriptors else None)

    def _hear(self, record: Record, descriptor: int | None) -> None:
        if record.kind == WARM and not self.warm.done():
            self.warm.set_result(record.number)
        elif record.kind == BORN:
            self._welcome(record.pid, descriptor)
        elif record.kind == DIED and (child := self._children.pop(record.pid, None)):
            child.bury(record.number)
        elif record.kind == BARREN:
            born, channel = self._unborn.popleft()
            channel.close()
            if not born.done():
                born.set_exception(OSError(record.number, os.strerror(record.number)))

    def _welcome(self, pid: int, descriptor: int | None) -> None:
        born, channel = self._unborn.popleft()
        child = Child(pid, descriptor, channel, self)
        self._children[pid] = child
        if born.done():
            child.discard()
        else:
            born.set_result(child)

    def _hang_up(self) -> None:
        if self._control is None:
            return
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        self._control = None
        self.dead.set()
        if not self.warm.done():
            self.warm.set_exception(ConnectionResetError("the zygote died before it was warm"))
            self.warm.exception()  # nobody need ask: whoever stopped it knows
        for born, channel in self._unborn:
            channel.close()
            if not born.done():
                born.set_exception(ConnectionResetError("the zygote died"))
        self._unborn.clear()
        for child in self._children.values():
            child.reap_orphan()
        self._children.clear()


def _environment() -> dict[str, str]:
    # One arena and blanked memory keep a child from finding the zygote's bytes in its own heap: 255 fills what is
    # allocated with zeros and what is freed with ones. PyTorch's compiler wants a directory that exists. FBGEMM, behind
    # `nn.EmbeddingBag`, writes machine code at run time, which children may not, unless it is told not to.
    return {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_PERTURB_": "255",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "FBGEMM_NO_ASMJIT": "1",
        "TORCHINDUCTOR_CACHE_DIR": "/",
    }
