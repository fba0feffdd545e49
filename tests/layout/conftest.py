"""One warm layout for all tests of this room."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest_asyncio

from app.layout.layout import Layout
from app.settings import Settings


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def layout() -> AsyncGenerator[Layout, None]:
    """A started layout with the ordinary limits."""
    started = Layout(Settings())
    await started.start()
    yield started
    await started.stop()
