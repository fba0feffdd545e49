"""The page in headless Chromium: bytes of the first load, time to the first drawn graph, and the cost of one frame."""

from __future__ import annotations

import base64
import json
import statistics
import zlib
from collections.abc import Iterator

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from benchmarks.browser import EXECUTABLE, FLAGS
from benchmarks.servers import service
from benchmarks.table import Row

ROUNDS = 7
FRAMES = 80
FIFTY_NODES = """\
import torch

weights = [torch.tensor(0.1 * k, requires_grad=True) for k in range(1, 17)]
y = x = torch.tensor(0.5, requires_grad=True)
for w in weights:
    y = torch.tanh(y * w)
y.backward()
"""
MANY_NODES = FIFTY_NODES.replace("0.1 * k", "0.5 + k % 7 / 7").replace("range(1, 17)", "range(1, 100)")
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


def rows() -> Iterator[Row]:
    """Measure loads in fresh contexts, where nothing is cached, then frames of graphs of 50 and of 300 nodes."""
    with service() as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        address = f"http://127.0.0.1:{port}/"
        loads = [load(browser, address) for _ in range(ROUNDS + 1)][1:]
        ready, size = (statistics.median(values) for values in zip(*loads, strict=True))
        yield Row("page: bytes of the first load, gzip", "", size / 1024, None, 400, "KB")
        yield Row("page: until the first graph is drawn", "", ready, None, 1200)
        for count, program, reach in ((50, FIFTY_NODES, 8), (300, MANY_NODES, 16)):
            costs = list(frames(browser, address + link(program), count))
            cost, idle = (statistics.median(values) for values in zip(*costs, strict=True))
            yield Row(f"page: work of one frame of a {count}-node graph", "a 60 Hz display", cost - idle, None, reach)
        browser.close()


def link(program: str) -> str:
    """Write the link that opens a program, as `static/share.js` packs it."""
    packer = zlib.compressobj(wbits=-15)
    state = json.dumps({"s": {"mode": "program", "program": program, "seed": 0}}).encode()
    packed = packer.compress(state) + packer.flush()
    return "#1." + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def open_page(context: BrowserContext, address: str) -> tuple[Page, CDPSession, list[float]]:
    """Open the page and wait for its graph; the list grows by the bytes of each response on the wire."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(address, wait_until="commit")
    page.locator(".graph-canvas g.node").first.wait_for()
    return page, session, sizes


def load(browser: Browser, address: str) -> tuple[float, float]:
    """Load the page once; return the milliseconds until a graph was there, and the bytes of all that it asked for."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US")
    page, _, sizes = open_page(context, address)
    ready: float = page.evaluate("performance.now()")
    page.wait_for_load_state("networkidle")
    context.close()
    return ready, sum(sizes)


def frames(browser: Browser, address: str, count: int) -> Iterator[tuple[float, float]]:
    """Go through the timeline by key; yield the milliseconds of work for each frame of a graph with all its nodes
    unfolded, and for a key that does nothing, which is what measuring costs.
    """
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US")
    page, session, _ = open_page(context, address)
    session.send("Performance.enable")
    open_folded(page, count)
    page.locator("body").press("Home")
    page.evaluate(TWO_FRAMES)
    for _ in range(FRAMES):
        yield key_cost(page, session, "ArrowRight"), key_cost(page, session, "F9")
    context.close()


def open_folded(page: Page, count: int) -> None:
    """Open what is folded of a graph of so many nodes, give or take a few."""
    boxes = page.locator(".graph-canvas g.node")
    if boxes.count() < count - 5:
        page.locator(".levels select").select_option(label="all, up to 300 boxes")
    boxes.nth(count - 5).wait_for(state="attached")


def key_cost(page: Page, session: CDPSession, key: str) -> float:
    """Press a key and return the milliseconds that the page's thread worked until the next frame was shown."""
    before = worked(session)
    page.keyboard.press(key)
    page.evaluate(TWO_FRAMES)
    return (worked(session) - before) * 1000


def worked(session: CDPSession) -> float:
    """Read how many seconds the page's thread has worked: scripts, style, layout, paint."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))
