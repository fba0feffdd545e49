"""Two moments, or two programs, on one picture: what changed, by how much, and what has no partner."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.page.conftest import Opened
from tests.page.stage import DESCENT, Stage
from tests.page.test_reason import id_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

CUBIC = """import torch
x = torch.tensor(2.0, requires_grad=True)
w = torch.tensor(3.0, requires_grad=True)
y = torch.sin(w * x ** 3)
loss = y + w
loss.backward()
"""
SQUARE = CUBIC.replace("** 3", "** 2").replace("y + w", "y")


async def write(page: Page, program: str) -> None:
    """Type a program over what stands in the card's editor."""
    await page.locator(".reason-card.compare .cm-content").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(program)


async def test_a_pinned_moment_stays_while_one_moves_on(stage: Stage, browser: Browser) -> None:
    page = stage.page
    trace = await stage.trace(DESCENT)
    x, y = id_of(trace, "x"), id_of(trace, "y")
    pinned = await stage.position()
    await stage.sentence.click()
    await page.keyboard.press("c")
    card = page.get_by_role("region", name="Compare")
    await expect(card).to_contain_text("step 1 of 100 · backward")
    await expect(card).to_contain_text("Nodes that changed: 0")
    await expect(page.locator(".pill")).to_have_count(0)
    await page.keyboard.press("PageDown")
    await expect(card).to_contain_text("step 2 of 100 · backward")
    before, after = trace["passes"][0], trace["passes"][1]
    places = {node["id"]: i for i, node in enumerate(trace["graphs"][0]["nodes"])}
    moved = after["values"][places[y]] - before["values"][places[y]]
    assert moved == pytest.approx(-0.4)
    await expect(page.locator(f"#{y} .pill text")).to_have_text(re.compile(r"^−0\.4\s+∂ −0\.8$"))
    await expect(page.locator(f"#{x} .pill text")).to_have_text("−0.1")
    rows = card.locator(".changes tbody tr")
    await expect(rows.first).to_contain_text("output")
    await expect(rows.first).to_contain_text("32 → 3.487")
    await card.get_by_role("button", name="by share").click()
    await rows.locator("button", has_text=re.compile("^x$")).click()
    await expect(page.locator(f"#{x}")).to_have_class(re.compile(r"\bchosen\b"))
    await page.get_by_role("button", name="Copy a link to exactly this").click()
    await expect(page.locator(".toast")).to_contain_text("Link copied")

    context = await browser.new_context(locale="en-US")
    other = await context.new_page()
    await other.goto(page.url)
    await expect(other.locator(f"#{y} .pill text")).to_have_text(re.compile(r"^−0\.4"))
    await context.close()

    await card.get_by_role("button", name="Go to the pinned moment").click()
    assert await stage.position() == pinned
    await expect(page.locator(".pill")).to_have_count(0)
    await page.get_by_role("button", name="中文").click()
    await expect(page.locator(".reason-card.compare .sides dd")).to_have_text(["第 1 步（共 100 步）· 反向 · 7/7"] * 2)
    await page.get_by_role("button", name="结束比较").click()
    await expect(page.locator("g.node.unchanged")).to_have_count(0)


async def test_another_program_is_compared_node_by_node(stage: Stage) -> None:
    page = stage.page
    trace = await stage.trace(CUBIC)
    await stage.press("end")
    await page.get_by_role("button", name="Compare: pin this moment").click()
    card = page.get_by_role("region", name="Compare")
    await card.get_by_text("Compare with another program").click()
    await write(page, SQUARE)
    await card.get_by_role("button", name="Run and compare").click()
    await expect(card).to_contain_text("The graphs differ")
    await expect(card).to_contain_text("Other program")
    w = id_of(trace, "w")
    await expect(page.locator(f"#{w} .pill text")).to_have_text(re.compile(r"^∂ "))
    await expect(page.locator(f"#{w}")).to_have_attribute("aria-label", re.compile("grad .* ∂ .*; computed from"))
    alone = page.locator("g.node.alone")
    await expect(alone).to_have_count(1)
    await expect(alone).to_contain_text("y + w")
    await expect(card).to_contain_text("Only in what is on show")
    await expect(card.locator(".changes tbody")).to_contain_text("x ** 2 → x ** 3")

    await page.get_by_role("button", name="Copy a link to exactly this").click()
    await expect(page.locator(".toast")).to_contain_text("Link copied")
    await page.reload()
    await expect(page.get_by_role("region", name="Compare")).to_contain_text("The graphs differ")


async def test_a_second_program_that_fails_says_why(opened: Opened) -> None:
    page = await opened.open()
    await page.get_by_role("tab", name="Program").click()
    await page.locator(".editor.program .cm-content").fill(CUBIC)
    await page.keyboard.press("Control+Enter")
    await opened.ready()
    await page.get_by_role("button", name="Compare: pin this moment").click()
    card = page.get_by_role("region", name="Compare")
    await card.get_by_text("Compare with another program").click()
    await write(page, "import torch\nx = torch.ones(2, requires_grad=True)\nx.backward()\n")
    await card.get_by_role("button", name="Run and compare").click()
    await expect(card.get_by_role("alert")).to_contain_text("backward()")


async def test_a_number_that_moves_is_compared_with_what_it_was(stage: Stage) -> None:
    page = stage.page
    await page.get_by_role("button", name="Compare: pin this moment").click()
    await expect(page.get_by_role("region", name="Compare")).to_be_visible()
    await page.get_by_label("Slide c").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("g.node.output .pill text")).to_have_text("+0.05")
    await expect(page.locator("g.node.unchanged").first).to_be_visible()
