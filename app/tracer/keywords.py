"""Keyword arguments that a function does not take, and the one that was meant."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import torch

from app.errors import Parameter
from app.program import nearest_option

UNEXPECTED = re.compile(r"^[\w.<>]+\(\) got an unexpected keyword argument '(\w+)'")
VAR_KEYWORDS = 0x08
"""The flag of a code object that takes `**kwargs`, and so hands them on."""
COMMON = ("requires_grad", "dtype", "device", "dim", "keepdim", "generator", "out", "size")
"""Options of the functions that torch writes in C, which show no signature."""


def unexpected(message: str, frame: FrameType | None, text: str) -> tuple[str, dict[str, Parameter]] | None:
    """Explain a TypeError about a keyword argument.

    Args:
        message: of the error.
        frame: of the program, where the call stands.
        text: the call, as the program writes it.

    Returns:
        The slug and its parameters; None if the message is another one, or it is not known what was called.
    """
    found = UNEXPECTED.match(message)
    path = called(text)
    if found is None or frame is None or not path:
        return None
    name = found.group(1)
    owner = resolve(path, frame)
    known = list(dict.fromkeys(keywords_of(owner)))
    if not known or name in known:
        return None
    near = nearest_option(name, known)
    parameters: dict[str, Parameter] = {"function": ".".join(path), "name": name}
    if near is not None:
        return "misspelt-keyword", {**parameters, "nearest": near}
    if isinstance(owner, BuiltinFunctionType):
        return None
    return "unknown-keyword", {**parameters, "known": ", ".join(known)}


def called(text: str) -> list[str]:
    """Read the dotted name of what a call calls, such as `["torch", "optim", "SGD"]`; empty if it has none."""
    try:
        node: ast.expr = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    node = node.func if isinstance(node, ast.Call) else node
    path: list[str] = []
    while isinstance(node, ast.Attribute):
        path.insert(0, node.attr)
        node = node.value
    return [node.id, *path] if isinstance(node, ast.Name) else []


def resolve(path: list[str], frame: FrameType) -> Any:
    """Look up a dotted name through modules only, so that no code of the visitor runs; None if it leads nowhere."""
    owner = frame.f_locals.get(path[0], frame.f_globals.get(path[0]))
    for name in path[1:]:
        if type(owner) is not ModuleType:
            return None
        owner = vars(owner).get(name)
    return owner


def keywords_of(owner: Any) -> Iterator[str]:
    """Yield the names of the arguments that a function, or the construction of a class, takes."""
    if isinstance(owner, BuiltinFunctionType):
        yield from COMMON
    elif isinstance(owner, FunctionType):
        yield from arguments_of(owner.__code__)
    elif isinstance(owner, type):
        # The mode of a recurrent module is its class.
        hidden = {"self", "mode"} if issubclass(owner, torch.nn.RNNBase) else {"self"}
        for base in type.__dict__["__mro__"].__get__(owner):
            construct = type.__dict__["__dict__"].__get__(base).get("__init__")
            if type(construct) is FunctionType:
                yield from (name for name in arguments_of(construct.__code__) if name not in hidden)
                if not construct.__code__.co_flags & VAR_KEYWORDS:
                    return


def arguments_of(code: CodeType) -> tuple[str, ...]:
    """The names of all arguments that can be given by keyword."""
    first = code.co_posonlyargcount
    return code.co_varnames[first : code.co_argcount + code.co_kwonlyargcount]
