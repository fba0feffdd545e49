"""What lies under the graph: landscapes and the gradient flow; curves and output are in every state."""

from __future__ import annotations

from playwright.async_api import expect

from tests.page.programs import NET, SIGMOIDS
from tests.page.stage import Stage
from tests.page.states.moments import descent
from tests.page.states.visitor import Chain, Reach, arrive, ran


async def relief(stage: Stage) -> None:
    await expect(stage.page.locator("canvas.relief")).to_be_visible()
    await expect(stage.page.locator(".landscape-body")).to_have_attribute("aria-busy", "false")
    await stage.page.locator("canvas.relief").scroll_into_view_if_needed()


async def landscape(stage: Stage) -> None:
    await descent(stage)
    await stage.page.locator(".written summary").click()
    await stage.page.locator(".to-landscape").click()
    await relief(stage)


async def curve(stage: Stage) -> None:
    await stage.page.locator(".landscape-tools select").last.select_option("")
    await expect(stage.page.locator(".plane .tangent")).to_be_visible()


async def directions(stage: Stage) -> None:
    await arrive(stage)
    await ran(stage, NET)
    await stage.page.locator(".to-landscape").click()
    await stage.page.locator(".landscape-tools select").first.select_option("pca")
    await relief(stage)
    # A box that lies half beyond the stage has, to axe, only half of its words.
    await stage.page.locator(".graph-tools .tool").nth(2).click()


async def flowing(stage: Stage) -> None:
    await arrive(stage)
    await ran(stage, SIGMOIDS)
    await stage.page.locator(".to-flow").click()
    await expect(stage.page.locator(".heat-map canvas, canvas.heat-map, .heat-map").first).to_be_visible()
    await stage.page.locator(".flow-tools").scroll_into_view_if_needed()


def form(place: int, shows: str) -> Reach:
    async def done(stage: Stage) -> None:
        await stage.page.locator(".flow-tools .choice").last.locator("button").nth(place).click()
        await expect(stage.page.locator(shows).first).to_be_visible()

    return done


PANELS: Chain = {
    "the landscape": landscape,
    "a curve over one number": curve,
    "a landscape over two directions": directions,
    "the gradient flow": flowing,
    "the gradient flow as curves": form(1, ".flow-view .uplot"),
    "the gradient flow as a table": form(2, ".flow-table table"),
}
