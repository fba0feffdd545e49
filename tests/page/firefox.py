"""Firefox, driven by WebDriver BiDi over its own socket: no driver and no patched browser in between."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

FIREFOX = Path("/usr/bin/firefox-esr")
START_SECONDS = 60


class Firefox:
    """One tab at a time. What its console says gathers in `lines`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.numbers = count(1)
        self.answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.lines: list[str] = []
        self.tab = ""

    async def listen(self) -> None:
        """Sort what comes: answers to those who asked, log lines into the list."""
        async for text in self.socket:
            message = json.loads(text)
            if message.get("method") == "log.entryAdded":
                entry = message["params"]
                self.lines.append(f"{entry['level']}: {entry['text']}")
            elif message.get("id") in self.answers:
                self.answers.pop(message["id"]).set_result(message)

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        number = next(self.numbers)
        self.answers[number] = asyncio.get_running_loop().create_future()
        answer = self.answers[number]
        await self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        message = await asyncio.wait_for(answer, 30)
        assert message["type"] == "success", message
        result: dict[str, Any] = message["result"]
        return result

    async def open(self, address: str, spy: str) -> None:
        """Open an address in a new tab; the spy, a function, runs in the page before anything else.

        In the former tab a page that still writes its address would pass for the one that has come.
        """
        self.tab = (await self.ask("browsingContext.create", type="tab"))["context"]
        await self.ask("browsingContext.setViewport", context=self.tab, viewport={"width": 1400, "height": 900})
        await self.ask("script.addPreloadScript", functionDeclaration=spy)
        await self.ask("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        """Evaluate an expression that gives JSON."""
        result = await self.ask(
            "script.evaluate", expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self.tab}, awaitPromise=True,
        )  # fmt: skip
        assert result["type"] == "success", result
        value = result["result"].get("value")
        return None if value is None else json.loads(value)

    async def until(self, expression: str) -> Any:
        """Wait until an expression is true, looking at each picture: a change of the address mutates no element."""
        watched = f"""new Promise((resolve, reject) => {{
          const end = performance.now() + 20000;
          const look = () => {{
            const value = ({expression});
            if (value) resolve(value);
            else if (performance.now() > end) reject(new Error('waited in vain'));
            else requestAnimationFrame(look);
          }};
          look();
        }})"""
        return await self.evaluate(watched)

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, as a hand does."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        await self.ask(
            "input.performActions", context=self.tab, actions=[{"type": "key", "id": "k", "actions": actions}]
        )

    async def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        place = await self.evaluate(
            f"((e) => {{ e.scrollIntoView({{ block: 'nearest' }}); const b = e.getBoundingClientRect();"
            f" return [b.x + b.width / 2, b.y + b.height / 2]; }})(document.querySelector({json.dumps(selector)}))"
        )
        x, y = (round(part) for part in place)
        actions: list[dict[str, Any]] = [{"type": "pointerMove", "x": x, "y": y}]
        actions += [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        pointer = {"type": "pointer", "id": "p", "parameters": {"pointerType": "mouse"}, "actions": actions}
        await self.ask("input.performActions", context=self.tab, actions=[pointer])


@asynccontextmanager
async def firefox() -> AsyncGenerator[Firefox, None]:
    """Start Firefox with a profile of its own, and end it with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            FIREFOX, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        try:
            address = await asyncio.wait_for(_address(process.stderr), START_SECONDS)
            async with connect(f"{address}/session", max_size=None) as socket:
                browser = Firefox(socket)
                listening = asyncio.ensure_future(browser.listen())
                await browser.ask("session.new", capabilities={})
                await browser.ask("session.subscribe", events=["log.entryAdded"])
                yield browser
                listening.cancel()
        finally:
            process.terminate()
            await process.wait()


async def _address(stderr: asyncio.StreamReader) -> str:
    """Read where Firefox listens from what it prints."""
    async for line in stderr:
        found = re.search(rb"WebDriver BiDi listening on (ws://\S+)", line)
        if found:
            return found[1].decode()
    raise AssertionError("Firefox ended before it listened")
