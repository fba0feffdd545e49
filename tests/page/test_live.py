"""Numbers under the hand in a real browser: dragged in the source, typed on a node, slid in the form."""

from __future__ import annotations

import statistics

import pytest
from playwright.async_api import Locator, expect

from tests.page.conftest import Opened
from tests.page.stage import DESCENT, QUADRATIC, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCALED = """import torch
x = torch.tensor(2.0, requires_grad=True)
y = x * 3.0
y.backward()
"""


def node(stage: Stage, title: str) -> Locator:
    """The box with a title."""
    label = stage.page.locator("text.label").get_by_text(title, exact=True)
    return stage.page.locator("g.node").filter(has=label)


async def grab(stage: Stage, number: str, line: int) -> None:
    """Put the pointer on a number of the program and press."""
    point = await stage.page.evaluate(
        """([number, line]) => {
          const row = document.querySelectorAll('.editor.program .cm-line')[line - 1];
          const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
          for (let text = walker.nextNode(); text; text = walker.nextNode()) {
            const at = text.data.indexOf(number);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(text, at);
            range.setEnd(text, at + number.length);
            const box = range.getBoundingClientRect();
            return [box.left + box.width / 2, box.top + box.height / 2];
          }
        }""",
        [number, line],
    )
    await stage.page.mouse.move(*point)
    await expect(stage.page.locator(".number-handle")).to_have_text(number)
    await stage.page.mouse.down()
    stage.grip = point


async def pull(stage: Stage, pixels: int) -> None:
    """Move the pressed pointer to the side of where it was pressed."""
    x, y = stage.grip
    await stage.page.mouse.move(x + pixels, y, steps=4)


async def test_a_number_of_the_source_is_dragged_and_the_picture_follows(stage: Stage) -> None:
    await stage.trace(QUADRATIC)
    await stage.page.evaluate("document.querySelector('.graph-canvas svg').isMarked = true")
    place = await stage.position()
    await stage.page.wait_for_timeout(600)  # Typing and what follows within half a second are undone together.
    await grab(stage, "4.0", 6)
    assert await stage.page.locator(".number-handle").evaluate("e => getComputedStyle(e).cursor") == "ew-resize"
    await pull(stage, 50)
    await expect(stage.page.locator(".editor.program")).to_contain_text("x = torch.tensor(5.0)")
    await expect(node(stage, "a").locator("text.gradient")).to_have_text("25")
    await stage.page.wait_for_timeout(600)  # However long a hand rests, a drag is one step.
    await pull(stage, -100)
    await expect(node(stage, "a").locator("text.gradient")).to_have_text("4")
    await stage.page.mouse.up()
    assert await stage.position() == place
    assert await stage.page.evaluate("document.querySelector('.graph-canvas svg').isMarked") is True
    await stage.page.locator(".editor.program .cm-content").press("Control+z")
    await expect(stage.page.locator(".editor.program")).to_contain_text("x = torch.tensor(4.0)")


async def test_zoom_choice_and_moment_stay_while_a_label_changes(stage: Stage) -> None:
    await stage.trace(SCALED)
    await node(stage, "x").click()
    await stage.page.locator(".graph-canvas").hover()
    await stage.page.mouse.wheel(0, -200)
    transform = await stage.page.locator(".graph-canvas > g").get_attribute("transform")
    await grab(stage, "3.0", 3)
    await pull(stage, 25)
    await expect(stage.page.locator("text.label").filter(has_text="x * 3.5")).to_be_visible()
    await expect(node(stage, "x").locator("text.gradient")).to_have_text("3.5")
    await stage.page.mouse.up()
    assert await stage.page.locator(".graph-canvas > g").get_attribute("transform") == transform
    await expect(stage.page.locator(".inspector h2")).to_have_text("x")


async def test_a_click_on_a_number_is_a_click(stage: Stage) -> None:
    await stage.trace(QUADRATIC)
    await grab(stage, "4.0", 6)
    await stage.page.mouse.up()
    await stage.page.keyboard.press("End")
    await stage.page.keyboard.type("  # five")
    await expect(stage.page.locator(".editor.program")).to_contain_text("x = torch.tensor(4.0)  # five")


async def test_alt_and_an_arrow_move_the_number_at_the_caret(stage: Stage) -> None:
    await stage.trace(QUADRATIC)
    await grab(stage, "4.0", 6)
    await stage.page.mouse.up()
    await stage.page.keyboard.press("Alt+ArrowDown")
    await expect(node(stage, "x").locator("text.value")).to_have_text("3.9")
    await stage.page.keyboard.press("Shift+Alt+ArrowUp")
    await expect(node(stage, "x").locator("text.value")).to_have_text("4.9")


async def test_a_value_is_typed_on_its_node_and_written_into_the_program(stage: Stage) -> None:
    await stage.trace(DESCENT)
    await stage.press("start")
    await node(stage, "z").dblclick()
    field = stage.page.get_by_label("Value of z")
    await expect(field).to_have_value("3.0")
    await field.fill("1")
    await expect(node(stage, "z").locator("text.value")).to_have_text("1")
    await expect(stage.page.locator(".editor.program")).to_contain_text("z = torch.tensor(1.0, requires_grad=True)")
    await field.press("ArrowUp")
    await expect(stage.page.locator(".editor.program")).to_contain_text("z = torch.tensor(2.0, requires_grad=True)")
    await field.fill("a lot")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await field.press("Escape")
    await expect(field).to_have_count(0)
    assert await stage.page.evaluate("document.activeElement.id") == await node(stage, "z").get_attribute("id")
    await stage.page.keyboard.press("Enter")
    await expect(field).to_have_value("2.0")
    assert await stage.position() == 0


async def test_a_node_of_an_expression_edits_its_field(stage: Stage) -> None:
    await node(stage, "x").dblclick()
    await stage.page.get_by_label("Value of x").fill("-1.5")
    await stage.page.keyboard.press("Enter")
    await expect(stage.page.locator("#value-x")).to_have_value("-1.5")
    await expect(node(stage, "a").locator("text.gradient")).to_have_text("2.25")


async def test_an_operation_has_no_field(stage: Stage) -> None:
    await stage.page.locator("g.node.operation").first.dblclick()
    await expect(stage.page.locator("input.given")).to_have_count(0)


async def test_the_last_good_picture_stays_while_a_number_is_wrong(opened: Opened) -> None:
    stage = Stage(await opened.open(), opened.url)
    await stage.trace(DESCENT)
    await grab(stage, "0.1", 7)
    await pull(stage, -50)
    await expect(stage.page.locator(".problem")).to_be_visible()
    await expect(stage.page.locator(".graph-canvas g.node").first).to_be_visible()
    await pull(stage, 5)
    await expect(stage.page.locator(".problem")).to_have_count(0)
    await stage.page.mouse.up()


async def test_the_picture_follows_a_slider_without_a_pause(stage: Stage) -> None:
    """From the hand's move to the new number on the graph; printed, for how long that takes is the machine's affair."""
    times = await stage.page.evaluate(
        """async () => {
          const slider = document.querySelector('.slider[aria-label="Slide x"]');
          const shown = () => [...document.querySelectorAll('g.node')]
            .find((g) => g.querySelector('text.label').textContent === 'x').querySelector('text.value').textContent;
          const times = [];
          for (let i = 0; i < 15; i += 1) {
            const value = (1 + i * 0.2).toFixed(1);
            const start = performance.now();
            slider.value = value;
            slider.dispatchEvent(new Event('input', { bubbles: true }));
            while (Number(shown()) !== Number(value)) {
              if (performance.now() - start > 5000) throw new Error(`${value} never came`);
              await new Promise((resolve) => requestAnimationFrame(resolve));
            }
            times.push(performance.now() - start);
            await new Promise((resolve) => setTimeout(resolve, 60));
          }
          return times;
        }"""
    )
    print(f"from slider to graph: median {statistics.median(times):.0f} ms, most {max(times):.0f} ms")
    assert len(times) == 15
