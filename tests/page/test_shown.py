"""Traces that a script or the command line shows: the user's browser is opened, and draws."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Error, expect

from tests.page.conftest import SPY, Opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCRIPT = """\
import torch
from app.tracer import trace

x = torch.tensor(3.0, requires_grad=True)
with trace() as run:
    y = (x - 1) ** 2
    y.backward()
run.save("saved.json")
run.show()
print("the script goes on")
"""


def heed_interrupts() -> None:
    """What a shell starts in the background is told to ignore a keyboard's interrupts, and so are its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@asynccontextmanager
async def opens(folder: Path, command: list[str], ends_with: int) -> AsyncGenerator[str, None]:
    """Run a command in a process of its own, and give the address that it opens the user's browser at; a keyboard's
    interrupt must end it, and its server with it.
    """
    browser = folder / "browser"
    browser.write_text('#!/bin/sh\necho "$1" > address.part && mv address.part address\n')
    browser.chmod(0o755)
    environment = {**os.environ, "BROWSER": f"{browser} %s", "PYTHONPATH": str(Path(__file__).parents[2])}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            while not (folder / "address").exists() and process.returncode is None:
                await asyncio.sleep(0.05)
        yield (folder / "address").read_text("utf-8").strip()
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            assert await process.wait() == ends_with
    finally:
        if process.returncode is None:
            process.kill()
        assert process.stdout is not None
        (folder / "printed").write_bytes(await process.stdout.read())


async def expect_square(opened: Opened, address: str) -> None:
    """The browser's page at an address shows the run of `SCRIPT`, and complains of nothing."""
    page, opened.url = opened.page, address.partition("?")[0].rstrip("/")
    await page.add_init_script(SPY)
    await page.goto(address)
    await expect(page.locator(".graph-canvas g.node")).to_have_count(3)
    await expect(page.locator(".graph-canvas #n0 text.value")).to_have_text("4")
    await page.keyboard.press("End")
    await expect(page.locator(".graph-canvas g.node.leaf text.gradient")).to_have_text("4")
    await expect(page.locator(".editor.program .cm-content")).to_contain_text("y = (x - 1) ** 2")
    assert await opened.all_complaints() == []


async def test_a_script_that_shows_its_trace_opens_a_page_and_goes_on_when_interrupted(
    opened: Opened, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, "utf-8")
    async with opens(tmp_path, ["script.py"], 0) as address:
        await expect_square(opened, address)
    printed = (tmp_path / "printed").read_text("utf-8").splitlines()
    assert printed == [f"Autograd Explorer: {address}", "the script goes on"]
    with pytest.raises(Error, match="ERR_CONNECTION_REFUSED"):
        await opened.page.goto(address)


async def test_a_saved_trace_opens_a_page_from_the_command_line(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT.replace("run.show()", ""), "utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "script.py", cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    )
    assert await process.wait() == 0
    async with opens(tmp_path, ["-m", "app.cli", "open", "saved.json"], 128 + signal.SIGINT) as address:
        await expect_square(opened, address)
