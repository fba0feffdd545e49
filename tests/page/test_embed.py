"""The page in a frame of another site, and the way from there to the whole page."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.page.conftest import SPY
from tests.page.stage import DESCENT, QUADRATIC, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Blog(http.server.BaseHTTPRequestHandler):
    """Another site; its one page is what its server was given."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.post.encode())  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def blog() -> Iterator[http.server.HTTPServer]:
    """Another site on loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blog)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


async def visit(page: Page, blog: http.server.HTTPServer, post: str) -> list[str]:
    """Open a post of the other site; the list grows by what the console says."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    await page.add_init_script(SPY)
    blog.post = f"<!doctype html><title>A post</title><h1>A post</h1>{post}"  # type: ignore[attr-defined]
    await page.goto(f"http://127.0.0.1:{blog.server_port}/")
    return complaints


async def test_what_the_dialog_copies_plays_in_another_site(
    stage: Stage, browser: Browser, blog: http.server.HTTPServer
) -> None:
    await stage.trace(DESCENT)
    await stage.move_to(40)
    await stage.page.get_by_role("button", name="Export").click()
    await stage.page.get_by_role("button", name="Copy as a frame").click()
    box = stage.page.locator(".export-said textarea")
    await expect(box).to_have_value(re.compile(r'^<iframe src="http://127\.0\.0\.1:\d+/embed#1\.[\w-]+"'))
    sentence = await stage.sentence.text_content()

    context = await browser.new_context(viewport={"width": 820, "height": 700}, locale="en-US")
    page = await context.new_page()
    complaints = await visit(page, blog, await box.input_value())
    frame = page.frame_locator("iframe")
    await expect(frame.locator(".timeline-now")).to_have_text(sentence or "?")
    assert await frame.locator(".cm-editor, .toolbar, .source").count() == 0
    former = await frame.locator(".whole").get_attribute("href")
    await frame.get_by_role("button", name="One node on").click()
    await expect(frame.locator(".timeline-now")).not_to_have_text(sentence or "?")
    await expect(frame.locator(".whole")).not_to_have_attribute("href", former or "?")
    moved = await frame.locator(".timeline-now").text_content()
    async with context.expect_page() as opening:
        await frame.get_by_role("link", name="Open in Autograd Explorer").click()
    whole = await opening.value
    await expect(whole.locator(".timeline-now")).to_have_text(moved or "?")
    await expect(whole.locator(".editor.program .cm-content")).to_contain_text("output = x + y**2 + z**3")
    assert complaints == []
    assert await page.frames[1].evaluate("window.violations") == []
    assert await page.frames[1].evaluate("localStorage.length") == 0
    await context.close()


async def test_a_frame_hides_what_its_link_hides_and_asks_for_it(
    stage: Stage, browser: Browser, blog: http.server.HTTPServer
) -> None:
    await stage.trace(QUADRATIC)
    await stage.move_to(await stage.last())
    await stage.page.keyboard.press("p")
    await stage.page.get_by_role("button", name="Export").click()
    await stage.page.get_by_role("button", name="Copy as a frame").click()
    post = await stage.page.locator(".export-said textarea").input_value()
    context = await browser.new_context(viewport={"width": 820, "height": 700}, locale="en-US")
    page = await context.new_page()
    complaints = await visit(page, blog, post)
    frame = page.frame_locator("iframe")
    hidden = frame.locator("g.node.leaf text.gradient").first
    await expect(hidden).to_have_text("?")
    await frame.locator("g.node.leaf").first.click()
    await frame.locator(".guess-field").fill("4*4")
    await frame.locator(".guess-field").press("Enter")
    await expect(hidden).to_have_text("16")
    await expect(frame.locator(".predict .answer.exact")).to_be_visible()
    await frame.get_by_role("button", name="Compare", exact=False).first.click()
    await frame.get_by_role("button", name="End guessing and compare").click()
    await expect(frame.locator(".asking .compare")).to_be_visible()
    await expect(frame.locator(".asking .predict")).to_have_count(0)
    assert complaints == []
    await context.close()


async def test_the_whole_page_refuses_to_be_framed(page: Page, service_url: str, blog: http.server.HTTPServer) -> None:
    await visit(page, blog, f'<iframe src="{service_url}/"></iframe>')
    await expect(page.locator("h1")).to_have_text("A post")
    assert await page.frames[1].evaluate("document.querySelector('.toolbar, #app')") is None


async def test_a_narrow_frame_in_chinese_says_what_is_wrong(
    page: Page, service_url: str, blog: http.server.HTTPServer
) -> None:
    await page.set_viewport_size({"width": 360, "height": 640})
    post = f'<iframe src="{service_url}/embed?lang=zh&theme=dark#9.abc" width="320" height="420"></iframe>'
    await visit(page, blog, post)
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_role("alert")).to_contain_text("此链接来自更新的版本")
    await frame.get_by_role("button", name="关闭").click()
    await expect(frame.locator("g.node").first).to_be_visible()
    inner = page.frames[1]
    assert await inner.evaluate("document.documentElement.lang") == "zh-Hans"
    assert await inner.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await inner.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(12, 15, 19)"


async def test_in_a_tall_frame_what_is_wrong_covers_nothing(page: Page, service_url: str) -> None:
    await page.set_viewport_size({"width": 820, "height": 700})
    await page.goto(f"{service_url}/embed#1.abc")
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.locator("g.node.output")).to_be_visible()
    alert, loss = await page.get_by_role("alert").bounding_box(), await page.locator("g.node.output").bounding_box()
    assert alert is not None
    assert loss is not None
    assert loss["y"] + loss["height"] <= alert["y"]


@pytest.mark.parametrize(("width", "height"), [(640, 320), (1440, 500), (320, 420), (360, 320)])
async def test_in_a_low_frame_what_is_wrong_leaves_the_graph_in_sight(
    page: Page, service_url: str, width: int, height: int
) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    await page.goto(f"{service_url}/embed#1.abc")
    alert, host = page.get_by_role("alert"), page.locator(".graph-host")
    await expect(alert.get_by_role("heading")).to_be_in_viewport(ratio=1)
    await expect(alert.get_by_role("button", name="Dismiss")).to_be_in_viewport(ratio=1)
    await expect(page.locator("g.node").first).to_be_visible()
    frame, graph = await page.locator(".messages").bounding_box(), await host.bounding_box()
    assert frame is not None
    assert graph is not None
    assert graph["x"] + graph["width"] <= frame["x"] or graph["y"] + graph["height"] <= frame["y"]
    assert min(graph["width"], graph["height"]) >= height / 5
    await alert.get_by_role("button", name="Dismiss").click()
    await expect(alert).to_have_count(0)


async def test_a_low_frame_leaves_its_height_to_the_graph(page: Page, service_url: str) -> None:
    await page.set_viewport_size({"width": 640, "height": 320})
    await page.goto(f"{service_url}/embed")
    await expect(page.locator("g.node").first).to_be_visible()
    bar, host = await page.locator(".transport-bar").bounding_box(), await page.locator(".graph-host").bounding_box()
    assert bar is not None
    assert host is not None
    assert host["height"] == bar["y"] >= 0.7 * 320
    tools = page.locator(".graph-view :is(.tool, .tint)")
    assert await tools.count() == 10
    for tool in await tools.all():
        box = await tool.bounding_box()
        assert box is not None
        assert box["height"] >= 24
        assert box["y"] + box["height"] <= bar["y"]
        assert box["x"] + box["width"] <= host["x"] or box["x"] >= host["x"] + host["width"]


@pytest.mark.parametrize(("width", "height"), [(640, 320), (560, 315)])
async def test_a_low_frame_has_the_whole_of_its_first_graph_in_sight(
    page: Page, service_url: str, width: int, height: int
) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    await page.goto(f"{service_url}/embed")
    await expect(page.locator("g.node")).to_have_count(9)
    host = await page.locator(".graph-host").bounding_box()
    assert host is not None
    for node in await page.locator("g.node").all():
        box = await node.bounding_box()
        assert box is not None
        assert box["y"] >= host["y"]
        assert box["y"] + box["height"] <= host["y"] + host["height"]
