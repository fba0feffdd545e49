"""The description of the API in each language: the OpenAPI document, and the page that shows it.

The document is written in English, beside the code that it describes; in another language every sentence in it is said
again, from `static/texts/<language>/api.json`, where it stands under the English one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from app.web.manual import words
from app.web.openapi import Document, make_document
from app.web.pages import METHODS, Pages, language_of
from app.web.replies import Reply, deliver, pack
from app.web.service import JSON
from app.web.texts import TEXTS, Language, choose_language

SAID = frozenset({"description", "summary"})
"""Where the document speaks to people."""
SHOWN = frozenset({"default", "example", "value"})
"""What it shows as it is sent, whatever words are in it."""


def make_reference(app: FastAPI, pages: Pages) -> APIRouter:
    """Wire `/docs` and `/openapi.json`, and give the app its document."""
    router = APIRouter(include_in_schema=False)

    @cache
    def document(language: Language) -> Document:
        return translate(make_document(app), language)

    @cache
    def reply(language: Language) -> Reply:
        return pack(msgspec.json.encode(document(language)), JSON)

    app.openapi = lambda: document("en")  # type: ignore[method-assign]

    @router.api_route("/docs", methods=METHODS)
    async def docs(request: Request) -> Response:
        language = language_of(request)
        return pages.render(
            request, "docs.html", document=document(language), words=words(language, "reference"), home=words(language)
        )

    @router.api_route("/openapi.json", methods=METHODS)
    async def openapi(request: Request) -> Response:
        # A program gets the same document whatever language its user reads, unless the address asks for one.
        return await deliver(request, reply(choose_language(request.query_params.get("lang", ""))))

    return router


@cache
def sentences(language: Language) -> Mapping[str, str]:
    """Read what stands in the place of each English sentence; nothing for English itself."""
    if language == "en":
        return {}
    return msgspec.json.decode((TEXTS / language / "api.json").read_bytes(), type=dict[str, str])


def translate(document: Document, language: Language) -> Document:
    """Say every sentence of a document in a language; one without words there stays as it is."""
    known = sentences(language)

    def say(part: Any) -> Any:
        if isinstance(part, list):
            return [say(entry) for entry in part]
        if not isinstance(part, dict):
            return part
        return {key: spoken(key, entry) for key, entry in part.items()}

    def spoken(key: str, entry: Any) -> Any:
        if key in SAID and isinstance(entry, str):
            sentence = one_line(entry)
            return known.get(sentence, sentence)
        # A field may be called `value`: what it is stands in an object then, as does what is shown.
        return entry if key in SHOWN and not is_schema(entry) else say(entry)

    translated: Document = say(document)
    return translated


def is_schema(entry: object) -> bool:
    """Whether a part describes a field, and does not show one."""
    return isinstance(entry, dict) and "description" in entry


def one_line(sentence: str) -> str:
    """A sentence without the line breaks of the docstring that it comes from."""
    return " ".join(sentence.split())
