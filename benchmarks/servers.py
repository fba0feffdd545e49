"""The servers that are measured: this project's, and the naive one, each in a process of its own on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
PEERS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
START_SECONDS = 120


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def served(command: list[str], port: int, ready: str, environment: dict[str, str]) -> Iterator[int]:
    """Run a server until the block ends; enter the block once `ready` answers 200."""
    # The log goes to a file: a pipe that nobody reads would fill up and stop the server.
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log)
        try:
            _wait(process, f"http://127.0.0.1:{port}{ready}", log)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait(process: subprocess.Popen[bytes], address: str, log: IO[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            log.seek(0)
            raise RuntimeError(f"the server ended: {log.read().decode()[-2000:]}")
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{address} was not ready within {START_SECONDS} s")


@contextmanager
def service(cache_bytes: int = 0, **limits: int) -> Iterator[int]:
    """Run this project's service and yield its port; without a cache of answers unless asked for one.

    Args:
        cache_bytes: of answers kept.
        limits: other than those it has by itself, such as `nodes`.
    """
    port = free_port()
    environment = {
        "EXPLORER_HOST": "127.0.0.1",
        "EXPLORER_PORT": str(port),
        "EXPLORER_CACHE_BYTES": str(cache_bytes),
        "EXPLORER_REQUESTS_PER_MINUTE": "0",
        **{f"EXPLORER_{name.upper()}": str(limit) for name, limit in limits.items()},
    }
    with served([sys.executable, "-m", "app.main"], port, "/readyz", environment):
        yield port


@contextmanager
def naive_service() -> Iterator[int]:
    """Run the naive service and yield its port."""
    port = free_port()
    command = [str(PEERS_PYTHON), "-m", "uvicorn", "benchmarks.naive:app", "--port", str(port), "--log-level", "error"]
    with served(command, port, "/healthz", {}):
        yield port
