"""Lessons in a real browser: opened, followed step by step, left and shared."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.page.conftest import Opened

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def open_lesson(page: Page, name: str) -> None:
    """Choose a lesson in the gallery."""
    await page.get_by_role("button", name="Lessons", exact=True).click()
    await page.locator("dialog button.example").filter(has_text=name).click()


async def test_a_lesson_is_followed_step_by_step_to_the_next(opened: Opened) -> None:
    page = await opened.open()
    await open_lesson(page, "The chain rule")
    card = page.locator(".lesson")
    await expect(card).to_contain_text(re.compile(r"Lesson 3 of \d+"))
    await expect(card.locator("li")).to_have_count(3)
    await card.get_by_role("button", name="Show me").first.click()
    await expect(page.locator(".inspector h2")).to_have_text("torch.exp(x)")
    await expect(page.locator(".inspector")).to_contain_text("-0.07785")
    await card.get_by_role("button", name="Next lesson").click()
    await expect(card.locator("h2")).to_have_text("One value, two uses")
    await expect(page.locator("g.node.output text.value")).to_have_text("9")
    await card.get_by_role("button", name="Previous").click()
    await expect(card.locator("h2")).to_have_text("The chain rule")
    await page.get_by_role("button", name="中文").click()
    await expect(card.locator("h2")).to_have_text("链式法则")
    await expect(card).to_contain_text("带我看")
    assert await opened.all_complaints() == []


async def test_a_lesson_survives_a_reload_and_ends_when_asked(opened: Opened) -> None:
    page = await opened.open()
    await open_lesson(page, "Gradients add up")
    await expect(page.locator(".lesson h2")).to_have_text("Gradients add up")
    await opened.until("""async () => {
      const { unpackState } = await import("/static/share.js");
      return Boolean((await unpackState(location.hash))?.lesson);
    }""")
    await page.reload()
    await opened.ready()
    await expect(page.locator(".lesson h2")).to_have_text("Gradients add up")
    await page.get_by_role("button", name="End the lesson").click()
    await expect(page.locator(".lesson")).to_have_count(0)
    assert await opened.all_complaints() == []


async def test_one_click_mends_a_mistake_and_the_editor_can_undo_it(opened: Opened) -> None:
    page = await opened.open()
    await open_lesson(page, "The forgotten zero_grad")
    remark = page.locator("details.card").filter(has_text="Gradients pile up")
    await expect(page.locator(".cm-line.fault-warning")).to_have_count(1)
    await remark.locator("summary").click()
    await expect(remark.locator(".fix code")).to_have_text("optimizer.zero_grad()")
    await remark.get_by_role("button", name="Mend it").click()
    program = page.locator(".editor.program .cm-content")
    await expect(program).to_contain_text("optimizer.step()    optimizer.zero_grad()")
    await expect(remark).to_have_count(0)
    await expect(page.locator(".cm-line.fault-warning")).to_have_count(0)
    await expect(program).to_be_focused()
    await page.keyboard.press("Control+z")
    await expect(program).not_to_contain_text("optimizer.zero_grad()")
    assert await opened.all_complaints() == []


async def test_one_click_mends_an_error_that_ended_the_run(opened: Opened) -> None:
    page = await opened.open()
    await open_lesson(page, "Overwritten before it was needed")
    await expect(page.locator(".card.problem .fix code")).to_have_text("y = y + 1")
    await page.get_by_role("button", name="Mend it").click()
    await expect(page.locator(".card.problem")).to_have_count(0)
    await expect(page.locator("g.node.output text.value")).to_have_text("14.11")
    assert await opened.all_complaints() == []


async def test_the_inspector_tells_why_there_is_no_gradient(opened: Opened) -> None:
    page = await opened.open()
    await open_lesson(page, "Cut the graph on purpose")
    await page.locator(".lesson").get_by_role("button", name="Show me").first.click()
    await expect(page.locator(".missing")).to_contain_text("The graph is cut here by detach()")
    await open_lesson(page, "A dead ReLU")
    await expect(page.locator("details.card").filter(has_text="A ReLU lets nothing through")).to_be_visible()
    await page.locator(".lesson").get_by_role("button", name="Show me").last.click()
    await page.locator("g.node.leaf").first.click()
    await expect(page.locator(".missing")).to_contain_text("passes nothing on")
    assert await opened.all_complaints() == []
