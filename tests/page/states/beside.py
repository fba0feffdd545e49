"""What lies over the page and beside it: dialogs, lessons, sizes, the frame, and the other addresses."""

from __future__ import annotations

from playwright.async_api import expect

from tests.page.stage import Stage
from tests.page.states.visitor import Chain, Reach, arrive, box, clicked, lesson


def dialog(name: str, opener: str) -> Reach:
    async def shown(stage: Stage) -> None:
        await stage.page.keyboard.press("Escape")
        await stage.page.keyboard.press("Escape")
        await stage.page.locator(opener).click()
        await expect(stage.page.locator(f"dialog.{name} :is(.example, kbd)").first).to_be_visible()

    return shown


def address(path: str) -> Reach:
    async def shown(stage: Stage) -> None:
        await stage.page.goto(stage.url + path)
        await expect(stage.page.locator("h1").first).to_be_attached()
        await stage.page.wait_for_load_state("networkidle")

    return shown


async def shared(stage: Stage) -> None:
    await arrive(stage)
    await stage.page.locator(".toolbar .quiet.share").click()
    await expect(stage.page.locator(".toast.told")).to_be_visible()


async def large(stage: Stage) -> None:
    await arrive(stage)
    await stage.page.locator(".toolbar button.larger").click()
    await expect(stage.page.locator(".toolbar button.smaller")).to_be_visible()
    await box("leaf")(stage)


async def usual(stage: Stage) -> None:
    await stage.page.locator(".toolbar button.smaller").click()
    await expect(stage.page.locator(".toolbar button.larger")).to_be_visible()


DIALOGS: Chain = {
    "a link copied": shared,
    "the help": dialog("help", ".toolbar button.help"),
    "the export": dialog("export", ".toolbar button.export"),
    "a text to copy": clicked("dialog.export .export-texts button", ".export-said textarea"),
    "the lessons": dialog("examples", ".examples-button"),
    "a lesson": lesson("chain-rule"),
    "presentation size": large,
    "the usual size again": usual,
}
ADDRESSES: Chain = {
    "a frame": address("/embed"),
    "a frame with a damaged link": address("/embed?again#1.abc"),
    "the API's page": address("/docs"),
    "the problems": address("/problems"),
    "a problem's page": address("/problems/loss-not-scalar"),
    "an address that is not there": address("/nowhere"),
}
