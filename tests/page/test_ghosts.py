"""Why is this gradient None, or zero? The picture answers: ghosts, cuts, and operations that pass nothing back."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.page.programs import CUTS
from tests.page.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def breaks_of(stage: Stage, program: str, *, ghosts: int) -> list[str]:
    """Trace a program to its end, where so many ghosts are, and read what its breaks say."""
    await stage.trace(program)
    await stage.press("end")
    await expect(stage.page.locator("g.node.ghost")).to_have_count(ghosts)
    return sorted(await stage.page.locator("g.edge.cut text.break").all_text_contents())


async def test_the_picture_answers_why_a_gradient_is_missing(stage: Stage) -> None:
    page = stage.page
    assert await breaks_of(stage, CUTS, ghosts=2) == ["✂ detach()", "✂ no_grad"]
    ghost = page.locator("g.node.ghost")
    await expect(ghost.first).to_contain_text("hidden = w * 2")
    await expect(page.locator("g.node.constant.cut")).to_have_count(2)
    await expect(page.locator("g.edge.cut")).to_have_count(2)
    assert await ghost.first.locator(".shape").evaluate("e => getComputedStyle(e).strokeDasharray") != "none"
    label = await ghost.first.get_attribute("aria-label")
    assert label is not None
    assert "ghost, cut off by detach()" in label

    await page.get_by_role("button", name="Fit to window (0)").click()
    await ghost.first.click()
    inspector = page.locator(".inspector")
    await expect(inspector).to_contain_text("the program went on without its history (detach())")
    await expect(page.locator(".chosen-source")).to_have_text("hidden.detach()")
    await page.locator("g.node.constant.cut", has_text="scale").click()
    await expect(inspector).to_contain_text("The graph is cut here by no_grad")
    edge = await page.locator("g.edge.cut").first.get_attribute("id")
    await page.locator(f"#{edge} .hit").click(force=True)
    await expect(inspector).to_contain_text("The graph is cut here by")
    await expect(inspector.locator(".badge.edge.cut")).to_have_text("break")

    relu = page.locator("g.node.blocks")
    await expect(relu).to_have_count(1)
    await expect(relu).to_contain_text("torch.relu")
    await relu.click()
    await expect(inspector).to_contain_text("its derivative at this value is 0")
    await page.get_by_role("button", name="Show as a table").click()
    table = page.locator(".graph-table")
    await expect(table).to_contain_text("cut off by detach()")
    await expect(table).to_contain_text("passes nothing back")
    await expect(table).to_contain_text("✂ hidden")
    await page.get_by_role("button", name="Show as a table").click()
    await page.locator(".inspector .close").click()
    await expect(page.locator(".legend")).to_contain_text("what the program cut off from here")
    await expect(page.locator(".legend")).to_contain_text("a break (✂ and its reason)")


async def test_by_keyboard_one_walks_to_the_ghost(stage: Stage) -> None:
    page = stage.page
    await stage.trace(CUTS)
    await stage.press("end")
    await page.locator("g.node.constant.cut", has_text="hidden.detach()").focus()
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("g.node.ghost:focus")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.locator(".inspector .badge")).to_have_class(re.compile("ghost"))


QUIET_CUTS = """import torch
w = torch.tensor(1.5, requires_grad=True)
b = torch.tensor(2.0, requires_grad=True)
plain = w * 2
whole = w * 3
fresh = w * 4
loss = plain.data * b + whole.long() * b + torch.tensor(fresh) * b
loss.backward()
"""


async def test_cuts_without_a_word_of_warning_are_marked_too(stage: Stage) -> None:
    assert await breaks_of(stage, QUIET_CUTS, ghosts=3) == ["✂ .data", "✂ long()", "✂ torch.tensor()"]
    for ghost in await stage.page.locator("g.node.ghost").all():
        assert "ghost, cut off by" in (await ghost.get_attribute("aria-label") or "")


NEW_LEAF = """import torch
w = torch.tensor(1.5, requires_grad=True)
limit = w * 2
start = torch.tensor(limit.item(), requires_grad=True)
loss = torch.clamp(start * start, max=limit.item() + 9) * w
loss.backward()
"""


async def test_a_leaf_made_of_what_was_followed_is_marked_and_keeps_its_gradient(stage: Stage) -> None:
    page = stage.page
    assert await breaks_of(stage, NEW_LEAF, ghosts=1) == ["✂ .item()", "✂ .item()"]
    leaf = page.locator("g.node.leaf", has_text="start")
    await expect(leaf).to_have_attribute("aria-label", re.compile(r"cut from its history by \.item\(\)"))
    await page.get_by_role("button", name="Fit to window (0)").click()
    await leaf.click()
    inspector = page.locator(".inspector")
    await expect(inspector).to_contain_text("The graph begins anew here: this leaf took its value by .item()")
    await expect(inspector).to_contain_text("Sum over 2 paths: 9 = the gradient, 9")
    edge = await page.locator("g.edge.cut").first.get_attribute("id")
    await page.locator(f"#{edge} .hit").click(force=True)
    await expect(inspector.locator(".badge.edge.cut")).to_have_text("break")
