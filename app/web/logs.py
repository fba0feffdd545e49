"""Structured logs: one JSON object a line, never a word of what a visitor wrote."""

from __future__ import annotations

import logging
import sys
import traceback

import msgspec

LOGGER = logging.getLogger("explorer")


class JsonFormatter(logging.Formatter):
    """Writes a record and its `fields` as one JSON object; line ends inside values cannot forge a second one."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        line: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None and "stack" not in line:
            line["stack"] = places(record.exc_info[1])
        return msgspec.json.encode(line).decode()


def places(error: BaseException) -> list[str]:
    """Write where an exception came from: file, line and function of each frame, its type, but not its words.

    The message may quote the request.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return [*(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames), type(error).__qualname__]


def set_up_logs() -> None:
    """Send every logger of the process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
