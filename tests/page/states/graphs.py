"""The graph and what the inspector tells of each kind of box, of tensors, and of graphs that fold."""

from __future__ import annotations

from playwright.async_api import expect

from tests.page.programs import ENCODER, LADDER
from tests.page.stage import FAN_OUT, MATRIX, QUADRATIC, Stage
from tests.page.states.visitor import Chain, Reach, arrive, box, clicked, pressed, program, ran

MEASURED = """import torch
torch.manual_seed(3)
W = torch.randn(9, 11, requires_grad=True)
v = torch.randn(7, requires_grad=True)
loss = (W ** 3).sum() + torch.sin(v).sum()
loss.backward()
"""

UNBOUND = """import torch
x = torch.tensor([1.0, 2.0], requires_grad=True)
a, b = x.unbind()
(a * 5).backward()
"""

TWICE = """import torch
x = torch.tensor(2.0, requires_grad=True)
first, = torch.autograd.grad(x ** 3, x, create_graph=True)
(first ** 2).backward()
"""


async def chosen(stage: Stage) -> None:
    await ran(stage, QUADRATIC)
    await expect(stage.page.locator("g.node")).to_have_count(9)
    await stage.press("end")
    await box("leaf")(stage)


async def formula(stage: Stage) -> None:
    await box("leaf")(stage)
    await expect(stage.page.locator(".inspector .formula .katex").first).to_be_visible()
    await stage.page.locator(".inspector .formula").last.scroll_into_view_if_needed()


async def line(stage: Stage) -> None:
    await stage.page.keyboard.press("Escape")
    await stage.page.locator(".graph-canvas g.edge .hit").first.dispatch_event("click")
    await expect(stage.page.locator(".inspector .badge.edge")).to_be_visible()


async def trail(stage: Stage) -> None:
    await box("leaf")(stage)
    # A pointer that lies there already does not come.
    await stage.page.mouse.move(2, 2)
    await stage.page.locator(".paths .path").first.hover()
    await expect(stage.page.locator(".graph-canvas .edge.trail").first).to_be_attached()


async def sideways(stage: Stage) -> None:
    await stage.page.locator(".toolbar .quiet.down").click()
    await expect(stage.page.locator(".toolbar .quiet.right")).to_be_visible()
    await expect(stage.page.locator(".graph-canvas g.node").first).to_be_visible()


async def untabled(stage: Stage) -> None:
    await stage.page.locator(".graph-tools .tool").last.click()
    await expect(stage.page.locator(".graph-canvas g.node").first).to_be_visible()
    await stage.page.locator(".inspector .close").click()
    await expect(stage.page.locator(".legend")).to_be_visible()


def coloured(by: str) -> Reach:
    async def done(stage: Stage) -> None:
        await stage.page.locator(".tint select").select_option(by)
        await expect(stage.page.locator(".scale")).to_be_visible()

    return done


def levels(value: str) -> Reach:
    async def done(stage: Stage) -> None:
        before = await stage.page.locator(".folded-note").text_content()
        await stage.page.locator(".levels select").select_option(value)
        await expect(stage.page.locator(".folded-note")).not_to_have_text(before or "")

    return done


async def found(stage: Stage) -> None:
    await stage.page.locator(".find input").fill("mul")
    await expect(stage.page.locator("#find-results li")).to_have_count(2)


async def searched(stage: Stage) -> None:
    await arrive(stage)
    await ran(stage, QUADRATIC)
    await pressed("/", shows=".find input")(stage)


async def group(stage: Stage) -> None:
    await stage.page.locator(".graph-canvas g.group").last.dispatch_event("click")
    await expect(stage.page.locator(".inspector .badge.group")).to_be_visible()


BOXES: Chain = {
    "the first load": arrive,
    "a chosen node": chosen,
    "an operation": box("operation", "a * x ** 2"),
    "what a node keeps": box("operation", "x ** 2"),
    "a constant": box("constant"),
    "the output": box("output"),
    "a formula": formula,
    "an edge": line,
    "the table": clicked(".graph-tools .tool >> nth=-1", ".graph-table"),
    "no choice, and the key to the marks": untabled,
    "a graph from left to right": sideways,
}
SUMS: Chain = {
    "sums where flows meet": program(FAN_OUT, box("leaf")),
    "products along paths": program(LADDER, trail),
    "the graph of a gradient": program(TWICE, box("operation")),
}
TENSORS: Chain = {
    "a tensor as a heat map": program(MATRIX, box("leaf", "W")),
    "a tensor as statistics": box("leaf", "big"),
    "a wide heat map": program(MEASURED, box("leaf", "W")),
    "several outputs": program(UNBOUND, box("operation", "unbind")),
}
FOLDED: Chain = {
    "folded modules": program(ENCODER),
    "a module": group,
    "colours by gradient": coloured("gradient"),
    "colours by module": coloured("module"),
    "colours by time": coloured("time"),
    "one level": levels("1"),
    "everything open": levels("1000"),
}
SEARCH: Chain = {"the search": searched, "what a search found": found}
