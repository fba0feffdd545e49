"""The API against its own OpenAPI document: requests that fit it and requests that do not; every answer as stated."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.errors import Unsatisfiable

from tests.fuzz.searching import A_ROUND, SECONDS
from tests.soak.service import serve

PATIENT = {"wall_seconds": 2.0, "cpu_seconds": 1.5, "spares": 4}
ROUND = settings(A_ROUND, max_examples=25)


def examine(url: str, seconds: float) -> dict[str, int]:
    """Ask every operation of the document in turn until the time is up; say how often each was asked."""
    import schemathesis
    from schemathesis import GenerationMode

    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    asked: dict[str, int] = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for operation in operations:
            for mode in modes:
                asked[operation.label] = asked.get(operation.label, 0) + ask(operation, mode)
    return asked


def ask(operation: Any, mode: Any) -> int:
    """Make some requests of one operation, and compare the answers with what the document says."""
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    count = 0

    @ROUND
    @given(case=operation.as_strategy(generation_mode=mode))
    def one_round(case: Any) -> None:
        nonlocal count
        count += 1
        # A program that fits the schema may still be one that cannot run: it is refused with a documented problem.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    with suppress(Unsatisfiable):  # what asks for nothing cannot be asked wrongly
        one_round()
    return count


@pytest.mark.fuzz
async def test_the_api_keeps_its_document(tmp_path: Path) -> None:
    async with serve(tmp_path / "home", **PATIENT) as server:
        asked = await asyncio.to_thread(examine, f"http://127.0.0.1:{server.port}", SECONDS)
        assert '"stack"' not in server.log()
    print(asked)
    assert len(asked) >= 8
