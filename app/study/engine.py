"""Where the parts of a study are run: in this machine's sandbox, or wherever else an engine brings them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from app.sandbox import Sandbox
from app.settings import Settings
from app.study.cluster import ClusterEngine
from app.trace.job import Job
from app.trace.model import Event


class Engine(Protocol):
    """Runs jobs, each in a fresh confined process somewhere."""

    @property
    def name(self) -> str:
        """What it is called in answers."""

    @property
    def places(self) -> int:
        """How many jobs it is given at once."""

    def run(self, job: Job) -> AsyncGenerator[Event, None]:
        """Run a job as `Sandbox.run` does."""

    async def start(self) -> None:
        """Be ready to run jobs."""

    async def stop(self) -> None:
        """End what the engine itself has started."""


class LocalEngine:
    """The sandbox of this process."""

    name = "local"

    def __init__(self, sandbox: Sandbox, settings: Settings) -> None:
        self._sandbox = sandbox
        self.places = settings.concurrent_runs

    def run(self, job: Job) -> AsyncGenerator[Event, None]:
        """Run a job here."""
        return self._sandbox.run(job)

    async def start(self) -> None:
        """Leave the sandbox to whoever made it."""

    async def stop(self) -> None:
        """Leave the sandbox to whoever made it."""


def make_engine(settings: Settings, sandbox: Sandbox) -> Engine:
    """Choose where studies run: on the cluster where one is named, else here."""
    return ClusterEngine(settings) if settings.cluster else LocalEngine(sandbox, settings)
