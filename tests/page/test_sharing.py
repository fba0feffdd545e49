"""What a link brings back beside the source: checks, opened groups, colours, a loop; and what no switch takes away."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.page.stage import DEEP, DESCENT, QUADRATIC, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def copied(page: Page) -> str:
    """Copy a link, as a visitor does."""
    await page.get_by_role("button", name="Copy a link to exactly this").click()
    await expect(page.locator(".toast")).to_contain_text("Link copied")
    return page.url


async def test_a_link_shows_the_checks_again(stage: Stage, browser: Browser) -> None:
    page = stage.page
    await stage.trace(DESCENT)
    await stage.sentence.click()
    await page.keyboard.press("PageDown")
    await page.keyboard.press("PageDown")
    await page.keyboard.press("g")
    await expect(page.locator("g.pill.check.agrees").first).to_be_visible()
    badges = await page.locator("g.pill.check").count()
    link = await copied(page)

    context = await browser.new_context(locale="en-US")
    other = await context.new_page()
    await other.goto(link)
    await expect(other.get_by_role("region", name="Gradient check")).to_contain_text("Pass 3:")
    await expect(other.locator("g.pill.check")).to_have_count(badges)
    await other.goto(link.replace("/#", "/embed#"))
    await expect(other.locator("g.pill.check")).to_have_count(badges)
    await context.close()

    await page.get_by_role("button", name="Remove the badges").click()
    await page.goto(await copied(page))
    await page.reload()
    await expect(page.locator(".timeline-place")).to_contain_text("step 3 of 100")
    await expect(page.locator("g.pill.check")).to_have_count(0)


async def test_a_link_opens_the_groups_that_were_open(stage: Stage, browser: Browser) -> None:
    page = stage.page
    await stage.trace(DEEP)
    await page.locator(".graph-canvas g.group").first.click()
    async with page.expect_response("**/api/layout"):
        await page.get_by_role("button", name="Open (O)").click()
    await expect(page.locator(".graph-canvas g.cluster").first).to_be_attached()
    await page.get_by_label("Colour nodes by").select_option("gradient")
    drawn = await page.locator(".graph-canvas :is(g.node, g.group)").count()
    await page.locator(".graph-canvas g.node").nth(2).dispatch_event("click")
    chosen = await page.locator(".graph-canvas .chosen").first.get_attribute("id")
    link = await copied(page)

    context = await browser.new_context(locale="en-US")
    other = await context.new_page()
    await other.goto(link)
    await expect(other.locator(".graph-canvas g.cluster").first).to_be_attached()
    await expect(other.locator(".graph-canvas :is(g.node, g.group)")).to_have_count(drawn)
    await expect(other.locator(f".graph-canvas #{chosen}")).to_have_class(re.compile(r"\bchosen\b"))
    await expect(other.get_by_label("Colour nodes by")).to_have_value("gradient")
    await context.close()


async def test_a_link_holds_the_table_the_pace_the_grain_a_loop_and_the_landscape_s_zoom(
    stage: Stage, browser: Browser
) -> None:
    page = stage.page
    await stage.trace(DESCENT)
    await page.get_by_label("Speed").select_option("0.5")
    await page.locator(".tempo select").first.select_option("phase")
    await page.get_by_role("button", name="Show as a table").click()
    await stage.move_to(40)
    await page.get_by_role("button", name="Loop from here ([)").click()
    await stage.move_to(90)
    await page.get_by_role("button", name="Loop up to here (])").click()
    await page.get_by_role("button", name="Landscape", exact=True).click()
    await page.get_by_role("group", name="View of the landscape").get_by_role("button").first.click()
    fit = page.locator(".landscape-zooms button").last
    await expect(fit).to_be_enabled()
    band = await page.locator(".marks .looped").get_attribute("style")
    link = await copied(page)

    context = await browser.new_context(locale="en-US", viewport={"width": 1400, "height": 900})
    other = await context.new_page()
    await other.goto(link)
    await expect(other.locator(".graph-table tbody tr")).to_have_count(7)
    await expect(other.get_by_label("Speed")).to_have_value("0.5")
    await expect(other.locator(".tempo select").first).to_have_value("phase")
    await expect(other.locator(".marks .looped")).to_have_attribute("style", band or "")
    await expect(other.locator(".landscape-zooms button").last).to_be_enabled()
    await other.get_by_role("button", name="Show as a table").click()
    await other.get_by_role("button", name="Play (Space)").click()
    await expect(other.locator("input.scrub")).not_to_have_value("90")
    assert 40 <= int(await other.locator("input.scrub").input_value()) <= 90
    await other.goto(link.replace("/#", "/embed#"))
    await expect(other.locator(".graph-table tbody tr")).to_have_count(7)
    await expect(other.get_by_label("Speed")).to_have_value("0.5")
    await context.close()


SIGHT = """() => {
  const { a, e, f } = document.querySelector('.graph-canvas > g').transform.baseVal.consolidate().matrix;
  const { width, height } = document.querySelector('.graph-canvas').getBoundingClientRect();
  return [-e / a, -f / a, width / a, height / a];
}"""


async def expect_sight(page: Page, sight: list[float]) -> None:
    """Wait until a part of the picture is in sight, and fills the stage one way."""
    async with asyncio.timeout(30):
        while True:
            left, top, width, height = await page.evaluate(SIGHT)
            middle = [left + width / 2 - sight[0] - sight[2] / 2, top + height / 2 - sight[1] - sight[3] / 2]
            room = [width - sight[2], height - sight[3]]
            if max(map(abs, middle)) < 0.5 and min(room) > -0.5 and min(room) < 0.5:
                return
            await asyncio.sleep(0.05)


async def test_a_link_shows_the_part_of_the_picture_that_was_in_sight(stage: Stage, browser: Browser) -> None:
    page = stage.page
    await stage.trace(DESCENT)
    whole = await page.evaluate(SIGHT)
    await page.get_by_role("button", name="Zoom in (+)").click()
    await page.get_by_role("button", name="Zoom in (+)").click()
    box = await page.locator(".graph-canvas").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 20, box["y"] + 300)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 90, box["y"] + 240, steps=3)
    await page.mouse.up()
    await expect(page.get_by_role("button", name="Follow the node at work")).to_have_attribute("aria-pressed", "false")
    sight = await page.evaluate(SIGHT)
    assert sight[2] < 0.7 * whole[2]
    link = await copied(page)

    for width, path in ((1400, "/#"), (1400, "/embed#"), (390, "/#")):
        context = await browser.new_context(locale="en-US", viewport={"width": width, "height": 900})
        other = await context.new_page()
        await other.goto(link.replace("/#", path))
        await expect(other.locator(".graph-canvas g.node").first).to_be_visible()
        await expect_sight(other, sight)
        follow = other.get_by_role("button", name="Follow the node at work")
        await expect(follow).to_have_attribute("aria-pressed", "false")
        # What a link asked for is left like what a hand did.
        await other.get_by_role("button", name="One node on").click()
        await expect_sight(other, sight)
        await context.close()

    await page.get_by_role("button", name="Fit to window (0)").click()
    await page.goto(await copied(page))
    await page.reload()
    await expect(page.locator(".graph-canvas g.node").first).to_be_visible()
    await expect_sight(page, whole)


async def test_a_link_with_opened_groups_shows_the_part_that_was_in_sight(stage: Stage, browser: Browser) -> None:
    page = stage.page
    await stage.trace(DEEP)
    await page.locator(".graph-canvas g.group").first.click()
    await page.get_by_role("button", name="Open (O)").click()
    await expect(page.locator(".graph-canvas g.cluster").first).to_be_attached()
    await page.get_by_role("button", name="Zoom out (−)").click()
    sight = await page.evaluate(SIGHT)
    link = await copied(page)
    context = await browser.new_context(locale="en-US", viewport={"width": 1400, "height": 900})
    other = await context.new_page()
    await other.goto(link)
    await expect(other.locator(".graph-canvas g.cluster").first).to_be_attached()
    await expect_sight(other, sight)
    await context.close()


async def test_no_switch_closes_a_group_that_was_opened(stage: Stage) -> None:
    page = stage.page
    await stage.trace(DEEP)
    frames = page.locator(".graph-canvas g.cluster > text")
    before = await frames.all_text_contents()
    await page.locator(".graph-canvas g.group").first.focus()
    await page.keyboard.press("o")
    await expect(frames).to_have_count(len(before) + 1)
    opened, boxes = await frames.all_text_contents(), await page.locator(".graph-canvas g.node").count()
    switches = [("中文", "运行"), ("EN", "Run")]
    for switch, run in switches:
        await page.get_by_role("button", name=switch, exact=True).click()
        await expect(page.get_by_role("button", name=run, exact=True)).to_be_visible()
        await expect(frames).to_have_text(opened)
    for look in ("system", "light", "dark"):
        await page.locator(f".toolbar button.quiet.{look}").click()
        await expect(page.locator(f".toolbar button.quiet.{look}")).to_have_count(0)
        await expect(frames).to_have_text(opened)
    await expect(page.locator(".graph-canvas g.node")).to_have_count(boxes)


async def test_no_switch_takes_the_view_away(stage: Stage) -> None:
    page = stage.page
    await stage.trace(QUADRATIC)
    await stage.press("end")
    await page.keyboard.press("ArrowLeft")
    leaf = await page.locator("g.node.leaf").first.get_attribute("id")
    await page.locator("g.node.leaf").first.click()
    await page.locator(".to-flow").click()
    await stage.sentence.click()
    await page.keyboard.press("g")
    await expect(page.locator("g.pill.check").first).to_be_visible()

    async def seen() -> list[object]:
        # A panel that opens may move another node under the pointer, which lights that one up until the pointer is off.
        await expect(page.locator(f"g.node.chosen#{leaf}")).to_be_attached()
        badges = await page.locator("g.pill.check").count()
        return [await stage.position(), badges, await page.locator(".to-flow").get_attribute("aria-pressed")]

    before = await seen()
    assert before[2] == "true"
    await page.get_by_role("button", name="中文").click()
    await expect(page.get_by_role("button", name="运行", exact=True)).to_be_visible()
    assert await seen() == before
    await page.get_by_role("button", name="EN", exact=True).click()
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    await page.locator(".toolbar button.quiet.system").click()
    assert await seen() == before
    await page.get_by_role("button", name="Presentation size: everything larger").click()
    await expect(page.get_by_role("button", name="Usual size")).to_be_visible()
    assert await seen() == before
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await seen() == before
    await page.wait_for_url("**/#1.*")
    await copied(page)
    await page.reload()
    await expect(page.locator("g.pill.check").first).to_be_attached()
    assert await seen() == before
