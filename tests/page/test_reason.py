"""What the page says about a graph: formulas, paths, places worth going to, search, and colours."""

from __future__ import annotations

import asyncio
import re
from typing import Literal

import pytest
from playwright.async_api import expect

from tests.page.programs import LADDER
from tests.page.stage import DEEP, DESCENT, DIVERGENCE, MATRIX, PILED, QUADRATIC, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


def id_of(trace: dict[str, object], variable: str) -> str:
    """The id of the node that a program gave a name."""
    graphs: list[dict[str, list[dict[str, str]]]] = trace["graphs"]  # type: ignore[assignment]
    return next(node["id"] for node in graphs[0]["nodes"] if node.get("variable") == variable)


async def test_the_chain_rule_is_set_as_a_formula_with_the_real_numbers(stage: Stage) -> None:
    asked: list[str] = []
    stage.page.on("request", lambda request: asked.append(request.url))
    trace = await stage.trace(QUADRATIC)
    await stage.press("end")
    assert not any("katex" in url for url in asked)
    await stage.page.locator(f"#{id_of(trace, 'a')}").click()
    formula = stage.page.locator(".inspector .formula").first
    await expect(formula.locator(".katex-html")).to_contain_text("1×16")
    assert any("katex.js" in url for url in asked)
    mathml = await formula.locator("annotation").text_content()
    assert mathml is not None
    assert r"\frac{\partial y}{\partial a}" in mathml
    font = await formula.locator(".katex-html").evaluate("e => document.fonts.check('16px KaTeX_Math')")
    assert font is True
    await expect(stage.page.locator(".formula-names").first).to_contain_text("= a * x ** 2")


async def test_a_jacobian_stands_where_a_step_is_no_number(stage: Stage) -> None:
    trace = await stage.trace(MATRIX)
    await stage.press("end")
    await stage.page.get_by_role("button", name="Fit to window").click()
    await stage.page.locator(f"#{id_of(trace, 'W')}").click()
    await expect(stage.page.locator(".inspector .formula .katex-html").first).to_contain_text("⊤")
    await expect(stage.page.locator(".inspector")).to_contain_text("paths are written out where every step is a number")


async def test_paths_add_up_to_the_gradient_and_light_up_in_the_graph(stage: Stage) -> None:
    trace = await stage.trace(LADDER)
    recorded, graph = trace["passes"][0], trace["graphs"][0]
    await stage.press("end")
    await stage.page.locator(f"#{id_of(trace, 'x')}").click()
    paths = stage.page.locator(".paths .path")
    await expect(paths).to_have_count(6)
    products = [float(text) for text in await paths.locator("b").all_text_contents()]
    leaf = next(i for i, node in enumerate(graph["nodes"]) if node["kind"] == "leaf")
    assert sum(products) == recorded["gradients"][leaf] == 36
    await expect(stage.page.locator(".paths-sum")).to_contain_text("Sum over 6 paths: 36 = the gradient, 36")
    await paths.first.hover()
    await expect(stage.page.locator(".graph-canvas .edge.trail")).to_have_count(3)
    # Focus scrolls the list: a resting pointer would then point at another path.
    await stage.page.mouse.move(2, 2)
    await paths.last.focus()
    await expect(stage.page.locator(".graph-canvas .edge.trail")).to_have_count(2)
    await stage.sentence.click()
    await expect(stage.page.locator(".graph-canvas .edge.trail")).to_have_count(0)


async def test_marks_lie_under_the_slider(stage: Stage) -> None:
    await stage.trace(DESCENT)
    await expect(stage.page.locator(".marks .mark.backward")).to_have_count(100)
    await expect(stage.page.locator(".marks .mark.print")).to_have_count(10)
    await expect(stage.page.locator(".marks .mark.update")).to_have_count(100)
    await expect(stage.page.locator(".marks .mark.zero_grad")).to_have_count(100)


async def test_a_stretch_is_played_again_and_again_until_the_loop_ends(stage: Stage) -> None:
    await stage.trace(DESCENT)
    await stage.move_to(4)
    await stage.sentence.click()
    await stage.page.keyboard.press("[")
    await stage.move_to(9)
    await stage.page.get_by_role("button", name="Loop up to here").click()
    await expect(stage.page.locator(".marks .looped")).to_have_count(1)
    await stage.page.get_by_label("Speed").select_option("16")
    await stage.press("play")
    seen = [await stage.position()]
    async with asyncio.timeout(60):
        while len(set(seen)) < 3 or sorted(seen[1:]) == seen[1:]:
            seen.append(await stage.position())
            await asyncio.sleep(0.01)
    assert set(seen) <= set(range(4, 10))
    await stage.page.get_by_role("button", name="End the loop").click()
    await expect(stage.place).to_contain_text(re.compile(r"step ([3-9]|\d\d+) of 100"))


async def test_the_menu_goes_to_the_first_nan_the_largest_gradient_and_the_rise(stage: Stage) -> None:
    await stage.trace(DIVERGENCE)
    jump = stage.page.get_by_label("Jump to…")
    await jump.select_option("first-nan")
    await expect(stage.place).to_contain_text("step 4 of 12")
    await expect(stage.page.locator(".inspector h2").first).to_be_visible()
    await jump.select_option("loss-rose")
    await expect(stage.place).to_contain_text("step 2 of 12 · forward")
    await jump.select_option("largest-gradient")
    await expect(stage.place).to_contain_text("step 3 of 12 · backward")


async def test_the_menu_does_not_lead_where_nothing_is(stage: Stage) -> None:
    await stage.trace(QUADRATIC)
    jump = stage.page.get_by_label("Jump to…")
    await expect(jump.locator("option[value=first-nan]")).to_be_disabled()
    await expect(jump.locator("option[value=largest-gradient]")).to_be_enabled()


async def test_search_by_keyboard_goes_to_a_node(stage: Stage) -> None:
    trace = await stage.trace(QUADRATIC)
    await stage.press("end")
    await stage.sentence.click()
    await stage.page.keyboard.press("/")
    field = stage.page.get_by_label("Search nodes").first
    await expect(field).to_be_focused()
    await field.fill("mul")
    rows = stage.page.locator("#find-results li")
    await expect(rows).to_have_count(2)
    await stage.page.get_by_role("button", name="largest").click()
    await expect(rows.first).to_contain_text("a * x ** 2")
    await field.fill("")
    await expect(rows.first).to_contain_text("a")
    await stage.page.keyboard.press("Enter")
    await expect(stage.page.locator(f"#{id_of(trace, 'a')}")).to_have_class(re.compile(r"\bchosen\b"))
    await expect(stage.page.locator(f"#{id_of(trace, 'a')}")).to_be_focused()
    await expect(stage.page.locator(".find")).to_have_count(0)


async def test_search_opens_the_group_in_which_a_node_lies_and_it_can_be_closed(stage: Stage) -> None:
    await stage.trace(DEEP)
    drawn = stage.page.locator(".graph-canvas g.node")
    folded = await drawn.count()
    assert await stage.page.locator(".graph-canvas g.group").count() > 0
    await stage.sentence.click()
    await stage.page.keyboard.press("/")
    await stage.page.get_by_label("Search nodes").first.fill("30 tanh")
    await stage.page.locator("#find-results li").first.click()
    chosen = stage.page.locator(".graph-canvas g.node.chosen:not(.group)")
    await expect(chosen).to_have_count(1)
    close = stage.page.locator(".enclosing button").last
    await close.click()
    await expect(stage.page.locator(".graph-canvas g.group.chosen")).to_have_count(1)
    await expect(chosen).to_have_count(0)
    assert folded > 0


async def test_colours_follow_the_size_of_the_gradient_and_have_a_legend(stage: Stage) -> None:
    trace = await stage.trace(QUADRATIC)
    await stage.press("end")
    colours = stage.page.get_by_label("Colour nodes by")
    await colours.select_option("gradient")
    await expect(stage.page.locator(f"#{id_of(trace, 'a')}")).to_have_class(re.compile(r"\btint-6\b"))
    await expect(stage.page.locator(f"#{id_of(trace, 'c')}")).to_have_class(re.compile(r"\btint-0\b"))
    await expect(stage.page.locator(".scale")).to_contain_text(re.compile(r"1\s*16"))
    await colours.select_option("module")
    await expect(stage.page.locator(".scale")).to_contain_text("No node ran inside an nn.Module")
    await colours.select_option("none")
    await expect(stage.page.locator("[class*=tint-]")).to_have_count(0)


async def test_a_loop_is_set_by_button_and_by_key(stage: Stage) -> None:
    await stage.trace(DESCENT)
    await stage.move_to(3)
    await stage.page.get_by_role("button", name="Loop from here").click()
    await stage.move_to(6)
    await stage.page.keyboard.press("]")
    await expect(stage.page.locator(".marks .looped")).to_have_count(1)
    await stage.press("play")
    await expect(stage.scrub).to_have_value("3")
    await expect(stage.scrub).to_have_value("5")
    await expect(stage.scrub).to_have_value("3")


RECORD = """() => {
    window.visited = new Set();
    window.moving = 0;
    const look = () => {
        window.visited.add(Number(document.querySelector('input.scrub').value));
        window.moving = Math.max(window.moving, document.getAnimations().length);
        requestAnimationFrame(look);
    };
    look();
}"""


@pytest.mark.parametrize(("grain", "key"), [("step", "PageDown"), ("phase", "Shift+ArrowRight")])
async def test_playing_goes_by_the_chosen_grain(stage: Stage, grain: str, key: str) -> None:
    await stage.trace(PILED)
    last = await stage.last()
    await stage.press("start")
    await stage.sentence.click()
    stops = [0]
    while stops[-1] < last:
        await stage.page.keyboard.press(key)
        await expect(stage.scrub).not_to_have_value(str(stops[-1]))
        stops.append(await stage.position())
    assert len(stops) < last
    await stage.press("start")
    await expect(stage.scrub).to_have_value("0")
    await stage.page.locator(".tempo select").first.select_option(grain)
    await stage.page.get_by_label("Speed").select_option("4")
    await stage.page.evaluate(RECORD)
    await stage.press("play")
    await expect(stage.scrub).to_have_value(str(last))
    visited = await stage.page.evaluate("[...window.visited]")
    assert set(visited) <= set(stops)
    assert len(visited) > 2


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
async def test_who_wants_no_motion_sees_the_moments_and_no_movement_between(
    stage: Stage, motion: Literal["reduce", "no-preference"]
) -> None:
    await stage.page.emulate_media(reduced_motion=motion)
    await stage.trace(PILED)
    await stage.press("start")
    await expect(stage.scrub).to_have_value("0")
    await stage.page.evaluate(RECORD)
    await stage.page.get_by_label("Speed").select_option("4")
    await stage.press("play")
    await expect(stage.scrub).to_have_value(str(await stage.last()))
    assert len(await stage.page.evaluate("[...window.visited]")) > 2
    assert (await stage.page.evaluate("window.moving") > 0) == (motion == "no-preference")


USED_UP = """import torch
a = torch.tensor([1.0, 2.0], requires_grad=True)
h = a ** 2
total = h.sum()
mean = (h * 2).mean()
total.backward()
for step in range(0):
    (a ** 3).sum().backward()
try:
    mean.backward()
except RuntimeError:
    pass
"""


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (USED_UP, "An earlier backward pass freed what this node had saved"),
        (USED_UP.replace("range(0)", "range(5)"), "its graph had been freed long before this pass"),
    ],
    ids=["the pass before", "long before"],
)
async def test_a_node_of_a_freed_part_says_so(stage: Stage, program: str, reason: str) -> None:
    trace = await stage.trace(program)
    await stage.press("end")
    graphs: list[dict[str, list[dict[str, str]]]] = trace["graphs"]
    freed = next(node["id"] for node in graphs[-1]["nodes"] if node["name"] == "PowBackward0")
    await stage.page.locator(f".graph-canvas #{freed}").click()
    await expect(stage.page.locator(".inspector")).to_contain_text(reason)
    await stage.page.locator(".graph-canvas #n0").click()
    await expect(stage.page.locator(".inspector")).not_to_contain_text("freed")
