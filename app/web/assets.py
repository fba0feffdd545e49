"""Static files from memory: read, tagged and compressed once, and again only when they change."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from app.errors import NotFoundError
from app.resources import folder
from app.web.replies import Reply, pack

STATIC = folder("static")
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".ttf": "font/ttf",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
SHEETS = {
    "styles/main.css": (
        "base",
        "shell",
        "source",
        "graph",
        "lens",
        "timeline",
        "inspector",
        "curves",
        "output",
        "lesson",
        "../vendor/uplot",
        "touch",
        "narrow",
    ),
    "styles/embed.css": ("base", "shell", "graph", "lens", "timeline", "source", "touch", "narrow", "frame"),
}
"""Sheets that a page needs at once are sent as one, in this order: nothing is painted before the last is here."""
STRONGEST = 9
"""Files are compressed once for very many readers."""


class Asset(msgspec.Struct, frozen=True):
    """What is sent for an address, made of files as they were at one moment."""

    changed_nanoseconds: list[int]
    reply: Reply


class Assets:
    """The files below one folder; no path leads out of it, and only known kinds are served."""

    def __init__(self, root: Path = STATIC) -> None:
        self.root = root.resolve()
        self.assets: dict[tuple[Path, ...], Asset] = {}

    async def find(self, path: str) -> Reply:
        """Return a file's answer.

        Raises:
            NotFoundError: no such file, or not one that is served.
        """
        names = [f"styles/{sheet}.css" for sheet in SHEETS.get(path, ())] or [path]
        found = [self._resolve(name) for name in names]
        files, changed = tuple(file for file, _ in found), [moment for _, moment in found]
        asset = self.assets.get(files)
        if asset is None or asset.changed_nanoseconds != changed:
            reply = await asyncio.to_thread(_read, files)
            asset = self.assets[files] = Asset(changed, reply)
        return asset.reply

    def _resolve(self, path: str) -> tuple[Path, int]:
        try:
            file = (self.root / path).resolve()
            changed = file.stat().st_mtime_ns
        except (OSError, ValueError):
            raise NotFoundError("not-found") from None
        if not file.is_relative_to(self.root) or file.suffix not in MEDIA_TYPES or not file.is_file():
            raise NotFoundError("not-found")
        return file, changed


def _read(files: tuple[Path, ...]) -> Reply:
    return pack(b"\n".join(file.read_bytes() for file in files), MEDIA_TYPES[files[0].suffix], STRONGEST)
