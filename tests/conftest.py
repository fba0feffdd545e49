"""What holds for every test: in CI (`CI=true`) nothing is left out in silence."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, settings

# A busy machine makes examples slowly; that says nothing of what is tested.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember each test that was skipped."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Remember each file that was skipped whole."""
    if report.skipped:
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Make a skip in CI a failure of the whole run."""
    if _skipped and os.environ.get("CI") == "true" and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why the run failed although no test did."""
    if _skipped and os.environ.get("CI") == "true":
        terminalreporter.write_line(f"In CI a skipped test is a failure: {', '.join(_skipped)}", red=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what needs the session's service last: tests that count processes and descriptors run before there is one."""
    items.sort(key=lambda item: "service_app" in getattr(item, "fixturenames", ()))


# -- one real service for all tests that need runs ---------------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def service_app() -> AsyncGenerator[FastAPI, None]:
    """The service, started once for the whole session behind a real uvicorn on loopback.

    Tests that use it run in the session's loop: `pytestmark = pytest.mark.asyncio(loop_scope="session")`.
    """
    from app.main import create_app
    from app.settings import Settings

    app = create_app(Settings(port=0, requests_per_minute=0))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server._serve())
    async with asyncio.timeout(60):
        while not (server.started and app.state.sandbox.status.ready):
            assert not serving.done(), "the server ended before it was ready"
            await asyncio.sleep(0.02)
    app.state.port = server.servers[0].sockets[0].getsockname()[1]
    yield app
    server.should_exit = True
    await serving


@pytest.fixture(scope="session")
def service_url(service_app: FastAPI) -> str:
    """The address of the real server."""
    return f"http://127.0.0.1:{service_app.state.port}"
