"""The loss landscape, used with mouse and keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

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
COLOURS = """() => {
  const { width, height } = document.querySelector("canvas.relief");
  const pixels = document.querySelector("canvas.relief").getContext("2d").getImageData(0, 0, width, height).data;
  const seen = new Set();
  for (let i = 0; i < pixels.length; i += 4) seen.add(pixels.slice(i, i + 3).join());
  return seen.size;
}"""


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


async def test_of_a_program_the_path_is_shown_and_its_literals_are_set(stage: Stage) -> None:
    page = stage.page
    await stage.trace(VALLEY)
    await page.get_by_role("button", name="Landscape", exact=True).click()
    await expect(page.locator(".landscape-words")).to_contain_text("Of a program only the path is known")
    await expect(page.locator(".plane .stop")).to_have_count(6)
    await expect(page.locator("canvas.relief")).to_have_count(0)
    await page.locator(".plane").focus()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    text = page.locator(".editor.program .cm-content")
    await expect(text).not_to_contain_text("w = torch.tensor(3.0, requires_grad=True)")
    await expect(text).to_contain_text("b = torch.tensor(-1.0, requires_grad=True)")
    await expect(page.locator(".landscape-words")).to_contain_text(re.compile(r"Step 1 stands at w = 2\.\d+, b = -1;"))


async def test_where_there_are_no_scalars_the_panel_says_so(stage: Stage) -> None:
    await stage.page.locator(".editor.expression .cm-content").fill("(W*W).sum()")
    await stage.page.get_by_label("W", exact=True).fill("[1, 2]")
    await stage.page.get_by_role("button", name="Landscape", exact=True).click()
    await expect(stage.page.locator(".landscape-view")).to_contain_text("A landscape needs a scalar variable")
