"""Draw the pictures in the README with the program itself: `make picture`."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from benchmarks.browser import EXECUTABLE, FLAGS
from benchmarks.servers import service

DOCS = Path(__file__).parents[1] / "docs"
CALL = {"expression": "a*x**2 + b*x + c", "variables": {"a": 1, "b": 2, "c": 3, "x": 4}}
DESCENT = "(x - 2)**2 + 3*(y + 1)**2"


def main() -> None:
    """Ask a running service for a graph and for its page in both themes, and write them."""
    with service() as port, sync_playwright() as playwright:
        address = f"http://127.0.0.1:{port}"
        draw_graph(address)
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        draw_page(browser, address, "light")
        draw_page(browser, address, "dark")
        browser.close()


def draw_graph(address: str) -> None:
    """Write the graph of a quadratic, drawn by the server at `address`."""
    request = urllib.request.Request(
        f"{address}/api/graph.svg", data=json.dumps(CALL).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        (DOCS / "picture.svg").write_bytes(answer.read())


def draw_page(browser: Browser, address: str, theme: str) -> None:
    """Write what the page shows of a descent, after its second update, with its landscape and a chosen node.

    Args:
        browser: a running Chromium.
        address: of the server.
        theme: "light" or "dark".
    """
    page = browser.new_page(viewport={"width": 1240, "height": 900}, reduced_motion="reduce")
    page.goto(address)
    expect(page.locator(".graph-canvas g.node").first).to_be_visible()
    while page.evaluate("document.documentElement.dataset.theme") != theme:
        page.get_by_role("button", name="Colours:").click()
    page.locator(".chip", has_text=DESCENT[:11]).click()
    expect(page.locator(".timeline-place")).to_contain_text("40")
    page.locator(".to-landscape").click()
    expect(page.locator("canvas.relief")).to_be_visible()
    page.locator("g.node.operation", has_text="(x - 2)**2").first.click()
    page.locator(".timeline-now").click()
    page.keyboard.press("Home")
    for key in ("PageDown", "PageDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(".inspector .badge.operation")).to_be_visible()
    page.mouse.move(0, 0)
    page.screenshot(path=DOCS / f"page-{theme}.png")
    page.close()


if __name__ == "__main__":
    main()
