"""The run in time: each kind of moment, playing, loops, jumps, curves, prints and what an optimizer did."""

from __future__ import annotations

from playwright.async_api import expect

from tests.page.programs import ADAM
from tests.page.stage import DESCENT, DIVERGENCE, Stage
from tests.page.states.visitor import Chain, Reach, arrive, box, ran


async def descent(stage: Stage) -> None:
    await arrive(stage)
    await stage.page.locator("#tab-expression").click()
    await stage.page.locator(".chip", has_text="(x - 2)**2").click()
    await expect(stage.page.locator(".timeline-place")).to_contain_text("40")
    await expect(stage.page.locator(".chart-host canvas").first).to_be_visible()
    await stage.page.locator(".written summary").click()
    await expect(stage.page.locator(".written .cm-content")).to_be_visible()


async def began(stage: Stage) -> None:
    await arrive(stage)
    await ran(stage, DESCENT)
    await stage.press("start")


def moment(kind: str) -> Reach:
    """Go on, node by node, to the next moment of a kind; of the long ones, into their midst."""

    async def reached(stage: Stage) -> None:
        while await stage.page.locator(f".timeline-now.{kind}").count() == 0:
            before = await stage.position()
            await stage.press("on")
            await expect(stage.scrub).not_to_have_value(str(before))
        if kind in ("forward", "backward"):
            await stage.move_to(await stage.position() + 2)

    return reached


async def playing(stage: Stage) -> None:
    await stage.press("play")
    before = await stage.position()
    await expect(stage.scrub).not_to_have_value(str(before))


async def looped(stage: Stage) -> None:
    await stage.press("play")
    await stage.move_to(40)
    await stage.page.locator(".loop .move").first.click()
    await stage.move_to(190)
    await stage.page.locator(".loop .move").nth(1).click()
    await expect(stage.page.locator(".marks .looped")).to_have_count(1)


async def jumped(stage: Stage) -> None:
    await arrive(stage)
    await ran(stage, DIVERGENCE)
    await stage.page.locator(".jump select").select_option("first-nan")
    await expect(stage.page.locator(".inspector h2").first).to_be_visible()


async def explained(stage: Stage) -> None:
    await arrive(stage)
    await ran(stage, ADAM)
    await box("leaf", "W")(stage)
    await stage.press("end")
    await expect(stage.page.locator(".step-lines .katex").first).to_be_visible()
    await stage.page.locator(".step-verdict").first.scroll_into_view_if_needed()


MOMENTS: Chain = {
    "a descent": descent,
    "the start of a program": began,
    "forward": moment("forward"),
    "backward": moment("backward"),
    "an update": moment("update"),
    "a cleared gradient": moment("zero_grad"),
    "a print": moment("print"),
    "playing": playing,
    "a loop": looped,
    "a jump to the first infinity": jumped,
    "a step explained": explained,
}
