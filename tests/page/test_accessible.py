"""axe-core finds nothing to complain of in any state of the page, in both themes and both languages."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.page.conftest import Opened
from tests.page.stage import DEEP, MATRIX, QUADRATIC, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = Path(__file__).parents[2] / "tools" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const told = (id, { html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`;
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => told(id, node)));
}"""
SPOKEN = """() => [...document.querySelectorAll(".graph-canvas g.node")].every((node) => {
  const value = node.querySelector("text.value")?.textContent ?? "";
  return (node.getAttribute("aria-label") ?? "").includes(value);
})"""
UNSEEN = """async () => {
  await document.fonts.ready;
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `30px ${getComputedStyle(document.querySelector(".graph-canvas text.name")).fontFamily}`;
  pen.textBaseline = "top";
  pen.fillText("\\u{10fffd}", 0, 0);
  return pen.getImageData(0, 0, 60, 60).data.every((part) => part === 0);
}"""
LOOKS = [("light", "en"), ("dark", "zh")]
"""Each theme and each language once: colours do not depend on words, nor words on colours."""
BAD = "import torch\nx = torch.tensor([1.0, 2.0], requires_grad=True)\ny = x * 2\ny.backward()\n"


async def complaints(page: Page) -> list[str]:
    """What axe says about the page as it is; it comes by `evaluate`, which the page's policy does not see."""
    if not AXE.exists():
        pytest.fail(f"{AXE} is missing: `make test` brings it, or run `npm ci --prefix tools/axe`", pytrace=False)
    # Whatever fades in is judged when it is there.
    await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))")
    # What is spoken follows what is written after a moment of rest.
    await page.wait_for_function(SPOKEN)
    await page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = await page.evaluate(RUN)
    return found


@pytest_asyncio.fixture(loop_scope="session", params=LOOKS, ids="-".join)
async def looked(request: pytest.FixtureRequest, browser: Browser, service_url: str) -> AsyncGenerator[Stage, None]:
    """The page in one theme and language, with motion reduced so that nothing is judged half-way."""
    theme, language = request.param
    context = await browser.new_context(
        viewport={"width": 1440, "height": 1000}, locale="zh-CN" if language == "zh" else "en-US",
        color_scheme=theme, reduced_motion="reduce",
    )  # fmt: skip
    page = await context.new_page()
    await page.goto(service_url)
    await expect(page.locator(".graph-canvas g.node").first).to_be_visible()
    yield Stage(page, service_url)
    await context.close()


async def program(stage: Stage, text: str) -> None:
    """Write a program and run it, whatever the language."""
    await stage.page.locator("#tab-program").click()
    await stage.page.locator(".editor.program .cm-content").fill(text)
    await stage.page.locator("button.run").click()


async def chosen(stage: Stage) -> None:
    await program(stage, QUADRATIC)
    await expect(stage.page.locator("g.node")).to_have_count(9)
    await stage.page.locator("g.node.leaf").first.click()
    await expect(stage.page.locator(".inspector .badge.leaf")).to_be_visible()


async def matrices(stage: Stage) -> None:
    await program(stage, MATRIX)
    await expect(stage.page.locator("g.node.leaf", has_text="big")).to_be_visible()
    await stage.page.locator("g.node.leaf").first.click()
    await expect(stage.page.locator(".inspector table").first).to_be_visible()


async def table(stage: Stage) -> None:
    await stage.page.locator(".graph-tools .tool").last.click()
    await expect(stage.page.locator(".graph-table")).to_be_visible()


async def folded(stage: Stage) -> None:
    await stage.page.locator(".graph-tools .tool").last.click()
    await program(stage, DEEP)
    await expect(stage.page.locator("g.group").first).to_be_visible()


async def refused(stage: Stage) -> None:
    await program(stage, BAD)
    await expect(stage.page.locator(".card.problem")).to_be_visible()


async def descent(stage: Stage) -> None:
    await stage.page.locator("#tab-expression").click()
    await stage.page.locator(".chip", has_text="(x - 2)**2").click()
    await expect(stage.page.locator(".timeline-place")).to_contain_text("40")
    await expect(stage.page.locator(".chart-host canvas").first).to_be_visible()
    await stage.page.locator(".written summary").click()
    await expect(stage.page.locator(".written .cm-content")).to_be_visible()


async def landscape(stage: Stage) -> None:
    await stage.page.locator(".to-landscape").click()
    await expect(stage.page.locator("canvas.relief")).to_be_visible()


async def curve(stage: Stage) -> None:
    await stage.page.locator(".landscape-tools select").last.select_option("")
    await expect(stage.page.locator(".plane .tangent")).to_be_visible()


async def answered(stage: Stage) -> None:
    await stage.press("end")
    await stage.page.locator("g.node.leaf").first.dispatch_event("click")
    await stage.page.locator(".predict .guess-field").fill("2*4")
    await stage.page.locator(".predict .guess button[type=submit]").click()
    await expect(stage.page.locator(".predict .answer")).to_be_focused()


async def wished(stage: Stage) -> None:
    await stage.sentence.click()
    await stage.page.keyboard.press("c")
    await expect(stage.page.locator(".predict .wish")).to_be_focused()


def graded(number: str) -> re.Pattern[str]:
    """What is spoken of a box whose gradient is such, in either language."""
    return re.compile(rf" (?:grad|梯度) {number}")


async def compared(stage: Stage) -> None:
    await stage.page.locator(".predict .wish .button").click()
    await expect(stage.page.locator(".reason-card.compare h2")).to_be_visible()
    await expect(stage.page.locator("g.node.output")).to_have_attribute("aria-label", graded("[^?]"))


async def large(stage: Stage) -> None:
    await stage.page.locator(".toolbar button.larger").click()
    await expect(stage.page.locator(".toolbar button.smaller")).to_be_visible()
    await stage.page.locator("g.node.leaf").first.dispatch_event("click")
    await expect(stage.page.locator(".inspector .badge.leaf")).to_be_visible()


async def usual(stage: Stage) -> None:
    await stage.page.locator(".toolbar button.smaller").click()
    await expect(stage.page.locator(".toolbar button.larger")).to_be_visible()
    await found(stage)


def card(key: str, name: str) -> Callable[[Stage], Awaitable[None]]:
    async def shown(stage: Stage) -> None:
        await stage.sentence.click()
        await stage.page.keyboard.press(key)
        await expect(stage.page.locator(f".reason-card.{name} h2")).to_be_visible()
        # What is spoken follows what is written after a moment of rest.
        number = r"\?" if name == "predict" else "[^?]"
        await expect(stage.page.locator("g.node.output")).to_have_attribute("aria-label", graded(number))

    return shown


async def checked(stage: Stage) -> None:
    await card("g", "check")(stage)
    await expect(stage.page.locator("g.node .pill, .graph-canvas .pill").first).to_be_visible()


async def flowing(stage: Stage) -> None:
    await stage.page.locator(".to-flow").click()
    await expect(stage.page.locator(".drawn-panel table, .drawn-panel canvas").first).to_be_visible()


async def found(stage: Stage) -> None:
    await stage.page.keyboard.press("Escape")
    await stage.sentence.click()
    await stage.page.keyboard.press("/")
    await expect(stage.page.locator(".find input, input[type=search]").first).to_be_visible()


def dialog(name: str, opener: str) -> Callable[[Stage], Awaitable[None]]:
    async def shown(stage: Stage) -> None:
        await stage.page.keyboard.press("Escape")
        await stage.page.keyboard.press("Escape")
        await stage.page.locator(opener).click()
        await expect(stage.page.locator(f"dialog.{name} :is(.example, kbd)").first).to_be_visible()

    return shown


async def lesson(stage: Stage) -> None:
    await stage.page.locator("dialog.examples .example").nth(2).click()
    await expect(stage.page.locator(".lesson")).to_be_visible()
    await expect(stage.page.locator(".graph-canvas g.node").first).to_be_visible()


async def race(stage: Stage) -> None:
    await stage.page.locator(".lab-button").click()
    await stage.page.locator("main.lab .chip").first.click()
    await stage.page.locator(".racer input[type=text]").first.fill("fast")
    await stage.page.locator(".lab-run .primary").click()
    await expect(stage.page.locator(".lab-field .fault")).to_be_visible()
    await stage.page.locator(".racer input[type=text]").first.fill("0.01")
    await stage.page.locator(".lab-run .primary").click()
    await expect(stage.page.locator(".course canvas.relief")).to_be_visible()


async def sweep(stage: Stage) -> None:
    await stage.page.locator("#lab-tab-sweep").click()
    await stage.page.locator(".lab-run .primary").click()
    await expect(stage.page.locator(".heat-legend .bound")).to_be_visible()
    await stage.page.locator("main.lab .heat-host").focus()
    await stage.page.keyboard.press("ArrowRight")
    for summary in await stage.page.locator(".lab-more summary").all():
        await summary.click()


async def check(stage: Stage) -> None:
    await stage.page.locator("#lab-tab-check").click()
    await stage.page.locator(".lab-run .primary").click()
    await expect(stage.page.locator(".lab-leaf").first).to_be_visible()


def address(path: str) -> Callable[[Stage], Awaitable[None]]:
    async def shown(stage: Stage) -> None:
        await stage.page.goto(stage.url + path)
        await expect(stage.page.locator("h1").first).to_be_attached()
        await stage.page.wait_for_load_state("networkidle")

    return shown


STATES: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "a chosen node": chosen,
    "matrices": matrices,
    "the table": table,
    "folded modules": folded,
    "a problem": refused,
    "a descent": descent,
    "the landscape": landscape,
    "a curve over one number": curve,
    "the gradient flow": flowing,
    "a guess": card("p", "predict"),
    "an answer": answered,
    "a question before the guesses end": wished,
    "a comparison": compared,
    "checks of nodes": checked,
    "presentation size": large,
    "the search": usual,
    "the help": dialog("help", ".toolbar button.help"),
    "the export": dialog("export", ".toolbar button.export"),
    "the lessons": dialog("examples", ".examples-button"),
    "a lesson": lesson,
    "a race": race,
    "a sweep": sweep,
    "a check": check,
    "a frame": address("/embed"),
    "a frame with a damaged link": address("/embed?again#1.abc"),
    "the API's page": address("/docs"),
    "the problems": address("/problems"),
    "a problem's page": address("/problems/loss-not-scalar"),
}


async def test_axe_finds_nothing_in_any_state(looked: Stage) -> None:
    everything = {"the start": await complaints(looked.page)}
    for name, reach in STATES.items():
        await reach(looked)
        everything[name] = await complaints(looked.page)
    assert {name: list_ for name, list_ in everything.items() if list_} == {}


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
    english = "names => names.filter((name) => /[\u4e00-\u9fff][,;:] |[,;:] ?[\u4e00-\u9fff]/.test(name))"
    named = await page.evaluate("[...document.querySelectorAll('[aria-label]')].map((one) => one.ariaLabel)")
    assert await page.evaluate(english, named) == []


async def test_a_letter_that_no_font_has_is_seen_on_a_box(opened: Opened) -> None:
    page = await opened.open()
    assert await page.evaluate(UNSEEN) is False
