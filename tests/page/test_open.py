"""Traces from elsewhere in the page: a file that is chosen or dropped, and one that the library shows."""

from __future__ import annotations

import json
import re
import webbrowser
from pathlib import Path

import pytest
import torch
from playwright.async_api import Page, expect

from app.library import Trace, open_trace, trace
from app.settings import Limits
from tests.page.conftest import Opened
from tests.page.stage import Stage
from tests.page.test_export import open_dialog, take

pytestmark = pytest.mark.asyncio(loop_scope="session")

DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "application/json" }));
  document.querySelector("main").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
}"""


def descent() -> Trace:
    x = torch.tensor(3.0, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.25)
    with trace() as run:
        for _ in range(3):
            optimizer.zero_grad()
            loss = (x - 1) ** 2
            loss.backward()
            optimizer.step()
    return run


async def expect_descent(page: Page) -> None:
    """The page shows the first pass of `descent`, and the code that it was recorded from."""
    await expect(page.locator(".timeline-place")).to_contain_text("of 3 ")
    await expect(page.locator(".graph-canvas #n0 text.value")).to_have_text("4")
    await expect(page.locator(".graph-canvas #n0 text.gradient")).to_have_text("1")
    await expect(page.locator(".editor.program .cm-content")).to_contain_text("def descent() -> Trace:")
    await expect(page.locator(".problem")).to_have_count(0)


async def test_a_file_is_opened_looked_at_and_saved_again(stage: Stage, tmp_path: Path) -> None:
    page = stage.page
    path = tmp_path / "mine.json"
    run = descent()
    run.save(path)
    await page.get_by_role("button", name="Export").click()
    await page.locator("dialog.export input[type=file]").set_input_files(path)
    await expect(page.locator("dialog.export")).to_be_hidden()
    await expect_descent(page)
    await stage.press("end")
    await expect(stage.sentence).to_contain_text("x")

    await page.get_by_role("button", name="Export").click()
    kinds = ["SVG", "PNG", "PDF", "DOT", "Animated SVG", "JSON trace", "Program"]
    await expect(page.locator("dialog.export .example b")).to_have_text(kinds)
    await expect(page.locator("dialog.export .export-texts button")).to_have_count(0)
    async with page.expect_download() as waiting:
        await page.locator("dialog.export .example").filter(has_text="JSON trace").click()
    download = await waiting.value
    await download.save_as(tmp_path / "again.json")
    assert open_trace(tmp_path / "again.json").data == run.data
    await page.keyboard.press("Escape")


async def test_pictures_of_an_opened_file_show_its_own_numbers(stage: Stage, tmp_path: Path) -> None:
    page = stage.page
    run = descent()
    run.save(tmp_path / "mine.json")
    content = json.loads((tmp_path / "mine.json").read_text("utf-8"))
    content["passes"][2]["values"][0] = 1234.0  # No run of the program gives this number.
    await page.evaluate(DROP, ["mine.json", json.dumps(content)])
    await expect_descent(page)
    await stage.press("end")
    await expect(page.locator(".graph-canvas #n0 text.value")).to_have_text("1234")
    await open_dialog(stage)
    for title, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("PDF", b"%PDF"), ("DOT", b"digraph")):
        data = (await take(stage, title, tmp_path)).read_bytes()
        assert data.startswith(start), title
        assert title not in ("SVG", "DOT") or b"1234" in data, title
    await expect(page.locator(".export-said .fault")).to_have_count(0)


async def test_the_graph_of_a_gradient_is_drawn_alone(stage: Stage, tmp_path: Path) -> None:
    x = torch.tensor(2.0, requires_grad=True)
    with trace() as run:
        (slope,) = torch.autograd.grad(x**3, x, create_graph=True)
        slope.backward()
    run.save(tmp_path / "second.json")
    await stage.page.evaluate(DROP, ["second.json", (tmp_path / "second.json").read_text("utf-8")])
    await expect(stage.place).to_contain_text("of 2 ")
    await stage.press("end")
    await open_dialog(stage)
    picture = (await take(stage, "SVG", tmp_path)).read_text("utf-8")
    last = run.graph_of(-1)
    assert len(last.nodes) != len(run.graph_of(0).nodes)
    assert set(re.findall(r'id="(n\d+)"', picture)) == {node.id for node in last.nodes}


async def test_a_dropped_file_that_is_none_takes_nothing_away(opened: Opened, tmp_path: Path) -> None:
    page = await opened.open()
    descent().save(tmp_path / "t.json")
    content = json.loads((tmp_path / "t.json").read_text("utf-8"))
    await page.evaluate(DROP, ["t.json", json.dumps(content)])
    await expect_descent(page)
    for text, title in (
        (json.dumps(content | {"version": 9}), "This trace file is from a newer version"),
        (json.dumps(content)[:-40], "This is not a trace file"),
    ):
        await page.evaluate(DROP, ["t.json", text])
        await expect(page.locator(".problem h2")).to_have_text(title)
        await page.locator(".problem .close").click()
        await expect_descent(page)
    assert [text for text in await opened.all_complaints() if "status of 400" not in text] == []
    assert len(opened.complaints) == 2


async def test_a_thinned_run_says_what_it_left_out(opened: Opened, tmp_path: Path) -> None:
    x = torch.tensor(3.0, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.001)
    with trace(limits=Limits(passes=40)) as run:
        for _ in range(300):
            optimizer.zero_grad()
            ((x - 1) ** 2).backward()
            optimizer.step()
    run.save(tmp_path / "long.json")
    stage = Stage(await opened.open(), opened.url)
    await stage.page.evaluate(DROP, ["long.json", (tmp_path / "long.json").read_text("utf-8")])
    await expect(stage.place).to_contain_text("step 1 of 300")
    await stage.move_to(await stage.last())
    await expect(stage.place).to_contain_text("step 300 of 300")
    await expect(stage.page.locator(".mark.gap").first).to_be_attached()
    gap = await stage.page.locator(".mark.gap").first.evaluate("mark => parseFloat(mark.style.left) / 100")
    await stage.move_to(round(gap * await stage.last()))
    left_out = re.compile(r"^\d+ passes and \d+ updates are left out here")
    await expect(stage.sentence).to_have_text(left_out)
    assert await opened.all_complaints() == []


async def test_the_library_shows_a_trace_in_the_page(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses: list[str] = []
    monkeypatch.setattr(webbrowser, "open", addresses.append)
    shown = descent().show(block=False)
    try:
        assert addresses == [shown.address]
        await opened.page.goto(shown.address)
        await expect_descent(opened.page)
        assert opened.page.url.startswith(shown.address)
    finally:
        shown.close()
