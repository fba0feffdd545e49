"""The frame of the page in a real browser on a real server: source, form, problems, settings, links, widths."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.page.conftest import Opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

TWO_STEPS = """import torch

x = torch.tensor(1.0, requires_grad=True)
y = torch.tensor(2.0, requires_grad=True)
z = x + y
w = z ** 2
w.backward()
"""
SLOW = """import torch

x = torch.tensor(1.0, requires_grad=True)
for i in range(1900):
    loss = (x - 3) ** 2
    loss.backward()
    total = sum(k * k for k in range(40_000))
"""


async def values(page: Page, label: str) -> tuple[str | None, str | None]:
    """The value and gradient that the graph shows on the node whose label is, or begins with, a variable."""
    title = page.locator("text.label").filter(has_text=re.compile(rf"^{label}( =|$)"))
    node = page.locator("g.node").filter(has=title)
    return await node.locator("text.value").text_content(), await node.locator("text.gradient").text_content()


async def write_expression(page: Page, expression: str) -> None:
    """Replace what stands in the expression box."""
    await page.locator(".editor.expression .cm-content").fill(expression)


async def write_program(page: Page, program: str) -> None:
    """Replace what stands in the Program tab."""
    await page.get_by_role("tab", name="Program").click()
    await page.locator(".editor.program .cm-content").fill(program)


async def run(page: Page) -> None:
    """Press Run."""
    await page.get_by_role("button", name="Run", exact=True).click()


# -- the first look ----------------------------------------------------------------------------------------------------


async def test_first_visit_shows_a_traced_graph_without_complaint(opened: Opened) -> None:
    page = await opened.open()
    assert await values(page, "a") == ("1", "16")
    assert await values(page, "b") == ("2", "4")
    assert await values(page, "loss") == ("27", "1")
    assert await opened.all_complaints() == []


async def test_every_control_has_a_name(opened: Opened) -> None:
    page = await opened.open()
    nameless = await page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a[href]")]
          .filter((element) => element.checkVisibility())
          .filter((element) => !element.textContent.trim() && !element.ariaLabel && !element.labels?.length)
          .map((element) => element.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


# -- expressions -------------------------------------------------------------------------------------------------------


async def test_typing_an_expression_runs_it(opened: Opened) -> None:
    page = await opened.open()
    await write_expression(page, "p * q + p")
    await page.get_by_label("p", exact=True).fill("3")
    await page.get_by_label("q", exact=True).fill("5")
    await expect(page.locator("g.node.output text.value")).to_have_text("18")
    assert await values(page, "p") == ("3", "6")
    assert await values(page, "q") == ("5", "3")
    assert await opened.all_complaints() == []


async def test_a_variable_is_followed_only_if_asked(opened: Opened) -> None:
    page = await opened.open()
    await expect(page.locator("g.node.leaf")).to_have_count(3)
    await page.get_by_label("x requires grad").check()
    await expect(page.locator("g.node.leaf")).to_have_count(4)


async def test_a_slider_moves_the_numbers(opened: Opened) -> None:
    page = await opened.open()
    await page.get_by_label("Slide c").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("g.node.output text.value")).to_have_text("27.05")
    await expect(page.get_by_label("c", exact=True)).to_have_value("3.05")


async def test_steps_with_an_optimizer_and_its_options(opened: Opened) -> None:
    page = await opened.open()
    await page.get_by_label("steps").fill("20")
    await page.get_by_label("optimizer").select_option("Adam")
    await page.get_by_label("lr").fill("0.5")
    await expect(page.locator(".timeline-place")).to_contain_text("of 20")
    await page.get_by_text("As a program").click()
    written = page.locator(".editor.view .cm-content")
    await expect(written).to_contain_text("Adam")
    await expect(written).to_contain_text("lr=0.5")


async def test_the_written_program_moves_to_its_own_tab(opened: Opened) -> None:
    page = await opened.open()
    await page.get_by_text("As a program").click()
    await page.get_by_role("button", name="Open in the Program tab").click()
    await expect(page.locator(".editor.program .cm-content")).to_contain_text("import torch")
    await opened.ready()
    assert await values(page, "loss") == ("27", "1")


# -- programs and problems ---------------------------------------------------------------------------------------------


async def test_a_pasted_program_runs(opened: Opened) -> None:
    page = await opened.open()
    await write_program(page, TWO_STEPS)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("g.node.output text.value")).to_have_text("9")
    assert await values(page, "x") == ("1", "6")
    assert await values(page, "y") == ("2", "6")
    assert await opened.all_complaints() == []


async def test_a_program_pasted_where_an_expression_belongs_goes_to_its_own_tab(opened: Opened) -> None:
    page = await opened.open()
    await page.locator(".editor.expression .cm-content").click()
    await page.keyboard.press("Control+A")
    await page.evaluate(
        """(text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          const pasted = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
          document.activeElement.dispatchEvent(pasted);
        }""",
        TWO_STEPS,
    )
    await expect(page.get_by_role("tab", name="Program")).to_have_attribute("aria-selected", "true")
    await expect(page.locator("g.node.output text.value")).to_have_text("9")
    await expect(page.locator(".editor.program .cm-content")).to_be_focused()
    await page.get_by_role("tab", name="Expression").click()
    await expect(page.locator(".editor.expression .cm-content")).to_have_text("a*x**2 + b*x + c")
    assert await opened.all_complaints() == []


async def test_source_and_graph_choose_each_other(opened: Opened) -> None:
    page = await opened.open()
    await write_program(page, TWO_STEPS)
    await run(page)
    await expect(page.locator("g.node.output text.value")).to_have_text("9")
    await page.locator("g.node").filter(has_text="AddBackward0").click()
    await expect(page.locator(".chosen-source")).to_have_text("x + y")
    await page.locator(".cm-line", has_text="w = z ** 2").click(position={"x": 76, "y": 8})
    await expect(page.locator("g.node.chosen")).to_contain_text("PowBackward0")


async def test_an_error_is_underlined_where_it_stands(opened: Opened) -> None:
    page = await opened.open()
    await write_program(page, TWO_STEPS.replace("z = x + y", "z = x + yy"))
    await run(page)
    card = page.locator(".card.problem")
    await expect(card).to_contain_text("yy")
    await card.get_by_role("button", name="Line 5").click()
    await expect(page.locator(".cm-activeLine")).to_have_text("z = x + yy")
    await expect(page.locator(".cm-lintRange-error")).to_have_text("yy")
    await expect(page.locator(".editor.program")).to_be_visible()


async def test_a_problem_dims_the_last_good_graph_until_it_is_mended(opened: Opened) -> None:
    page = await opened.open()
    await write_expression(page, "a*x^2")
    await expect(page.locator(".card.problem h2")).to_have_text("^ is not a power")
    await expect(page.locator(".cm-lintRange-error")).to_have_text("^")
    await expect(page.locator("main.stale")).to_be_visible()
    await expect(page.locator("g.node.output text.value")).to_have_text("27")
    await write_expression(page, "a*x**2")
    await expect(page.locator("g.node.output text.value")).to_have_text("16")
    await expect(page.locator(".card.problem")).to_have_count(0)
    await expect(page.locator("main.stale")).to_have_count(0)


async def test_a_result_that_is_no_scalar_can_be_summed_at_once(opened: Opened) -> None:
    page = await opened.open()
    await write_expression(page, "2*v")
    await page.get_by_label("v", exact=True).fill("[1, 2, 3]")
    await page.get_by_role("button", name="Sum the result").click()
    await expect(page.locator("g.node.output text.value")).to_have_text("12")


async def test_a_long_run_shows_its_progress_and_stops(opened: Opened) -> None:
    page = await opened.open()
    await write_program(page, SLOW)
    await run(page)
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await expect(page.locator(".progress-count")).to_contain_text("passes")
    await page.get_by_role("button", name="Stop", exact=True).click()
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    await expect(page.get_by_role("progressbar")).to_have_count(0)
    await expect(page.locator("g.node.output")).to_be_visible()


async def test_an_example_opens_from_the_gallery(opened: Opened) -> None:
    page = await opened.open()
    await page.get_by_role("button", name="Lessons").click()
    await page.locator("dialog button.example").first.click()
    await expect(page.locator("dialog[open]")).to_have_count(0)
    await expect(page.locator(".editor.program .cm-content")).to_contain_text("import torch")
    await opened.ready()
    assert await opened.all_complaints() == []


async def test_a_line_of_the_written_program_is_shown_from_anywhere(opened: Opened) -> None:
    page = await opened.open()
    await page.get_by_role("tab", name="Program").click()
    await page.locator(".prints .link").first.click()
    await expect(page.locator(".editor.view .cm-content")).to_be_focused()


async def test_the_expression_is_live_again_when_its_tab_is_chosen(opened: Opened) -> None:
    page = await opened.open()
    await write_program(page, TWO_STEPS)
    await run(page)
    await expect(page.locator("g.node.output text.value")).to_have_text("9")
    await page.get_by_role("tab", name="Expression").click()
    await expect(page.locator("g.node.output text.value")).to_have_text("27")


async def test_a_reload_loses_nothing(opened: Opened) -> None:
    page = await opened.open()
    await write_program(page, TWO_STEPS)
    await run(page)
    await expect(page.locator("g.node.output text.value")).to_have_text("9")
    await page.wait_for_url("**/#1.*")
    await page.reload()
    await expect(page.locator("g.node.output text.value")).to_have_text("9")
    await expect(page.locator(".editor.program .cm-content")).to_contain_text("w = z ** 2")


BEGUN_AT = """new MutationObserver((_, watch) => {
    if (!document.querySelector('.editor textarea')) return;
    window.begunAt = performance.now();
    watch.disconnect();
}).observe(document, { childList: true, subtree: true })"""
WAITED = """() => performance.getEntriesByType('resource')
  .find(({ name }) => name.endsWith('/vendor/codemirror.js')).startTime - window.begunAt"""


async def test_the_editor_leaves_the_first_picture_its_time_unless_one_goes_to_it(opened: Opened) -> None:
    page = await opened.open()
    await page.add_init_script(BEGUN_AT)
    await page.route("**/api/trace", lambda _: None)
    await page.reload()
    await expect(page.locator(".editor .cm-content")).to_be_visible()
    assert await page.evaluate(WAITED) > 1400
    await page.reload()
    await page.locator(".editor textarea").focus()
    await expect(page.locator(".editor .cm-content")).to_be_focused()
    await expect(page.locator(".graph-canvas g.node")).to_have_count(0)


async def test_the_first_run_is_asked_for_once_and_before_the_rest_of_the_page_is_there(opened: Opened) -> None:
    page = opened.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await page.route("**/static/view/app.js", hold)
    async with page.expect_response("**/api/trace"):
        await page.goto(f"{opened.url}/", wait_until="commit")
    assert await page.locator(".toolbar, .editor").count() == 0
    held.set()
    await expect(page.locator("g.node.output text.value")).to_have_text("27")
    assert asked.count("/api/trace") == 1
    assert sorted(path for path in asked if "/texts/" in path) == [
        "/static/texts/en/diagnostics.json",
        "/static/texts/en/page.json",
    ]


# -- how the page looks and speaks -------------------------------------------------------------------------------------


async def test_the_page_speaks_chinese_when_asked_and_remembers(opened: Opened) -> None:
    page = await opened.open()
    await page.get_by_role("button", name="中文").click()
    await expect(page.get_by_role("button", name="运行", exact=True)).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == "zh-Hans"
    await write_expression(page, "a*x^2")
    await expect(page.locator(".card.problem")).to_contain_text("^")
    await page.reload()
    await expect(page.get_by_role("button", name="运行", exact=True)).to_be_visible()
    untranslated = await page.evaluate("document.body.innerText.match(/\\b[a-z]+\\.[a-z]+(-[a-z]+)+\\b/g)")
    assert untranslated is None


async def test_the_theme_follows_the_system_until_chosen(opened: Opened) -> None:
    page = await opened.open()
    ground = "getComputedStyle(document.body).backgroundColor"
    await page.emulate_media(color_scheme="light")
    light = await page.evaluate(ground)
    await page.emulate_media(color_scheme="dark")
    dark = await page.evaluate(ground)
    assert light != dark
    button = page.locator(".toolbar button.quiet.system")
    await button.click()
    assert await page.evaluate(ground) == light
    await page.locator(".toolbar button.quiet.light").click()
    assert await page.evaluate(ground) == dark


async def test_the_graph_lies_down_when_asked(opened: Opened) -> None:
    page = await opened.open()
    ratio = """() => {
      const { width, height } = document.querySelector(".graph-canvas svg").viewBox.baseVal;
      return width / height;
    }"""
    upright = await page.evaluate(ratio)
    await page.get_by_role("button", name="Draw the graph to the right").click()
    await expect(page.get_by_role("button", name="Draw the graph downwards")).to_be_visible()
    async with asyncio.timeout(60):
        while await page.evaluate(ratio) <= upright:
            await asyncio.sleep(0.05)
    assert await values(page, "a") == ("1", "16")


async def test_keys_are_listed(opened: Opened) -> None:
    page = await opened.open()
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Autograd Explorer")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await page.locator(".toolbar button.help").click()
    await expect(dialog).to_be_visible()


# -- links -------------------------------------------------------------------------------------------------------------


async def test_a_link_brings_everything_back(opened: Opened, browser: Browser) -> None:
    page = await opened.open()
    await write_expression(page, "m * n")
    await page.get_by_label("m", exact=True).fill("6")
    await page.get_by_label("n", exact=True).fill("7")
    await expect(page.locator("g.node.output text.value")).to_have_text("42")
    await page.keyboard.press("Escape")
    await page.locator("g.node.leaf").first.click()
    await page.get_by_role("button", name="Copy a link").click()
    await expect(page.get_by_role("status").filter(has_text="Link copied")).to_be_visible()
    link = page.url
    assert "#1." in link

    context = await browser.new_context(locale="en-US")
    other = await context.new_page()
    await other.goto(link)
    await expect(other.locator("g.node.output text.value")).to_have_text("42")
    await expect(other.locator(".editor.expression .cm-content")).to_have_text("m * n")
    await expect(other.locator("g.node.chosen")).to_have_count(1)
    await context.close()


async def test_a_link_that_was_cut_opens_the_first_page(opened: Opened) -> None:
    page = await opened.open("#1.q1YqVrJS")
    assert await values(page, "loss") == ("27", "1")


# -- widths ------------------------------------------------------------------------------------------------------------


WINDOWS = [(1920, 1080), (1440, 900), (1280, 720), (1024, 768), (820, 1180), (390, 844), (320, 640)]


@pytest.mark.parametrize(("width", "height"), WINDOWS)
async def test_nothing_is_wider_than_the_window(opened: Opened, width: int, height: int) -> None:
    await opened.page.set_viewport_size({"width": width, "height": height})
    page = await opened.open()
    await opened.unfold()
    await page.get_by_label("steps").fill("12")
    await expect(page.locator(".timeline")).to_contain_text("12" if width > 720 else "")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    outside = await page.evaluate(
        """() => [...document.querySelectorAll(".toolbar > *, .source *, .timeline *")]
          .filter((element) => element.checkVisibility() && !element.closest(".cm-editor, .starters, .toast, .skip"))
          .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
          .map((element) => element.outerHTML.slice(0, 100))"""
    )
    assert outside == []


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720), (1024, 768)])
async def test_the_first_graph_is_in_sight_at_once(opened: Opened, width: int, height: int) -> None:
    await opened.page.set_viewport_size({"width": width, "height": height})
    page = await opened.open()
    await expect(page.locator("g.node.output")).to_be_in_viewport(ratio=1)
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_in_viewport(ratio=1)
    await expect(page.locator(".transport")).to_be_in_viewport(ratio=1)
