"""The description of the API in Chinese: each sentence of the English one, its code as it was, and nothing else new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.web.manual import words
from app.web.reference import SAID, SHOWN, is_schema, one_line, sentences, translate


def spoken(part: Any) -> Iterator[str]:
    """Every sentence of a document, as it is looked up."""
    if isinstance(part, list):
        for entry in part:
            yield from spoken(entry)
    elif isinstance(part, dict):
        for key, entry in part.items():
            if key in SAID and isinstance(entry, str):
                yield one_line(entry)
            elif key not in SHOWN or is_schema(entry):
                yield from spoken(entry)


def silent(part: Any) -> Any:
    """A document without its sentences."""
    if isinstance(part, list):
        return [silent(entry) for entry in part]
    if isinstance(part, dict):
        return {key: silent(entry) for key, entry in part.items() if not (key in SAID and isinstance(entry, str))}
    return part


def code(sentence: str) -> set[str]:
    return set(re.findall(r"`[^`]+`", sentence))


async def test_every_sentence_is_said_in_chinese(resting: httpx.AsyncClient) -> None:
    document = (await resting.get("/openapi.json")).json()
    english, known = set(spoken(document)), sentences("zh")
    assert len(english) > 400
    assert english - known.keys() == set(), "sentences without Chinese words in static/texts/zh/api.json"
    assert known.keys() - english == set(), "Chinese words for what is no longer said"
    assert [sentence for sentence, said in known.items() if code(sentence) != code(said)] == []
    bare = [re.sub(r"`[^`]+`", "", said) for said in known.values()]
    assert [said for said in bare if said.strip("。") and not re.search(r"[\u4e00-\u9fff]", said)] == []


async def test_only_sentences_are_translated(resting: httpx.AsyncClient) -> None:
    english, chinese = [(await resting.get("/openapi.json", params={"lang": lang})).json() for lang in ("en", "zh")]
    assert english == (await resting.get("/openapi.json", headers={"Accept-Language": "zh"})).json()
    assert silent(english) == silent(chinese)
    assert chinese == translate(english, "zh")
    assert chinese["paths"]["/healthz"]["get"]["summary"] == "进程是否活着"
    body = chinese["paths"]["/api/check"]["post"]["requestBody"]["content"]["application/json"]
    assert body["examples"]["check"]["summary"] == "矩阵，以及一个折点"


@pytest.mark.parametrize(("query", "accepted"), [("?lang=zh", "en"), ("", "zh-CN,en;q=0.5")])
async def test_the_page_speaks_the_language_that_is_asked_for(
    resting: httpx.AsyncClient, query: str, accepted: str
) -> None:
    page = await resting.get(f"/docs{query}", headers={"Accept-Language": accepted})
    assert '<html lang="zh">' in page.text
    assert "Accept-Language" in page.headers["vary"]
    assert all(word in page.text for word in ("试一试", "含义", "运行一个表达式或程序", "/openapi.json?lang=zh"))
    plain = re.sub(r"<(code|pre|textarea|select|style|script)\b.*?</\1>|<[^>]+>", " ", page.text, flags=re.DOTALL)
    assert re.findall(r"\b(?:the|of|and|is|array|or)\b", plain) == []


def test_the_page_has_the_same_words_in_each_language() -> None:
    english, chinese = words("en", "reference"), words("zh", "reference")
    assert english.keys() == chinese.keys()
    assert all(re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", chinese[key]) for key, text in english.items())
