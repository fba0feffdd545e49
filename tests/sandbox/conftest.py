"""One sandbox for all tests of a module: warming a zygote takes seconds."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest_asyncio

from app.sandbox import Sandbox
from app.settings import Settings
from tests.sandbox.running import open_sandbox


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox() -> AsyncGenerator[Sandbox, None]:
    async with open_sandbox(Settings(concurrent_runs=4, spares=2)) as sandbox:
        yield sandbox
