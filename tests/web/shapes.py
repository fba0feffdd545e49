"""The shape that every refusal has."""

from __future__ import annotations

from typing import Any

import httpx

FIELDS = {"type", "title", "status", "detail", "code", "parameters", "line", "column", "limit", "errors", "trace"}


def assert_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that an answer is a problem document of this status and code, safe and in words."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code), problem
    assert problem["type"] == f"/problems/{code}"
    assert problem.keys() <= FIELDS
    assert problem["title"]
    assert len(problem["detail"]) > 20
    # A gap in a dictionary shows as a parameter that was not filled in.
    assert "{" not in problem["title"]
    for fault in problem.get("errors", ()):
        assert fault["detail"]
        assert fault.get("pointer", "").startswith("/") or fault.get("pointer") == "" or fault["parameter"]
    return problem
