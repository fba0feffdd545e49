"""The OpenAPI document: what each call takes and gives, with an example that works."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import __version__
from app.explorer import DrawnTrace
from app.program.optimizers import Catalogue
from app.trace.model import Trace
from app.trace.study import CheckEvent, NodeCheckEvent
from app.trace.trials import ExplainEvent
from app.web.calls import ExpressionCall, ProgramCall
from app.web.fields import explain_fields
from app.web.gallery import Example
from app.web.lab_calls import ExplainCall, RaceCall, SweepCall
from app.web.lab_lines import RaceAnswer, SweepAnswer
from app.web.landscapes import LandscapeAnswer, LandscapeCall, SliceCall
from app.web.layouts import LayoutAnswer, LayoutCall
from app.web.operation import Health, Readiness
from app.web.problems import Problem
from app.web.studies import CheckCall, NodeCheckCall, PassCheckCall

QUADRATIC = {"expression": "a*x**2 + b*x + c", "variables": {"a": 1, "b": 2, "c": 3, "x": 4}}
DESCENT = {
    "expression": "(x - 3)**2",
    "variables": {"x": 0},
    "optimizer": {"name": "SGD", "lr": 0.1, "momentum": 0.9},
    "steps": 20,
}
MATRIX = {
    "expression": "relu(W @ x + b)",
    "variables": {"W": [[1, -2], [3, 4]], "x": {"value": [1, 2], "requires_grad": False}, "b": "zeros(2)"},
    "sum": True,
    "seed": 7,
}
PROGRAM = {
    "program": "import torch\n\nx = torch.tensor(1.0, requires_grad=True)\ny = torch.tensor(2.0, requires_grad=True)\n"
    "w = (x + y) ** 2\nw.backward()\nprint(x.grad, y.grad)\n"
}
LAYOUT_BODY = {
    "graph": {
        "id": "g0",
        "nodes": [
            {"id": "n0", "kind": "output", "name": "SinBackward0", "label": "sin(x)", "shape": [], "dtype": "float32"},
            {"id": "n1", "kind": "leaf", "name": "AccumulateGrad", "label": "x", "variable": "x", "shape": []},
        ],
        "edges": [{"id": "e0", "source": "n0", "target": "n1", "slot": 0}],
    },
    "expanded": [],
    "direction": "LR",
}
SCHEMAS = (
    ExpressionCall,
    ProgramCall,
    DrawnTrace,
    Trace,
    LayoutCall,
    LayoutAnswer,
    Problem,
    Example,
    Health,
    Readiness,
)
STUDIES = (
    LandscapeCall,
    SliceCall,
    LandscapeAnswer,
    CheckCall,
    PassCheckCall,
    NodeCheckCall,
    CheckEvent,
    NodeCheckEvent,
)
LAB = (Catalogue, SweepCall, SweepAnswer, RaceCall, RaceAnswer, ExplainCall, ExplainEvent)

Document = dict[str, Any]


def schema_of(kind: type[object]) -> Document:
    """Refer to the schema of a type."""
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def problems(*statuses: int) -> Document:
    """Describe the refusals of a call."""
    texts = {
        400: "The request is not what the call takes; `errors` points at the place.",
        404: "Nothing lives at this address.",
        408: "The body did not arrive in time.",
        413: "The body or the source is too long.",
        415: "The body is not `application/json`, or is packed.",
        422: "The program cannot run as written, or went past a limit before anything was recorded.",
        429: "Too many requests from one client; `Retry-After` says when to come back.",
        503: "No room just now; `Retry-After` says when to come back.",
    }
    content = {"application/problem+json": {"schema": schema_of(Problem)}}
    return {str(status): {"description": texts[status], "content": content} for status in statuses}


def content(media_type: str, schema: Document, example: object = None) -> Document:
    """Describe one form of a body."""
    return {media_type: {"schema": schema} | ({"example": example} if example is not None else {})}


def parameter(name: str, description: str, schema: Document, example: object = None) -> Document:
    """Describe one parameter of a query string."""
    described = {"name": name, "in": "query", "description": description, "schema": schema}
    return described | ({"example": example} if example is not None else {})


def choice(*values: str) -> Document:
    """Describe a choice; the first is the default."""
    return {"enum": list(values), "default": values[0]}


STRING = {"type": "string"}
FRAME = [
    parameter("pass", "Which pass is drawn, from 0.", {"type": "integer", "minimum": 0, "default": 0}, 0),
    parameter("phase", "How much of it has happened.", choice("backward", "forward"), "backward"),
    parameter("theme", "Colours for a light or a dark ground.", choice("light", "dark"), "light"),
    parameter("direction", "Downwards or to the right.", choice("TB", "LR"), "TB"),
    parameter("lang", "Language of the words; PNG and PDF have the server's fonts.", choice("en", "zh"), "en"),
]
FORM = {"description": "The form of the picture.", "example": "svg"}
FRAME_NAMES = tuple(entry["name"] for entry in FRAME)
LINK = [
    parameter("expression", "The expression that is drawn.", {"type": "string"}, "a*x**2 + b*x + c"),
    parameter("a", "Any other name is a variable: a number, a JSON list, or a torch expression.", STRING, "1"),
    parameter("b", "Another variable.", STRING, "2"),
    parameter("c", "Another variable.", STRING, "3"),
    parameter("x", "Another variable.", STRING, "4"),
    parameter("steps", "Optimizer steps before the picture.", {"type": "integer", "minimum": 0, "default": 0}, 0),
    parameter("optimizer", "A class of `torch.optim`.", {"type": "string", "default": "SGD"}, "SGD"),
    parameter("lr", "Its learning rate.", {"type": "number"}, 0.1),
    parameter("sum", "Sum a result that is not a scalar.", {"type": "boolean", "default": False}, False),
    parameter("seed", "Seed of every generator.", {"type": "integer", "minimum": 0, "default": 0}, 0),
]
RUN_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"oneOf": [schema_of(ExpressionCall), schema_of(ProgramCall)]},
            "examples": {
                "expression": {"summary": "An expression", "value": QUADRATIC},
                "descent": {"summary": "An expression minimised by SGD with momentum", "value": DESCENT},
                "matrix": {"summary": "Matrices, sums, and a variable that is not followed", "value": MATRIX},
                "program": {"summary": "A PyTorch program", "value": PROGRAM},
            },
        }
    },
}


REFUSALS = (400, 408, 413, 415, 422, 429, 503)


def answer(description: str, *forms: Document) -> Document:
    """Describe the answer of a call that goes well."""
    merged = {media_type: form for entry in forms for media_type, form in entry.items()}
    return {"200": {"description": description, "content": merged}}


PICTURES = [
    content("image/svg+xml", STRING),
    content("image/png", {"type": "string", "format": "binary"}),
    content("application/pdf", {"type": "string", "format": "binary"}),
    content("text/vnd.graphviz", STRING),
]
TRACE: Document = {
    "summary": "Run an expression or a program, and return everything that was recorded",
    "description": "With `Accept: application/x-ndjson` each event is a line of its own, sent as it happens: "
    "`program`, then `graph` (with its SVG), `pass`, `update`, `moment` and `diagnostic`, at last `end` or `problem`. "
    "A client that hangs up ends the run.",
    "tags": ["runs"],
    "responses": answer(
        "The trace, with an SVG for each graph.",
        content("application/json", schema_of(DrawnTrace)),
        content("application/x-ndjson", STRING),
    )
    | problems(*REFUSALS),
    "openapi_extra": {"requestBody": RUN_BODY},
}
GRAPH: Document = {
    "summary": "Run, and return the picture of one frame",
    "description": "The body is that of `POST /api/trace`; which frame is drawn, and how, stands in the query string.",
    "tags": ["pictures"],
    "responses": answer("The picture.", *PICTURES) | problems(404, *REFUSALS),
    "openapi_extra": {"requestBody": RUN_BODY, "parameters": FRAME},
}
GRAPH_LINK: Document = {
    "summary": "The picture of an expression, for an `<img>`",
    "description": "Has an `ETag` and may be kept by any cache.",
    "tags": ["pictures"],
    "responses": answer("The picture.", PICTURES[0]) | problems(400, 422, 429, 503),
    "openapi_extra": {"parameters": LINK + FRAME},
}
LAYOUT: Document = {
    "summary": "Draw a graph with some of its groups opened or closed",
    "description": "Nothing is run, and the picture has no numbers: the page asks for it when a group is opened, and "
    "writes into it the numbers that it has already.",
    "tags": ["pictures"],
    "responses": answer("The picture of the visible part.", content("application/json", schema_of(LayoutAnswer)))
    | problems(*REFUSALS),
    "openapi_extra": {
        "requestBody": {"required": True, "content": content("application/json", schema_of(LayoutCall), LAYOUT_BODY)}
    },
}
OPEN_BODY = {
    "version": 1,
    "program": "y = x.sin()\ny.backward()",
    "output": "",
    "graphs": [LAYOUT_BODY["graph"]],
    "passes": [
        {
            "graph": "g0",
            "call": "backward",
            "loss": 0.0,
            "values": [0.0, 0.0],
            "gradients": [1.0, 1.0],
            "flows": [1.0],
            "derivatives": [1.0],
            "accumulated": {"n1": 1.0},
            "order": [0, 1],
        }
    ],
    "updates": [],
    "timeline": [{"kind": "forward", "pass": 0}, {"kind": "backward", "pass": 0}],
    "diagnostics": [],
}
OPEN_BODY_CONTENT = {"required": True, "content": content("application/json", schema_of(Trace), OPEN_BODY)}
OPEN: Document = {
    "summary": "Open a trace file, and return it drawn",
    "description": "A file is the trace that this API answers, or one that `Trace.save` of the library wrote, of this "
    "version or an earlier one. It is checked from end to end.",
    "tags": ["runs"],
    "responses": answer("The trace, with an SVG for each graph.", content("application/json", schema_of(DrawnTrace)))
    | problems(400, 408, 413, 415, 429, 503),
    "openapi_extra": {"requestBody": OPEN_BODY_CONTENT},
}
OPEN_PICTURE: Document = {
    "summary": "Return the picture of one frame of a trace file",
    "description": "The file is checked as `POST /api/open` checks it. Nothing is run: the picture shows the numbers "
    "that the file holds.",
    "tags": ["pictures"],
    "responses": answer("The picture.", *PICTURES) | problems(404, *REFUSALS),
    "openapi_extra": {"requestBody": OPEN_BODY_CONTENT, "parameters": FRAME},
}
EXAMPLES: Document = {
    "summary": "The gallery: programs and expressions to start from",
    "description": "In the order of the lessons, in every language.",
    "tags": ["gallery"],
    "responses": answer("All examples.", content("application/json", {"type": "array", "items": schema_of(Example)})),
}
OPERATION: dict[str, Document] = {}
OPERATION["healthz"] = {
    "summary": "Whether the process lives",
    "description": "Answers as long as the process does, whatever else is wrong; for a liveness probe.",
    "tags": ["operation"],
    "responses": answer("It does.", content("application/json", schema_of(Health))),
}
OPERATION["readyz"] = {
    "summary": "Whether runs can be answered, and which layers of the sandbox hold",
    "description": "503 until the first process waits for a run; for a readiness probe.",
    "tags": ["operation"],
    "responses": answer("They can.", content("application/json", schema_of(Readiness)))
    | {"503": {"description": "Not yet.", "content": content("application/json", schema_of(Readiness))}},
}
OPERATION["metrics"] = {
    "summary": "Counters and clocks for Prometheus",
    "description": "Runs by outcome, their time, the queue, the processes that wait, and the caches.",
    "tags": ["operation"],
    "responses": answer("In Prometheus' text format.", content("text/plain", STRING)),
}


def make_document(app: FastAPI) -> Document:
    """Write the document of an app: FastAPI's list of addresses, and the schemas of this project's own types."""
    document = get_openapi(
        title="Autograd Explorer",
        version=__version__,
        summary="What PyTorch's autograd really does: the graph, the values, the gradients, the steps.",
        description="Every call is stateless and seeded: equal requests have equal answers. "
        "Refusals are problem documents (RFC 9457) in the language that `Accept-Language` asks for.",
        license_info={"name": "MIT", "identifier": "MIT"},
        routes=app.routes,
    )
    _, components = msgspec.json.schema_components(SCHEMAS + STUDIES + LAB, ref_template="#/components/schemas/{name}")
    document.setdefault("components", {}).setdefault("schemas", {}).update(explain_fields(components))
    for calls in document["paths"].values():
        for entry in (one for call in calls.values() for one in call.get("parameters", ()) if one["name"] == "form"):
            entry |= FORM
    return document
