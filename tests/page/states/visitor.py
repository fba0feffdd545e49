"""What every chain of states does: come to the page, run a program, choose a box; in any language and at any width."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from tests.page.stage import Stage

Reach = Callable[[Stage], Awaitable[None]]
Chain = dict[str, Reach]


async def arrive(stage: Stage, fragment: str = "") -> None:
    """Come to the page as if for the first time, and wait for its first picture and its editor."""
    if stage.page.url.startswith(stage.url):
        await stage.page.evaluate("localStorage.clear()")
    # From a page to the same one with another fragment a browser goes without loading it.
    await stage.page.goto("about:blank")
    await stage.page.goto(f"{stage.url}/{fragment}")
    await expect(stage.page.locator(".graph-canvas g.node").first).to_be_visible()
    await expect(stage.page.locator(".editor.plain")).to_have_count(0)


async def write(stage: Stage, text: str) -> None:
    """Write a program and press the button that runs it."""
    await stage.page.locator("#tab-program").click()
    await stage.page.locator(".editor.program .cm-content").fill(text)
    await stage.page.locator("button.run").click()


async def ran(stage: Stage, text: str) -> None:
    """Write a program, run it, and wait until the run is over and its graph is there."""
    # Once the answer begins the button is one that stops the run, until the run is over.
    async with stage.page.expect_response("**/api/trace"):
        await write(stage, text)
    await expect(stage.page.locator("button.run")).to_be_visible()
    await expect(stage.page.locator(".graph-canvas g.node").first).to_be_visible()


def box(kind: str, words: str | None = None, badge: str | None = None) -> Reach:
    """Choose the first box of a kind, wherever it lies, and wait until the inspector tells of it."""

    async def chosen(stage: Stage) -> None:
        await stage.page.locator(f".graph-canvas g.node.{kind}", has_text=words).first.dispatch_event("click")
        await expect(stage.page.locator(f".inspector .badge.{badge or kind}").first).to_be_visible()

    return chosen


def program(text: str, then: Reach | None = None, to: str = "end") -> Reach:
    """Run a program on a fresh page, go to one end of it, and do what comes then."""

    async def reached(stage: Stage) -> None:
        await arrive(stage)
        await ran(stage, text)
        await stage.press(to)
        if then:
            await then(stage)

    return reached


def clicked(selector: str, shows: str) -> Reach:
    """Click the first of what a selector finds, and wait for something to show."""

    async def done(stage: Stage) -> None:
        await stage.page.locator(selector).first.click()
        await expect(stage.page.locator(shows).first).to_be_visible()

    return done


def pressed(*keys: str, shows: str) -> Reach:
    """Press keys where nobody is writing, and wait for something to show."""

    async def done(stage: Stage) -> None:
        await stage.sentence.click()
        for key in keys:
            await stage.page.keyboard.press(key)
        await expect(stage.page.locator(shows).first).to_be_visible()

    return done


async def opened_lesson(stage: Stage, name: str) -> None:
    """Open the lesson of one example of the gallery, which stands there in the same order in every language."""
    place = await stage.page.evaluate(
        "async (name) => (await (await fetch('/api/examples')).json()).findIndex((one) => one.id === name)", name
    )
    await stage.page.locator(".examples-button").click()
    async with stage.page.expect_response("**/api/trace"):
        await stage.page.locator("dialog.examples .example").nth(place).click()
    await expect(stage.page.locator(".lesson")).to_be_visible()
    await expect(stage.page.locator("button.run")).to_be_visible()


def lesson(name: str, then: Reach | None = None) -> Reach:
    """Open a lesson on a fresh page, and do what comes then."""

    async def reached(stage: Stage) -> None:
        await arrive(stage)
        await opened_lesson(stage, name)
        if then:
            await then(stage)

    return reached
