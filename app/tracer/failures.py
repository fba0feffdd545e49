"""Why a program ended before its end, as a slug with parameters and a place in its text.

The exception belongs to the visitor: its class, its attributes and its `__str__` may run any code, or lie. What is
read from it goes through the built-in types' own descriptors where that is possible, is guarded where it is not, and
is bounded always.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterable, Iterator
from types import FrameType, ModuleType
from typing import Any

from app.errors import ExplorerError, Parameter
from app.program import nearest
from app.trace.model import Failure, Span
from app.tracer.failure_rules import match
from app.tracer.keywords import unexpected
from app.tracer.leaves import rebound, without_graph
from app.tracer.places import builtin, frames_of, span_of, span_text
from app.tracer.refusals import importable, refused
from app.tracer.source import FILENAME

LONGEST_MESSAGE = 600
COMMON_IMPORTS = {
    "torch": "import torch",
    "nn": "import torch.nn as nn",
    "F": "import torch.nn.functional as F",
    "optim": "import torch.optim as optim",
    "np": "import numpy as np",
    "numpy": "import numpy",
    "math": "import math",
    "random": "import random",
    "Variable": "from torch.autograd import Variable",
    "Tensor": "from torch import Tensor",
    "plt": "import matplotlib.pyplot as plt",
    "tensor": "from torch import tensor",
    "itertools": "import itertools",
    "functools": "import functools",
    "time": "import time",
}
UNREADABLE = (SyntaxError, UnicodeError, RecursionError, MemoryError)
"""What compiling a program may raise, beside the ValueError about a null byte."""
Found = tuple[str, dict[str, Parameter]]


def explain(error: BaseException, program: str) -> Failure:
    """Explain why a program ended.

    Args:
        error: what it raised, or what compiling it raised.
        program: its text.

    Returns:
        The slug of table `problems`, with parameters, and the place in the text where there is one. Never raises.
    """
    try:
        kind = type(error)
        frames = list(frames_of(error))
        message = message_of(error, kind)
        slug, parameters = classify(error, kind, message, frames, program)
        return Failure(slug, clean_all(parameters), span_of(error, kind, frames, program))
    except BaseException:
        return Failure("raised", {"type": "Exception", "message": "…"})


def failure_of(error: BaseException, program: str) -> Failure:
    """Tell an error of this project by its own slug and place, and explain any other."""
    if not isinstance(error, ExplorerError):
        return explain(error, program)
    line, column = error.line, error.column or 1
    return Failure(error.slug, dict(error.parameters), Span(line, column, line, column + 1) if line else None)


def classify(
    error: BaseException, kind: type, message: str, frames: list[tuple[FrameType, int]], program: str
) -> Found:
    """Find the slug: by type where the type says it, else by message, else what was raised as it is."""
    inner = next((frame for frame, _ in reversed(frames) if frame.f_code.co_filename == FILENAME), None)
    if inner is None and (issubclass(kind, UNREADABLE) or "null byte" in message):
        return unreadable(error, kind, message)
    for base, read in READERS:
        found = read(error, message, inner, program) if issubclass(kind, base) else None
        if found is not None:
            return found
    text = span_text(span_of(error, kind, frames, program), program)
    refusal = refused(kind, message, [frame.f_code for frame, _ in frames], text)
    return refusal or match(message) or ("raised", {"type": name_of(kind), "message": message})


def unreadable(error: BaseException, kind: type, message: str) -> Found:
    """Explain why a program could not be compiled."""
    if issubclass(kind, RecursionError | MemoryError) or "too many nested" in message or "recursion" in message:
        return "too-deep", {}
    if "null byte" in message:
        return "null-byte", {}
    if not issubclass(kind, SyntaxError):
        return "syntax", {"message": message, "text": "", "caret": ""}
    said = builtin(SyntaxError, "msg", error)
    text = builtin(SyntaxError, "text", error)
    offset = builtin(SyntaxError, "offset", error)
    line = text.rstrip("\r\n")[:200] if type(text) is str else ""
    caret = " " * min(max(0, offset - 1), 200) + "^" if type(offset) is int and line else ""
    if line.lstrip().startswith(("%", "!")):
        return "notebook-line", {"text": line.strip()}
    slug = "indentation" if issubclass(kind, IndentationError) else "syntax"
    return slug, {"message": str(said), "text": line, "caret": caret}


# -- by type ---------------------------------------------------------------------------------------------------------


def read_name(error: BaseException, message: str, frame: FrameType | None, _program: str) -> Found | None:
    """NameError: a missing import, a misspelt name, or one that does not exist."""
    found = re.search(r"'([^']+)'", message)
    if found is None:
        return None
    name = found.group(1)
    if issubclass(type(error), UnboundLocalError):
        return "name-before-assignment", {"name": name}
    if name in COMMON_IMPORTS:
        return "import-forgotten", {"name": name, "statement": COMMON_IMPORTS[name]}
    known = [*texts(frame.f_locals), *texts(frame.f_globals)] if frame is not None else []
    near = nearest(name, [*known, *texts(vars(builtins)), *COMMON_IMPORTS])
    return ("misspelt-name", {"name": name, "nearest": near}) if near else ("unknown-name", {"name": name})


def read_attribute(error: BaseException, message: str, frame: FrameType | None, program: str) -> Found | None:
    """AttributeError: of None, of a tensor's missing gradient, of a number for a loss, misspelt or unknown."""
    found = re.search(r"'?([\w.]+)'? (?:object )?has no attribute '(\w+)'", message)
    if found is None:
        return None
    kind, name = found.groups()
    if kind == "NoneType":
        expression = gradient_before(error, name, program)
        if expression is None:
            return "attribute-of-none", {"name": name}
        return rebound(frame, program) or ("grad-is-none", {"expression": expression, "name": name})
    if name == "backward":
        line, text = stretch_of(error, program)
        found_number = without_graph(kind.rpartition(".")[2], text, line, program)
        if found_number is not None:
            return found_number
    near = nearest(name, attributes_of(builtin(AttributeError, "obj", error)))
    parameters: dict[str, Parameter] = {"type": kind, "name": name}
    return ("misspelt-attribute", {**parameters, "nearest": near}) if near else ("unknown-attribute", parameters)


def gradient_before(error: BaseException, name: str, program: str) -> str | None:
    """Find the `x.grad` that stands before `.name` at the failing place."""
    _, text = stretch_of(error, program)
    found = re.search(rf"([\w.\[\]]+\.grad)\s*\.\s*{name}\b", text)
    return found.group(1) if found else None


def stretch_of(error: BaseException, program: str) -> tuple[int, str]:
    """The line at which the failing stretch of the program begins, and its text."""
    span = span_of(error, type(error), list(frames_of(error)), program)
    return (span.line if span else 0), span_text(span, program)


def read_type(error: BaseException, message: str, frame: FrameType | None, program: str) -> Found | None:
    """TypeError: a keyword argument that nobody takes, or a gradient that is None because a name has lost its leaf."""
    _, text = stretch_of(error, program)
    if "'NoneType'" in message and ".grad" in text:
        return rebound(frame, program)
    return unexpected(message, frame, text)


def read_runtime(_error: BaseException, message: str, frame: FrameType | None, program: str) -> Found | None:
    """RuntimeError: `backward()` without a graph, because a name has lost its leaf."""
    return rebound(frame, program) if "does not require grad and does not have a grad_fn" in message else None


def read_import(_error: BaseException, message: str, _frame: FrameType | None, _program: str) -> Found | None:
    """ImportError: a name that its module lacks, or a module that is not here."""
    found = re.search(r"cannot import name '(\w+)' from '?([\w.]+)'?", message)
    if found is not None:
        return "no-import-name", {"name": found.group(1), "module": found.group(2)}
    found = re.search(r"No module named '?([\w.]+)'?", message)
    if found is not None and found.group(1).startswith(("torch._inductor", "torch._dynamo")):
        return "no-compile", {}
    if found is not None or "relative import" in message:
        return "no-import", {"module": found.group(1) if found else ".", "available": importable()}
    return None


def read_key(_error: BaseException, message: str, _frame: FrameType | None, _program: str) -> Found:
    """KeyError: its message is the key."""
    return "missing-key", {"key": message}


def read_assertion(_error: BaseException, message: str, _frame: FrameType | None, _program: str) -> Found | None:
    """AssertionError: the program's own, unless torch raised it."""
    return match(message) or ("assertion", {"message": message})


def read_exit(error: BaseException, _message: str, _frame: FrameType | None, _program: str) -> Found:
    """SystemExit: the status that Python would end with."""
    return "exited", {"code": exit_status(error)}


def has_exit_number(error: BaseException) -> bool:
    """Whether a SystemExit gives a number, or nothing, rather than something to print."""
    return type(builtin(SystemExit, "code", error)) in (int, bool, type(None))


def exit_status(error: BaseException) -> int:
    """The status with which Python ends a process that raised this SystemExit: 0 for none, 1 for a text."""
    code = builtin(SystemExit, "code", error)
    return int(code or 0) if has_exit_number(error) else 1


Reader = Callable[[BaseException, str, FrameType | None, str], Found | None]
READERS: tuple[tuple[type[BaseException], Reader], ...] = (
    (RecursionError, lambda *_: ("recursion-too-deep", {})),
    (MemoryError, lambda *_: ("memory", {})),
    (NameError, read_name),
    (AttributeError, read_attribute),
    (ImportError, read_import),
    (TypeError, read_type),
    (RuntimeError, read_runtime),
    (KeyError, read_key),
    (AssertionError, read_assertion),
    (SystemExit, read_exit),
)


# -- reading what belongs to the visitor -----------------------------------------------------------------------------


def name_of(kind: type) -> str:
    """Name of a class, past any metaclass."""
    name = type.__dict__["__name__"].__get__(kind)
    return name if type(name) is str else "Exception"


def message_of(error: BaseException, kind: type) -> str:
    """Message of an exception; its own `__str__` may run any code, so that what it raises is dropped."""
    try:
        text = str(error)
    except BaseException:
        text = f"({name_of(kind)}.__str__)"
    return clean(text)


def clean(text: str) -> str:
    """Make text fit to be shown: no control characters, no surrogates, no addresses, bounded."""
    text = str.__str__(text)[: LONGEST_MESSAGE * 4]
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", text)
    text = re.sub(r" at 0x[0-9a-fA-F]{6,}|\s*\(/[^)]*\.(?:py|so)[^)]*\)", "", text)
    text = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def clean_all(parameters: dict[str, Parameter]) -> dict[str, Parameter]:
    """Clean the parameters; the caret's spaces and the line above it stay as they are."""
    cleaned: dict[str, Parameter] = {}
    for name, value in parameters.items():
        if isinstance(value, str) and name not in {"caret", "text"}:
            cleaned[name] = clean(value)
        elif isinstance(value, str):
            cleaned[name] = "".join(letter if letter.isprintable() else " " for letter in value)
        else:
            cleaned[name] = max(-(2**53), min(value, 2**53)) if type(value) is int else value
    return cleaned


def texts(namespace: Iterable[Any]) -> Iterator[str]:
    """Yield the names of a namespace that are plain text and public."""
    return (name for name in list(namespace) if type(name) is str and not name.startswith("__"))


def attributes_of(owner: object) -> list[str]:
    """List public attributes without running any `__dir__` or `__getattr__` of the visitor."""
    if type(owner) is ModuleType or issubclass(type(owner), ModuleType):
        return list(texts(ModuleType.__getattribute__(owner, "__dict__")))
    kinds = (type(owner), owner) if issubclass(type(owner), type) else (type(owner),)
    names: list[str] = []
    for kind in kinds:
        for base in type.__dict__["__mro__"].__get__(kind):
            names += texts(type.__dict__["__dict__"].__get__(base))
    try:
        own = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return names
    if type(own) is dict:
        names += texts(own)
        for register in ("_modules", "_parameters", "_buffers"):
            names += texts(own[register]) if type(own.get(register)) is dict else ()
    return [name for name in names if not name.startswith("_")]
