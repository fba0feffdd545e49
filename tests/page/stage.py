"""A visitor at the stage: runs programs, moves through them, reads what the graph shows."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.async_api import Page, expect

QUADRATIC = """import torch

a = torch.tensor(1.0, requires_grad=True)
b = torch.tensor(2.0, requires_grad=True)
c = torch.tensor(3.0, requires_grad=True)
x = torch.tensor(4.0)
y = a * x ** 2 + b * x + c
y.backward()
print(a.grad)
print(b.grad)
print(c.grad)
"""

DESCENT = """import torch
from torch import optim

x = torch.tensor(1.0, requires_grad=True)
y = torch.tensor(2.0, requires_grad=True)
z = torch.tensor(3.0, requires_grad=True)
optimizer = optim.SGD([x, y, z], lr=0.1)
for i in range(100):
    output = x + y**2 + z**3
    output.backward()
    optimizer.step()
    optimizer.zero_grad()
    if i % 10 == 0:
        print("at", i, output.item())
"""

PILED = DESCENT.replace("    optimizer.zero_grad()\n", "").replace("100", "3")

FAN_OUT = """import torch
x = torch.tensor(3.0, requires_grad=True)
y = torch.sin(x) * x
y.backward()
"""

DIVERGENCE = """import torch
x = torch.tensor(3.0, requires_grad=True)
optimizer = torch.optim.SGD([x], lr=5.0)
for i in range(12):
    optimizer.zero_grad()
    loss = x**4
    loss.backward()
    optimizer.step()
"""

FIFTY = """import torch
x = torch.tensor(0.5, requires_grad=True)
w = torch.tensor(0.9, requires_grad=True)
optimizer = torch.optim.SGD([x, w], lr=0.01)
for step in range(20):
    y = x
    for k in range(16):
        y = torch.sin(y * w) + x
    optimizer.zero_grad()
    y.backward()
    optimizer.step()
"""

DEEP = """import torch
from torch import nn
net = nn.Sequential(*[nn.Sequential(nn.Linear(8, 8), nn.Tanh()) for _ in range(60)])
loss = net(torch.ones(4, 8)).pow(2).mean()
loss.backward()
"""

WIDE = """import torch
xs = [torch.tensor(float(i), requires_grad=True) for i in range(1, 13)]
loss = sum((x - 1) ** 2 for x in xs)
loss.backward()
"""

MATRIX = """import torch
W = torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
big = torch.ones(30, 30, requires_grad=True)
loss = (W @ torch.ones(2)).sum() + (big * torch.linspace(-1, 1, 30)).sum()
loss.backward()
"""


FRAMES = """async (count) => {
    const scrub = document.querySelector('input.scrub');
    const times = { step: [], jump: [] };
    for (let i = 0; i < count; i += 1) {
        const isJump = i % 2 === 1;
        scrub.value = isJump ? (i * 37) % Number(scrub.max) : Number(scrub.value) + 1;
        const start = performance.now();
        scrub.dispatchEvent(new Event('input', { bubbles: true }));
        await Promise.resolve();
        document.querySelector('.graph-canvas').getBoundingClientRect();
        times[isJump ? 'jump' : 'step'].push(performance.now() - start);
        if (i % 20 === 0) await new Promise(requestAnimationFrame);
    }
    const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
    return { step: median(times.step), jump: median(times.jump) };
}"""


class Stage:
    """One page, and what a visitor does on it.

    Args:
        page: an open page.
        url: the server's address.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.scrub = page.locator("input.scrub")
        self.place = page.locator(".timeline-place")
        self.sentence = page.locator(".timeline-now")
        self.grip = (0.0, 0.0)

    async def trace(self, program: str) -> dict[str, Any]:
        """Run a program on the page, and ask the API for the same trace; runs are seeded."""
        await self.page.get_by_role("tab", name="Program").click()
        await self.page.locator(".editor.program .cm-content").fill(program)
        await self.page.get_by_role("button", name="Run", exact=True).click()
        async with httpx.AsyncClient(timeout=60) as client:
            reply = await client.post(f"{self.url}/api/trace", json={"program": program})
        assert reply.status_code == 200, reply.text
        trace: dict[str, Any] = reply.json()
        await expect(self.page.get_by_role("button", name="Run", exact=True)).to_be_visible()
        await expect(self.place).to_contain_text(f"of {len(trace['passes'])} ")
        return trace

    async def move_to(self, position: int) -> None:
        """Drag the slider to a position."""
        await self.scrub.evaluate(
            "(e, value) => { e.value = value; e.dispatchEvent(new Event('input', { bubbles: true })) }", str(position)
        )

    async def position(self) -> int:
        """Where the slider stands."""
        return int(await self.scrub.input_value())

    async def last(self) -> int:
        """The last position."""
        return int(await self.scrub.get_attribute("max") or 0)

    async def press(self, name: str) -> None:
        """Press a button of the transport."""
        await self.page.locator(f".transport .{name}").click()

    async def texts(self, kind: str) -> dict[str, str]:
        """The texts of one kind on all boxes, by id."""
        found: dict[str, str] = await self.page.evaluate(
            """kind => Object.fromEntries([...document.querySelectorAll('.graph-canvas g.node')]
               .map(g => [g.id, g.querySelector(`text.${kind}`)?.textContent ?? null]))""",
            kind,
        )
        return found

    async def frame_times(self, count: int) -> dict[str, float]:
        """Median milliseconds of the page's work for the next node ("step") and for any other ("jump"), in turn."""
        times: dict[str, float] = await self.page.evaluate(FRAMES, count)
        return times
