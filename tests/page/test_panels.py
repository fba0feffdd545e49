"""Inspector, curves, output and table in a real browser on a real server."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
import torch
from playwright.async_api import expect

from app.layout.numbers import format_value
from tests.page.stage import DESCENT, DIVERGENCE, FAN_OUT, MATRIX, QUADRATIC, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_inspector_shows_the_chain_rule_and_leads_to_the_source(stage: Stage) -> None:
    trace = await stage.trace(QUADRATIC)
    recorded, graph = trace["passes"][0], trace["graphs"][0]
    product = next(i for i, node in enumerate(graph["nodes"]) if node["label"] == "a * x ** 2")
    await stage.press("start")
    inspector = stage.page.locator(".inspector")
    await stage.page.locator(f"#{graph['nodes'][product]['id']}").click()
    await expect(inspector).to_contain_text("Not computed yet at this moment.")
    await inspector.get_by_role("button", name="Go there").last.click()
    await expect(stage.sentence).to_contain_text("MulBackward0 (a * x ** 2) receives 1 and sends 16 → a")
    await expect(inspector.locator("h2")).to_have_text("a * x ** 2")
    await expect(inspector).to_contain_text(format_value(recorded["values"][product]))
    row = inspector.locator(".chain tbody tr").first
    await expect(row).to_contain_text(re.compile(r"a\s*16\s*× 1\s*= 16"))
    await expect(inspector.locator(".chain tbody tr").nth(1)).to_contain_text("not followed")
    await inspector.get_by_role("button", name=re.compile("line 7")).click()
    await expect(stage.page.locator(".cm-activeLine")).to_contain_text("a * x ** 2")


async def test_before_the_first_pass_a_gradient_is_yet_to_come(stage: Stage) -> None:
    await stage.trace(DIVERGENCE)
    await stage.press("start")
    await expect(stage.sentence).to_contain_text("The program starts")
    await stage.page.locator("g.node.output").dispatch_event("click")
    inspector = stage.page.locator(".inspector")
    await expect(inspector).to_contain_text("No gradient yet at this moment.")
    await expect(inspector).not_to_contain_text("never called")
    await inspector.get_by_role("button", name="Go there").last.click()
    await expect(stage.sentence).to_contain_text("Backward starts at")


UNGIVEN = """import torch

class First(torch.autograd.Function):
    @staticmethod
    def forward(ctx, one, other):
        return one * other

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None

a = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(3.0, requires_grad=True)
torch.autograd.grad((a * 4) * (b * 5), a)
(a * 8 + b * 9).backward(inputs=[a])
First.apply(a * 6, b * 7).backward()
"""


HUGE = """import torch
x = torch.linspace(-1, 1, 40).requires_grad_()
y = x
for i in range(3500):
    y = y * 1.0001 + x
y.sum().backward()
"""


async def test_a_node_without_a_gradient_says_why(stage: Stage) -> None:
    trace = await stage.trace(UNGIVEN)
    ids = [{node["label"]: node["id"] for node in graph["nodes"]} for graph in trace["graphs"]]
    inspector = stage.page.locator(".inspector")
    await stage.press("end")
    await stage.page.locator(f"#{ids[2]['b * 7']}").click()
    await expect(inspector.locator(".missing")).to_contain_text("The engine ran this node, but no gradient arrived")
    await stage.press("start")
    await stage.page.locator(f"#{ids[0]['b * 5']}").click()
    await expect(inspector).to_contain_text("did not run this node in this pass: nothing that was asked for needs its")
    await stage.page.get_by_role("button", name="中文").click()
    await expect(inspector).to_contain_text("引擎在这次反向中没有运行该节点：所求的梯度都用不到它。")
    await stage.press("end")
    await stage.page.locator(f"#{ids[2]['b * 7']}").click()
    await expect(inspector.locator(".missing")).to_contain_text("引擎运行了这个节点，但没有梯度到达")


async def test_a_leaf_that_backward_was_not_asked_for_says_so(stage: Stage) -> None:
    trace = await stage.trace(UNGIVEN)
    leaf = next(node["id"] for node in trace["graphs"][1]["nodes"] if node["variable"] == "b")
    inspector = stage.page.locator(".inspector")
    await stage.move_to(sum(len(graph["nodes"]) for graph in trace["graphs"][:2]))
    await expect(stage.place).to_contain_text("step 2 of 3 ")
    await stage.page.locator(f"#{leaf}").click()
    await expect(inspector).to_contain_text("backward(inputs=…) asked for the gradients of other tensors")
    await stage.page.get_by_role("button", name="中文").click()
    await expect(inspector).to_contain_text("backward(inputs=…) 只求其他张量的梯度")


async def test_where_flows_meet_each_contribution_and_their_sum_are_shown(stage: Stage) -> None:
    trace = await stage.trace(FAN_OUT)
    graph, recorded = trace["graphs"][0], trace["passes"][0]
    leaf = next(i for i, node in enumerate(graph["nodes"]) if node["kind"] == "leaf")
    flows = [
        flow
        for edge, flow in zip(graph["edges"], recorded["flows"], strict=True)
        if edge["target"] == graph["nodes"][leaf]["id"]
    ]
    assert len(flows) == 2
    await stage.page.locator(f"#{graph['nodes'][leaf]['id']}").click()
    await stage.press("end")
    items = stage.page.locator(".contributions li b")
    await expect(items).to_have_count(3)
    texts = await items.all_text_contents()
    assert sorted(texts[:2]) == sorted(map(format_value, flows))
    assert texts[2] == format_value(recorded["gradients"][leaf])
    await stage.page.locator(".contributions .link").first.click()
    await expect(stage.page.locator(".inspector .badge")).to_have_text("edge")


async def test_an_edge_is_chosen_beside_its_thin_line_and_shows_what_flowed(stage: Stage) -> None:
    trace = await stage.trace(QUADRATIC)
    graph, recorded = trace["graphs"][0], trace["passes"][0]
    at = next(j for j, flow in enumerate(recorded["flows"]) if flow == 16)
    await stage.press("end")
    x, y = await stage.page.evaluate(
        """id => {
            const line = document.getElementById(id).querySelector('path.line');
            const { x, y } = line.getPointAtLength(line.getTotalLength() / 2).matrixTransform(line.getScreenCTM());
            return [x, y];
        }""",
        graph["edges"][at]["id"],
    )
    await stage.page.mouse.click(x + 3, y)
    inspector = stage.page.locator(".inspector")
    await expect(inspector.locator("h2")).to_have_text("a → a * x ** 2")
    await expect(inspector.locator(".product")).to_have_text("1 × 16 = 16")
    await inspector.get_by_role("button", name="Close").click()
    await expect(stage.page.locator(".legend")).to_be_visible()


async def test_tensors_are_coloured_tables_and_large_ones_statistics(stage: Stage) -> None:
    trace = await stage.trace(MATRIX)
    ids = {node["variable"]: node["id"] for node in trace["graphs"][0]["nodes"] if node["kind"] == "leaf"}
    await stage.press("end")
    await stage.page.get_by_role("button", name="Fit to window").click()
    await stage.page.locator(f"#{ids['W']}").click()
    cells = stage.page.locator(".inspector .block").first.locator(".heat td")
    await expect(cells).to_have_text(["1", "-2", "0.5", "3"])
    await expect(cells.nth(1)).to_have_class(re.compile("heat-minus"))
    await stage.page.locator(f"#{ids['big']}").click()
    await expect(stage.page.locator(".statistics").first).to_contain_text("mean")
    assert await stage.page.locator(".histogram").first.locator("rect").count() > 1
    await expect(stage.page.locator(".inspector")).not_to_contain_text("There is no histogram")


MEASURED = """import torch
torch.manual_seed(3)
W = torch.randn(9, 11, requires_grad=True)
big = torch.randn(40, 50, requires_grad=True)
with torch.no_grad():
    big[0] = 0.0
    big[1, 0] = float("inf")
loss = (W ** 3).sum() + torch.sin(big).sum()
loss.backward()
"""


async def test_the_numbers_behind_a_heat_map_and_the_statistics_are_torch_s(stage: Stage) -> None:
    names: dict[str, Any] = {}
    exec(MEASURED, names)
    trace = await stage.trace(MEASURED)
    ids = {node["variable"]: node["id"] for node in trace["graphs"][0]["nodes"] if node["kind"] == "leaf"}
    await stage.press("end")
    await stage.page.locator(f"#{ids['W']}").click()
    blocks = stage.page.locator(".inspector .block")
    for block, tensor in ((blocks.nth(0), names["W"]), (blocks.nth(1), names["W"].grad)):
        cells = block.locator(".heat td")
        await expect(cells).to_have_count(99)
        told = await cells.evaluate_all("cells => cells.map((cell) => Number(cell.title))")
        assert told == tensor.detach().double().flatten().tolist()
    await blocks.first.locator(".heat td").nth(17).hover()
    await expect(blocks.first.locator(".heat td:hover")).to_have_attribute("title", re.compile(r"^-?\d+\.\d{6,}"))

    await stage.page.locator(f"#{ids['big']}").click()
    await expect(stage.page.locator(".inspector h2")).to_have_text("big")
    for block, tensor in ((blocks.nth(0), names["big"]), (blocks.nth(1), names["big"].grad)):
        await expect(block.locator(".statistics > div")).to_have_count(8)
        rows = await block.locator(".statistics > div").evaluate_all(
            "rows => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
        )
        assert dict(rows) == statistics_of(tensor.detach().double())
        counts = await block.locator(".histogram title").evaluate_all(
            "titles => titles.map((title) => Number(title.textContent.split(': ')[1]))"
        )
        finite = tensor[tensor.isfinite()].detach().double()
        assert counts == finite.histc(len(counts), finite.min().item(), finite.max().item()).int().tolist()


def statistics_of(tensor: torch.Tensor) -> dict[str, str]:
    """What the page says of a large tensor; of numbers that are not finite only how many there are."""
    finite = tensor[tensor.isfinite()]
    numbers = {
        "min": finite.min(), "max": finite.max(), "mean": finite.mean(), "std": finite.std(),
        "norm": finite.norm(),
    }  # fmt: skip
    zeros = 100 * (tensor == 0).double().mean().item()
    return {
        **{name: format_value(number.item()) for name, number in numbers.items()},
        "zeros": f"{format_value(zeros)} %",
        "NaN": str(int(tensor.isnan().sum())),
        "inf": str(int(tensor.isinf().sum())),
    }


async def test_curves_follow_the_position_and_lead_to_passes(stage: Stage) -> None:
    await stage.trace(DESCENT)
    charts = stage.page.locator(".curves-view .uplot")
    await expect(charts).to_have_count(2)
    await stage.press("start")
    line = stage.page.locator(".chart-now").first
    first = await line.bounding_box()
    over = stage.page.locator(".curves-view .u-over").first
    box = await over.bounding_box()
    assert first is not None
    assert box is not None
    await over.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    await expect(stage.place).to_contain_text(re.compile(r"step (49|50|51|52) of 100 · backward"))
    second = await line.bounding_box()
    assert second is not None
    assert second["x"] > first["x"] + box["width"] / 3
    await stage.page.get_by_role("button", name="Gradients").click()
    await stage.page.get_by_label("log scale").check()
    await expect(stage.page.locator(".u-legend").last).to_contain_text("z")


PAINTED = "document.querySelector('.chart-host canvas').toDataURL()"


async def test_what_is_painted_follows_the_system_s_theme(stage: Stage) -> None:
    await stage.trace(DESCENT)
    await stage.page.emulate_media(color_scheme="light")
    await expect(stage.page.locator(".chart-host canvas").first).to_be_visible()
    light = await stage.page.evaluate(PAINTED)
    await stage.page.emulate_media(color_scheme="dark")
    async with asyncio.timeout(30):
        while await stage.page.evaluate(PAINTED) == light:
            await asyncio.sleep(0.05)


async def test_a_diverging_run_marks_where_numbers_end(stage: Stage) -> None:
    await stage.trace(DIVERGENCE)
    await expect(stage.page.locator(".chart-broken").first).to_contain_text("loss is Infinity at step 4")
    await stage.page.locator(".chart-broken .link").first.click()
    await expect(stage.place).to_contain_text("step 4 of 12")
    assert "∞" in (await stage.texts("value")).values()


async def test_prints_are_dim_until_reached_and_lead_to_their_moment(stage: Stage) -> None:
    await stage.trace(DESCENT)
    await stage.press("start")
    prints = stage.page.locator(".prints li")
    await expect(prints).to_have_count(10)
    await expect(stage.page.locator(".prints li.reached")).to_have_count(0)
    await prints.nth(3).locator("button").first.click()
    await expect(stage.page.locator(".prints li.reached")).to_have_count(4)
    await expect(stage.sentence).to_contain_text("The program prints: at 30")
    await expect(stage.page.locator("table.update")).to_contain_text("SGD")


LINES = """cells => cells.map((cell) => {
  const words = document.createRange();
  words.selectNodeContents(cell);
  return new Set([...words.getClientRects()].map(({ top }) => Math.round(top))).size;
})"""


async def test_the_table_says_what_the_picture_shows(stage: Stage) -> None:
    trace = await stage.trace(QUADRATIC)
    await stage.press("end")
    await stage.page.get_by_role("button", name="Show as a table").click()
    rows = stage.page.locator(".graph-table tbody tr")
    await expect(rows).to_have_count(len(trace["graphs"][0]["nodes"]))
    await expect(rows.first).to_contain_text("27")
    await rows.first.get_by_role("button").click()
    await expect(stage.page.locator(".inspector h2")).to_have_text("y")
    await stage.page.set_viewport_size({"width": 390, "height": 844})
    await stage.page.get_by_role("button", name="中文").click()
    heads = stage.page.locator(".graph-table thead th")
    await expect(heads).to_contain_text(["节点", "运算", "值", "梯度", "输入"])
    # A Chinese word may break between any two of its letters.
    assert len(await heads.evaluate_all(LINES)) == 5
    assert set(await heads.evaluate_all(LINES)) == {1}


async def test_a_pass_too_large_for_histograms_says_so(stage: Stage) -> None:
    trace = await stage.trace(HUGE)
    leaf = next(node["id"] for node in trace["graphs"][0]["nodes"] if node["kind"] == "leaf")
    await stage.page.locator(f".graph-canvas #{leaf}").click()
    inspector = stage.page.locator(".inspector")
    await expect(inspector.locator(".statistics").first).to_be_visible()
    await expect(inspector.locator(".histogram")).to_have_count(0)
    await expect(inspector).to_contain_text("There is no histogram: this pass holds so many large tensors")
    await stage.page.get_by_role("button", name="中文").click()
    await expect(inspector).to_contain_text("这里没有直方图")


SMALL = """import torch
w = torch.tensor([0.5, -0.25, 0.125] * 4, requires_grad=True)
v = torch.tensor([-1.234e-20, 5.678e-9], requires_grad=True)
optimizer = torch.optim.SGD([w, v], lr=1e-3)
loss = ((1.23456e-9 * w) ** 3).sum() + (v * 1.111e-9).sum()
loss.backward()
optimizer.step()
"""
BROKEN_NUMBERS = """selector => [...document.querySelectorAll(selector)].flatMap((cell) => {
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), broken = [];
  while (texts.nextNode()) {
    for (const { 0: number, index } of texts.currentNode.data.matchAll(/-?[\\d.]+(e[-+]\\d+)?/g)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + number.length);
      if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) broken.push(number);
    }
  }
  return broken;
})"""


async def test_no_number_goes_over_two_lines(stage: Stage) -> None:
    page = stage.page
    await stage.trace(SMALL)
    await stage.move_to(await stage.last())
    for width in (1400, 1200, 1024, 360):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.locator("g.node.leaf").first.dispatch_event("click")
        await expect(page.locator(".inspector .heat td").first).to_be_attached()
        if await page.locator(".to-output").is_visible():
            await page.locator(".to-output").click()
        await expect(page.locator(".update td").first).to_be_visible()
        assert await page.evaluate(BROKEN_NUMBERS, ".update td, .heat.printed td, .chain td, .history td") == []
