"""Questions to a graph: why a gradient is missing, a guess, a comparison, a check."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.page.programs import CUTS
from tests.page.stage import DESCENT, QUADRATIC, Stage
from tests.page.states.visitor import Chain, Reach, arrive, box, pressed, program, ran
from tests.study.test_nodecheck import WRONG


def graded(number: str) -> re.Pattern[str]:
    """What is spoken of a box whose gradient is such, in either language."""
    return re.compile(rf" (?:grad|梯度) {number}")


def card(key: str, name: str) -> Reach:
    async def shown(stage: Stage) -> None:
        await pressed(key, shows=f".reason-card.{name} h2")(stage)
        # What is spoken follows what is written after a moment of rest.
        number = r"\?" if name == "predict" else "[^?]"
        await expect(stage.page.locator("g.node.output")).to_have_attribute("aria-label", graded(number))

    return shown


async def answered(stage: Stage) -> None:
    await stage.press("end")
    await stage.page.locator("g.node.leaf").first.dispatch_event("click")
    await stage.page.locator(".predict .guess-field").fill("2*4")
    await stage.page.locator(".predict .guess button[type=submit]").click()
    await expect(stage.page.locator(".predict .answer")).to_be_focused()


async def wished(stage: Stage) -> None:
    await stage.sentence.click()
    await stage.page.keyboard.press("c")
    await expect(stage.page.locator(".predict .wish")).to_be_focused()


async def compared(stage: Stage) -> None:
    await stage.page.locator(".predict .wish .button").click()
    await expect(stage.page.locator(".reason-card.compare h2")).to_be_visible()
    await expect(stage.page.locator("g.node.output")).to_have_attribute("aria-label", graded("[^?]"))


async def moments(stage: Stage) -> None:
    await arrive(stage)
    await ran(stage, DESCENT)
    await card("c", "compare")(stage)
    await pressed("PageDown", shows=".reason-card.compare .changes tbody tr")(stage)


async def programs(stage: Stage) -> None:
    await arrive(stage)
    await ran(stage, QUADRATIC)
    await stage.press("end")
    await card("c", "compare")(stage)
    await stage.page.locator(".reason-card.compare details.other > summary").click()
    await stage.page.locator(".reason-card.compare .cm-content").fill(QUADRATIC.replace(" + c", ""))
    await stage.page.locator(".reason-card.compare details.other .button.primary").first.click()
    await expect(stage.page.locator(".reason-card.compare .changes tbody tr").first).to_be_visible()


async def checked(stage: Stage) -> None:
    await card("g", "check")(stage)
    await expect(stage.page.locator("g.node .pill, .graph-canvas .pill").first).to_be_visible()


GUESSES: Chain = {
    "a guess": program(QUADRATIC, card("p", "predict")),
    "an answer": answered,
    "a question before the guesses end": wished,
    "a comparison": compared,
    "two moments": moments,
    "two programs": programs,
}
CHECKS: Chain = {
    "checks of nodes": program(QUADRATIC, checked),
    "a check that differs": program(WRONG, checked),
}
GHOSTS: Chain = {
    "what was cut off": program(CUTS),
    "a ghost": box("ghost"),
    "a cut": box("cut", badge="constant"),
    "an operation that passes nothing on": box("blocks", badge="operation"),
}
