"""The graph and the timeline in a real browser on a real server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from app.layout.numbers import format_value
from tests.page.stage import DEEP, DESCENT, FIFTY, PILED, QUADRATIC, WIDE, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_gradients_come_to_light_node_by_node_in_the_engines_order(stage: Stage) -> None:
    trace = await stage.trace(QUADRATIC)
    recorded, nodes = trace["passes"][0], trace["graphs"][0]["nodes"]
    await stage.press("start")
    await stage.press("phase-on")
    values = await stage.texts("value")
    assert values == {node["id"]: format_value(value) for node, value in zip(nodes, recorded["values"], strict=True)}
    shown: dict[str, str] = {node["id"]: "—" for node in nodes if node["kind"] != "constant"}
    for k, i in enumerate(recorded["order"]):
        await stage.press("on")
        await expect(stage.place).to_contain_text(f"node {k + 1} of {len(recorded['order'])}")
        node = nodes[i]
        gradient = recorded["accumulated"].get(node["id"], recorded["gradients"][i])
        shown[node["id"]] = format_value(gradient)
        gradients = await stage.texts("gradient")
        assert {name: text for name, text in gradients.items() if text is not None} == shown
        await expect(stage.page.locator(f"#{node['id']}")).to_have_class(re.compile(r"\bactive\b"))
    leaves = {node["variable"]: shown[node["id"]] for node in nodes if node["kind"] == "leaf"}
    assert leaves == {"a": "16", "b": "4", "c": "1"}


async def test_the_flow_runs_along_the_active_edges_only(stage: Stage) -> None:
    trace = await stage.trace(QUADRATIC)
    graph, recorded = trace["graphs"][0], trace["passes"][0]
    await stage.press("start")
    await stage.press("phase-on")
    await stage.press("on")
    root = graph["nodes"][recorded["order"][0]]["id"]
    leaving = {edge["id"] for edge in graph["edges"] if edge["source"] == root}
    active = await stage.page.evaluate("[...document.querySelectorAll('.edge.active.backward')].map(g => g.id)")
    assert set(active) == leaving
    flows = await stage.page.evaluate(
        "[...document.querySelectorAll('.edge.ran text.flow')].map(text => [text.parentNode.id, text.textContent])"
    )
    assert dict(flows) == {
        edge["id"]: format_value(flow)
        for edge, flow in zip(graph["edges"], recorded["flows"], strict=True)
        if edge["id"] in leaving
    }


MOVING = """() => document.getAnimations().map(({ effect: { target } }) => [
  target.closest('.graph-canvas') !== null, ...target.classList,
])"""


async def test_what_moves_lies_over_the_picture_which_the_browser_need_not_paint_for_it(stage: Stage) -> None:
    await stage.trace(QUADRATIC)
    await stage.press("start")
    await stage.press("phase-on")
    await stage.press("on")
    lines = await stage.page.locator(".edge.active.backward").count()
    await expect(stage.page.locator(".graph-motion .dashes.backward")).to_have_count(lines)
    await expect(stage.page.locator(".graph-motion .glow")).to_have_count(1)
    moving = await stage.page.evaluate(MOVING)
    assert not any(is_inside for is_inside, *_ in moving)
    assert sum("dashes" in names for _, *names in moving) == lines > 0
    places = "[...document.querySelectorAll('.edge.active .line, .dashes')].map((one) => one.getBoundingClientRect().x)"
    drawn = await stage.page.evaluate(places)
    assert drawn[:lines] == drawn[lines:]
    await stage.page.locator(".graph-tools .tool").first.click()
    assert await stage.page.evaluate(places) != drawn
    drawn = await stage.page.evaluate(places)
    assert drawn[:lines] == drawn[lines:]


WATCH = """() => {
    window.written = new Set();
    // An editor minds itself: its caret blinks.
    const places = '.cm-editor, .toolbar, .source, .side, .panels, dialog';
    new MutationObserver((list) => {
        for (const { target } of list) {
            const place = (target.closest ? target : target.parentElement).closest(places);
            if (!place?.matches('.cm-editor')) window.written.add(place?.className ?? '');
        }
    }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


async def test_a_step_writes_nothing_where_nothing_is_other(stage: Stage) -> None:
    await stage.trace(DESCENT)
    await stage.press("start")
    await stage.press("phase-on")
    await expect(stage.page.locator(".chart-host canvas").first).to_be_visible()
    await stage.sentence.click()
    before = await stage.position()
    await stage.page.evaluate(WATCH)
    await stage.page.keyboard.press("ArrowRight")
    await expect(stage.scrub).to_have_value(str(before + 1))
    # The slider, the sentence, the picture: none of what stands around them.
    assert await stage.page.evaluate("[...window.written]") == [""]


async def test_play_goes_to_the_end_and_pause_holds(stage: Stage) -> None:
    await stage.trace(DESCENT)
    await stage.press("start")
    await stage.page.get_by_label("Speed").select_option("4")
    await stage.press("play")
    await expect(stage.scrub).not_to_have_value("0")
    await stage.press("play")
    held = await stage.position()
    await stage.page.wait_for_timeout(400)
    assert await stage.position() == held < await stage.last()
    await stage.move_to(await stage.last() - 20)
    await stage.page.get_by_label("Speed").select_option("32")
    await stage.press("play")
    await expect(stage.scrub).to_have_value(str(await stage.last()))
    await expect(stage.page.locator(".transport .play")).to_have_attribute("aria-label", re.compile("Play"))
    await stage.press("play")
    await expect(stage.scrub).to_have_value(str(await stage.last()))


async def test_keys_move_through_the_run(stage: Stage) -> None:
    await stage.trace(DESCENT)
    await stage.sentence.click()
    keyboard = stage.page.keyboard
    await keyboard.press("Home")
    await expect(stage.scrub).to_have_value("0")
    await keyboard.press("ArrowRight")
    await expect(stage.scrub).to_have_value("1")
    await keyboard.press("Shift+ArrowRight")
    await expect(stage.place).to_contain_text("forward · node 5 of 5")
    await keyboard.press("PageDown")
    await expect(stage.place).to_contain_text("step 1 of 100 · backward · node 7 of 7")
    await keyboard.press("PageDown")
    await expect(stage.place).to_contain_text("step 2 of 100 · backward · node 7 of 7")
    await keyboard.press("End")
    await expect(stage.scrub).to_have_value(str(await stage.last()))
    await keyboard.press("Home")
    await keyboard.press(" ")
    await expect(stage.page.locator(".transport .play")).to_have_attribute("aria-label", re.compile("Pause"))
    await keyboard.press(" ")
    await expect(stage.page.locator(".transport .play")).to_have_attribute("aria-label", re.compile("Play"))


async def test_scrubbing_changes_texts_and_neither_picture_nor_zoom(stage: Stage) -> None:
    trace = await stage.trace(DESCENT)
    canvas = stage.page.locator(".graph-canvas")
    await canvas.hover()
    await stage.page.mouse.wheel(0, -240)
    await stage.page.evaluate("document.querySelector('.graph-canvas svg').isMarked = true")
    transform = await stage.page.locator(".graph-canvas > g").get_attribute("transform")
    assert transform
    last = await stage.last()
    seen = set()
    for tenth in range(11):
        await stage.move_to(last * tenth // 10)
        seen.add(tuple((await stage.texts("value")).items()))
    assert len(seen) > 8
    assert await stage.page.evaluate("document.querySelector('.graph-canvas svg').isMarked") is True
    assert await stage.page.locator(".graph-canvas > g").get_attribute("transform") == transform
    await stage.press("end")
    values = await stage.texts("value")
    final = trace["updates"][-1]["parameters"]
    assert {row["node"]: values[row["node"]] for row in final} == {
        row["node"]: format_value(row["after"]) for row in final
    }


async def test_parameters_move_and_gradients_are_cleared(stage: Stage) -> None:
    trace = await stage.trace(DESCENT)
    rows = trace["updates"][0]["parameters"]
    await stage.press("start")
    for _ in range(3):
        await stage.press("phase-on")
    await expect(stage.sentence).to_contain_text("x ← 1 − 0.1 × 1 = 0.9")
    values = await stage.texts("value")
    for row in rows:
        assert values[row["node"]] == format_value(row["after"])
        await expect(stage.page.locator(f"#{row['node']}")).to_have_class(re.compile(r"\bmoved\b"))
    await stage.press("phase-on")
    gradients = await stage.texts("gradient")
    assert {gradients[row["node"]] for row in rows} == {"—"}


async def test_forgotten_zero_grad_shows_what_piled_up(stage: Stage) -> None:
    trace = await stage.trace(PILED)
    leaf = next(node["id"] for node in trace["graphs"][0]["nodes"] if node["variable"] == "x")
    await stage.sentence.click()
    await stage.page.keyboard.press("Home")
    await stage.page.keyboard.press("PageDown")
    await stage.page.keyboard.press("PageDown")
    await expect(stage.place).to_contain_text("step 2 of 3")
    await expect(stage.page.locator(f"#{leaf}")).to_have_class(re.compile(r"\bpiled\b"))
    assert (await stage.texts("gradient"))[leaf] == format_value(trace["passes"][1]["accumulated"][leaf]) == "2"
    await stage.page.locator(f"#{leaf}").click()
    await expect(stage.page.locator(".piled-note")).to_contain_text("1 + 1 = 2")


async def test_the_graph_is_walked_by_keys_from_one_tab_stop(stage: Stage) -> None:
    trace = await stage.trace(QUADRATIC)
    nodes = {node["id"]: node for node in trace["graphs"][0]["nodes"]}
    assert await stage.page.locator(".graph-canvas [tabindex='0']").count() == 1
    await stage.page.locator(".graph-canvas [tabindex='0']").focus()
    focused = "document.activeElement.id"
    start = await stage.page.evaluate(focused)
    assert nodes[start]["kind"] == "output"
    await stage.page.keyboard.press("ArrowUp")
    above = await stage.page.evaluate(focused)
    assert any(edge["source"] == start and edge["target"] == above for edge in trace["graphs"][0]["edges"])
    label = await stage.page.locator(f"#{above}").get_attribute("aria-label")
    assert label is not None
    assert nodes[above]["name"] in label
    await stage.page.keyboard.press("Enter")
    await expect(stage.page.locator(f"#{above}")).to_have_class(re.compile(r"\bchosen\b"))
    before = await stage.page.locator(".graph-canvas > g").get_attribute("transform")
    await stage.page.keyboard.press("+")
    assert await stage.page.locator(".graph-canvas > g").get_attribute("transform") != before
    await stage.page.keyboard.press("0")
    assert await stage.page.locator(".graph-canvas > g").get_attribute("transform") == before
    assert await stage.page.locator(".graph-canvas [tabindex='0']").count() == 1


async def test_a_graph_too_large_to_read_is_followed(stage: Stage) -> None:
    trace = await stage.trace(FIFTY)
    order = trace["passes"][0]["order"]
    host = await stage.page.locator(".graph-host").bounding_box()
    assert host is not None
    viewport = stage.page.locator(".graph-canvas > g")
    await stage.press("start")
    await stage.press("phase-on")
    await stage.press("phase-on")
    for i in (order[0], order[len(order) // 2]):
        await stage.move_to(await stage.position() - len(order) + 1 + order.index(i))
        box = await stage.page.locator(f"#{trace['graphs'][0]['nodes'][i]['id']}").bounding_box()
        assert box is not None
        assert host["y"] <= box["y"] <= box["y"] + box["height"] <= host["y"] + host["height"]
        await stage.press("phase-on")
    await stage.page.mouse.move(host["x"] + 20, host["y"] + host["height"] / 2)
    await stage.page.mouse.wheel(0, 120)
    held = await viewport.get_attribute("transform")
    await stage.press("start")
    await stage.press("phase-on")
    assert await viewport.get_attribute("transform") == held


LETTERS = """() => {
  const host = document.querySelector(".graph-host").getBoundingClientRect();
  const isIn = ({ left, right, top, bottom }) =>
    right > host.left && left < host.right && bottom > host.top && top < host.bottom;
  return [...document.querySelectorAll("g.node text:is(.value, .gradient), .far g.node text.label")]
    .filter((text) => text.checkVisibility() && isIn(text.getBoundingClientRect()))
    .map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a);
}"""
MORE = """() => ["left", "right", "top", "bottom"]
  .filter((side) => document.querySelector(".graph-host").hasAttribute(`data-more-${side}`))"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (768, 1024), (1440, 900), (1280, 600)])
async def test_what_stands_on_boxes_can_be_read_and_what_lies_beyond_is_told(
    stage: Stage, width: int, height: int
) -> None:
    page = stage.page
    await page.set_viewport_size({"width": width, "height": height})
    for program in (QUADRATIC, WIDE):
        await stage.trace(program)
        letters: list[float] = await page.evaluate(LETTERS)
        assert len(letters) >= 4
        assert min(letters) >= 8, program
    more = await page.evaluate(MORE)
    assert {"right", "bottom"} <= set(more)
    await page.get_by_role("button", name="Fit to window (0)").click()
    assert await page.evaluate(MORE) == []
    titles: list[float] = await page.evaluate("() => document.querySelectorAll('.far g.node text.value').length")
    assert titles
    await page.get_by_role("button", name="Zoom in").click(click_count=9)
    assert min(await page.evaluate(LETTERS)) >= 8


async def test_a_box_comes_back_from_afar_as_pale_as_it_was(stage: Stage) -> None:
    inks = """() => [...document.querySelectorAll(".graph-canvas g.node text")].map((text) => {
      const { fill, fillOpacity, display } = getComputedStyle(text);
      return [fill, fillOpacity, display];
    })"""
    page = stage.page
    await stage.trace(QUADRATIC)
    await stage.press("start")
    near = await page.evaluate(inks)
    steps = 0
    while await page.locator(".graph-canvas .middle").count() == 0:
        await page.get_by_role("button", name="Zoom out").click()
        steps += 1
        assert steps < 10
    assert {fill for fill, *_ in await page.evaluate(inks)} > {"none"}
    await page.get_by_role("button", name="Zoom in").click(click_count=steps)
    await expect(page.locator(".graph-canvas .middle")).to_have_count(0)
    assert await page.evaluate(inks) == near


async def test_a_folded_group_opens(stage: Stage) -> None:
    await stage.trace(DEEP)
    group = stage.page.locator(".graph-canvas g.group").first
    await group.click()
    before = await stage.page.locator(".graph-canvas g.node").count()
    async with stage.page.expect_response("**/api/layout"):
        await stage.page.get_by_role("button", name="Open (O)").click()
    await expect(stage.page.locator(".graph-canvas g.node")).not_to_have_count(before)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
async def test_nothing_overflows_whatever_the_width(stage: Stage, theme: Any, width: int) -> None:
    await stage.page.emulate_media(color_scheme=theme)
    await stage.page.set_viewport_size({"width": width, "height": 860})
    await stage.trace(DESCENT)
    wide = await stage.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


async def test_one_frame_of_fifty_nodes_is_measured(stage: Stage, record_property: Any) -> None:
    trace = await stage.trace(FIFTY)
    assert len(trace["graphs"][0]["nodes"]) == 50
    times = await stage.frame_times(400)
    record_property("frame_milliseconds", times)
    print(f"\n50 nodes: one node on {times['step']:.1f} ms, anywhere else {times['jump']:.1f} ms (median)")
