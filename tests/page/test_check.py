"""A gradient-check badge on each node: for expressions, wrong custom functions, and a network's later steps."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.page.stage import Stage
from tests.page.test_reason import id_of
from tests.study.test_nodecheck import NETWORK, WRONG

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_node_of_an_expression_gets_a_badge(stage: Stage) -> None:
    page = stage.page
    await stage.sentence.click()
    await page.keyboard.press("g")
    card = page.get_by_role("region", name="Gradient check")
    await expect(card).to_contain_text("✓ 7 agree")
    await expect(page.locator("g.pill.check.agrees")).to_have_count(7)
    await expect(page.locator("g.node.output")).to_have_attribute("aria-label", re.compile("✓"))
    await expect(card).to_contain_text("No derivative rule was used")
    await page.locator("g.node.leaf").first.click()
    await expect(card.locator("tbody.chosen")).to_contain_text("16")
    await page.get_by_label("Slide c").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("g.pill")).to_have_count(0)
    await expect(card).to_have_count(0)


async def test_a_wrong_backward_stands_out(stage: Stage) -> None:
    page = stage.page
    trace = await stage.trace(WRONG)
    await stage.press("end")
    await page.get_by_role("button", name="Check every gradient by finite differences").click()
    card = page.get_by_role("region", name="Gradient check")
    await expect(card).to_contain_text("✗ 1 differ")
    await expect(page.locator(f"#{id_of(trace, 'w')} .pill.differs")).to_have_count(1)
    first = card.locator("tbody").first
    await expect(first).to_contain_text(re.compile(r"w.*4\s*7.*differs: a wrong backward", re.S))
    await card.get_by_role("button", name="Remove the badges").click()
    await expect(page.locator("g.pill")).to_have_count(0)


async def test_a_later_step_of_a_network_says_what_was_not_checked(stage: Stage) -> None:
    page = stage.page
    await stage.trace(NETWORK)
    await stage.press("end")
    await stage.sentence.click()
    await page.keyboard.press("g")
    card = page.get_by_role("region", name="Gradient check")
    await expect(card).to_contain_text("Pass 3:")
    await expect(card).to_contain_text("Not checked")
    await expect(card).to_contain_text("made inside one call")
    await expect(card).to_contain_text("random directions through 24 elements")
    await page.keyboard.press("PageUp")
    await page.keyboard.press("PageUp")
    await page.get_by_role("button", name="Check pass 2").click()
    await expect(card).to_contain_text("Pass 2:")
