"""Several outputs, numbers that differ from turn to turn, and the way from the graph of a gradient to the first."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.page.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")
PROGRAM = """import torch
x = torch.tensor([1.0, 2.0], requires_grad=True)
s = torch.tensor(2.0, requires_grad=True)
for k in (2, 3):
    a, b = x.unbind()
    (a * 5 + s ** k).backward()
s.grad = None
(g,) = torch.autograd.grad((s ** 3).sin(), s, create_graph=True)
g.backward()
"""


async def test_what_only_some_nodes_have_is_shown(stage: Stage) -> None:
    page = stage.page
    trace = await stage.trace(PROGRAM)
    first, _, third = trace["graphs"]
    nodes = {node["name"]: node["id"] for node in first["nodes"]}

    await page.locator(f".graph-canvas #{nodes['UnbindBackward0']}").click()
    rows = page.locator(".inspector .outputs tbody tr")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(0)).to_have_text("0[]15")
    await expect(rows.nth(1)).to_have_text("1[]2—")

    await page.locator(f".graph-canvas #{nodes['PowBackward0']}").click()
    exponent = page.locator(".inspector .facts div").filter(has_text="exponent").locator("dd")
    await expect(exponent).to_have_text("2")
    await stage.page.keyboard.press("PageDown")
    await expect(exponent).to_have_text("3")

    for position in range(await stage.position(), await stage.last()):
        await stage.move_to(position)
        if "cleared" in await stage.sentence.inner_text():
            break
    await expect(stage.sentence).to_have_text("zero_grad: s.grad cleared; every other gradient stays.")

    await stage.move_to(await stage.last())
    cosine = next(node["id"] for node in third["nodes"] if node["name"] == "CosBackward0")
    await page.locator(f".graph-canvas #{cosine}").click()
    link = page.locator(".inspector").get_by_role("button", name="(s ** 3).sin()", exact=True)
    await link.click()
    await expect(page.locator(".inspector h2").last).to_have_text("(s ** 3).sin()")
    await expect(page.locator(".inspector .torch-name").first).to_have_text("SinBackward0")
