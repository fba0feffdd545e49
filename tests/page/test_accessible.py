"""axe-core finds nothing to complain of in any state of the page, in both themes and both languages."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.page.conftest import Opened
from tests.page.stage import Stage
from tests.page.states import CHAINS

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = Path(__file__).parents[2] / "tools" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const told = (id, { html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`;
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => told(id, node)));
}"""
SPOKEN = """() => [...document.querySelectorAll(".graph-canvas g.node")].every((node) => {
  const shown = [...node.querySelectorAll("text")].map((text) => text.textContent).filter(Boolean).join(" ");
  return (node.getAttribute("aria-label") ?? "").includes(shown);
})"""
UNSEEN = """async () => {
  await document.fonts.ready;
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `30px ${getComputedStyle(document.querySelector(".graph-canvas text.name")).fontFamily}`;
  pen.textBaseline = "top";
  pen.fillText("\\u{10fffd}", 0, 0);
  return pen.getImageData(0, 0, 60, 60).data.every((part) => part === 0);
}"""
ENGLISH = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const said = [...document.querySelectorAll("[aria-label], [title], [placeholder]")].flatMap((one) =>
    ["aria-label", "title", "placeholder"].map((name) => one.getAttribute(name) ?? ""));
  const isCode = ({ parentElement }) => parentElement.closest("script, style, code, pre, .cm-content");
  while (walker.nextNode()) if (!isCode(walker.currentNode)) said.push(walker.currentNode.data);
  return said.filter((text) => /[\u4e00-\u9fff][,;:(]|[,;:] ?[\u4e00-\u9fff]|[。；，、：] |; \\w/.test(text));
}"""
"""What is said or written with the punctuation of English beside Chinese words."""
Look = tuple[Literal["light", "dark"], str]
LOOKS: list[Look] = [("light", "en"), ("dark", "zh")]
"""Each theme and each language once: colours do not depend on words, nor words on colours."""
# A page that the server writes has no switch; and a graph that was fitted into its place lies half beyond it when other
# words take more room, where axe sees half of a box's words. These are reached in each look anew.
APART = ("addresses", "panels")
# The others come in one look or the other by turns, so that each language is arrived in, and turned to.
VISITS = [(look, chain) for chain in APART for look in LOOKS]
VISITS += [(LOOKS[place % 2], chain) for place, chain in enumerate(CHAINS) if chain not in APART]
NAMES = [f"{theme}-{language}-{chain}" for (theme, language), chain in VISITS]


async def complaints(page: Page) -> list[str]:
    """What axe says about the page as it is; it comes by `evaluate`, which the page's policy does not see."""
    if not AXE.exists():
        pytest.fail(f"{AXE} is missing: `make test` brings it, or run `npm ci --prefix tools/axe`", pytrace=False)
    # Whatever fades in is judged when it is there.
    await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))")
    # What is spoken follows what is written after a moment of rest.
    await page.wait_for_function(SPOKEN)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = await page.evaluate(RUN)
    return found


async def turn(page: Page, look: Look) -> None:
    """Show the same state in another theme, as the system asks for it, and another language, by the page's switch."""
    theme, language = look
    await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    # A dialog covers the switch; what lies under it is told in the new language all the same.
    await page.locator(f".languages [lang|={language}]").dispatch_event("click")
    await expect(page.locator(f"html[lang|={language}]")).to_have_count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def looked(request: pytest.FixtureRequest, browser: Browser, service_url: str) -> AsyncGenerator[Stage, None]:
    """The page in one theme and language, with motion reduced so that nothing is judged half-way."""
    theme, language = request.param
    context = await browser.new_context(
        viewport={"width": 1440, "height": 1000}, locale="zh-CN" if language == "zh" else "en-US",
        color_scheme=theme, reduced_motion="reduce",
    )  # fmt: skip
    yield Stage(await context.new_page(), service_url)
    await context.close()


@pytest.mark.parametrize(("looked", "chain"), VISITS, indirect=["looked"], ids=NAMES)
async def test_axe_finds_nothing_in_any_state(looked: Stage, chain: str, request: pytest.FixtureRequest) -> None:
    first: Look = request.node.callspec.params["looked"]
    everything = {}
    for name, reach in CHAINS[chain].items():
        await reach(looked)
        # What is spoken follows what is written when it stands still.
        if name == "playing":
            continue
        everything[name, first] = await complaints(looked.page)
        if chain not in APART:
            other = LOOKS[first == LOOKS[0]]
            await turn(looked.page, other)
            everything[name, other] = await complaints(looked.page)
            await turn(looked.page, first)
    assert {state: list_ for state, list_ in everything.items() if list_} == {}


async def test_each_node_speaks_and_the_graph_is_one_tab_stop(opened: Opened) -> None:
    page = await opened.open()
    await page.get_by_role("button", name="To the end (End)").click()
    stops = await page.evaluate("[...document.querySelectorAll('.graph-canvas [tabindex=\"0\"]')].length")
    assert stops == 1
    names = await page.evaluate(
        "[...document.querySelectorAll('g.node')].map((node) => node.getAttribute('aria-label'))"
    )
    assert "a AccumulateGrad value 1 grad 16; computed from: —; used by: a*x**2" in names
    assert "b*x MulBackward0 value 8 grad 1; computed from: b, x; used by: a*x**2 + b*x" in names
    await page.locator(".graph-canvas [tabindex='0']").focus()
    walked = [await page.evaluate("document.activeElement.id")]
    for key in ("ArrowUp", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"):
        await page.keyboard.press(key)
        walked.append(await page.evaluate("document.activeElement.id"))
    assert len(set(walked)) >= 3
    assert await page.evaluate("document.activeElement.matches('g.node:focus-visible')")


async def test_each_language_lists_in_its_own_way(opened: Opened) -> None:
    page = await opened.open()
    await page.get_by_role("button", name="To the end (End)").click()
    sums = page.get_by_role("button", name="computed from: b, x")
    await expect(sums).to_have_count(1)
    await page.get_by_role("button", name="中文").click()
    await expect(page.get_by_role("button", name="输入：b、x；用于：a*x**2 + b*x")).to_have_count(1)
    assert await page.evaluate(ENGLISH) == []


async def test_an_update_is_told_in_clauses_of_the_language(opened: Opened) -> None:
    page = await opened.open()
    await page.get_by_role("button", name="中文").click()
    await page.locator("#tab-expression").click()
    await page.locator(".chip", has_text="(x - 2)**2").click()
    await expect(page.locator(".timeline-place")).to_contain_text("40")
    stage = Stage(page, opened.url)
    await stage.press("end")
    # The last update is followed by what is printed.
    while "update" not in (await stage.sentence.get_attribute("class") or ""):
        await stage.press("back")
    await page.get_by_role("button", name="以表格显示").click()
    await expect(page.locator(".graph-table")).to_be_visible()
    await expect(stage.sentence).to_have_text(re.compile(r"更新参数：x ← [^；]+；y ← [^；]+$"))
    assert await page.evaluate(ENGLISH) == []


async def test_a_letter_that_no_font_has_is_seen_on_a_box(opened: Opened) -> None:
    page = await opened.open()
    assert await page.evaluate(UNSEEN) is False
