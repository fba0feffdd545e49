"""Autograd recorded in the user's own process, without a sandbox: `with trace() as t`, or `trace(function, …)`."""

from app.library.recorded import Trace, open_trace
from app.library.recording import Tracing, trace

__all__ = ["Trace", "Tracing", "open_trace", "trace"]
