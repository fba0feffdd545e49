"""One headless Chromium for all tests of the page, and a fresh page for each test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from benchmarks.browser import EXECUTABLE, FLAGS, NAMES
from tests.page.stage import Stage

# What is waited for comes on any machine; only how soon depends on what else the machine does.
expect.set_options(timeout=30_000)

SPY = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""
KEPT = """async (words) => {
  const { unpackState } = await import("/static/share.js");
  return JSON.stringify(await unpackState(location.hash)).includes(words);
}"""


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncGenerator[Browser, None]:
    """Debian's Chromium."""
    if EXECUTABLE is None:
        pytest.fail(f"`make test` installs what is missing, or run `apt-get install {NAMES[0]}`", pytrace=False)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncGenerator[Page, None]:
    """A page of a visitor who reads English, wide enough for everything."""
    context = await browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US")
    yield await context.new_page()
    await context.close()


class Opened:
    """The page on a server, and every complaint that the browser had about it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", lambda line: self._hear(line.type, line.text))
        page.on("request", lambda request: self._check_address(request.url))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _check_address(self, address: str) -> None:
        if not address.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"asked another server: {address}")

    async def open(self, fragment: str = "") -> Page:
        """Open the page and wait until its first run is on show."""
        await self.page.add_init_script(SPY)
        await self.page.goto(f"{self.url}/{fragment}")
        await self.ready()
        return self.page

    async def ready(self) -> None:
        """Wait until a run is over, its graph drawn, and the editor, which comes after it, in its place."""
        await expect(self.page.get_by_role("button", name="Run", exact=True)).to_be_visible()
        await expect(self.page.locator(".graph-canvas g.node").first).to_be_visible()
        await expect(self.page.locator(".editor.plain")).to_have_count(0)

    async def unfold(self) -> None:
        """Open the form where it stands folded for want of room."""
        fold = self.page.locator(".fold")
        if await fold.is_visible() and await fold.get_attribute("aria-expanded") == "false":
            await fold.click()

    async def until(self, holds: str, argument: object = None) -> None:
        """Wait until a function of the page's own language says true; it may be asynchronous."""
        async with asyncio.timeout(30):
            while not await self.page.evaluate(holds, argument):
                await asyncio.sleep(0.05)

    async def until_kept(self, words: str) -> None:
        """Wait until the address, which follows a little later, holds some words."""
        await self.until(KEPT, words)

    async def all_complaints(self) -> list[str]:
        """What the console said, and what the page's policy blocked."""
        violations: list[str] = await self.page.evaluate("window.violations")
        return self.complaints + violations


@pytest_asyncio.fixture(loop_scope="session")
async def opened(page: Page, service_url: str) -> Opened:
    """The page, watched from the first byte; listening to it needs the session's running loop."""
    return Opened(page, service_url)


@pytest_asyncio.fixture(loop_scope="session")
async def stage(opened: Opened) -> AsyncGenerator[Stage, None]:
    """The page, open and with its first picture; fails at the end if the browser complained of anything."""
    page = await opened.open()
    yield Stage(page, opened.url)
    assert await opened.all_complaints() == []
