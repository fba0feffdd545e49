"""The flow: a job in, a drawn trace out, with the real sandbox and the real Graphviz."""

from __future__ import annotations

import subprocess
import sys
from contextlib import aclosing
from xml.etree import ElementTree

import pytest
from fastapi import FastAPI

from app.explorer import DrawnGraphEvent, Explorer
from app.trace.job import Expression, Job, Variable
from app.trace.model import EndEvent, PassEvent, ProgramEvent

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARABOLA = Expression(
    "a*x**2 + b*x + c", {name: Variable(value) for name, value in zip("abcx", (1.0, 2.0, 3.0, 4.0), strict=True)}
)


@pytest.fixture
def explorer(service_app: FastAPI) -> Explorer:
    explorer: Explorer = service_app.state.service.explorer
    return explorer


async def test_a_job_becomes_a_drawn_trace(explorer: Explorer) -> None:
    trace = await explorer.explore(Job(PARABOLA))
    graph = trace.graphs[0]
    assert trace.failure is None
    assert trace.passes[0].loss == 27
    assert {node.variable for node in graph.nodes if node.kind == "leaf"} >= {"a", "b", "c"}
    texts = [element.text for element in ElementTree.fromstring(graph.svg).iter() if element.get("class")]
    assert "27" in " ".join(text for text in texts if text)


async def test_a_watcher_sees_the_picture_before_the_numbers(explorer: Explorer) -> None:
    async with aclosing(explorer.watch(Job(PARABOLA))) as sights:
        seen = [sight async for sight in sights]
    kinds = [type(sight) for sight in seen]
    assert kinds[:3] == [ProgramEvent, DrawnGraphEvent, PassEvent] or kinds.index(DrawnGraphEvent) < kinds.index(
        PassEvent
    )
    assert kinds[-1] is EndEvent


async def test_closing_a_watch_ends_the_run(explorer: Explorer) -> None:
    job = Job("import torch\nx = torch.ones((), requires_grad=True)\n(x * 2).backward()\nwhile True: pass\n")
    async with aclosing(explorer.watch(job)) as sights:
        async for sight in sights:
            if isinstance(sight, PassEvent):
                break
        assert explorer.sandbox.status.running == 1
    assert explorer.sandbox.status.running == 0


async def test_a_structure_is_laid_out_once(explorer: Explorer) -> None:
    job = Job(Expression("p * q", {"p": Variable(2.0), "q": Variable(3.0)}))
    first = await explorer.explore(job)
    misses = explorer.layout.misses
    second = await explorer.explore(Job(Expression("p * q", {"p": Variable(5.0), "q": Variable(7.0)})))
    assert explorer.layout.misses == misses
    assert first.graphs[0].svg != second.graphs[0].svg


async def test_the_flow_is_the_same_undrawn(explorer: Explorer) -> None:
    drawn, bare = await explorer.explore(Job(PARABOLA)), await explorer.record(Job(PARABOLA))
    assert drawn.passes == bare.passes
    assert drawn.timeline == bare.timeline
    assert [graph.nodes for graph in drawn.graphs] == [graph.nodes for graph in bare.graphs]


async def test_the_process_that_speaks_http_loads_neither_torch_nor_numpy() -> None:
    program = "import sys; from app.main import create_app; create_app(); print({'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
