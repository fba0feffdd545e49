"""The words on boxes: the page's own in each language, on boxes of one size, and in every format."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from app.layout.layout import Layout
from app.layout.text import width
from app.layout.view import View
from app.layout.words import word
from app.trace.model import Graph
from tests.layout.graphs import broken, quadratic, quadratic_pass

pytestmark = pytest.mark.asyncio(loop_scope="session")

SVG = "{http://www.w3.org/2000/svg}"
CASES = json.loads((Path(__file__).parents[1] / "words.json").read_text("utf-8"))
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
LONG = "torch.no_grad() in a function with a rather long name"


def wordy() -> Graph:
    """A graph with a constant whose second line is the widest of its box."""
    graph = broken()
    nodes = tuple(msgspec.structs.replace(node, cut=node.cut and LONG) for node in graph.nodes)
    return msgspec.structs.replace(graph, nodes=nodes)


@pytest.mark.parametrize(("said", "expected"), CASES["zh"])
async def test_a_box_says_the_same_in_each_language(said: str, expected: str) -> None:
    assert word(said, "zh") == expected
    assert word(said, "en") == said


@pytest.mark.parametrize("name", CASES["names"])
async def test_names_are_not_words(name: str) -> None:
    assert word(name, "zh") == name


@pytest.mark.parametrize("graph", [broken(), quadratic(), wordy()], ids=["broken", "quadratic", "wordy"])
async def test_languages_share_one_geometry(layout: Layout, graph: Graph) -> None:
    english, chinese = [(await layout.draw(graph, View(language=language))).svg() for language in ("en", "zh")]
    assert english != chinese
    bare = [re.sub(r'>[^<]+<|aria-label="[^"]*"', "><", svg) for svg in (english, chinese)]
    assert bare[0] == bare[1]


def points(text: str, size: float) -> float:
    """What a line takes where a font for Chinese is: its letters are as wide as high."""
    return width(CHINESE.sub("", text), size) + size * len(CHINESE.findall(text))


async def test_chinese_words_fit_into_their_boxes(layout: Layout) -> None:
    root = ElementTree.fromstring((await layout.draw(wordy(), View(language="zh"))).svg())
    seen = []
    for box in root.iter(f"{SVG}g"):
        corners = "".join(one.get("points") or one.get("d") or "" for one in box if one.get("class") == "shape")
        rights = [float(x) for x in re.findall(r"(-?[\d.]+),", corners)]
        for text in box.findall(f"{SVG}text"):
            if text.get("class") in ("key", "name") and CHINESE.search(text.text or ""):
                seen.append(text.text or "")
                end = float(text.get("x", "")) + points(seen[-1], float(text.get("font-size", "")))
                assert end < max(rights), text.text
    assert {"值", "梯度"} < set(seen)
    assert any(text.startswith("切断：torch") and text.endswith("…") for text in seen)


async def test_a_picture_is_told_and_written_in_its_language(layout: Layout) -> None:
    view = View(language="zh")
    svg = (await layout.draw(quadratic(), view)).svg(quadratic_pass())
    assert 'aria-label="计算图，9 个节点"' in svg
    assert 'aria-label="a，AccumulateGrad，值 1，梯度 16"' in svg
    dot = layout.dot(quadratic(), view, (quadratic_pass(), "backward"))
    for written in (svg, dot):
        assert re.search(r">(value|grad|constant)<", written) is None
        assert ">梯度<" in written
        assert ">常量<" in written
