"""What one can take away from the page, taken in a real browser."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.async_api import expect

from tests.page.stage import DESCENT, QUADRATIC, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")
SVG = "{http://www.w3.org/2000/svg}"


async def take(stage: Stage, title: str, folder: Path) -> Path:
    """Choose a file in the dialog and wait until it is there."""
    async with stage.page.expect_download() as waiting:
        await stage.page.locator("dialog.export .example").filter(has=stage.page.get_by_text(title, exact=True)).click()
    download = await waiting.value
    path = folder / download.suggested_filename
    await download.save_as(path)
    return path


async def open_dialog(stage: Stage) -> None:
    """Open the dialog and wait for its choices, which are fetched then."""
    await stage.page.get_by_role("button", name="Export").click()
    await expect(stage.page.locator("dialog.export .example").first).to_be_visible()


async def test_every_kind_of_file_is_what_it_says(stage: Stage, tmp_path: Path) -> None:
    await stage.trace(QUADRATIC)
    await open_dialog(stage)
    starts = {"SVG": b"<svg", "PNG": b"\x89PNG", "PDF": b"%PDF", "DOT": b"digraph"}
    for title, start in starts.items():
        assert (await take(stage, title, tmp_path)).read_bytes().startswith(start), title
    trace = json.loads((await take(stage, "JSON trace", tmp_path)).read_text("utf-8"))
    assert trace["passes"][0]["loss"] == 27.0
    assert (await take(stage, "Program", tmp_path)).read_text("utf-8") == QUADRATIC


async def test_the_film_plays_by_itself_and_runs_nothing(stage: Stage, tmp_path: Path) -> None:
    await stage.trace(DESCENT)
    await open_dialog(stage)
    text = (await take(stage, "Animated SVG", tmp_path)).read_text("utf-8")
    root = ElementTree.fromstring(text)
    assert len(text) < 600_000
    assert {element.tag.removeprefix(SVG) for element in root.iter()}.isdisjoint(
        {"script", "foreignObject", "image", "a"}
    )
    assert "@keyframes" in text
    assert "prefers-reduced-motion" in text
    words = {element.text for element in root.iter(f"{SVG}text")}
    assert {"step 1 of 100 · backward", "step 100 of 100 · backward"} <= words
    film = await stage.page.context.new_page()
    await film.goto((tmp_path / "autograd.svg").as_uri())
    shown = """() => [...document.querySelectorAll('text.caption')]
      .filter((text) => getComputedStyle(text).opacity === '1').map((text) => text.textContent)"""
    first = await film.evaluate(shown)
    assert len(first) == 1
    async with asyncio.timeout(60):
        while await film.evaluate(shown) == first:
            await asyncio.sleep(0.2)


async def test_texts_are_copied_and_shown(stage: Stage) -> None:
    await stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await open_dialog(stage)
    box = stage.page.locator(".export-said textarea")
    for title, words in (("Copy as curl", "curl --json '{"), ("Copy as Python", "import httpx"), ("Copy link", "/#1.")):
        await stage.page.get_by_role("button", name=title, exact=True).click()
        await expect(box).to_have_value(re.compile(re.escape(words)))
        assert await stage.page.evaluate("navigator.clipboard.readText()") == await box.input_value()


async def test_pictures_have_the_words_of_the_page(stage: Stage, tmp_path: Path) -> None:
    await stage.trace(QUADRATIC)
    await stage.page.get_by_role("button", name="中文", exact=True).click()
    await stage.page.get_by_role("button", name="导出").click()
    await expect(stage.page.locator("dialog.export .example").first).to_be_visible()
    for title in ("SVG", "动画 SVG", "DOT"):
        text = (await take(stage, title, tmp_path)).read_text("utf-8")
        assert {">值<", ">梯度<", ">value<", ">grad<"} & set(re.findall(">[^<>]+<", text)) == {">值<", ">梯度<"}, title
    png = (await take(stage, "PNG", tmp_path)).read_bytes()
    assert png.startswith(b"\x89PNG")
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    box = ElementTree.fromstring((tmp_path / "graph.svg").read_text("utf-8"))
    assert (width, height) == (2 * int(box.get("width", "")), 2 * int(box.get("height", "")))
    assert (await take(stage, "PDF", tmp_path)).read_bytes().startswith(b"%PDF")
