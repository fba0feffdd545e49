"""The page in large letters, in narrow windows and under zoom: everything can be read and reached."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.page.conftest import Opened
from tests.page.programs import ENCODER, SIGMOIDS
from tests.page.stage import DESCENT, QUADRATIC, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

CUT = """() => [...document.querySelectorAll("body *")]
  .filter((element) => element.checkVisibility())
  // A table of long numbers moves sideways by itself.
  .filter((element) => !element.closest(".cm-editor, .starters, .toast, .skip, svg, .unseen, .updates"))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 100))"""
SHOWN = """() => {
  const { fontSize } = getComputedStyle(document.querySelector(".timeline-now"));
  return [parseFloat(fontSize), document.querySelector("g.node").getBoundingClientRect().width];
}"""

OFF_SCALE = """() => {
  const root = getComputedStyle(document.documentElement);
  const names = ["small", "note", "body", "lead", "title"];
  const rems = names.map((name) => parseFloat(root.getPropertyValue(`--text-${name}`)));
  const scale = rems.map((rem) => rem * parseFloat(root.fontSize));
  const isText = (node) => node.nodeType === 3 && node.textContent.trim() !== "";
  return [...document.querySelectorAll("body *")]
    .filter((element) => [...element.childNodes].some(isText) && element.checkVisibility())
    .filter((element) => !element.closest("svg, code, pre, kbd, .katex, .cm-editor, .unseen"))
    .map((element) => [parseFloat(getComputedStyle(element).fontSize), element.outerHTML.slice(0, 80)])
    .filter(([size]) => !scale.some((one) => Math.abs(one - size) < 0.02));
}"""


async def whole(page: Page) -> None:
    """Nothing lies beyond the right edge, and the page does not scroll sideways."""
    assert await page.evaluate(CUT) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_presentation_size_enlarges_letters_and_nodes_and_is_remembered(opened: Opened) -> None:
    await opened.page.set_viewport_size({"width": 1920, "height": 1080})
    page = await opened.open()
    await page.get_by_label("steps").fill("12")
    await expect(page.locator(".chart-host canvas").first).to_be_visible()
    letters, node = await page.evaluate(SHOWN)
    await page.get_by_role("button", name="Presentation size: everything larger").click()
    await expect(page.get_by_role("button", name="Usual size")).to_be_visible()
    large_letters, large_node = await page.evaluate(SHOWN)
    assert large_letters > 1.3 * letters
    assert large_node > 1.3 * node
    await whole(page)
    await page.wait_for_url("**/#1.*")
    await page.reload()
    await opened.ready()
    kept_letters, kept_node = await page.evaluate(SHOWN)
    assert kept_letters == large_letters
    assert kept_node > 1.3 * node
    await page.get_by_role("button", name="Usual size").click()
    assert (await page.evaluate(SHOWN))[0] == letters
    assert await opened.all_complaints() == []


@pytest.mark.parametrize("size", ["normal", "large"])
@pytest.mark.parametrize(
    "window", [(360, 640), (640, 450), (768, 1024)], ids=["a phone", "1280 × 900 at 200 %", "a tablet"]
)
async def test_nothing_is_cut_where_there_is_little_room(opened: Opened, window: tuple[int, int], size: str) -> None:
    await opened.page.set_viewport_size({"width": window[0], "height": window[1]})
    page = await opened.open()
    if size == "large":
        await page.get_by_role("button", name="Presentation size: everything larger").click()
    await opened.unfold()
    await page.get_by_label("steps").fill("12")
    await expect(page.locator(".chart-host canvas").first).to_be_attached()
    await page.locator("g.node.leaf").first.click()
    await whole(page)
    for name in ("Lessons", "Export, or open a trace", "Help and keys (?)"):
        await page.get_by_role("button", name=name, exact=True).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await whole(page)
        await page.keyboard.press("Escape")


@pytest.mark.parametrize("path", ["/docs", "/problems", "/problems/loss-not-scalar"])
async def test_pages_beside_the_studio_fit_a_phone(opened: Opened, path: str) -> None:
    await opened.page.set_viewport_size({"width": 360, "height": 640})
    await opened.page.goto(opened.url + path)
    await expect(opened.page.locator("h1").first).to_be_visible()
    await opened.page.wait_for_load_state("networkidle")
    assert await opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_letters_have_the_sizes_of_the_scale(stage: Stage) -> None:
    await stage.trace(DESCENT)
    await stage.move_to(await stage.last() // 2)
    await stage.page.locator("g.node.leaf").first.click()
    await expect(stage.page.locator(".inspector .badge")).to_be_visible()
    assert await stage.page.evaluate(OFF_SCALE) == []
    await stage.trace(ENCODER)
    await expect(stage.page.locator(".folded-note")).to_be_visible()
    await stage.page.locator("g.group").first.focus()
    await stage.page.keyboard.press("Enter")
    await expect(stage.page.locator(".inspector .badge.group")).to_be_visible()
    assert await stage.page.evaluate(OFF_SCALE) == []


async def test_a_long_sentence_ends_in_dots_on_a_phone(opened: Opened) -> None:
    await opened.page.set_viewport_size({"width": 360, "height": 740})
    stage = Stage(await opened.open(), opened.url)
    await stage.trace(DESCENT)
    await stage.move_to(await stage.last() - 1)
    lines = "(e) => [e.clientHeight / parseFloat(getComputedStyle(e).lineHeight), getComputedStyle(e).webkitLineClamp]"
    height, clamp = await stage.sentence.evaluate(lines)
    assert round(height) == int(clamp) == 2


TOLD = """(one) => {
  const { backgroundAttachment, overflowX } = getComputedStyle(one);
  return [one.scrollWidth > one.clientWidth, one.scrollLeft, overflowX, backgroundAttachment];
}"""


@pytest.mark.parametrize("name", ["All nodes at the present moment", "Standings"])
async def test_a_table_that_goes_on_sideways_says_so_and_moves_by_keys(stage: Stage, opened: Opened, name: str) -> None:
    page = stage.page
    await page.set_viewport_size({"width": 390, "height": 844})
    if name == "Standings":
        await page.get_by_role("button", name="Lab", exact=True).click()
        await page.locator("main.lab .chip").first.click()
        await page.locator(".lab-run .primary").click()
    else:
        await page.get_by_role("button", name="Show as a table").click()
    table = page.get_by_role("region", name=name)
    await expect(table.locator("tbody td").nth(2)).to_be_visible()
    # The covers at its ends move with the table, the shadows below them do not.
    assert await table.evaluate(TOLD) == [True, 0, "auto", "local, local, scroll, scroll"]
    at = await stage.position()
    await table.focus()
    await page.keyboard.press("ArrowRight")
    await opened.until("() => document.activeElement.scrollLeft > 0")
    assert await stage.position() == at
    await expect(table.locator("tbody th").first).to_be_in_viewport(ratio=0.9)


async def test_the_tables_of_a_comparison_and_of_the_flow_say_so_too(stage: Stage) -> None:
    page = stage.page
    await stage.trace(DESCENT)
    await page.locator("body").press("c")
    await page.locator("body").press("PageDown")
    await page.locator(".to-flow").click()
    await page.locator(".flow-tools .choice").last.locator("button").last.click()
    changes = page.get_by_role("group", name="Largest changes")
    for table in (changes, page.get_by_role("region", name="Norms at step 2")):
        _, _, overflow, attachment = await table.evaluate(TOLD)
        assert (overflow, attachment) == ("auto", "local, local, scroll, scroll")


async def test_no_table_of_updates_widens_the_page(stage: Stage) -> None:
    await stage.trace(SIGMOIDS)
    await stage.move_to(await stage.last())
    for width in (720, 740, 768, 800, 880, 900, 1024, 1079, 390, 320):
        await stage.page.set_viewport_size({"width": width, "height": 700})
        output = stage.page.locator(".to-output")
        if await output.is_visible():
            await output.click()
        await expect(stage.page.locator(".update td").first).to_be_visible()
        assert await stage.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


async def test_the_phases_of_a_step_stand_in_one_row(stage: Stage) -> None:
    await stage.trace(DESCENT)
    for width in (720, 744, 768, 820, 899, 1080, 1280):
        await stage.page.set_viewport_size({"width": width, "height": 900})
        tops = "(all) => [...new Set(all.map((one) => one.getBoundingClientRect().top))]"
        assert len(await stage.page.locator(".phases li").evaluate_all(tops)) == 1, width
        assert await stage.page.evaluate(CUT) == []


NAMED = """import torch
weight, bias, slope, offset, factor = (torch.tensor(float(k), requires_grad=True) for k in range(5))
parameters = [weight, bias, slope, offset, factor]
optimizer = torch.optim.SGD(parameters, lr=0.05)
for i in range(12):
    loss = sum(one**2 for one in parameters)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


async def test_the_names_of_five_curves_are_in_sight_with_them(stage: Stage) -> None:
    await stage.page.set_viewport_size({"width": 1440, "height": 900})
    await stage.trace(NAMED)
    last = stage.page.locator(".chart-host .u-series", has_text="factor")
    await expect(last).to_be_in_viewport(ratio=1)
    await expect(stage.page.locator(".chart-host canvas").last).to_be_in_viewport(ratio=1)


BROAD = """import torch
M = torch.arange(24.0).reshape(4, 6).mul(-1.2345).requires_grad_()
(M**3).sum().backward()
"""


async def test_a_broad_tensor_in_the_inspector_says_that_it_goes_on(stage: Stage, opened: Opened) -> None:
    await stage.page.set_viewport_size({"width": 1100, "height": 900})
    await stage.trace(BROAD)
    await stage.page.locator("g.node.leaf").first.click()
    table = stage.page.get_by_role("group", name="float32 [4, 6]").first
    assert await table.evaluate(TOLD) == [True, 0, "auto", "local, local, scroll, scroll"]
    await table.focus()
    await stage.page.keyboard.press("ArrowRight")
    await opened.until("() => document.activeElement.scrollLeft > 0")


FAULTY = """import torch
x = torch.ones(3, requires_grad=True)
y = x * 2
y.backward()
"""
ENDLESS = "import torch\nx = torch.tensor(1.0, requires_grad=True)\n(x * 2).backward()\nwhile True:\n    pass\n"


@pytest.mark.parametrize("is_large", [False, True])
async def test_what_is_wrong_is_in_sight_in_every_window(stage: Stage, is_large: bool) -> None:
    page = stage.page
    if is_large:
        await page.get_by_role("button", name="Presentation size: everything larger").click()
    await page.get_by_role("tab", name="Program").click()
    await page.locator(".editor.program .cm-content").fill(FAULTY)
    await page.get_by_role("button", name="Run", exact=True).click()
    title = page.get_by_role("alert").get_by_role("heading")
    for width, height in ((1440, 900), (1366, 650), (1080, 768), (1024, 768), (900, 700)):
        if is_large and width < 1080:
            continue
        await page.set_viewport_size({"width": width, "height": height})
        await expect(title).to_be_in_viewport(ratio=1)
    await page.get_by_role("alert").get_by_role("button", name="line 4, column 1").click()
    await expect(page.locator(".cm-line.fault-error")).to_be_in_viewport(ratio=0.5)
    await page.locator(".editor.program .cm-content").fill(ENDLESS)
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(page.locator(".messages summary").first).to_be_in_viewport(ratio=1)


SMALL = """least => {
  // The words of a sentence that lead somewhere are as high as it is.
  const isInText = (one) => one.matches(".link, a") && one.closest("p, li, td, th, dd, caption") !== null;
  const pressed = (one) => (one.matches("input[type=checkbox]") && one.closest("label")) || one;
  const lies = (one) => pressed(one).getBoundingClientRect();
  return [...document.querySelectorAll("button, input, select, summary, a[href]")]
    .filter((one) => one.checkVisibility() && !one.closest(".unseen, .cm-editor, .skip") && !isInText(one))
    .filter((one) => one.offsetWidth > 1 && (lies(one).height < least - 0.1 || lies(one).width < 23.9))
    .map((one) => `${one.outerHTML.slice(0, 80)} ${lies(one).width} × ${lies(one).height}`);
}"""


@pytest.mark.parametrize(("width", "height", "least"), [(1440, 900, 24), (390, 844, 32), (360, 740, 32)])
async def test_what_can_be_pressed_is_as_large_as_a_finger_s_tip(
    stage: Stage, opened: Opened, width: int, height: int, least: int
) -> None:
    page = stage.page
    await page.set_viewport_size({"width": width, "height": height})
    assert await page.evaluate(SMALL, least) == []
    await opened.unfold()
    await page.get_by_label("steps").fill("12")
    await expect(page.locator(".chart-host canvas").first).to_be_attached()
    await page.locator("g.node.leaf").first.dispatch_event("click")
    await expect(page.locator(".inspector .badge")).to_be_attached()
    await page.get_by_role("button", name="Predict, then reveal (p)").click()
    await expect(page.locator(".guess-field")).to_be_visible()
    assert await page.evaluate(SMALL, least) == []
    await page.get_by_role("tab", name="Program").click()
    await page.locator(".editor.program .cm-content").fill(FAULTY)
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_role("button", name="Lab", exact=True).click()
    await expect(page.locator(".racer").first).to_be_visible()
    assert await page.evaluate(SMALL, least) == []


HIDDEN = """() => {
  const lies = (name) => document.querySelector(name).getBoundingClientRect();
  const [host, bar] = [".graph-host", ".transport-bar"].map(lies);
  const bottom = Math.min(innerHeight, bar.top, host.bottom);
  return [...document.querySelectorAll("g.node")].filter((node) => {
    const { left, right, top, bottom: end } = node.getBoundingClientRect();
    return left < host.left || right > host.right || top < host.top || end > bottom;
  }).map((node) => node.textContent);
}"""


@pytest.mark.parametrize(
    "window",
    [(390, 844), (360, 740), (390, 664), (768, 1024), (720, 450)],
    ids=["a phone", "a small phone", "a phone with its browser's bars", "a tablet", "1440 × 900 at 200 %"],
)
async def test_the_first_thing_one_sees_is_the_graph(opened: Opened, window: tuple[int, int]) -> None:
    await opened.page.set_viewport_size({"width": window[0], "height": window[1]})
    page = await opened.open()
    await opened.until(f"() => ({HIDDEN})().length === 0")
    assert await page.evaluate("scrollY") == 0


@pytest.mark.parametrize(("window", "is_below"), [((390, 844), True), ((720, 450), True), ((1440, 900), False)])
async def test_what_is_chosen_is_a_press_away_where_its_numbers_are_out_of_sight(
    stage: Stage, window: tuple[int, int], is_below: bool
) -> None:
    page = stage.page
    await page.set_viewport_size({"width": window[0], "height": window[1]})
    await stage.trace(QUADRATIC)
    place = await page.locator(".stage").bounding_box()
    await page.locator(".graph-canvas g.node.leaf", has_text="b").click()
    heading = page.locator(".inspector h2")
    await expect(heading).to_have_text("b")
    assert await page.locator(".stage").bounding_box() == place
    way = page.locator(".to-chosen")
    if not is_below:
        await expect(way).to_be_hidden()
        return
    await expect(heading).not_to_be_in_viewport()
    await expect(way).to_have_accessible_name("b: to its numbers, below")
    await way.click()
    await expect(heading).to_be_in_viewport(ratio=1)
    await expect(page.locator(".side")).to_be_focused()
    await page.locator(".inspector .close").click()
    await expect(way).to_have_count(0)


async def test_the_folded_form_tells_what_it_holds_and_opens(opened: Opened) -> None:
    await opened.page.set_viewport_size({"width": 390, "height": 844})
    page = await opened.open()
    fold = page.get_by_role("button", name="Values and steps a = 1, x = 4, b = 2, c = 3", exact=True)
    await expect(page.get_by_label("steps")).to_be_hidden()
    await fold.click()
    await expect(page.get_by_role("button", name="Less", exact=True)).to_have_attribute("aria-expanded", "true")
    await page.get_by_label("steps").fill("12")
    await page.get_by_role("button", name="Less", exact=True).click()
    await expect(page.locator(".fold")).to_contain_text("c = 3 · steps 12 × SGD")
    await expect(page.get_by_label("steps")).to_be_hidden()
    # Where there is room, nothing is folded, and there is nothing to open.
    await page.set_viewport_size({"width": 1400, "height": 900})
    await expect(page.get_by_label("steps")).to_be_visible()
    await expect(page.locator(".fold")).to_be_hidden()


async def test_a_program_opens_by_a_tap_and_running_it_shows_the_graph(opened: Opened) -> None:
    await opened.page.set_viewport_size({"width": 390, "height": 844})
    page = await opened.open()
    await page.get_by_role("tab", name="Program").click()
    editor = page.locator(".editor.program")
    low = await editor.evaluate("(one) => one.offsetHeight")
    await editor.locator(".cm-content").fill(DESCENT)
    assert await editor.evaluate("(one) => one.offsetHeight") > 3 * low
    await page.get_by_role("button", name="Run", exact=True).click()
    assert await editor.evaluate("(one) => one.offsetHeight") == low
    await expect(page.get_by_role("button", name="All lines: 14")).to_be_visible()
    await expect(page.locator("g.node.leaf").first).to_be_in_viewport(ratio=1)
    await page.get_by_role("button", name="All lines: 14").click()
    assert await editor.evaluate("(one) => one.offsetHeight") > 3 * low


async def test_a_link_to_a_line_below_a_folded_form_unfolds_it(opened: Opened) -> None:
    await opened.page.set_viewport_size({"width": 390, "height": 844})
    page = await opened.open()
    await page.get_by_role("button", name="Output").click()
    await page.get_by_role("button", name="line 11").click()
    await expect(page.locator(".written .cm-content")).to_be_in_viewport()


async def test_a_lesson_shows_on_a_phone_where_it_begins(opened: Opened) -> None:
    await opened.page.set_viewport_size({"width": 390, "height": 844})
    page = await opened.open()
    await page.get_by_role("button", name="Lessons", exact=True).click()
    await page.locator("dialog .example").first.click()
    await expect(page.locator(".lesson h2")).to_be_in_viewport(ratio=1)
