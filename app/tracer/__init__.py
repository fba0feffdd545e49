"""The recording of one run: the only room that knows torch.

`from app.tracer import trace` records in the user's own process. That is the room `library`, which draws as well and so
stands above this one; it is fetched when it is asked for, and never in a child.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.library import Trace, open_trace, trace

__all__ = ["Trace", "open_trace", "trace"]


def __getattr__(name: str) -> Any:
    """Fetch the library's face."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from app import library

    return getattr(library, name)
