"""Names: what the program calls a tensor, and what a module is called from where the program stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any
from weakref import ref

import torch
from torch.autograd.graph import Node as Function

from app.tracer.metadata import is_module, is_tensor
from app.tracer.values import Held, Reading, read
from app.tracer.walk import function_of

MAX_ITEMS = 64
"""Items of a list or dictionary that are looked into."""
MAX_KNOWN = 20_000
"""Names remembered at most."""


class Names:
    """Looks tensors and modules up in the program's variables; what was found once is remembered."""

    def __init__(self, is_program: Mapping[str, bool]) -> None:
        self._is_program = is_program
        self.given: list[tuple[Any, ...]] = []
        """What the modules that run were given by place, the innermost last."""
        self._tensors: dict[int, tuple[ref[torch.Tensor], str | None]] = {}
        self._modules: dict[int, tuple[torch.nn.Module, str | None]] = {}
        self._called: dict[int, tuple[torch.nn.Module, str]] = {}
        self._snapshots: dict[int, tuple[torch.Tensor, int, Reading]] = {}

    def learn(self, tensor: torch.Tensor, name: str) -> None:
        """Remember the name that the source gives a tensor where it is made."""
        self._tensors[id(tensor)] = (ref(tensor), name)

    def knows(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor has a name already; writing into it under another one changes nothing."""
        known = self._tensors.get(id(tensor))
        return known is not None and known[0]() is tensor and known[1] is not None

    def known(self, tensor: torch.Tensor) -> str | None:
        """The name of a tensor that was looked up before; None also if it has none."""
        known = self._tensors.get(id(tensor))
        return known[1] if known is not None and known[0]() is tensor else None

    def forget_nameless(self, tensor: torch.Tensor) -> None:
        """Look a tensor up anew next time, if it has no name yet: its module may still be in the making."""
        if self.known(tensor) is None:
            self._tensors.pop(id(tensor), None)

    def of(self, tensor: torch.Tensor, frame: FrameType | None) -> str | None:
        """The program's name for a tensor, such as `x`, `net.layers.0.weight` or `params[1]`."""
        known = self._tensors.get(id(tensor))
        if known is not None and known[0]() is tensor:
            return known[1]
        if len(self._tensors) > MAX_KNOWN:
            self._tensors.clear()
        # Whatever can be named now is named at once: a network has hundreds of parameters, and a scan sees them all.
        for name, one in _tensors_in(self._scopes(frame)):
            self._note(one, name)
        return self._note(tensor, None)

    def _note(self, tensor: torch.Tensor, name: str | None) -> str | None:
        """Remember a name, unless the tensor has one; one that is gone leaves its place to another."""
        known = self._tensors.get(id(tensor))
        if known is None or known[0]() is not tensor:
            known = self._tensors[id(tensor)] = (ref(tensor), name)
        return known[1]

    def results(self, frame: FrameType | None) -> dict[Function, str]:
        """The names of results that the program's variables hold now, by the node that made them."""
        found: dict[Function, str] = {}
        for name, value in _variables(self._scopes(frame)):
            function = function_of(value) if is_tensor(value) else None
            if function is not None:
                found.setdefault(function, name)
        return found

    def of_module(self, module: torch.nn.Module, frame: FrameType | None) -> str | None:
        """The path of a module, such as `net.layers.0`."""
        known = self._modules.get(id(module))
        if known is not None and known[0] is module:
            return known[1]
        if len(self._modules) > MAX_KNOWN:
            self._modules.clear()
        for prefix, root in _modules_in(self._scopes(frame)):
            for path, inner in _inner_modules(root):
                self._modules.setdefault(id(inner), (inner, f"{prefix}.{path}" if path else prefix))
        known = self._modules.get(id(module))
        if known is not None and known[0] is module:
            return known[1]
        called = self._called.get(id(module))
        return called[1] if called is not None and called[0] is module else type(module).__name__

    def learn_module(self, module: torch.nn.Module, frame: FrameType | None) -> None:
        """Remember what a module is called where it is called: when its graph is looked at, that place may be gone."""
        known = self._called.get(id(module))
        if known is not None and known[0] is module:
            return
        if len(self._called) > MAX_KNOWN:
            self._called.clear()
        for prefix, root in _modules_in(self._scopes(frame)):
            for path, inner in _inner_modules(root):
                self._called.setdefault(id(inner), (inner, f"{prefix}.{path}" if path else prefix))
        self._called.setdefault(id(module), (module, type(module).__name__))

    def are_called_alike(self, one: torch.nn.Module | None, other: torch.nn.Module | None) -> bool:
        """Whether two modules go by one path, as those of a network that is built anew in each turn of a loop do."""
        if one is None or other is None:
            return False
        return self.of_module(one, None) == self.of_module(other, None)

    def snapshot(self, tensor: torch.Tensor, full_elements: int) -> Reading:
        """The value of a tensor that is used again and again unchanged (data, targets): read once for each version."""
        known = self._snapshots.get(id(tensor))
        if known is not None and known[0] is tensor and known[1] == tensor._version:
            return known[2]
        if len(self._snapshots) > 256:
            self._snapshots.clear()
        reading = read(tensor, full_elements)
        if not isinstance(reading, Held):
            self._snapshots[id(tensor)] = (tensor, tensor._version, reading)
        return reading

    def _scopes(self, frame: FrameType | None) -> list[Mapping[str, Any]]:
        """The local variables of the program's frames, innermost first, then the globals they see.

        A module that runs a method of its own goes by what others call it, if anybody does: as `self` it comes last,
        and not where one module may have called another.
        """
        scopes: list[Mapping[str, Any]] = []
        seen: list[Mapping[str, Any]] = []
        selves: dict[str, Any] = {}
        is_forward = False
        while frame is not None:
            if self._is_program[frame.f_code.co_filename]:
                if frame.f_locals is not frame.f_globals:
                    name = _own_module(frame)
                    scopes.append({other: one for other, one in frame.f_locals.items() if other != name})
                    selves |= {} if name is None else {name: frame.f_locals[name]}
                    is_forward |= frame.f_code.co_name == "forward"
                if not any(one is frame.f_globals for one in seen):
                    seen.append(frame.f_globals)
            frame = frame.f_back
        return [*scopes, *seen, {} if is_forward else selves]


def _own_module(frame: FrameType) -> str | None:
    """What a method of a module calls the module itself; None for any other function."""
    code = frame.f_code
    name = code.co_varnames[0] if code.co_argcount else None
    value = frame.f_locals.get(name) if name is not None else None
    if not is_module(value):
        return None
    methods = [vars(kind).get(code.co_name) for kind in type(value).__mro__]
    return name if any(getattr(one, "__code__", None) is code for one in methods) else None


def _variables(scopes: list[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    for scope in scopes:
        for name, value in list(scope.items()):
            if not name.startswith("__"):
                yield name, value


def _tensors_in(scopes: list[Mapping[str, Any]]) -> Iterator[tuple[str, torch.Tensor]]:
    """Every tensor that can be named: plain variables before a module's parameters, and both before containers.

    A function may call a parameter `x`, and the next one otherwise: it goes by its path.
    """
    modules = list(_modules_in(scopes))
    parameters = [(prefix, path, one) for prefix, module in modules for path, one in module.named_parameters()]
    inside = {id(one) for _, _, one in parameters}
    for name, value in _variables(scopes):
        if is_tensor(value) and id(value) not in inside:
            yield name, value
    for prefix, path, parameter in parameters:
        yield f"{prefix}.{path}", parameter
    for path, one in _items(scopes):
        if is_tensor(one):
            yield path, one


def _items(scopes: list[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """What lists, dictionaries and the objects of the program's own classes hold."""
    own = {scope["__name__"] for scope in scopes if "__name__" in scope}
    for name, value in _variables(scopes):
        if type(value) in (list, tuple):
            yield from [(f"{name}[{i}]", one) for i, one in enumerate(value[:MAX_ITEMS])]
        elif type(value) is dict:
            keys = [key for key in list(value)[:MAX_ITEMS] if type(key) in (str, int)]
            yield from [(f"{name}[{key!r}]", value[key]) for key in keys]
        elif getattr(type(value), "__module__", None) in own and not is_module(value):
            held = _attributes(value)
            if type(held) is dict:
                yield from [(f"{name}.{key}", one) for key, one in list(held.items())[:MAX_ITEMS]]


def _attributes(value: Any) -> Any:
    """What an object holds, asked so that no code of the program runs; None for one that has no dictionary."""
    try:
        return object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None


def _modules_in(scopes: list[Mapping[str, Any]]) -> Iterator[tuple[str, torch.nn.Module]]:
    """Every module that can be named: those of plain variables first."""
    found = [(name, one) for name, one in _variables(scopes) if is_module(one)]
    found += [(path, one) for path, one in _items(scopes) if is_module(one)]
    inner = {id(child) for _, module in found for _, child in _inner_modules(module)[1:]}
    # A module that is part of another one goes by its path there.
    yield from sorted(found, key=lambda pair: id(pair[1]) in inner)


def _inner_modules(root: torch.nn.Module) -> list[tuple[str, torch.nn.Module]]:
    """A module and those within it, with their paths, as `named_modules` gives them: through no tower of generators."""
    found: dict[torch.nn.Module, str] = {}
    stack: list[tuple[str, torch.nn.Module]] = [("", root)]
    while stack:
        path, module = stack.pop()
        if module not in found:
            found[module] = path
            children = reversed(module._modules.items())
            stack += [(f"{path}.{name}" if path else name, one) for name, one in children if one is not None]
    return [(path, module) for module, path in found.items()]
