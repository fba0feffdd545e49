"""What was written is not lost: reloads, damaged links, and the language that an address asks for."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.page.conftest import Opened

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_page_opened_anew_begins_with_the_draft(opened: Opened) -> None:
    page = await opened.open()
    await page.locator(".editor.expression .cm-content").fill("sin(q) * 3")
    await page.wait_for_url("**/#1.*")
    await page.goto("about:blank")
    await page.goto(opened.url)
    await opened.ready()
    await expect(page.locator(".editor.expression .cm-content")).to_have_text("sin(q) * 3")


@pytest.mark.parametrize(
    ("fragment", "title"), [("#9.abc", "This link is from a newer version"), ("#1.abc", "This link is damaged")]
)
async def test_a_link_that_cannot_be_read_takes_nothing_away(opened: Opened, fragment: str, title: str) -> None:
    page = await opened.open()
    await page.locator(".editor.expression .cm-content").fill("cos(q)")
    await page.wait_for_url("**/#1.*")
    await page.evaluate("fragment => { location.hash = fragment }", fragment)
    await expect(page.locator(".problem")).to_contain_text(title)
    await expect(page.locator(".editor.expression .cm-content")).to_have_text("cos(q)")
    await page.goto("about:blank")
    await page.goto(f"{opened.url}/{fragment}")
    await expect(page.locator(".problem")).to_contain_text(title)
    await expect(page.locator(".editor.expression .cm-content")).to_have_text("cos(q)")
    assert await opened.all_complaints() == []


async def test_the_address_chooses_the_language(opened: Opened) -> None:
    page = await opened.open()
    await page.goto(f"{opened.url}/?lang=zh")
    await expect(page.get_by_role("button", name="运行", exact=True)).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == "zh-Hans"
    await page.get_by_role("button", name="EN", exact=True).click()
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    assert "lang=" not in page.url
