"""The loss landscape, used with mouse and keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.page.conftest import Opened
from tests.page.programs import NET
from tests.page.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

VALLEY = """import torch
w = torch.tensor(3.0, requires_grad=True)
b = torch.tensor(-1.0, requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr=0.1)
for step in range(5):
    optimizer.zero_grad()
    loss = (w - 1) ** 2 + (b + w) ** 2
    loss.backward()
    optimizer.step()
"""
LINES = """import torch
W = torch.tensor([[2.0, 1.0]], requires_grad=True)
c = torch.tensor(3.0, requires_grad=True)
x = torch.tensor([1.0, -2.0])
for step in range(4):
    loss = (((W @ x) - c * step) ** 2).sum()
    loss.backward()
    with torch.no_grad():
        for p in (W, c):
            p -= 0.02 * p.grad
            p.grad = None
"""
COLOURS = """() => {
  const { width, height } = document.querySelector("canvas.relief");
  const pixels = document.querySelector("canvas.relief").getContext("2d").getImageData(0, 0, width, height).data;
  const seen = new Set();
  for (let i = 0; i < pixels.length; i += 4) seen.add(pixels.slice(i, i + 3).join());
  return seen.size;
}"""


HOST = "document.querySelector('.landscape-host').clientHeight"


async def bowl(page: Page, others: str = "") -> None:
    """Descend in a bowl with its lowest point at (2, -1), and open its landscape."""
    await page.locator(".editor.expression .cm-content").fill(f"(x - 2)**2 + 3*(y + 1)**2{others}")
    await page.get_by_label("x requires grad").check()
    await page.get_by_label("x", exact=True).fill("-3")
    await page.get_by_label("y", exact=True).fill("4")
    await page.get_by_label("steps").fill("20")
    await expect(page.locator(".timeline-place")).to_contain_text("of 20 ")
    await page.get_by_role("button", name="Landscape", exact=True).click()


async def test_two_scalars_show_bands_the_path_and_the_way_down(stage: Stage) -> None:
    page = stage.page
    await bowl(page)
    words = page.locator(".landscape-words")
    await expect(words).to_contain_text("Step 1 stands at x = -3, y = 4; loss 100, ∂loss/∂x = -10, ∂loss/∂y = 30")
    await expect(words).to_contain_text("This is all of it")
    await expect(words).to_contain_text(re.compile(r"Lowest of the points in view: 0\.\d+ at x = (1\.9|2|2\.0)"))
    assert await page.evaluate(COLOURS) > 10
    head = page.locator(".down .head")
    await expect(head).to_be_visible()
    tip = [float(number) for number in (await head.get_attribute("d") or "")[1:].split("L")[0].split()]
    at = [float(await page.locator(".plane .present").get_attribute(name) or "nan") for name in ("cx", "cy")]
    assert tip[0] > at[0]
    assert tip[1] > at[1]
    await stage.move_to(await stage.last())
    await expect(words).to_contain_text("Step 20 stands at x = 1.9")
    await page.get_by_label("upwards").select_option("")
    await expect(page.locator(".plane .tangent")).to_be_visible()
    await expect(words).to_contain_text("The tangent's slope is ∂loss/∂x = -0.1")
    await expect(words).to_contain_text("A slice at y = -1, as at this moment. The run moves these too")


async def test_a_click_or_enter_starts_the_run_there(stage: Stage) -> None:
    page = stage.page
    await bowl(page, " + k")
    await expect(page.locator(".landscape-words")).to_contain_text("A slice at k = 1")
    plane = page.locator(".plane")
    await plane.scroll_into_view_if_needed()
    frame = await page.locator(".plane .frame").bounding_box()
    assert frame is not None
    middle = (frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    await page.mouse.move(*middle)
    await expect(page.locator(".plane-reading")).to_contain_text("loss")
    await page.mouse.click(*middle)
    await expect(page.get_by_label("x", exact=True)).not_to_have_value("-3")
    start = float(await page.get_by_label("x", exact=True).input_value())
    await expect(page.locator(".landscape-words")).to_contain_text(re.compile(rf"Step 1 stands at x = {start}\b"))
    assert await stage.place.text_content() != ""

    await plane.focus()
    place = await stage.position()
    for _ in range(3):
        await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Shift+ArrowUp")
    assert await stage.position() == place
    said = await page.locator(".plane [aria-live]").text_content() or ""
    there = float(said.removeprefix("x = ").split(",")[0])
    assert there > start
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("x", exact=True)).to_have_value(f"{there:g}")
    await expect(page.locator(".landscape-words")).to_contain_text(f"Step 1 stands at x = {there:g}")


async def test_of_a_program_the_loss_of_the_step_on_show_is_drawn(stage: Stage) -> None:
    page = stage.page
    await stage.trace(VALLEY)
    await page.get_by_role("button", name="Landscape", exact=True).click()
    words = page.locator(".landscape-words")
    await expect(page.locator("canvas.relief")).to_be_visible()
    await expect(words).to_contain_text("All parameters of this pass are shown (2)")
    await expect(words).to_contain_text("its data, its random numbers and its branches stay as they were")
    await expect(page.locator(".plane .stop")).to_have_count(6)
    assert await page.evaluate(COLOURS) > 10
    await expect(page.locator(".down .head")).to_be_visible()
    await expect(words).to_contain_text(re.compile(r"Lowest of the points in view: \S+ at w = (0\.9|1|1\.0)"))
    # The picture says what the program would compute there: the start's own loss is (3 − 1)² + (−1 + 3)².
    await page.locator(".plane").focus()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowRight")
    said = await page.locator(".plane [aria-live]").text_content() or ""
    assert float(said.rsplit(" ", 1)[1]) == pytest.approx(8, rel=0.15)
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    text = page.locator(".editor.program .cm-content")
    await expect(text).not_to_contain_text("w = torch.tensor(3.0, requires_grad=True)")
    await expect(text).to_contain_text("b = torch.tensor(-1.0, requires_grad=True)")
    await expect(words).to_contain_text(re.compile(r"Step 1 stands at w = 2\.\d+, b = -1;"))
    await page.get_by_label("upwards").select_option("")
    await expect(page.locator(".plane .tangent")).to_be_visible()
    await expect(words).to_contain_text("everything else as it was when step 1 began: b = -1")


async def test_each_step_has_its_own_slice_and_elements_are_axes_too(stage: Stage) -> None:
    page = stage.page
    await stage.trace(LINES)
    await page.get_by_role("button", name="Landscape", exact=True).click()
    words = page.locator(".landscape-words")
    await page.get_by_label("across").select_option("W[0, 1]")
    await page.get_by_label("upwards").select_option("c")
    await expect(words).to_contain_text("Step 1 stands at W[0, 1] = 1, c = 3")
    await expect(words).to_contain_text("when step 1 began: W.")
    await expect(words).to_contain_text("2 of 3 directions are shown")
    await expect(page.locator(".landscape-body")).to_have_attribute("aria-busy", "false")
    await page.locator(".plane").hover(position={"x": 150, "y": 100})
    first = await page.locator(".plane-reading").text_content()
    await stage.sentence.click()
    await page.keyboard.press("PageDown")
    await page.keyboard.press("PageDown")
    await expect(words).to_contain_text("Step 3 stands at W[0, 1] = ")
    await expect(words).to_contain_text("when step 3 began: W.")
    await expect(page.locator(".landscape-body")).to_have_attribute("aria-busy", "false")
    await page.locator(".plane").hover(position={"x": 150, "y": 101})
    await page.locator(".plane").hover(position={"x": 150, "y": 100})
    assert await page.locator(".plane-reading").text_content() != first
    await page.locator(".plane").focus()
    for _ in range(3):
        await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    await expect(words).to_contain_text(re.compile(r"Step 1 stands at W\[0, 1\] = 0\.\d+, c = "))
    await expect(page.locator(".editor.program .cm-content")).to_contain_text(
        re.compile(r"tensor\(\[\[2\.0, 0\.\d+\]\]")
    )


async def test_two_directions_through_all_parameters_say_what_they_hide(stage: Stage, browser: Browser) -> None:
    page = stage.page
    await stage.trace(NET)
    await page.get_by_role("button", name="Landscape", exact=True).click()
    over = page.get_by_role("combobox", name="over", exact=True)
    await over.select_option("the run's main directions")
    words = page.locator(".landscape-words")
    await expect(words).to_contain_text("2 of 13 directions are shown")
    await expect(words).to_contain_text(re.compile(r"It holds \d[\d.]* % of the run's movement"))
    await expect(words).to_contain_text("What looks like a valley here need not be one in the other directions")
    await expect(words).to_contain_text("The start cannot be set here")
    await expect(page.locator(".plane .stop")).to_have_count(9)
    await over.select_option("two random directions")
    await expect(words).to_contain_text("Step 1 stands at random direction 1 = 0, random direction 2 = 0")
    await expect(page.locator("canvas.relief")).to_be_visible()
    assert await page.evaluate(COLOURS) > 10
    await over.select_option("the run's main directions")
    await expect(page.locator(".landscape-body")).to_have_attribute("aria-busy", "false")
    for width, height in ((768, 1024), (390, 844), (1400, 900)):
        await page.set_viewport_size({"width": width, "height": height})
        await expect(page.locator(".plane svg")).to_have_js_property("clientHeight", await page.evaluate(HOST))
    await over.select_option("two random directions")
    await page.get_by_role("button", name="Copy a link to exactly this").click()
    await expect(page.locator(".toast")).to_contain_text("Link copied")
    context = await browser.new_context(locale="en-US")
    other = await context.new_page()
    await other.goto(page.url)
    await expect(other.get_by_role("combobox", name="over", exact=True)).to_have_value("random")
    await expect(other.locator("canvas.relief")).to_be_visible()
    await context.close()


async def test_a_pass_without_a_loss_says_why_there_is_no_landscape(opened: Opened) -> None:
    page = await opened.open()
    stage = Stage(page, opened.url)
    await stage.trace(
        "import torch\nw = torch.tensor(1.0, requires_grad=True)\ny = w * torch.ones(2)\ny.backward(torch.ones(2))\n"
    )
    await page.get_by_role("button", name="Landscape", exact=True).click()
    await expect(page.locator(".landscape-fault")).to_contain_text("No loss to study")
    await expect(page.locator("canvas.relief")).to_have_count(0)
    # The browser itself says that the server refused; nothing else may stand there.
    assert all("status of 422" in line for line in await opened.all_complaints())


async def test_where_there_is_no_pass_the_panel_says_what_it_needs(stage: Stage) -> None:
    page = stage.page
    await page.get_by_role("button", name="Landscape", exact=True).click()
    await page.get_by_role("tab", name="Program").click()
    await page.locator(".editor.program .cm-content").fill("import torch\nprint(torch.ones(2))\n")
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(page.locator(".landscape-view")).to_contain_text("A landscape needs a number that autograd follows")


async def test_an_element_of_an_expressions_tensor_is_an_axis(stage: Stage) -> None:
    page = stage.page
    await page.locator(".editor.expression .cm-content").fill("((W - 1)**2).sum()")
    await page.get_by_label("W", exact=True).fill("[3, -2]")
    await page.get_by_role("button", name="Landscape", exact=True).click()
    words = page.locator(".landscape-words")
    await expect(words).to_contain_text(
        "Step 1 stands at W[0] = 3, W[1] = -2; loss 13, ∂loss/∂W[0] = 4, ∂loss/∂W[1] = -6"
    )
    await expect(words).to_contain_text("This is all of it")
    await expect(page.locator("canvas.relief")).to_be_visible()
    await page.locator(".plane").focus()
    await page.keyboard.press("Shift+ArrowLeft")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("W", exact=True)).to_have_value(re.compile(r"^\[[12](\.\d+)?,-2\]$"))
