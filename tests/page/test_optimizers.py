"""How the page explains an optimizer's step, and the lab, in a real browser on a real server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from app.layout.numbers import format_value
from tests.page.conftest import Opened
from tests.page.programs import ADAM
from tests.page.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

THREE_STEPS = """import torch
w = torch.tensor([3.0, -1.0], requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
for step in range(3):
    optimizer.zero_grad()
    (w**2).sum().backward()
    optimizer.step()
"""


OFF_FRAME = """() => [...document.querySelectorAll(".lab-chart svg:has(.lab-axes)")].flatMap((svg) => {
  const frame = svg.querySelector(".lab-axes > path:last-of-type").getBoundingClientRect();
  return [...svg.querySelectorAll(".racer-line, .racer-level")].map((line) => line.getBoundingClientRect())
    .filter(({ top, bottom }) => top < frame.top + 4 || bottom > frame.bottom - 4)
    .map(({ top, bottom }) => [top - frame.top, bottom - frame.bottom]);
})"""


async def choose(stage: Stage, trace: dict[str, Any], variable: str) -> None:
    """Choose a leaf on the graph."""
    graph = trace["graphs"][0]
    node = next(node for node in graph["nodes"] if node.get("variable") == variable)
    await stage.page.locator(f"#{node['id']}").click()


async def test_a_step_is_explained_line_by_line_in_the_numbers_that_torch_wrote(stage: Stage) -> None:
    trace = await stage.trace(ADAM)
    await choose(stage, trace, "x")
    await stage.press("end")
    inspector = stage.page.locator(".inspector")
    await expect(inspector).to_contain_text("How Adam made this step")
    lines = inspector.locator(".step-lines li")
    await expect(lines).to_have_count(6)
    await expect(lines.locator(".katex")).to_have_count(6)
    x = trace["updates"][3]["parameters"][0]
    await expect(lines.nth(1)).to_contain_text(f"kept as exp_avg = {format_value(x['state']['exp_avg'])}, as torch")
    await expect(inspector.locator(".step-verdict.agrees")).to_contain_text(f"to {format_value(x['after'])}")
    others = inspector.locator(".history").first
    for name in ("momentum", "weight decay", "bias correction", "with the gradient as backward left it"):
        await expect(others).to_contain_text(name)
    await choose(stage, trace, "W")
    await inspector.get_by_label("Element").select_option("[0, 1]")
    written = trace["updates"][3]["parameters"][1]["after"]["data"][0][1]
    await expect(inspector.locator(".step-verdict.agrees")).to_contain_text(f"to {format_value(written)}")
    await stage.page.get_by_role("button", name="中文").click()
    await expect(inspector.locator(".step-verdict")).to_contain_text("torch 写入的数")
    await stage.press("back")
    await expect(inspector.locator(".step-lines")).to_have_count(0)


async def open_lab(stage: Stage, bench: str) -> None:
    """Open the lab at one of its benches."""
    await stage.page.get_by_role("button", name="Lab", exact=True).click()
    await stage.page.get_by_role("tab", name=bench).click()


async def run_study(stage: Stage) -> None:
    """Run what stands on the bench, to its end."""
    await stage.page.get_by_role("button", name="Run", exact=True).last.click()
    await expect(stage.page.locator(".lab-state")).to_have_text("done", timeout=30_000)


async def test_a_race_is_run_scrubbed_sorted_and_opened_in_the_studio(stage: Stage) -> None:
    page = stage.page
    await open_lab(stage, "Race")
    await page.get_by_role("button", name="a ravine").click()
    racers = page.locator(".racer")
    await expect(racers).to_have_count(3)
    await racers.nth(1).get_by_label("Add an option").select_option("dampening")
    await racers.nth(1).get_by_role("textbox", name="dampening").fill("0.1x")
    await page.get_by_label("Target loss").fill("0.5")
    await page.get_by_role("button", name="Run", exact=True).last.click()
    await expect(racers.nth(1).locator(".fault")).to_contain_text("This is no number")
    await expect(racers.nth(1).get_by_role("textbox", name="dampening")).to_have_value("0.1x")
    await racers.nth(1).get_by_role("textbox", name="dampening").fill("0.1")
    await run_study(stage)
    rows = page.locator(".standings tbody tr")
    await expect(rows).to_have_count(3)
    await expect(page.locator(".lab-statement")).to_contain_text("at the rate written for it")
    await expect(page.locator(".course canvas.relief")).to_be_visible()
    await expect(page.locator(".course .racer-marker")).to_have_count(3)
    first = await page.locator(".course .racer-marker").first.get_attribute("transform")
    await page.get_by_label("Step of the race").focus()
    await page.keyboard.press("Home")
    await expect(page.locator(".lab-scrub output")).to_have_text("step 0 of 100")
    assert first != await page.locator(".course .racer-marker").first.get_attribute("transform")
    await expect(rows.first).to_contain_text("36")
    assert await page.evaluate(OFF_FRAME) == []
    await page.get_by_role("button", name="configuration", exact=True).click()
    await expect(rows.first).to_contain_text("Adam")
    await page.get_by_role("button", name="Open Adam, lr = 0.1").click()
    await expect(stage.place).to_contain_text("of 100")
    await expect(page.locator(".descent select")).to_have_value("Adam")


async def test_each_racer_is_tuned_with_as_many_rates_and_a_link_runs_the_race_again(stage: Stage) -> None:
    page = stage.page
    await open_lab(stage, "Race")
    await page.get_by_role("button", name="a ravine").click()
    await page.get_by_role("button", name="Tune each").click()
    await page.get_by_label("Rates tried for each: count").fill("7")
    await page.get_by_label("Steps", exact=True).fill("30")
    await run_study(stage)
    await expect(page.locator(".lab-statement")).to_contain_text("the same 7 rates from 1e-04 to 1")
    await expect(page.locator(".lab-statement")).to_contain_text("Tuned: 3 of 3")
    standings = await page.locator(".standings tbody").inner_text()
    await page.get_by_role("button", name="Copy a link to exactly this").click()
    await expect(page.locator(".toast")).to_have_text("Link copied")
    other = await page.context.new_page()
    await other.goto(page.url)
    await expect(other.locator(".standings tbody tr")).to_have_count(3)
    await expect(other.locator(".lab-state")).to_have_text("done", timeout=30_000)
    assert await other.locator(".standings tbody").inner_text() == standings
    await other.close()


async def test_a_sweep_fills_its_map_and_tells_of_every_cell(stage: Stage) -> None:
    page = stage.page
    await open_lab(stage, "Sweep")
    await page.get_by_role("button", name="a ravine").click()
    await page.get_by_role("checkbox", name="A grid of starts").check()
    await page.get_by_label("Start of x: count").fill("3")
    await page.get_by_label("Start of y: count").fill("2")
    await run_study(stage)
    await expect(page.locator(".heat-legend")).to_contain_text("bound 2/λmax")
    heat = page.locator(".heat-host")
    await heat.focus()
    for _ in range(25):
        await page.keyboard.press("ArrowRight")
    await expect(page.locator("#heat-reading")).to_contain_text("lr = 1, x = -6, y = -1: diverged at step")
    await page.keyboard.press("Enter")
    await expect(stage.place).to_contain_text("of 100")
    await expect(page.locator("#value-x")).to_have_value("-6")
    await open_lab(stage, "Sweep")
    await heat.focus()
    for _ in range(25):
        await page.keyboard.press("ArrowRight")
    await page.get_by_text("The same as a table").click()
    row = page.locator(".lab-more .standings tbody tr").nth(24)
    await expect(row).to_contain_text("SGD")
    await page.get_by_role("button", name="Race it against its neighbours").click()
    await expect(page.locator(".racer")).to_have_count(2)
    await expect(page.locator(".racer").nth(1).get_by_label("lr")).to_have_value("1")


async def test_gradients_are_checked_beside_differences_and_the_keyboard_reaches_the_benches(stage: Stage) -> None:
    page = stage.page
    await open_lab(stage, "Race")
    await page.keyboard.press("End")
    await expect(page.get_by_role("tab", name="Check")).to_be_focused()
    await page.locator("main.lab").get_by_label("Expression", exact=True).fill("relu(u) + v**3")
    await page.get_by_label("Value of u", exact=True).fill("0")
    await page.get_by_label("Value of v", exact=True).fill("2")
    await run_study(stage)
    await expect(page.get_by_role("region", name="u", exact=True).locator(".verdict").first).to_have_text("kink")
    await expect(page.get_by_role("region", name="v", exact=True)).to_contain_text("12")
    await expect(page.locator(".lab-statement")).to_contain_text("need a look: 1 of 2")
    await page.get_by_role("button", name="中文").click()
    await expect(page.locator(".lab-statement")).to_contain_text("需要留意的梯度：1 / 2")


async def test_a_program_is_checked_where_a_pass_found_it_and_what_is_chance_is_said(opened: Opened) -> None:
    page = await opened.open()
    stage = Stage(page, opened.url)
    await open_lab(stage, "Race")
    await page.get_by_role("button", name="Lessons").click()
    await page.get_by_text("XOR with two layers and Adam").click()
    await expect(page.locator(".graph-canvas g.node").first).to_be_visible()
    await open_lab(stage, "Check")
    await page.get_by_label("Pass", exact=True).fill("1001")
    await page.get_by_role("button", name="Run", exact=True).last.click()
    await expect(page.get_by_role("alert")).to_contain_text("No such pass")
    await expect(page.get_by_label("Pass", exact=True)).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Pass", exact=True).fill("101")
    await run_study(stage)
    await expect(page.locator(".lab-statement")).to_contain_text("All gradients agree. Variables: 4")
    weight = page.get_by_role("region", name="net.hidden.weight", exact=True)
    await expect(weight.locator("tbody tr")).to_have_count(16)
    await page.get_by_role("button", name="Study an expression instead").click()
    await expect(page.locator(".lab-stale")).to_contain_text("found for a program of 35 lines")
    await page.locator("main.lab").get_by_label("Expression", exact=True).fill("rand(1)[0]*x")
    await run_study(stage)
    await expect(page.locator(".lab-results .card.warning")).to_contain_text("This loss is random")
    await expect(page.locator(".lab-stale")).to_have_count(0)


async def test_losses_below_zero_stay_on_a_logarithmic_chart(stage: Stage) -> None:
    page = stage.page
    await open_lab(stage, "Race")
    await page.get_by_role("button", name="a saddle").click()
    await run_study(stage)
    chart = page.locator(".lab-chart").first
    await expect(chart.locator(".hint")).to_contain_text("symlog")
    paths = [await path.get_attribute("d") or "" for path in await chart.locator("path.racer-line").all()]
    assert len(paths) == 3
    assert all(path.count("M") == 1 and path.count("L") == 100 for path in paths)


async def test_a_lesson_opens_the_lab_prepared(stage: Stage) -> None:
    page = stage.page
    await page.get_by_role("button", name="Lessons").click()
    await page.get_by_text("The edge of stability").click()
    await page.get_by_role("button", name="Compare in the lab").click()
    await expect(page.locator(".racer")).to_have_count(4)
    await expect(page.locator(".lab-state")).to_have_text("done", timeout=30_000)
    await expect(page.get_by_text("Sharpness: the largest eigenvalue")).to_be_visible()
    await page.get_by_role("button", name="← Studio").click()
    await expect(page.locator(".graph-canvas g.node").first).to_be_visible()


async def test_a_program_races_and_its_slice_says_what_it_hides(stage: Stage) -> None:
    page = stage.page
    await page.get_by_role("button", name="Lessons").click()
    await page.get_by_text("XOR with two layers and Adam").click()
    await open_lab(stage, "Race")
    await page.get_by_label("Steps", exact=True).fill("20")
    await page.get_by_role("button", name="Remove configuration 2").click()
    await run_study(stage)
    await expect(page.locator(".course canvas.relief")).to_be_visible()
    await expect(page.locator(".course .hint")).to_contain_text("A slice through 33 dimensions")
    plane = page.get_by_role("group", name="Plane of the surface")
    await plane.get_by_role("button", name="Random").click()
    await run_study(stage)
    await expect(page.locator(".course figcaption")).to_contain_text("two random directions")
    await expect(page.locator(".course .hint")).to_contain_text("of which 9 (biases and other vectors) stay")
    await expect(page.locator(".course canvas.relief")).to_be_visible()
    await expect(page.locator(".standings tbody tr")).to_have_count(2)
    row = page.locator(".standings tbody tr").filter(has_text="Adam")
    await row.get_by_role("button", name="Open Adam").click()
    await expect(page.locator(".cm-content")).to_contain_text("torch.optim.Adam(")
    await expect(stage.place).to_contain_text("of 150")
    await open_lab(stage, "Race")
    await page.get_by_role("button", name="Study an expression instead").click()
    await expect(page.locator("main.lab").get_by_label("Expression", exact=True)).to_have_value("x**2 + 20*y**2")
    await expect(plane).to_have_count(0)


async def test_a_program_that_ends_before_the_steps_asked_for_is_shown_to_its_end(stage: Stage) -> None:
    page = stage.page
    await stage.trace(THREE_STEPS)
    await open_lab(stage, "Race")
    await run_study(stage)
    await expect(page.locator(".lab-statement")).to_contain_text("The program itself ends after 3 steps.")
    await expect(page.locator(".lab-results")).to_contain_text("step 2 of 2")
    await page.get_by_role("tab", name="Sweep").click()
    await run_study(stage)
    await expect(page.locator(".lab-statement")).to_contain_text("75 runs of at most 100 steps")
    await expect(page.locator(".lab-stale")).to_have_count(0)
    await page.get_by_role("button", name="Study an expression instead").click()
    await expect(page.locator(".lab-stale")).to_contain_text("found for a program of 7 lines")


async def test_a_sweep_that_is_too_large_is_refused_at_its_field_and_loses_nothing(opened: Opened) -> None:
    page = await opened.open()
    stage = Stage(page, opened.url)
    await open_lab(stage, "Sweep")
    await page.get_by_role("button", name="a ravine").click()
    await page.get_by_label("Seeds", exact=True).fill("1000")
    await page.get_by_label("Learning rates, at equal ratios: count").fill("75000")
    await expect(page.get_by_text("Runs: 225,000,000")).to_be_visible()
    await page.get_by_role("button", name="Run", exact=True).last.click()
    await expect(page.get_by_role("alert")).to_contain_text("Too many runs")
    field = page.get_by_label("Learning rates, at equal ratios: count")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_value("75000")


async def test_a_race_over_one_variable_is_drawn_on_the_curve_of_its_loss(stage: Stage) -> None:
    page = stage.page
    await open_lab(stage, "Race")
    await page.locator("main.lab").get_by_label("Expression", exact=True).fill("u**4 - 3*u**2")
    await page.get_by_label("Value of u", exact=True).fill("2")
    await run_study(stage)
    course = page.locator(".course")
    await expect(course.locator("figcaption")).to_have_text("Paths on the curve of the loss")
    await expect(course.locator("path.curve")).to_have_attribute("d", re.compile("^M.*L"))
    await expect(course.locator(".racer-marker")).to_have_count(3)
    await page.get_by_label("Step of the race").focus()
    await page.keyboard.press("Home")
    places = {await marker.get_attribute("transform") for marker in await course.locator(".racer-marker").all()}
    assert len(places) == 1


async def test_a_sweep_shows_what_has_come_and_keeps_it_when_it_is_cancelled(opened: Opened) -> None:
    page = await opened.open()
    stage = Stage(page, opened.url)
    await open_lab(stage, "Sweep")
    await page.get_by_role("button", name="a ravine").click()
    await page.get_by_label("Steps", exact=True).fill("1000")
    await page.get_by_label("Seeds", exact=True).fill("1000")
    await page.get_by_label("Learning rates, at equal ratios: count").fill("20")
    await page.get_by_role("button", name="Run", exact=True).last.click()
    progress = page.locator(".lab-run progress")
    await expect(progress).not_to_have_attribute("value", "0", timeout=60_000)
    await page.get_by_role("button", name="Cancel", exact=True).click()
    await expect(page.locator(".lab-state")).to_have_text("cancelled; what was found stays")
    assert 0 < float(await progress.get_attribute("value") or 0) < 1
    await page.get_by_text("The same as a table").click()
    runs = page.locator(".lab-more .standings tbody tr td:nth-child(3)")
    await expect(runs.first).to_be_visible()
    counts = [int((await cell.inner_text()).replace(",", "")) for cell in await runs.all()]
    assert 0 < sum(counts) < 20_000 * len(counts)
    await page.get_by_label("Steps", exact=True).fill("5")
    await page.get_by_label("Seeds", exact=True).fill("1")
    await run_study(stage)
    await page.close()
