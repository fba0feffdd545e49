"""The sentence about each field of the API, for the OpenAPI document: by `Type.field`, or by the field's name alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

Schemas = dict[str, dict[str, Any]]


@cache
def field_texts() -> dict[str, str]:
    """Read the sentences."""
    return msgspec.json.decode(Path(__file__).with_suffix(".json").read_bytes(), type=dict[str, str])


def explain_fields(schemas: Schemas) -> Schemas:
    """Give every field that says nothing of itself its sentence."""
    texts = field_texts()
    for name, schema in schemas.items():
        for field, shape in schema.get("properties", {}).items():
            text = texts.get(f"{name}.{field}") or texts.get(field)
            if text and "description" not in shape:
                shape["description"] = text
    return schemas
