"""Take a picture of every state of the page, and lay them side by side: `make looks`.

The states are those that axe judges (`tests/page/states`). Whatever the browser complains of meanwhile is told at the
end, with the state in which it did, and ends the program with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from playwright.async_api import Browser, Error, Page, async_playwright, expect

from benchmarks.browser import EXECUTABLE, FLAGS
from benchmarks.servers import service
from tests.page.conftest import SPY, Opened
from tests.page.stage import Stage
from tests.page.states import CHAINS, Chain

# What the browser itself says of an answer that a state asks to be a refusal, or of a network that it took away.
REFUSED = re.compile(r"Failed to load resource: (the server responded with a status of 4\d\d|net::ERR_INTERNET_DISC)")
HEIGHTS = {390: 844, 720: 450, 768: 1024, 1024: 768, 1440: 900, 1920: 1080}
LOCALES = {"en": "en-US", "zh": "zh-CN"}
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
Theme = Literal["light", "dark"]
MOST_SECONDS = 90
SHEET_WIDTH = 1560
ROWS = 2
SHEET = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 8px; background: #777; font: 14px sans-serif }}
main {{ display: grid; grid-template-columns: repeat({columns}, 1fr); gap: 8px; align-items: start }}
figure {{ margin: 0; background: #fff }} figcaption {{ padding: 2px 6px; color: #000 }}
img {{ display: block; width: 100%; max-height: 1500px; object-fit: cover; object-position: top }}
</style><main>{figures}</main>"""


@dataclass
class Window:
    """One size and theme to look at the page in, and the pictures taken there.

    Args:
        width, height: in CSS pixels.
        theme: "light" or "dark".
        folder: where the pictures go.
    """

    width: int
    height: int
    theme: Theme
    folder: Path
    shots: list[tuple[str, Path]] = field(default_factory=list)


@dataclass
class Look:
    """How the page is looked at, and what the browser complained of.

    Args:
        windows: states are reached in the first, and looked at in each.
        zoom: device pixels to a CSS pixel.
        language: "en" or "zh".
        only: a part of the name of the states, or of the chains, that are wanted.
    """

    windows: list[Window]
    zoom: float
    language: str
    only: str
    complaints: list[str] = field(default_factory=list)

    def chains(self) -> Iterator[tuple[str, Chain]]:
        """The chains in which a wanted state lies, each as far as the last one."""
        for name, chain in CHAINS.items():
            wanted = [state for state in chain if self.only in name or self.only in state]
            last = list(chain).index(wanted[-1]) + 1 if wanted else 0
            yield name, dict(list(chain.items())[:last])


async def visit(browser: Browser, look: Look, url: str) -> None:
    """Go through the chains, each in a context of its own."""
    first = look.windows[0]
    for name, chain in look.chains():
        context = await browser.new_context(
            viewport={"width": first.width, "height": first.height}, color_scheme=first.theme,
            device_scale_factor=look.zoom, locale=LOCALES[look.language], reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )  # fmt: skip
        opened = Opened(await context.new_page(), url)
        await opened.page.add_init_script(SPY)
        await follow(opened, look, name, chain)
        await context.close()


async def follow(opened: Opened, look: Look, name: str, chain: Chain) -> None:
    """Bring the page into each state of a chain; one that cannot be reached ends the chain."""
    stage = Stage(opened.page, opened.url)
    for state, reach in chain.items():
        try:
            async with asyncio.timeout(MOST_SECONDS):
                await reach(stage)
        except (AssertionError, Error, TimeoutError) as error:
            look.complaints.append(f"{name}, {state}: not reached: {str(error).partition(chr(10))[0]}")
            await shoot_all(opened.page, look, f"{name}-{state}-not-reached")
            return
        if look.only in name or look.only in state:
            await shoot_all(opened.page, look, f"{name}-{state}")
        violations: list[str] = await opened.page.evaluate("window.violations.splice(0)")
        told = [text for text in opened.complaints if not REFUSED.match(text)]
        opened.complaints.clear()
        look.complaints += [f"{name}, {state}: {text}" for text in told + violations]


async def shoot_all(page: Page, look: Look, name: str) -> None:
    """Take a picture of a state in every window, and go back to the first."""
    for window in look.windows:
        await turn_to(page, window)
        await shoot(page, window, name)
    await turn_to(page, look.windows[0])


async def turn_to(page: Page, window: Window) -> None:
    """Give the page another size and theme, and wait until it has followed and nothing moves."""
    if page.viewport_size != {"width": window.width, "height": window.height}:
        await page.set_viewport_size({"width": window.width, "height": window.height})
    await page.emulate_media(color_scheme=window.theme)
    await page.evaluate(TWO_FRAMES)
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))")


async def shoot(page: Page, window: Window, name: str) -> None:
    """Take a picture of the page as it is: of all of it, or of the window under a dialog."""
    words = re.sub(r"\W+", "-", name)
    path = window.folder / f"{len(window.shots):02}-{words}.png"
    is_modal = await page.locator("dialog[open]").count() > 0
    await page.screenshot(path=path, full_page=not is_modal)
    window.shots.append((name, path))


async def lay_out(browser: Browser, window: Window) -> list[Path]:
    """Compose the pictures of a window into sheets, as many beside each other as can be read, with their names."""
    page = await browser.new_page(viewport={"width": SHEET_WIDTH, "height": 600})
    columns = max(2, min(4, 2400 // window.width))
    on_a_sheet = ROWS * columns if window.height < window.width else columns
    sheets = []
    for start in range(0, len(window.shots), on_a_sheet):
        figures = "".join(
            f'<figure><figcaption>{escape(name)}</figcaption><img src="{path.name}" alt=""></figure>'
            for name, path in window.shots[start : start + on_a_sheet]
        )
        sheet = window.folder / f"sheet-{len(sheets):02}.html"
        sheet.write_text(SHEET.format(columns=columns, figures=figures), "utf-8")
        await page.goto(sheet.as_uri())
        await page.screenshot(path=sheet.with_suffix(".png"), full_page=True)
        sheets.append(sheet.with_suffix(".png"))
    await page.close()
    return sheets


async def look_at(look: Look, environment: dict[str, str | float | bool]) -> list[Path]:
    """Serve the page, look at it with a browser in an environment, and lay out what was seen."""
    # A run that never ends shows what a limit does; nobody looks on for longer.
    with service(cache_bytes=50_000_000, wall_seconds=4) as port:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS, env=environment)
            await visit(browser, look, f"http://127.0.0.1:{port}")
            sheets = [sheet for window in look.windows for sheet in await lay_out(browser, window)]
            await browser.close()
            return sheets


def fonts_of(folder: Path, beside: Path) -> dict[str, str | float | bool]:
    """Write a configuration of fonts that adds a folder to the system's, and name it in an environment.

    Args:
        folder: with fonts, such as those for Chinese where the system has none.
        beside: where the configuration may be written.
    """
    path = beside / "fonts.conf"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
        f"<include>/etc/fonts/fonts.conf</include><dir>{escape(str(folder.resolve()))}</dir></fontconfig>",
        "utf-8",
    )
    return {"FONTCONFIG_FILE": str(path)}


def window(name: str, folder: Path) -> Window:
    """Read a window's width and theme, as in "390-dark", and make a folder for its pictures."""
    width, _, theme = name.partition("-")
    (folder / name).mkdir(parents=True, exist_ok=True)
    return Window(int(width), HEIGHTS.get(int(width), 900), "dark" if theme == "dark" else "light", folder / name)


def main() -> int:
    """Read how to look, look, and tell what came of it."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.looks", description="Take a picture of every state of the page."
    )
    parser.add_argument("--to", type=Path, default=Path("looks"), help="the folder for the pictures")
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--theme", choices=["light", "dark"], default="light")
    parser.add_argument("--also", nargs="*", default=[], metavar="WIDTH-THEME", help="more windows for every state")
    parser.add_argument("--lang", choices=list(LOCALES), default="en")
    parser.add_argument("--zoom", type=float, default=1.0, help="device pixels to a CSS pixel")
    parser.add_argument("--only", default="", help="part of a state's or a chain's name")
    parser.add_argument("--fonts", type=Path, help="a folder of fonts beside the system's, as for Chinese")
    given = parser.parse_args()
    windows = [window(name, given.to) for name in (f"{given.width}-{given.theme}", *given.also)]
    look = Look(windows, given.zoom, given.lang, given.only)
    with tempfile.TemporaryDirectory() as beside:
        fonts = fonts_of(given.fonts, Path(beside)) if given.fonts else {}
        sheets = asyncio.run(look_at(look, {**os.environ, **fonts}))
    print(*sheets, *look.complaints, f"{len(windows[0].shots)} states, {len(look.complaints)} complaints", sep="\n")
    return 1 if look.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
