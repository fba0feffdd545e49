"""How the page comes: piece by piece, so that a slow processor is never busy for long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from tests.page.conftest import Opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARTS = [".toolbar", ".source", ".timeline", ".graph-view", ".inspector", ".cm-editor", ".cm-content [class*=tok-]"]
RECORD = """
window.paused = [];
scheduler.postTask = () => {
  window.paused.push(PARTS.filter((part) => document.querySelector(part)).length);
  return new Promise((resolve) => setTimeout(resolve));
};
""".replace("PARTS", str(PARTS))
TELL = """
new MutationObserver((_, watch) => {
  if (!document.querySelector("g.node")) return;
  watch.disconnect();
  console.timeStamp("drawn");
  window.drawn();
}).observe(document, { childList: true, subtree: true });
"""
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach(({ value, sources }) => {
  window.shifts.push([value, sources.map(({ node }) => node?.className)]);
})).observe({ type: "layout-shift", buffered: true });
"""
SCRIPTS = {"FunctionCall", "RunMicrotasks", "v8.evaluateModule", "EvaluateScript"}


async def test_the_parts_of_the_page_come_in_turn_and_the_editor_after_them(opened: Opened) -> None:
    page = opened.page
    await page.add_init_script(RECORD)
    await opened.open()
    await expect(page.locator(PARTS[-1]).first).to_be_visible()
    paused: list[int] = await page.evaluate("window.paused")
    assert paused[:5] == [0, 1, 2, 3, 4]
    assert 6 in paused, "the editor shows its text before it reads it as Python"
    assert await opened.all_complaints() == []


@pytest.mark.parametrize("window", [(390, 844), (768, 1024), (1400, 900)], ids=["phone", "tablet", "desktop"])
async def test_nothing_moves_while_the_page_comes_to_a_slow_processor(opened: Opened, window: tuple[int, int]) -> None:
    page = opened.page
    await page.set_viewport_size({"width": window[0], "height": window[1]})
    await page.add_init_script(SHIFTS)
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    await opened.open()
    await expect(page.locator(PARTS[-1]).first).to_be_visible()
    shifts: list[tuple[float, list[str]]] = await page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < 0.005, shifts


async def test_until_the_first_picture_no_script_makes_the_browser_lay_out_the_page(opened: Opened) -> None:
    page = opened.page
    drawn = asyncio.Event()
    await page.expose_function("drawn", drawn.set)
    await page.add_init_script(TELL)
    session = await page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    ended = asyncio.Event()
    session.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    session.on("Tracing.tracingComplete", lambda _: ended.set())
    await session.send(
        "Tracing.start", {"categories": "-*,devtools.timeline,v8.execute", "transferMode": "ReportEvents"}
    )
    await page.goto(opened.url, wait_until="commit")
    await asyncio.wait_for(drawn.wait(), 30)
    await session.send("Tracing.end")
    await asyncio.wait_for(ended.wait(), 30)
    ours = [event for event in events if event["name"] == "FunctionCall" and "/static/" in str(event["args"])]
    thread = {(event["pid"], event["tid"]) for event in ours}
    assert len(thread) == 1
    (end,) = [event["ts"] for event in events if event["args"].get("data", {}).get("message") == "drawn"]
    # The trace ends some time after the picture is there; what is done then is no matter of the first picture.
    before = [event for event in events if event["ts"] < end]
    spans = [event for event in before if (event["pid"], event["tid"]) in thread and event["ph"] == "X"]
    scripts = [event for event in spans if event["name"] in SCRIPTS]
    layouts = [event for event in spans if event["name"] == "Layout"]
    assert scripts
    assert layouts
    assert [layout for layout in layouts for script in scripts if is_within(layout, script)] == []


def is_within(inner: dict[str, Any], outer: dict[str, Any]) -> bool:
    """Did one event happen in the midst of another?"""
    return bool(outer["ts"] <= inner["ts"] < outer["ts"] + outer["dur"])
