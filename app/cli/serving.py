"""The page on this machine, with a trace opened in it."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from pathlib import Path

from app.main import Server, configure, create_app
from app.settings import Settings
from app.trace.file import read_trace

NAME = "1"


def serve_file(options: argparse.Namespace) -> int:
    """Serve the page until told to stop.

    Raises:
        OSError: the file cannot be read.
        TraceFileError: it is no trace.
    """
    data = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    read_trace(data)
    settings = Settings(host="127.0.0.1", port=options.port, requests_per_minute=0)
    config = configure(create_app(settings, {NAME: data}), settings)
    Server(config, f"?trace={NAME}", None if options.no_browser else webbrowser.open).run()
    return 0
