"""The page behind each problem's `type`: every slug, in both languages, and nothing that could be markup of its own."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from app.web.manual import marked, words
from app.web.texts import LANGUAGES, Language, problem_texts


def plain(page: str) -> str:
    """The text of a page without its tags."""
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def bare(sentence: str) -> str:
    """A sentence as it reads on a page: without backquotes, and without the braces of its parameters."""
    return re.sub(r"\{(\w+)\}", r"\1", re.sub(r"`([^`]+)`", r"\1", sentence))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slug", sorted(problem_texts("en")))
async def test_every_problem_has_its_page(resting: httpx.AsyncClient, slug: str, language: Language) -> None:
    answer = await resting.get(f"/problems/{slug}", headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert f'<html lang="{language}">' in answer.text
    text, entry = plain(answer.text), problem_texts(language)[slug]
    assert all(bare(sentence) in text for sentence in (entry.title, entry.what, entry.why, entry.instead))
    assert all(heading in text for heading in (words(language)["why"], words(language)["instead"]))


async def test_the_address_chooses_the_language(resting: httpx.AsyncClient) -> None:
    page = await resting.get("/problems/raised", params={"lang": "zh"}, headers={"Accept-Language": "en"})
    assert problem_texts("zh")["raised"].title in page.text
    assert "script" not in page.text
    assert "'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_list_leads_to_every_page(resting: httpx.AsyncClient, language: Language) -> None:
    page = await resting.get("/problems", params={"lang": language})
    found = set(re.findall(rf'href="/problems/([a-z-]+)\?lang={language}"', page.text))
    assert found == problem_texts(language).keys()


async def test_an_unknown_problem_is_not_found(resting: httpx.AsyncClient) -> None:
    answer = await resting.get("/problems/no-such-thing")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"
    assert (await resting.get(answer.json()["type"])).status_code == 200


async def test_who_looks_for_a_page_that_is_not_there_sees_one(resting: httpx.AsyncClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "zh"}
    page = await resting.get("/nowhere", headers=browser)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "Accept" in page.headers["vary"].split(", ")
    assert 'href="/"' in page.text
    assert problem_texts("zh")["not-found"].title in page.text
    for answer in (
        await resting.get("/api/nowhere", headers=browser),
        await resting.post("/nowhere", headers=browser),
        await resting.get("/nowhere"),
    ):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_sentences_are_escaped() -> None:
    assert marked("<b> `x < {limit}` {value}") == ("&lt;b&gt; <code>x &lt; <var>limit</var></code> <var>value</var>")
    assert words("en").keys() == words("zh").keys()
