"""How the page explains an optimizer's step, and the lab, in a real browser on a real server."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from app.layout.numbers import format_value
from tests.page.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADAM = """import torch
x = torch.tensor(1.5, requires_grad=True)
W = torch.tensor([[0.5, -1.0], [1.5, 0.25]], requires_grad=True)
optimizer = torch.optim.Adam([x, W], lr=0.1, weight_decay=0.1)
for step in range(4):
    loss = 0.5 * x**2 + torch.sin(3 * W).sum() + x * (W**2).mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_([x, W], 1.0)
    optimizer.step()
"""


async def choose(stage: Stage, trace: dict[str, Any], variable: str) -> None:
    """Choose a leaf on the graph."""
    graph = trace["graphs"][0]
    node = next(node for node in graph["nodes"] if node.get("variable") == variable)
    await stage.page.locator(f"#{node['id']}").click()


async def test_a_step_is_explained_line_by_line_in_the_numbers_that_torch_wrote(stage: Stage) -> None:
    trace = await stage.trace(ADAM)
    await choose(stage, trace, "x")
    await stage.press("end")
    inspector = stage.page.locator(".inspector")
    await expect(inspector).to_contain_text("How Adam made this step")
    lines = inspector.locator(".step-lines li")
    await expect(lines).to_have_count(6)
    await expect(lines.locator(".katex")).to_have_count(6)
    x = trace["updates"][3]["parameters"][0]
    await expect(lines.nth(1)).to_contain_text(f"kept as exp_avg = {format_value(x['state']['exp_avg'])}, as torch")
    await expect(inspector.locator(".step-verdict.agrees")).to_contain_text(f"to {format_value(x['after'])}")
    others = inspector.locator(".history").first
    for name in ("momentum", "weight decay", "bias correction", "with the gradient as backward left it"):
        await expect(others).to_contain_text(name)
    await choose(stage, trace, "W")
    await inspector.get_by_label("Element").select_option("[0, 1]")
    written = trace["updates"][3]["parameters"][1]["after"]["data"][0][1]
    await expect(inspector.locator(".step-verdict.agrees")).to_contain_text(f"to {format_value(written)}")
    await stage.page.get_by_role("button", name="中文").click()
    await expect(inspector.locator(".step-verdict")).to_contain_text("torch 写入的数")
    await stage.press("back")
    await expect(inspector.locator(".step-lines")).to_have_count(0)
