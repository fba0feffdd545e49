"""The page in Firefox: it runs, plays, answers mouse and keys, and nobody complains."""

from __future__ import annotations

import pytest

from tests.page.firefox import FIREFOX, firefox

pytestmark = pytest.mark.asyncio(loop_scope="session")

SPY = """() => {
  const violations = (window.violations = []);
  document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
  window.addEventListener("error", (event) => violations.push(String(event.message)));
  window.addEventListener("unhandledrejection", (event) => violations.push(String(event.reason)));
}"""
SENTENCE = "document.querySelector('.timeline-now')?.textContent"
TRACED = "document.querySelectorAll('.graph-canvas g.node').length"


async def test_the_page_works_in_firefox_without_complaint(service_url: str) -> None:
    if not FIREFOX.exists():
        pytest.fail(
            f"{FIREFOX} is missing: `make test` installs it, or run `apt-get install firefox-esr`", pytrace=False
        )
    async with firefox() as browser:
        await browser.open(service_url, SPY)
        assert await browser.until(TRACED) == 9
        sentence = await browser.evaluate(SENTENCE)
        await browser.click(".timeline-now")
        await browser.press("\ue012")
        assert await browser.evaluate(SENTENCE) != sentence

        await browser.click(".chip:nth-of-type(2)")
        await browser.until("document.querySelector('.timeline-place').textContent.includes('40')")
        await browser.until("document.querySelector('.chart-host canvas')")
        await browser.click(".to-landscape")
        await browser.until("document.querySelector('canvas.relief')?.width > 100")
        await browser.click("g.node.leaf")
        await browser.until("document.querySelector('.inspector .badge.leaf')")
        await browser.until("document.querySelector('.katex')")

        await browser.click(".toolbar button.export")
        await browser.until("document.querySelector('dialog.export .example')")
        await browser.press("\ue00c")
        await browser.click(".languages button:last-child")
        await browser.until("document.querySelector('button.run')?.textContent.includes('运行')")
        await browser.until("location.hash.startsWith('#1.')")
        assert await browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await browser.evaluate("window.violations") == []

        await browser.open(f"{service_url}/embed", SPY)
        assert await browser.until(TRACED) == 9
        await browser.open(f"{service_url}/docs", SPY)
        assert await browser.evaluate("window.violations") == []
        await browser.evaluate("console.info('the console is heard')")
        assert browser.lines == ["info: the console is heard"]
