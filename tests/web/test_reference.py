"""The API reference in a real browser, under its own strict policy."""

from __future__ import annotations

import pytest
from playwright.async_api import async_playwright

from benchmarks.browser import EXECUTABLE, FLAGS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_kind_of_call_can_be_tried(service_url: str) -> None:
    remarks: list[str] = []
    requests: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        page = await browser.new_page()
        page.on("console", lambda message: remarks.append(message.text))
        page.on("pageerror", lambda error: remarks.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        await page.goto(f"{service_url}/docs")
        for section in ("post-api-trace", "get-api-graph-svg", "post-api-layout", "get-api-examples", "get-healthz"):
            form = page.locator(f"section#{section} form")
            await form.locator("button[type=submit]").click()
            await form.locator("output", has_text="200 in").wait_for()
        assert '"loss": 27' in await page.locator("section#post-api-trace pre.answer").inner_text()
        assert await page.locator("section#get-api-graph-svg img").evaluate("image => image.naturalWidth > 100")
        await browser.close()
    assert remarks == []
    assert [url for url in requests if not url.startswith((service_url, "blob:", "data:"))] == []
