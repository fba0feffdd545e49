"""What goes wrong, and what the page says then: programs, limits, links, the network, and remarks with a fix."""

from __future__ import annotations

from playwright.async_api import expect

from tests.page.stage import Stage
from tests.page.states.visitor import Chain, Reach, arrive, lesson, write

NOT_SCALAR = "import torch\nx = torch.tensor([1.0, 2.0], requires_grad=True)\ny = x * 2\ny.backward()\n"
UNFINISHED = "import torch\nx = torch.tensor(1.0, requires_grad=True\ny = x * 2\ny.backward()\n"
ENDLESS = "import torch\nx = torch.tensor(1.0, requires_grad=True)\n(x * 2).backward()\nwhile True:\n    pass\n"


def refused(text: str) -> Reach:
    async def shown(stage: Stage) -> None:
        await arrive(stage)
        await write(stage, text)
        await expect(stage.page.locator(".card.problem")).to_be_visible()

    return shown


async def cut_short(stage: Stage) -> None:
    await arrive(stage)
    await write(stage, ENDLESS)
    await expect(stage.page.locator(".messages .card").first).to_be_visible()
    await expect(stage.page.locator("button.run")).to_be_visible()


async def running(stage: Stage) -> None:
    await arrive(stage)
    await write(stage, ENDLESS)
    await expect(stage.page.locator("button.stop")).to_be_visible()


async def stopped(stage: Stage) -> None:
    await stage.page.locator("button.stop").click()
    await expect(stage.page.locator("button.run")).to_be_visible()


async def offline(stage: Stage) -> None:
    await arrive(stage)
    await stage.page.context.set_offline(True)
    await write(stage, NOT_SCALAR)
    await expect(stage.page.locator(".card.problem")).to_be_visible()
    await stage.page.context.set_offline(False)


async def unwritten(stage: Stage) -> None:
    await arrive(stage)
    await stage.page.locator(".editor.expression .cm-content").fill("sin(x +* y")
    await expect(stage.page.locator(".card.problem")).to_be_visible()


def link(fragment: str) -> Reach:
    async def shown(stage: Stage) -> None:
        await arrive(stage, fragment)
        await expect(stage.page.locator(".card.problem")).to_be_visible()

    return shown


async def remark(stage: Stage) -> None:
    await stage.page.locator("details.card > summary").first.click()
    await expect(stage.page.locator("details.card[open]").first).to_be_visible()


FAULTS: Chain = {
    "a mistake in writing": refused(UNFINISHED),
    "a problem": refused(NOT_SCALAR),
    "an expression that cannot be read": unwritten,
    "a mistake with its fix": lesson("in-place"),
    "a remark with its fix": lesson("zero-grad-forgotten", remark),
    "a gradient that is no number": lesson("nan-gradient", remark),
    "a run under way": running,
    "a run that was stopped": stopped,
    "a run cut short": cut_short,
    "no connection": offline,
    "a link of a newer version": link("#9.abc"),
    "a damaged link": link("#1.abc"),
}
