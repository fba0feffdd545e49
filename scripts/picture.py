"""Draw the picture in the README with the program itself: `make picture`."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from benchmarks.servers import service

TARGET = Path(__file__).parents[1] / "docs" / "picture.svg"
CALL = {"expression": "a*x**2 + b*x + c", "variables": {"a": 1, "b": 2, "c": 3, "x": 4}}


def main() -> None:
    """Ask a running service for the picture and write it."""
    with service() as port:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/graph.svg",
            data=json.dumps(CALL).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            TARGET.write_bytes(answer.read())


if __name__ == "__main__":
    main()
