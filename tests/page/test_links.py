"""Source and graph point at each other: by mouse and keyboard, in programs and expressions, where values fan out."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.page.conftest import Opened
from tests.page.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARALLEL = """import torch
import torch.nn.functional as F
x = torch.tensor(3.0, requires_grad=True)
square = x * x
logits = torch.stack([x, square])
loss = F.cross_entropy(logits, torch.tensor(0)) + square
loss.backward()
"""


async def test_a_node_lights_up_its_source_by_mouse_and_by_keyboard(stage: Stage) -> None:
    page = stage.page
    await stage.trace(PARALLEL)
    await stage.press("end")
    pointed = page.locator(".pointed-source")
    node = page.locator("g.node", has_text="square = x * x")
    await node.hover()
    await expect(pointed).to_have_text("x * x")
    await page.locator("g.node.leaf", has_text="x").hover()
    await expect(pointed).to_have_text(["x", "x", "x"])
    await stage.sentence.hover()
    await expect(pointed).to_have_count(0)

    await page.locator(".graph-canvas g.node[tabindex='0']").focus()
    for _ in range(12):
        await page.keyboard.press("ArrowUp")
    await expect(pointed).to_have_text(["x", "x", "x"])
    await page.keyboard.press("ArrowDown")
    await expect(pointed).to_have_count(1)
    await expect(page.locator(".inspector-head")).to_have_count(0)
    await page.keyboard.press("Enter")
    await expect(page.locator(".chosen-source")).to_have_count(1)


async def test_the_cursor_lights_up_its_nodes_in_a_program(stage: Stage) -> None:
    page = stage.page
    await stage.trace(PARALLEL)
    await stage.press("end")
    chosen = page.locator("g.node.chosen")
    await page.locator(".cm-line", has_text="loss = F.cross_entropy").click(position={"x": 120, "y": 8})
    await expect(chosen).to_contain_text(re.compile("cross_entropy|nll_loss|log_softmax"))
    await expect(page.locator("g.node.kin")).to_have_count(1)
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("End")
    await expect(chosen).to_have_class(re.compile("leaf"))
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Home")
    await expect(chosen).to_contain_text("AccumulateGrad")


async def test_two_uses_keep_two_edges_and_their_sum_is_shown(stage: Stage) -> None:
    page = stage.page
    trace = await stage.trace(PARALLEL)
    await stage.press("end")
    graph = trace["graphs"][0]
    x = next(node["id"] for node in graph["nodes"] if node["kind"] == "leaf")
    into = [edge["id"] for edge in graph["edges"] if edge["target"] == x]
    assert len(into) == 3
    for edge in into:
        await expect(page.locator(f"g.edge#{edge}")).to_have_count(1)
    await page.locator(f"#{x}").click()
    parts = page.locator(".contributions li")
    await expect(parts).to_have_count(4)
    numbers = [float(text) for text in await parts.locator("b").all_text_contents()]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], rel=1e-3)
    await parts.nth(0).get_by_role("button").click()
    await expect(page.locator("g.edge.chosen")).to_have_count(1)


async def test_an_expression_and_its_graph_point_at_each_other(opened: Opened) -> None:
    page = await opened.open()
    line = page.locator(".editor.expression .cm-line")
    await page.locator("g.node", has_text="b*x").first.hover()
    await expect(page.locator(".editor.expression .pointed-source")).to_have_count(1)
    await page.locator("g.node.leaf", has_text="a").first.hover()
    await expect(page.locator(".editor.expression .pointed-source")).to_have_text("a")
    await line.click(position={"x": 3, "y": 8})
    await page.keyboard.press("Home")
    await expect(page.locator("g.node.chosen")).to_have_class(re.compile("leaf"))
    for _ in range(4):
        await page.keyboard.press("ArrowRight")
    await expect(page.locator("g.node.chosen")).to_contain_text("x**2")
    assert await opened.all_complaints() == []


async def test_typing_over_a_selection_breaks_no_policy(stage: Stage) -> None:
    await stage.trace(PARALLEL)
    editor = stage.page.locator(".editor.program .cm-content")
    await editor.click()
    await stage.page.keyboard.press("Control+A")
    await stage.page.keyboard.type("y = 2.0")
    await expect(editor).to_have_text("y = 2.0")
    await stage.page.keyboard.press("Control+A")
    await stage.page.keyboard.type("(")
    await expect(editor).to_have_text("(y = 2.0)")
    await stage.page.keyboard.press("Control+Z")
    await expect(editor).to_have_text("y = 2.0")


async def test_text_set_over_text_that_was_just_selected_breaks_no_policy(stage: Stage) -> None:
    await stage.trace(PARALLEL)
    editor = stage.page.locator(".editor.program .cm-content")
    # A paste by an extension, or a robot: the text comes before CodeMirror has heard of the selection.
    for k in range(24):
        await editor.fill(PARALLEL if k % 2 else f"y = {k}.0")
    await expect(editor).to_contain_text("cross_entropy")
    await editor.fill("y = 2.0")
    await expect(editor).to_have_text("y = 2.0")
