"""Real networks in a real browser: levels, groups, lines, the small map, colours by time, gradient flow."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.page.programs import ENCODER, SIGMOIDS
from tests.page.stage import QUADRATIC, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECURRENT = """import torch
torch.manual_seed(0)
W, U = torch.randn(3, 3, requires_grad=True), torch.randn(3, 3, requires_grad=True)
h, xs = torch.zeros(3), torch.randn(400, 3)
for t in range(400):
    h = torch.tanh(W @ xs[t] + U @ h)
h.sum().backward()
"""

WIDE = """import torch
torch.manual_seed(0)
x = torch.tensor(0.3, requires_grad=True)
y = x
for k in range(12):
    y = y * 0.9 + torch.sin(x * k)
y.backward()
"""


PLACE = """([id, place]) => {
    const line = document.querySelector(`#${id} .hit`);
    const { x, y } = line.getPointAtLength(line.getTotalLength() * place).matrixTransform(line.getScreenCTM());
    return [x, y];
}"""


def group(stage: Stage, title: str) -> Locator:
    """The box of a folded group."""
    label = stage.page.locator("text.label").filter(has_text=re.compile(rf"^{re.escape(title)}"))
    return stage.page.locator(".graph-canvas g.group").filter(has=label)


def norm(value: Any) -> float:
    """The norm of a value as it stands in a trace."""
    if isinstance(value, dict):
        if "statistics" in value:
            return float(value["statistics"]["norm"])
        return math.sqrt(sum(norm(element) ** 2 for element in value["data"]))
    return math.sqrt(sum(norm(one) ** 2 for one in value)) if isinstance(value, list) else abs(float(value))


async def test_levels_open_by_menu_mouse_and_keys(stage: Stage) -> None:
    await stage.trace(ENCODER)
    page, levels = stage.page, stage.page.get_by_label("How deep groups are opened")
    boxes, frames = page.locator(".graph-canvas g.node"), page.locator(".graph-canvas g.cluster")
    note = page.locator(".folded-note")
    await expect(note).to_have_text(re.compile(r"^\d+ nodes in 14 boxes; \d+ of them are folded$"))
    await expect(boxes).to_have_count(14)
    await expect(frames.locator("text")).to_have_text(["encoder.layers × 12"])
    await levels.select_option(label="level 1")
    await expect(group(stage, "encoder.layers × 12")).to_be_visible()
    await expect(frames).to_have_count(0)
    await levels.select_option(label="all, up to 300 boxes")
    await expect(note).to_contain_text("No room for more")
    assert 200 < await boxes.count() <= 300
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/layout" in request.url else None)
    await levels.select_option(label="level 1")
    await expect(frames).to_have_count(0)
    assert asked == []  # drawn before, and kept
    await levels.select_option(label="levels: automatic")
    await expect(boxes).to_have_count(14)
    # By keys: into a layer and out again, the focus goes along.
    await group(stage, "layers.3").focus()
    await page.keyboard.press("o")
    await expect(frames.locator("text")).to_have_text(["encoder.layers × 12", "layers.3"])
    opened = await page.evaluate("document.activeElement.id")
    assert re.fullmatch(r"[nm]\d+", opened)
    await page.keyboard.press("c")
    await expect(frames).to_have_count(1)
    title = page.locator(f"#{await page.evaluate('document.activeElement.id')} text.label")
    await expect(title).to_have_text("layers.3")
    # By mouse: a double click opens, one on the frame's title closes.
    await stage.page.get_by_role("button", name="Fit to window (0)").click()
    await group(stage, "layers.7").dblclick()
    await expect(frames).to_have_count(2)
    await stage.page.get_by_role("button", name="Fit to window (0)").click()
    await frames.nth(1).locator("text").dblclick()
    await expect(frames).to_have_count(1)


async def test_a_closed_module_says_what_it_holds(stage: Stage) -> None:
    trace = await stage.trace(ENCODER)
    nodes, recorded = trace["graphs"][0]["nodes"], trace["passes"][0]
    squares = {
        node["variable"]: norm(recorded["gradients"][at]) ** 2
        for at, node in enumerate(nodes)
        if node["kind"] == "leaf"
    }
    inside = sum(square for name, square in squares.items() if name.startswith("encoder.layers.11."))
    share = f"{100 * inside / sum(squares.values()):.1f}".removesuffix(".0") + " %"
    await stage.press("end")
    await group(stage, "layers.11").focus()
    await stage.page.keyboard.press("Enter")
    await expect(group(stage, "layers.11").locator("text.share")).to_have_text(share)
    await expect(group(stage, "layers.11")).to_have_attribute(
        "aria-label", re.compile(f"share {share}.* folded into one")
    )
    facts = stage.page.locator(".inspector .facts").first
    await expect(facts).to_contain_text("parameters600")
    await expect(facts).to_contain_text(f"gradient{share}")
    await expect(facts.locator(".ports li")).to_have_text([re.compile(r"layer_norm \[1, 4, 8\]")] * 2)
    await stage.page.get_by_role("button", name="Show as a table").click()
    row = stage.page.locator(".graph-table tr.group").filter(has_text="encoder.layers.11")
    await expect(row).to_contain_text(f"share of the gradient: {share}")
    await stage.page.get_by_role("button", name="Show as a table").click()
    await stage.press("start")
    await expect(group(stage, "layers.11").locator("text.share")).to_have_text("—")


async def test_lines_are_followed_to_their_other_end(stage: Stage) -> None:
    trace = await stage.trace(QUADRATIC)
    graph = trace["graphs"][0]
    edge, nodes = graph["edges"][0], {node["id"]: node for node in graph["nodes"]}
    card = stage.page.locator(".inspector-head")

    async def click_line(place: float) -> None:
        """Click on the line, so far from its tail to its head."""
        x, y = await stage.page.evaluate(PLACE, [edge["id"], place])
        await stage.page.mouse.click(x, y)

    await stage.page.locator(f"#{edge['source']}").click()
    await click_line(0.5)
    await expect(card.locator(".torch-name")).to_have_text(nodes[edge["target"]]["name"])
    assert await stage.page.evaluate("document.activeElement.id") == edge["target"]
    await click_line(0.5)
    await expect(card.locator(".badge")).to_have_class(re.compile(r"\boutput\b"))
    await stage.page.keyboard.press("Escape")
    # With nothing chosen the line itself is; once more leads to the end that is farther away.
    await click_line(0.8)
    await expect(card.locator(".badge")).to_have_class(re.compile(r"\bedge\b"))
    await click_line(0.8)
    assert await stage.page.evaluate("document.activeElement.id") == edge["target"]


async def test_the_small_map_shows_the_whole_and_moves_the_picture(stage: Stage) -> None:
    await expect(stage.page.locator(".minimap")).to_have_count(0)
    await stage.trace(ENCODER)
    small = stage.page.locator(".minimap")
    await expect(small).to_be_visible()
    viewport = stage.page.locator(".graph-canvas > g")
    before = await viewport.get_attribute("transform")
    box = await small.bounding_box()
    assert box is not None
    await stage.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 6)
    await stage.page.mouse.down()
    await stage.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 6, steps=4)
    await stage.page.mouse.up()
    assert await viewport.get_attribute("transform") != before
    host = await stage.page.locator(".graph-host").bounding_box()
    last = await stage.page.locator("g.node.output").bounding_box()
    assert host is not None
    assert last is not None
    assert host["y"] <= last["y"] <= host["y"] + host["height"]
    # From afar titles take the place of numbers; then all is in sight and the map has nothing to say.
    await stage.page.get_by_role("button", name="Fit to window (0)").click()
    await expect(small).to_be_hidden()
    await expect(group(stage, "layers.3").locator("text.value")).to_be_hidden()
    title = await group(stage, "layers.3").locator("text.label").bounding_box()
    assert title is not None
    assert title["height"] >= 9


COVERED = """() => {
  const covers = [...document.querySelectorAll(".graph-lens, .graph-tools, .scale, .minimap")]
    .filter((one) => one.checkVisibility());
  const host = document.querySelector(".graph-host").getBoundingClientRect();
  const meet = (one, other, low, high) => one[low] < other[high] - 1 && other[low] < one[high] - 1;
  const isOver = (one, other) => meet(one, other, "left", "right") && meet(one, other, "top", "bottom");
  const active = document.querySelector(".graph-canvas .active .shape")?.getBoundingClientRect();
  return covers.map((one) => [one.className, one.getBoundingClientRect()])
    .filter(([name, rect]) => isOver(rect, name === "minimap" ? active : host))
    .map(([name]) => name);
}"""
ENDS = """() => {
  const host = document.querySelector(".graph-host").getBoundingClientRect();
  const picture = document.querySelector(".graph-canvas svg").getBoundingClientRect();
  return [picture.top - host.top, picture.bottom - host.bottom];
}"""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (768, 1024), (390, 844)])
async def test_no_tool_covers_the_picture_and_nothing_is_shown_beyond_its_ends(
    stage: Stage, width: int, height: int
) -> None:
    page = stage.page
    await page.set_viewport_size({"width": width, "height": height})
    await stage.trace(ENCODER)
    await expect(page.locator(".levels")).to_be_visible()
    await page.locator(".levels select").select_option("2")
    await expect(page.locator("g.node.active, g.group.active")).not_to_have_count(0)
    await page.get_by_label("Colour nodes by").select_option("module")
    await expect(page.locator(".scale")).to_be_visible()
    last = await stage.last()
    for position in (last // 2, last * 3 // 4, last):
        await stage.move_to(position)
        assert await page.evaluate(COVERED) == [], (width, position)
    top, bottom = await page.evaluate(ENDS)
    assert top <= 25
    assert bottom >= -25
    assert await page.locator(".minimap").is_visible() == (width >= 1024)


async def test_colours_by_time_follow_the_engine(stage: Stage) -> None:
    trace = await stage.trace(WIDE)
    order, nodes = trace["passes"][0]["order"], trace["graphs"][0]["nodes"]
    await stage.page.get_by_label("Colour nodes by").select_option(label="colour: time")
    for at, step in ((0, 0), (len(order) - 1, 6)):
        await expect(stage.page.locator(f"#{nodes[order[at]]['id']}")).to_have_class(re.compile(rf"\btint-{step}\b"))
    await expect(stage.page.locator(".scale")).to_have_attribute("aria-label", re.compile(f"from 1 to {len(order)}"))


async def test_a_long_loop_is_folded_and_said_so(stage: Stage) -> None:
    await stage.trace(RECURRENT)
    await expect(stage.page.locator(".folded-note")).to_contain_text(re.compile(r"^\d,\d{3} nodes in 4 boxes"))
    loop = stage.page.locator(".graph-canvas g.group")
    await expect(loop.locator("text.label")).to_contain_text("× 400")
    await loop.dblclick()
    await expect(stage.page.locator(".graph-canvas g.group")).to_have_count(10)
    await expect(stage.page.locator(".graph-canvas g.cluster text")).to_contain_text("× 400")


LISTEN = """() => {
  window.written = [];
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    window.written.push(text);
    return fillText.call(this, text, ...place);
  };
}"""


async def test_gradient_flow_is_read_and_leads_to_step_and_layer(stage: Stage) -> None:
    trace = await stage.trace(SIGMOIDS)
    page = stage.page
    await page.get_by_role("button", name="Gradient flow").click()
    heat, reading = page.locator(".heat-map"), page.locator(".heat-reading")
    await expect(page.locator(".flow-words")).to_contain_text("it vanishes")

    def layer_norm(quantity: str, layer: str, step: int) -> float:
        graph = next(one for one in trace["graphs"] if one["id"] == trace["passes"][step]["graph"])
        if quantity == "gradient":
            values = trace["passes"][step]["gradients"]
            inside = [at for at, one in enumerate(graph["nodes"]) if (one["variable"] or "").startswith(f"{layer}.")]
            return math.sqrt(sum(norm(values[at]) ** 2 for at in inside if graph["nodes"][at]["kind"] == "leaf"))
        rows = [one for one in trace["updates"][step]["parameters"] if one["variable"].startswith(f"{layer}.")]
        steps = [one["step_norm"] if "step_norm" in one else change(one) for one in rows]
        return math.sqrt(sum(one**2 for one in steps))

    def change(row: dict[str, Any]) -> float:
        flat = [(a, b) for a, b in zip(flatten(row["before"]["data"]), flatten(row["after"]["data"]), strict=True)]
        return math.sqrt(sum((b - a) ** 2 for a, b in flat))

    # By keys: the map is one tab stop, arrows read its cells, Enter goes there.
    await heat.focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowDown")
    number = float(f"{layer_norm('gradient', 'net.1.0', 1):.3e}")
    await expect(reading).to_contain_text("net.1.0, step 2: ")
    said = float((await reading.text_content() or "").rpartition(" ")[2])
    assert said == pytest.approx(number, rel=1e-3)
    await page.keyboard.press("Enter")
    await expect(stage.place).to_contain_text("step 2 of 6")
    chosen = page.locator(".graph-canvas g.node.chosen")
    await expect(chosen).to_have_count(1)
    await expect(page.locator(".inspector h2")).to_have_text(re.compile(r"^net\.1\.0\.(weight|bias)$"))
    # By mouse.
    await heat.scroll_into_view_if_needed()
    box = await heat.bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    await expect(stage.place).to_contain_text("step 6 of 6")
    await expect(page.locator(".inspector h2")).to_have_text(re.compile(r"^net\.12\.(weight|bias)$"))
    # Updates, as a table of the step on show, and as curves.
    await page.locator(".flow-tools").get_by_role("button", name="table").click()
    cells = page.locator(".flow-table tr").filter(has_text=re.compile(r"^net\.12")).locator("td")
    expected = [layer_norm(quantity, "net.12", 5) for quantity in ("gradient", "update")]
    assert [float(text) for text in (await cells.all_text_contents())[:2]] == pytest.approx(expected, rel=1e-3)
    await page.evaluate(LISTEN)
    await page.locator(".flow-tools").get_by_role("button", name="curves").click()
    await expect(page.locator(".flow-view .uplot")).to_be_visible()
    # Over ten powers of ten a few have a line, and each its own number.
    await page.wait_for_function("window.written.includes('6')")
    powers = [text for text in await page.evaluate("window.written") if "e" in text or "." in text or text == "0"]
    assert 2 <= len(set(powers)) == len(powers) <= 6
    assert "0" not in powers


def flatten(data: Any) -> list[float]:
    """The elements of nested lists."""
    return [element for one in data for element in flatten(one)] if isinstance(data, list) else [float(data)]


async def test_frames_of_large_pictures_are_measured(stage: Stage, record_property: Any) -> None:
    await stage.trace(ENCODER)
    levels = stage.page.get_by_label("How deep groups are opened")
    for level, least in (("levels: automatic", 14), ("all, up to 300 boxes", 200)):
        await levels.select_option(label=level)
        boxes = stage.page.locator(".graph-canvas g.node")
        await expect(boxes.nth(least - 1)).to_be_attached()
        times = await stage.frame_times(120)
        record_property(f"frame_milliseconds_{least}", times)
        print(f"\n{await boxes.count()} boxes: one node on {times['step']:.1f} ms, elsewhere {times['jump']:.1f} ms")


async def test_a_run_with_other_numbers_keeps_what_was_opened(stage: Stage) -> None:
    await stage.trace(ENCODER)
    page = stage.page
    frames, note = page.locator(".graph-canvas g.cluster text"), page.locator(".folded-note")
    await expect(frames).to_have_text(["encoder.layers × 12"])
    await group(stage, "layers.3").focus()
    await page.keyboard.press("o")
    await expect(frames).to_have_text(["encoder.layers × 12", "layers.3"])
    kept = await note.text_content()
    assert kept is not None
    # The program is written on at its end, and run again.
    editor = page.locator(".editor.program .cm-content")
    await editor.press("Control+End")
    await page.keyboard.type("print(loss.item())")
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(page.locator(".output-view .prints")).to_contain_text(re.compile(r"\d\.\d{3,}"))
    await expect(frames).to_have_text(["encoder.layers × 12", "layers.3"])
    await expect(note).to_have_text(kept)
