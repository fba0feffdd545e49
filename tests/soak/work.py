"""Requests whose right answer is known to the last bit, and requests that end badly on purpose."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from tests.soak.client import Answer, Client

Check = Callable[[Answer], object]
LINES = "application/x-ndjson"


class Request(NamedTuple):
    """A request and how to tell whether its answer is right."""

    path: str
    body: object
    is_right: Check
    accept: str = "application/json"


# -- ordinary ones; small integers and quarters are exact in float32 ---------------------------------------------------


def quadratic(chance: random.Random) -> Request:
    """The formula of every textbook; its three gradients are x², x and 1."""
    a, b, c, x = (chance.randint(-999, 999) / 4 for _ in range(4))
    body = {"expression": "a*x**2 + b*x + c", "variables": {"a": a, "b": b, "c": c, "x": x}}

    def is_right(answer: Answer) -> bool:
        trace = answer.document
        found = dict(zip((node["variable"] for node in leaves(trace)), leaf_values(trace), strict=True))
        expected = {"a": x * x, "b": x, "c": 1.0, "x": 2 * a * x + b}
        return answer.status == 200 and found == expected and "<svg" in trace["graphs"][0]["svg"]

    return Request("/api/trace", body, is_right)


def leaves(trace: dict[str, Any]) -> list[dict[str, Any]]:
    """The leaves of a trace's only graph."""
    return [node for node in trace["graphs"][0]["nodes"] if node["kind"] == "leaf"]


def leaf_values(trace: dict[str, Any]) -> list[float]:
    """Their gradients."""
    return [trace["passes"][0]["accumulated"][node["id"]] for node in leaves(trace)]


def product(chance: random.Random) -> Request:
    """A pasted program that prints its gradients."""
    x, y = chance.randint(-(10**6), 10**6), chance.randint(1, 10**6)
    program = (
        f"import torch\nx = torch.tensor({x}.0, requires_grad=True)\ny = torch.tensor({y}.0, requires_grad=True)\n"
        "z = x * y + x\nz.backward()\nprint(int(x.grad), int(y.grad))\n"
    )
    return Request("/api/trace", {"program": program}, prints(f"{y + 1} {x}\n"))


def prints(text: str) -> Check:
    """Say that a program must end well and print just this."""
    return lambda answer: answer.status == 200 and answer.document["output"] == text


def descent(chance: random.Random) -> Request:
    """Steps of SGD on a straight line: the parameter falls by the same amount each time."""
    start, steps = chance.randint(0, 10**6), chance.randint(1, 12)
    program = (
        f"import torch\nw = torch.tensor({start}.0, requires_grad=True)\noptimizer = torch.optim.SGD([w], lr=0.5)\n"
        f"for _ in range({steps}):\n    (w * 4).backward()\n    optimizer.step()\n    optimizer.zero_grad()\n"
        "print(w.item())\n"
    )
    right = prints(f"{float(start - 2 * steps)}\n")
    return Request("/api/trace", {"program": program}, lambda a: bool(right(a)) and len(a.document["updates"]) == steps)


def stream(chance: random.Random) -> Request:
    """A program whose events are read as they come."""
    number = chance.randint(0, 10**9)
    program = f"import torch\nw = torch.tensor(1.0, requires_grad=True)\n(w * 2).backward()\nprint({number})\n"

    def is_right(answer: Answer) -> bool:
        events = [json.loads(line) for line in answer.body.splitlines()]
        kinds = [event["event"] for event in events]
        printed = [event["moment"].get("text") for event in events if event["event"] == "moment"]
        return answer.status == 200 and kinds[0] == "program" and kinds[-1] == "end" and printed[-1] == f"{number}\n"

    return Request("/api/trace", {"program": program}, is_right, LINES)


def picture(chance: random.Random) -> Request:
    """A picture with its numbers in it."""
    x = chance.randint(100, 999)
    body = {"expression": "sin(x) * 0 + x", "variables": {"x": x}}
    return Request("/api/graph.svg", body, lambda answer: answer.status == 200 and str(x).encode() in answer.body)


def rude(chance: random.Random) -> Request:
    """A program that patches what it can reach; the next one must not feel it."""
    program = (
        "import builtins, math, torch\ntorch.set_default_dtype(torch.float64)\ntorch.Tensor.backward = None\n"
        "torch.nn.Linear.forward = None\ntorch.set_grad_enabled(False)\nbuiltins.int = float\n"
        f"math.pi = 3\nprint({chance.random()})"
    )
    return Request("/api/trace", {"program": program}, lambda answer: answer.status == 200)


def mistaken(chance: random.Random) -> Request:
    """A program with a mistake, told with its line."""
    program = f"import torch\nx = torch.ones({chance.randint(2, 10**4)}, requires_grad=True)\n(x * 2).backward()\n"

    def is_right(answer: Answer) -> bool:
        return (answer.status, answer.document["code"], answer.document["line"]) == (422, "not-scalar", 3)

    return Request("/api/trace", {"program": program}, is_right)


ORDINARY = (quadratic, quadratic, product, product, descent, descent, stream, picture, rude, mistaken)


# -- bad ends ----------------------------------------------------------------------------------------------------------


OUT_OF_TIME = ("limit-cpu-seconds", "limit-wall-seconds")
OUT_OF_MEMORY = ("memory", "limit-memory-bytes")


def timing_out(chance: random.Random) -> Request:
    """A program without end: it computes, sleeps, or is lost in native code."""
    source = chance.choice(["while True: pass", "import time\ntime.sleep(1000)", "sum(range(10**12))"])

    def is_right(answer: Answer) -> bool:
        return answer.status == 422 and answer.document["code"] in OUT_OF_TIME

    return Request("/api/trace", {"program": f"# {chance.random()}\n{source}"}, is_right)


def out_of_memory(chance: random.Random) -> Request:
    """A program that asks for more than there is, at once or little by little; the clock may come first."""
    source = chance.choice(
        [
            "held = bytearray(10**10)",
            "import torch\nheld = torch.empty(10**10)",
            "import torch\nheld = []\nwhile True: held.append(torch.ones(10**7))",
            "held = []\nwhile True: held.append('x' * 10**7)",
        ]
    )

    def is_right(answer: Answer) -> bool:
        known = (*OUT_OF_MEMORY, *OUT_OF_TIME) if "while" in source else OUT_OF_MEMORY
        return answer.status == 422 and answer.document["code"] in known

    return Request("/api/trace", {"program": f"# {chance.random()}\n{source}"}, is_right)


async def killed(client: Client, chance: random.Random) -> Answer:
    """Start a program that says its number, and kill it; the answer must say that it died."""
    program = f"import os\nprint('pid', os.getpid())\nwhile True: pass  # {chance.random()}"
    status, headers = await client.begin("/api/trace", {"program": program}, Accept=LINES)
    content = b""
    async for part in client.parts(headers):
        content += part
        if b'"pid ' in content and b"\\n" in content:
            pid = int(content.partition(b'"pid ')[2].partition(b"\\n")[0])
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return Answer(status, headers, content)


def died(answer: Answer) -> bool:
    """Whether an answer says that its program was killed."""
    return b'"run-died"' in answer.body and b"SIGKILL" in answer.body


async def hang_up(client: Client, chance: random.Random) -> None:
    """Ask for something, and go before it is there."""
    source = chance.choice(["while True: pass", "import time\ntime.sleep(1000)", "print(1)"])
    accept = chance.choice([LINES, "application/json"])
    asked = asyncio.ensure_future(
        client.ask("/api/trace", {"program": f"# {chance.random()}\n{source}"}, Accept=accept)
    )
    await asyncio.sleep(chance.random() * 0.2)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    client.hang_up()
