"""The OpenAPI document: every call, parameter, type and field is described, and every example works when it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.web.fields import field_texts

pytestmark = pytest.mark.asyncio(loop_scope="session")
Document = dict[str, Any]


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client(service_url: str) -> Any:
    async with httpx.AsyncClient(base_url=service_url, timeout=60) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def document(client: httpx.AsyncClient) -> Document:
    """The document, as the service gives it."""
    answer = await client.get("/openapi.json")
    found: Document = answer.json()
    return found


def calls_of(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Every call with its method and address."""
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            yield method, path, call


async def test_every_call_and_parameter_is_described(document: Document) -> None:
    for method, path, call in calls_of(document):
        assert call["summary"], (method, path)
        assert call["description"], (method, path)
        assert all(answer["description"] for answer in call["responses"].values()), (method, path)
        for parameter in call.get("parameters", ()):
            assert parameter["description"], (path, parameter["name"])
            assert "example" in parameter, (path, parameter["name"])


async def test_every_type_and_field_is_described(document: Document) -> None:
    schemas = document["components"]["schemas"]
    silent = [name for name, schema in schemas.items() if not schema.get("description")]
    silent += [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, shape in schema.get("properties", {}).items()
        if not shape.get("description")
    ]
    assert silent == []
    fields = {f"{name}.{field}" for name, schema in schemas.items() for field in schema.get("properties", {})}
    names = fields | {field.partition(".")[2] for field in fields}
    assert [text for text in field_texts() if text not in names] == []


async def test_every_example_works_when_it_is_sent(client: httpx.AsyncClient, document: Document) -> None:
    count = 0
    for method, path, call in calls_of(document):
        given = call.get("parameters", ())
        places = {one["name"]: one["example"] for one in given if one["in"] == "path"}
        query = {one["name"]: one["example"] for one in given if one["in"] == "query"}
        for body in bodies_of(call):
            answer = await client.request(method, path.format(**places), params=query, json=body)
            assert answer.status_code == 200, (path, body, answer.text)
            count += 1
    assert count > 20


def bodies_of(call: Document) -> list[Document | None]:
    """The bodies that a call shows; None for one without a body."""
    if "requestBody" not in call:
        return [None]
    content = call["requestBody"]["content"]["application/json"]
    shown = content.get("examples", {"": {"value": content.get("example")}})
    return [example["value"] for example in shown.values()]
