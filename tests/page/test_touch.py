"""What fingers do on a phone: scroll, drag, pinch, hold, and move the slider."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, Page, expect

from tests.page.conftest import Opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

Place = tuple[float, float]
TRANSFORM = "document.querySelector('.graph-canvas > g').getAttribute('transform')"
MIDDLE = """() => {
  const { left, top, width, height } = document.querySelector(".graph-host").getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""


class Fingers:
    """Fingers on a page.

    Args:
        page: an open page in a context that has touch.
        session: what tells the browser of them.
    """

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self.session = session

    async def _tell(self, kind: str, *places: Place) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        await self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    async def drag(self, *ways: tuple[Place, Place], steps: int = 12) -> None:
        """Put down one finger after the other, move all of them at once, lift them."""
        starts = [start for start, _ in ways]
        for count in range(1, len(ways) + 1):
            await self._tell("touchStart", *starts[:count])
        for step in range(1, steps + 1):
            part = step / steps
            await self._tell("touchMove", *[(a + (c - a) * part, b + (d - b) * part) for (a, b), (c, d) in ways])
        await self._tell("touchEnd")

    async def middle(self) -> Place:
        """The middle of the stage."""
        x, y = await self.page.evaluate(MIDDLE)
        return x, y


@pytest_asyncio.fixture(loop_scope="session")
async def touched(browser: Browser, service_url: str) -> AsyncGenerator[tuple[Opened, Fingers]]:
    """The page on a phone."""
    context = await browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="en-US"
    )
    opened = Opened(await context.new_page(), service_url)
    page = await opened.open()
    yield opened, Fingers(page, await context.new_cdp_session(page))
    assert await opened.all_complaints() == []
    await context.close()


async def test_a_finger_on_a_graph_that_is_all_in_sight_scrolls_the_page(touched: tuple[Opened, Fingers]) -> None:
    opened, fingers = touched
    before = await opened.page.evaluate(TRANSFORM)
    x, y = await fingers.middle()
    await fingers.drag(((x, y + 150), (x, y - 150)))
    await opened.until("() => scrollY > 100")
    assert await opened.page.evaluate(TRANSFORM) == before


async def test_two_fingers_enlarge_the_graph_and_then_one_moves_it(touched: tuple[Opened, Fingers]) -> None:
    opened, fingers = touched
    page = opened.page
    whole = await page.locator("g.node.output").bounding_box()
    x, y = await fingers.middle()
    await fingers.drag(((x - 40, y), (x - 120, y)), ((x + 40, y), (x + 120, y)))
    large = await page.locator("g.node.output").bounding_box()
    assert whole is not None
    assert large is not None
    assert large["width"] > 2 * whole["width"]
    assert await page.evaluate("visualViewport.scale") == 1
    enlarged = await page.evaluate(TRANSFORM)
    await fingers.drag(((x, y + 100), (x, y - 100)))
    assert await page.evaluate(TRANSFORM) != enlarged
    assert await page.evaluate("scrollY") == 0
    await expect(page.get_by_role("button", name="Follow the node at work")).to_have_attribute("aria-pressed", "false")


async def test_the_slider_s_handle_follows_a_finger(touched: tuple[Opened, Fingers]) -> None:
    opened, fingers = touched
    scrub = opened.page.locator("input.scrub")
    box = await scrub.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    last = int(await scrub.get_attribute("max") or 0)
    await fingers.drag(((box["x"] + 30, y), (box["x"] + box["width"] - 2, y)))
    await expect(scrub).to_have_value(str(last))
    await fingers.drag(((box["x"] + box["width"] - 10, y), (box["x"] + 2, y)))
    await expect(scrub).to_have_value("0")
    assert await opened.page.evaluate("scrollY") == 0
