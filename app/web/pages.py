"""What a browser opens: the page, and its static files."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import msgspec
from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from app import __version__
from app.resources import folder
from app.settings import Settings
from app.web.assets import Assets
from app.web.headers import page_policy
from app.web.modules import Modules
from app.web.replies import accepts_gzip, gzip, send_reply
from app.web.texts import Language, choose_language

TEMPLATES = folder("templates")
METHODS = ["GET", "HEAD"]


class Pages:
    """Renders templates; each page is made anew, for its nonce is good for one answer only."""

    def __init__(self, settings: Settings, folder: Path = TEMPLATES) -> None:
        self.settings = settings
        self.templates = Environment(
            loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self.templates.filters["pretty"] = pretty
        self.templates.filters["anchor"] = anchor

    def render(self, request: Request, name: str, *, ancestors: str | None = None, **context: object) -> Response:
        """Answer with a template.

        Args:
            request: whose language and encoding are used.
            name: the template's file.
            ancestors: the sites that may frame it, where they are not those of every page.
            context: what it shows beside `nonce`, `version` and `language`.
        """
        nonce = secrets.token_urlsafe(16)
        language = language_of(request)
        html = self.templates.get_template(name).render(nonce=nonce, version=__version__, language=language, **context)
        headers = {
            "Content-Security-Policy": page_policy(nonce, ancestors or self.settings.frame_ancestors),
            "Cache-Control": "no-store",
            "Vary": "Accept-Encoding, Accept-Language",
        }
        body = html.encode()
        if accepts_gzip(request):
            headers["Content-Encoding"] = "gzip"
            body = gzip(body, 5)
        return Response(body, media_type="text/html", headers=headers)


def language_of(request: Request) -> Language:
    """The language a browser asks for: in the address (`?lang=`), else in its settings."""
    asked = request.query_params.get("lang", "").partition(",")[0]
    return choose_language(f"{asked},{request.headers.get('accept-language', '')}")


def pretty(value: object) -> str:
    """Write JSON for reading."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def anchor(text: str) -> str:
    """Make an HTML id of a call's method and path."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def make_pages(pages: Pages, assets: Assets) -> APIRouter:
    """Wire the addresses that a browser opens."""
    router = APIRouter(include_in_schema=False)
    modules = Modules()

    @router.api_route("/", methods=METHODS)
    async def index(request: Request) -> Response:
        early = ["early.js", *modules.closure("early.js")]
        later = [name for name in modules.closure("main.js") if name not in early]
        return pages.render(request, "index.html", entry="main", early=early, modules=later)

    @router.api_route("/embed", methods=METHODS)
    async def embed(request: Request) -> Response:
        framed = {"entry": "embed", "early": [], "modules": modules.closure("embed.js")}
        response = pages.render(request, "index.html", ancestors=pages.settings.embed_ancestors, **framed)
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    @router.api_route("/favicon.ico", methods=METHODS)
    async def favicon(request: Request) -> Response:
        return send_reply(request, await assets.find("favicon.svg"))

    @router.api_route("/static/{path:path}", methods=METHODS)
    async def static(request: Request, path: str) -> Response:
        return send_reply(request, await assets.find(path))

    return router
