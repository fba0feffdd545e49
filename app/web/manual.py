"""The pages that explain each problem: what the `type` of a problem document points to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import APIRouter
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from app.errors import NotFoundError
from app.web.pages import METHODS, Pages, language_of
from app.web.problems import answer_problem, known_error
from app.web.texts import TEXTS, Language, problem_texts

_PIECES = re.compile(r"`([^`]+)`|\{(\w+)\}")


def make_manual(pages: Pages) -> APIRouter:
    """Wire one page for each problem, and their list."""
    router = APIRouter(include_in_schema=False)
    pages.templates.filters["marked"] = marked

    @router.api_route("/problems", methods=METHODS)
    async def problems(request: Request) -> Response:
        return _page(pages, request, None)

    @router.api_route("/problems/{slug}", methods=METHODS)
    async def problem(request: Request, slug: str) -> Response:
        return _page(pages, request, slug)

    return router


def make_answer(pages: Pages) -> Callable[[Request, Exception], Response]:
    """Make the handler of refusals: who looks for a page that is not there sees one that says so, and any client gets a
    problem document.
    """

    def answer(request: Request, error: Exception) -> Response:
        if not (isinstance(known_error(error), NotFoundError) and _wants_page(request)):
            return answer_problem(request, error)
        page = _page(pages, request, "not-found")
        page.status_code = 404
        page.headers["Vary"] += ", Accept"
        return page

    return answer


def _wants_page(request: Request) -> bool:
    """Whether a browser asks for something to show, and not for an answer of the API."""
    is_read = request.method in METHODS and not request.url.path.startswith("/api/")
    return is_read and "text/html" in request.headers.get("accept", "")


def _page(pages: Pages, request: Request, slug: str | None) -> Response:
    language = language_of(request)
    texts = problem_texts(language)
    if slug is not None and slug not in texts:
        raise NotFoundError("not-found")
    shown: dict[str, Any] = {"texts": texts, "words": words(language)}
    return pages.render(request, "problem.html", slug=slug, text=texts[slug] if slug else None, **shown)


def words(language: Language, page: str = "problem") -> dict[str, str]:
    """The headings of a kind of page."""
    tables = msgspec.json.decode((TEXTS / language / "manual.json").read_bytes(), type=dict[str, dict[str, str]])
    return tables[page]


def marked(sentence: str) -> Markup:
    """Write a sentence as HTML: code between backquotes, and the names of its parameters as variables."""
    pieces, end = [], 0
    for found in _PIECES.finditer(sentence):
        code, name = found.groups()
        pieces += [escape(sentence[end : found.start()])]
        # Code may hold a parameter too: `{name}` is then both.
        inner = marked(code) if code else escape(name)
        pieces += [Markup("<code>{}</code>" if code else "<var>{}</var>").format(inner)]
        end = found.end()
    return Markup("").join([*pieces, escape(sentence[end:])])
