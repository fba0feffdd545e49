"""The service that a tutorial would write: FastAPI, `eval`, torchviz. No isolation, no limits, no cache.

It is what the real one is measured against; never let anyone else reach it.
"""

from __future__ import annotations

from typing import Any

import torch
from fastapi import FastAPI
from pydantic import BaseModel
from torchviz import make_dot

app = FastAPI()


class Call(BaseModel):
    """An expression and its variables."""

    expression: str
    variables: dict[str, float]


@app.get("/healthz")
def healthz() -> str:
    """Answer."""
    return "ok"


@app.post("/api/trace")
def trace(call: Call) -> dict[str, Any]:
    """Evaluate, differentiate, draw."""
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in call.variables.items()}
    result = eval(call.expression, {**vars(torch), **tensors})
    result.backward()
    return {
        "value": result.item(),
        "gradients": {name: None if t.grad is None else t.grad.item() for name, t in tensors.items()},
        "svg": make_dot(result, params=tensors).pipe("svg").decode(),
    }
