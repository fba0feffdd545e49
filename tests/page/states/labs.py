"""The lab: each bench before it runs, with a fault, and with what it found."""

from __future__ import annotations

from playwright.async_api import expect

from tests.page.stage import Stage
from tests.page.states.visitor import Chain, arrive, opened_lesson


async def bench(stage: Stage) -> None:
    await arrive(stage)
    await stage.page.locator(".lab-button").click()
    await stage.page.locator("main.lab .chip").first.click()
    await expect(stage.page.locator(".racer").first).to_be_visible()


async def run(stage: Stage) -> None:
    await stage.page.locator(".lab-run .primary").click()
    await expect(stage.page.locator(".lab-run .primary")).to_have_count(0)
    await expect(stage.page.locator(".lab-run .primary")).to_be_visible()


async def refused(stage: Stage) -> None:
    await stage.page.locator(".racer input[type=text]").first.fill("fast")
    await stage.page.locator(".lab-run .primary").click()
    await expect(stage.page.locator(".lab-field .fault")).to_be_visible()


async def race(stage: Stage) -> None:
    await stage.page.locator(".racer input[type=text]").first.fill("0.01")
    await stage.page.locator(".lab-run .primary").click()
    await expect(stage.page.locator(".course canvas.relief")).to_be_visible()


async def sweep(stage: Stage) -> None:
    await stage.page.locator("#lab-tab-sweep").click()
    await stage.page.locator(".lab-run .primary").click()
    await expect(stage.page.locator(".heat-legend .bound")).to_be_visible()
    await stage.page.locator("main.lab .heat-host").focus()
    await stage.page.keyboard.press("ArrowRight")
    for summary in await stage.page.locator(".lab-more summary").all():
        await summary.click()


async def check(stage: Stage) -> None:
    await stage.page.locator("#lab-tab-check").click()
    await stage.page.locator(".lab-run .primary").click()
    await expect(stage.page.locator(".lab-leaf").first).to_be_visible()


async def trained(stage: Stage) -> None:
    await arrive(stage)
    await opened_lesson(stage, "xor-adam")
    await stage.page.locator(".lab-button").click()
    await expect(stage.page.locator(".racer").first).to_be_visible()
    await stage.page.locator(".lab-numbers input").first.fill("20")
    await stage.page.locator(".lab-run .primary").click()
    await expect(stage.page.locator(".course canvas.relief")).to_be_visible()


LAB: Chain = {
    "the lab": bench,
    "a racer that is no number": refused,
    "a race": race,
    "a sweep": sweep,
    "a check": check,
    "a race of a program": trained,
}
