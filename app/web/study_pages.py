"""What the OpenAPI document says about studies, with examples that work."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

LANDSCAPE_BODY = {
    "expression": "(1 - x)**2 + 100*(y - x**2)**2",
    "axes": [
        {"variable": "x", "start": -2, "stop": 2, "count": 5},
        {"variable": "y", "start": -1, "stop": 3, "count": 5},
    ],
    "gradients": True,
}
CURVE_BODY = {
    "expression": "a*x**2 + b*x + c",
    "variables": {"a": 1, "b": 2, "c": 3},
    "axes": [{"variable": "x", "start": -4, "stop": 4, "count": 9}],
    "gradients": True,
}
SLICE_BODY = {
    "program": "import torch\nfrom torch import nn\n\n"
    "net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))\n"
    "optimizer = torch.optim.Adam(net.parameters(), lr=0.1)\n"
    "data = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])\n"
    "target = torch.tensor([[0.0], [1.0], [1.0], [0.0]])\n"
    "for step in range(20):\n    optimizer.zero_grad()\n    loss = nn.functional.mse_loss(net(data), target)\n"
    "    loss.backward()\n    optimizer.step()\n",
    "pass": 19,
    "directions": {"kind": "random", "seed": 1, "count": 5},
}
PASS_CHECK_BODY = {"program": SLICE_BODY["program"], "pass": 3}
NODE_CHECK_BODY = {"program": SLICE_BODY["program"], "nodes": True, "pass": 0}
CHECK_BODY = {"expression": "relu(W @ x).sum() + abs(b)", "variables": {"W": [[1, -2], [3, 4]], "x": [1, 2], "b": 0}}


def described(summary: str, text: str, schemas: tuple[str, str], examples: Document) -> Document:
    """Write the entry of one call: its schemas are those of the body and of the answer."""
    call, answer = ({"$ref": f"#/components/schemas/{name}"} for name in schemas)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refusals = {
        "400": "The request is not what the call takes; `errors` points at the place.",
        "413": "The body or the expression is too long.",
        "415": "The body is not `application/json`, or is packed.",
        "422": "The expression, an axis or a value cannot be used, or a limit was passed.",
        "503": "No room just now; `Retry-After` says when to come back.",
    }
    body = {"required": True, "content": {"application/json": {"schema": call, "examples": examples}}}
    return {
        "summary": summary,
        "description": text,
        "tags": ["studies"],
        "responses": {"200": {"description": "The finding.", "content": {"application/json": {"schema": answer}}}}
        | {status: {"description": text, "content": problem} for status, text in refusals.items()},
        "openapi_extra": {"requestBody": body},
    }


def one_of(*schemas: str) -> Document:
    """Refer to schemas of which one fits."""
    return {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in schemas]}


LANDSCAPE = described(
    "The loss over a grid of one variable or two, with its gradient on request",
    "A slice: every other variable keeps its value. `losses` lists the cells with the last axis fastest, `gradients` "
    'one such list for each axis; what is no finite number is `"NaN"`, `"Infinity"` or `"-Infinity"`. All cells are '
    "evaluated in a few calls where the expression allows (`batched`), else one by one from the same seed. An axis "
    "with an `index` moves one element of a tensor. With `program`, `pass` or `directions` the loss is that of one "
    "pass of a run (`SliceCall`): the calls that made it are computed again in float64, with everything that the pass "
    "took from elsewhere (its data, its random numbers, the branches that Python took) as it was. `slice` says where "
    'the run stood and went, and in `hidden` what such a slice does not show. `"numbers": "base64"` writes the '
    "columns as little-endian floats in base64, which is read several times faster than text.",
    ("LandscapeCall", "LandscapeAnswer"),
    {
        "valley": {"summary": "Rosenbrock's valley over two variables", "value": LANDSCAPE_BODY},
        "curve": {"summary": "A curve with its slope at each point", "value": CURVE_BODY},
        "slice": {"summary": "A slice through the last pass of a network, at random", "value": SLICE_BODY},
    },
)
LANDSCAPE["openapi_extra"]["requestBody"]["content"]["application/json"]["schema"] = one_of(
    "LandscapeCall", "SliceCall"
)
CHECK = described(
    "Autograd beside central differences in float64, element by element",
    "`agrees`; `differs`; `kink` (the loss has two slopes and autograd's lies between them, as `relu` at 0); `jump` "
    "(the loss breaks off); `unclear` (the loss is so large that rounding hides the difference); `undefined` (one of "
    "the two is no number). `random` says that the loss changes with the seed; both gradients are taken from the same "
    "seed; `repeatable` is false where two runs from one seed gave different bits. Of a `program` the leaves of the "
    "pass `pass` are checked, where they stood when it began (`PassCheckCall`). With `nodes` true the body is that of "
    "`POST /api/trace` instead, and every node of the pass is checked: the answer is a `NodeCheckEvent`.",
    ("CheckCall", "CheckEvent"),
    {
        "check": {"summary": "Matrices, and a kink", "value": CHECK_BODY},
        "pass": {"summary": "The leaves of a program, at its fourth pass", "value": PASS_CHECK_BODY},
        "nodes": {"summary": "Every node of a program's first pass", "value": NODE_CHECK_BODY},
    },
)
_TAKEN = CHECK["openapi_extra"]["requestBody"]["content"]["application/json"]
_TAKEN["schema"] = one_of("CheckCall", "PassCheckCall", "NodeCheckCall")
CHECK["responses"]["200"]["content"]["application/json"]["schema"] = one_of("CheckEvent", "NodeCheckEvent")
