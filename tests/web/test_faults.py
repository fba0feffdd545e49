"""What is wrong with a field, in Chinese: whatever the service, msgspec and Python's `json` say has its words."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import msgspec
import pytest

from app.web.faults import say

ROOT = Path(__file__).parents[2]
FORMS: dict[str, str] = json.loads((ROOT / "static" / "texts" / "zh" / "faults.json").read_text("utf-8"))
IS_CHINESE = re.compile(r"[\u4e00-\u9fff]")
SAYING = {"Fault": 0, "invalid_json": 0, "require": 1}
"""What is called with a fault, and at which place of its arguments."""
READ_FROM_CHILDREN = {
    "ledger.py": {
        "id of a graph", "two nodes with one id", "too many edges", "a node from nowhere", "two edges with one id",
    },
    "soundness.py": {
        "an integer beyond 64 bits", "too many dimensions", "a size that cannot be", "not a dtype", "too many entries",
        "a place outside of any text", "a span that ends before it starts", "id of an edge", "an edge to nowhere",
        "slot of an edge", "id of a node",
    },
}  # fmt: skip
"""Of the checks on what a run sends, those that a graph in a request goes through."""


def said(path: Path) -> Iterator[str]:
    """Yield the English words that a module gives for faults, a letter in the place of what is put in."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
            match node.args[SAYING[node.func.id]]:
                case ast.Constant(str(words)):
                    yield words
                case ast.JoinedStr(parts):
                    yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts)


def test_what_the_service_says_itself_has_chinese_words() -> None:
    own = [fault for path in sorted((ROOT / "app" / "web").glob("*.py")) for fault in said(path)]
    assert len(own) > 20
    assert [fault for fault in own if not IS_CHINESE.search(say(fault, "zh"))] == []


@pytest.mark.parametrize("name", READ_FROM_CHILDREN)
def test_what_is_said_of_a_graph_has_chinese_words(name: str) -> None:
    faults = READ_FROM_CHILDREN[name]
    assert faults <= set(said(ROOT / "app" / "trace" / name))
    assert [fault for fault in faults if not IS_CHINESE.search(say(fault, "zh"))] == []


TYPES: list[tuple[Any, Any]] = [
    (int, "1"), (float, None), (str, 1), (bool, "x"), (list[int], {}), (dict[str, int], []), (int | str, 1.5),
    (Annotated[int, msgspec.Meta(ge=1)], 0), (Annotated[int, msgspec.Meta(gt=1)], 0),
    (Annotated[float, msgspec.Meta(le=1)], 2.0), (Annotated[float, msgspec.Meta(lt=1)], 2.0),
    (Annotated[str, msgspec.Meta(min_length=2)], "a"), (Annotated[str, msgspec.Meta(max_length=2)], "abc"),
    (Annotated[str, msgspec.Meta(pattern="^a$")], "b"), (Annotated[list[int], msgspec.Meta(max_length=1)], [1, 2]),
    (Annotated[int, msgspec.Meta(multiple_of=2)], 3), (tuple[int, int], [1]), (Literal["a", "b"], "c"),
    (Literal[1, 2], 3),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), TYPES, ids=range(len(TYPES)))
def test_what_msgspec_says_has_chinese_words(kind: Any, value: Any) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert(value, kind)
    assert IS_CHINESE.search(say(str(raised.value), "zh")), raised.value
    assert say(str(raised.value), "en") == str(raised.value)


def test_each_form_puts_in_what_was_put_into_the_english_one() -> None:
    for english, chinese in FORMS.items():
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", chinese))
    assert say("Expected `int`, got `str`", "zh") == "应为 `int`，而不是 `str`"
    assert say("Expecting value (line 1, column 3)", "zh") == "这里应为一个值（第 1 行，第 3 列）"
    assert say("Words of no known form", "zh") == "Words of no known form"


BODIES = [
    (b'{"expression": 1}', "/expression"),
    (b'{"program": "x", "expression": "y"}', "/expression"),
    (b'{"expression": "a", "colour": 1}', "/colour"),
    (b'{"expression": "a", "variables": {"a": [[1, "b"]]}}', "/variables/a/0/1"),
    (b'{"expression": "a", "steps": 1e400}', "/steps"),
    (b"[]", ""),
]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("body", "pointer"), BODIES)
async def test_a_refusal_is_chinese_to_its_last_word(resting: httpx.AsyncClient, body: bytes, pointer: str) -> None:
    headers = {"Content-Type": "application/json"}
    english = (await resting.post("/api/trace", content=body, headers=headers)).json()
    chinese = (await resting.post("/api/trace", content=body, headers=headers | {"Accept-Language": "zh"})).json()
    [fault] = chinese["errors"]
    assert fault["pointer"] == english["errors"][0]["pointer"] == pointer
    assert IS_CHINESE.search(fault["detail"])
    assert fault["detail"] in chinese["detail"]
    assert not IS_CHINESE.search(str(english))
    assert chinese["parameters"] == english["parameters"]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    "body", [b"{", b'{"a": 1,}', b'{"a" 1}', b"{} x", b'{"a": "\\q"}', b'{"a": NaN}', b"\xff", b'{"a": 1, "a": 2}']
)
async def test_json_that_cannot_be_read_is_told_in_chinese(resting: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": "zh"}
    answer = (await resting.post("/api/trace", content=body, headers=headers)).json()
    assert answer["code"] == "invalid-json"
    assert IS_CHINESE.search(answer["detail"].split("：")[1].partition("。")[0]), answer["detail"]
