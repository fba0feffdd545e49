"""Studies on a Ray cluster: every node runs its part in a sandbox of its own, and a part whose node dies is run again.

Ray is an optional extra, imported only where `AUTOGRAD_EXPLORER_CLUSTER` is set. A node's answer is bytes, read as
strictly as those of a child of this machine.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncGenerator
from typing import Any

from app.errors import SandboxUnavailableError
from app.settings import Settings
from app.study.node import Node
from app.trace.codec import Frames, ReplyError, decode, encode
from app.trace.job import Job
from app.trace.ledger import Ledger
from app.trace.model import EndEvent, Event, Failure

log = logging.getLogger(__name__)

ATTEMPTS = 8
PAUSE_SECONDS = 0.5
_INSTALL = "AUTOGRAD_EXPLORER_CLUSTER is set, but Ray is not installed: pip install 'autograd-explorer[cluster]'"


class Member:
    """One node of the cluster: the actor that holds its sandbox."""

    def __init__(self, actor: Any, places: int) -> None:
        self.actor = actor
        self.places = places
        self.busy = 0


class ClusterEngine:
    """Runs jobs on the nodes of a Ray cluster.

    Args:
        settings: the cluster's address, `auto` for the one that this machine belongs to; each node's sandbox is made
            from the same settings.
    """

    name = "ray"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ray: Any = None
        self._members: dict[str, Member] = {}
        self._freed = asyncio.Condition()
        self._refreshing = asyncio.Lock()

    @property
    def places(self) -> int:
        """How many jobs run at once on all nodes together."""
        return max(1, sum(member.places for member in self._members.values()))

    async def start(self) -> None:
        """Join the cluster.

        Raises:
            RuntimeError: Ray is not installed.
            ConnectionError: there is no cluster at the address.
        """
        try:
            self._ray = importlib.import_module("ray")
        except ImportError:
            raise RuntimeError(_INSTALL) from None
        if not self._ray.is_initialized():
            await asyncio.to_thread(
                self._ray.init, address=self._settings.cluster, log_to_driver=False, logging_level=logging.WARNING
            )
        await self._refresh()

    async def stop(self) -> None:
        """Leave the cluster, and end the sandboxes on it."""
        members, self._members = self._members, {}
        if self._ray is not None:
            for member in members.values():
                self._ray.kill(member.actor)
            await asyncio.to_thread(self._ray.shutdown)

    async def run(self, job: Job) -> AsyncGenerator[Event, None]:
        """Run a job on some node; one whose node dies under it is run on another.

        Yields:
            What was recorded, checked; the last event is always an `EndEvent`.

        Raises:
            SandboxUnavailableError: no node could run it.
        """
        for event in read_answer(await self._ask(encode(job)), job):
            yield event

    async def _ask(self, payload: bytes) -> bytes:
        errors = importlib.import_module("ray.exceptions")
        for attempt in range(ATTEMPTS):
            name, member = await self._take()
            reference = member.actor.run.remote(payload)
            try:
                reply: bytes = await reference
                return reply
            except asyncio.CancelledError:
                self._ray.cancel(reference)
                raise
            except errors.RayTaskError as error:
                log.warning("a node could not run a job: %s", type(error.cause).__name__)
                await asyncio.sleep(PAUSE_SECONDS * (attempt + 1))
            except errors.RayError as error:
                log.warning("a node was lost: %s", type(error).__name__)
                self._members.pop(name, None)
                await asyncio.sleep(PAUSE_SECONDS)
                await self._refresh()
            finally:
                await self._give_back(member)
        raise SandboxUnavailableError("sandbox-unavailable", {"retry_after_seconds": 5})

    async def _take(self) -> tuple[str, Member]:
        """Wait for a free place on the node with the most of them; more are never sent than there are places."""
        async with self._freed:
            while True:
                free = [(member.places - member.busy, name) for name, member in self._members.items()]
                most, name = max(free, default=(0, ""))
                if most > 0:
                    self._members[name].busy += 1
                    return name, self._members[name]
                if not self._members:
                    raise SandboxUnavailableError("sandbox-unavailable", {"retry_after_seconds": 5})
                await self._freed.wait()

    async def _give_back(self, member: Member) -> None:
        async with self._freed:
            member.busy -= 1
            self._freed.notify_all()

    async def _refresh(self) -> None:
        """Give each living node its actor, and forget the dead."""
        async with self._refreshing:
            nodes = await asyncio.to_thread(self._ray.nodes)
            alive = {node["NodeID"]: int(node["Resources"].get("CPU", 0)) for node in nodes if node["Alive"]}
            for name in self._members.keys() - alive.keys():
                del self._members[name]
            for name, places in alive.items():
                if places and name not in self._members:
                    self._members[name] = Member(self._make_actor(name, places), places)
        async with self._freed:
            self._freed.notify_all()

    def _make_actor(self, name: str, places: int) -> Any:
        strategies = importlib.import_module("ray.util.scheduling_strategies")
        settings = self._settings.model_copy(update={"concurrent_runs": places, "spares": places + 1})
        kind = self._ray.remote(Node)
        return kind.options(
            num_cpus=0,
            max_concurrency=places + 1,
            scheduling_strategy=strategies.NodeAffinitySchedulingStrategy(node_id=name, soft=False),
        ).remote(settings)


def read_answer(reply: bytes, job: Job) -> list[Event]:
    """Read what a node answered, as strictly as a child's own words."""
    frames, ledger = Frames(job.limits), Ledger(job.limits)
    events: list[Event] = []
    try:
        events.extend(ledger.enter(decode(payload)) for payload in frames.feed(reply))
    except ReplyError as error:
        return [*events, EndEvent(cut=error.cut, failure=None if error.cut else Failure("bad-reply"))]
    if not events or not isinstance(events[-1], EndEvent):
        events.append(EndEvent(failure=Failure("bad-reply")))
    return events
