"""Derivations: from which other expressions a value was computed, as far as the text alone proves it.

A number that `.item()` gave, or an array that `.numpy()` gave, is out of the recorder's sight: what Python and numpy
make of it has another identity. The text still says it: `scale = loss.item() * 3` is computed from the call in it. What
depends on the way the program took (a name bound twice, a branch, a parameter) is not known, and nothing is said.
"""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import Any

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
BINDING = frozenset({
    ast.AnnAssign, ast.Assign, ast.AsyncFor, ast.AsyncFunctionDef, ast.AugAssign, ast.ClassDef, ast.Delete,
    ast.ExceptHandler, ast.For, ast.FunctionDef, ast.MatchAs, ast.MatchMapping, ast.MatchStar, ast.NamedExpr,
    ast.alias, ast.arg, ast.comprehension, ast.withitem,
})  # fmt: skip
"""What binds names."""

MAX_EXPRESSIONS = 128
"""Expressions looked through for one value."""
MODULES = frozenset({"math", "numpy", "statistics", "torch"})
"""Modules whose functions compute a value from those they are given."""
BUILTINS = frozenset({"abs", "complex", "float", "int", "list", "max", "min", "pow", "round", "sorted", "sum", "tuple"})
VALUELESS = frozenset({
    "arange", "empty", "eye", "full", "iinfo", "finfo", "isnan", "linspace", "load", "ndim", "ones", "rand", "randint",
    "randn", "randperm", "save", "shape", "size", "zeros",
})  # fmt: skip
"""Functions of these modules whose result does not hold what they are given, or only its shape."""
METHODS = frozenset({
    "astype", "clip", "clone", "contiguous", "copy", "cpu", "cumsum", "detach", "double", "dot", "flatten", "float",
    "item", "max", "mean", "min", "norm", "numpy", "prod", "ravel", "requires_grad_", "reshape", "round", "squeeze",
    "std", "sum", "to", "tolist", "transpose", "unsqueeze", "var", "view",
})  # fmt: skip
"""Methods whose result is made of what they are called on."""
VALUES = frozenset({"data", "fill_value", "input", "max", "min", "obj", "object", "other", "value"})
"""Arguments by name that a result is made of."""
WRITING = frozenset({
    "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update",
})  # fmt: skip
"""Methods after which a container holds something else."""
PROPERTIES = frozenset({"T", "data", "imag", "mT", "real"})


class Derivations:
    """Looks expressions of one file through."""

    def __init__(self, tree: ast.Module) -> None:
        self._scopes: dict[ast.AST, ast.AST] = {tree: tree}
        self._bindings: dict[tuple[ast.AST, str], list[ast.expr | None]] = defaultdict(list)
        self._modules: set[str] = set()
        self._whole: set[ast.expr] = set()
        """What names are given as a whole, and not only a part of."""
        self._shared: set[str] = set()
        """Names that a function binds for another scope."""
        for node in ast.walk(tree):
            self._enter(node)
        self._own_names = {name for _, name in self._bindings}

    def _enter(self, node: ast.AST) -> None:
        around = self._scopes[node]
        scope = node if isinstance(node, SCOPES) else around
        for child in ast.iter_child_nodes(node):
            self._scopes[child] = scope
        if type(node) in BINDING:
            for name, value in _bindings(node):
                self._bindings[around, name].append(value)
            if isinstance(node, ast.Assign) and all(isinstance(one, ast.Name) for one in node.targets):
                self._whole.add(node.value)
        elif isinstance(node, ast.Call):
            match node.func:
                case ast.Attribute(value=ast.Name(id=name), attr=method) if method in WRITING:
                    self._bindings[around, name].append(None)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            self._shared.update(node.names)
        elif isinstance(node, ast.Import):
            known = [one for one in node.names if one.name.partition(".")[0] in MODULES]
            self._modules |= {one.asname or one.name.partition(".")[0] for one in known}

    def of(self, expression: ast.expr) -> Iterator[ast.expr]:
        """Yield the expressions that the value of one was computed from, itself first, the outer before the inner ones.

        Args:
            expression: part of the tree.
        """
        waiting, seen = deque([expression]), {expression}
        while waiting and len(seen) < MAX_EXPRESSIONS:
            one = waiting.popleft()
            yield one
            parts = [part for part in self._parts(one) if part not in seen]
            seen.update(parts)
            waiting.extend(parts)

    def _parts(self, node: ast.expr) -> Iterable[ast.expr]:
        match node:
            case ast.Name():
                return self._bound(node)
            case ast.BinOp(left=left, right=right):
                return left, right
            case ast.Subscript(value=one, slice=key):
                return self._item(one, _constant(key))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=one):
                return (one,)
            case ast.Starred(value=one) | ast.NamedExpr(value=one):
                return (one,)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return elements
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
                return (element,)
            case ast.Attribute(value=one, attr=name) if name in PROPERTIES:
                return (one,)
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in BUILTINS and name not in self._own_names:
                return arguments
            case ast.Call(func=ast.Attribute() as function, args=arguments, keywords=keywords):
                return self._called(function, [*arguments, *(one.value for one in keywords if one.arg in VALUES)])
        return ()

    def _item(self, container: ast.expr, key: Any) -> Iterable[ast.expr]:
        """The expression of one item where the text shows it, else that of the whole."""
        shown = container
        if isinstance(container, ast.Name):
            bound = tuple(self._bound(container))
            shown = bound[0] if bound and bound[0] in self._whole else container
        match shown:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) if isinstance(key, int):
                is_plain = not any(isinstance(one, ast.Starred) for one in elements)
                return elements[key:][:1] if is_plain else ()
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return elements if len(elements) == 1 or isinstance(key, slice) else ()
            case ast.Dict(keys=keys, values=values):
                pairs = zip(map(_constant, keys), values, strict=True)
                return [value for name, value in pairs if name is not None and name == key][-1:]
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords) if "dict" not in self._own_names:
                return [one.value for one in keywords if one.arg == key and key is not None]
        return (container,)

    def _called(self, function: ast.Attribute, arguments: list[ast.expr]) -> Iterable[ast.expr]:
        root: ast.expr = function
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id in self._modules:
            is_value = function.attr not in VALUELESS and not function.attr.endswith("_like")
            return arguments[1:2] if function.attr == "full" else arguments if is_value else ()  # after the size
        return (function.value,) if function.attr in METHODS else ()

    def _bound(self, name: ast.Name) -> Iterable[ast.expr]:
        """The one expression that a name can hold the value of, or a part of it."""
        scope, inner = self._scopes[name], None
        while scope is not inner:
            bindings = self._bindings.get((scope, name.id), ())
            if bindings and not isinstance(scope, ast.ClassDef):
                value = bindings[0]
                return (value,) if len(bindings) == 1 and value is not None and name.id not in self._shared else ()
            scope, inner = self._scopes[scope], scope
        return ()


def _constant(key: ast.expr | None) -> Any:
    """What an index or a key is, if the text says it; for a slice, any slice; None for anything else."""
    match key:
        case ast.Constant(value=int() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
        case ast.Slice():
            return slice(None)
    return None


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the names that a node binds, each with the expression whose value, or a part of it, it then holds."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _targets(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            yield from _targets(target, value)
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
            is_one_of_several = isinstance(value, ast.List | ast.Tuple) and len(value.elts) != 1
            yield from _targets(target, None if is_one_of_several else value)
        case ast.Delete(targets=targets):
            for target in targets:
                yield from _targets(target, None)
        case (
            ast.AugAssign(target=target)
            | ast.AsyncFor(target=target)
            | ast.withitem(optional_vars=ast.expr() as target)
        ):
            yield from _targets(target, None)
        case ast.alias(name=name, asname=None):
            yield name.partition(".")[0], None
        case ast.arg(arg=name) | ast.ExceptHandler(name=str(name)) | ast.alias(asname=str(name)):
            yield name, None
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, None
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name, None


def _targets(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    match target:
        case ast.Name(id=name):
            yield name, value
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            are_paired = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(elements)
            parts = value.elts if are_paired else [value] * len(elements)  # type: ignore[union-attr]
            for one, part in zip(elements, parts, strict=True):
                yield from _targets(one, part)
        case ast.Starred(value=one):
            yield from _targets(one, value)
        case ast.Subscript(value=one):  # it is written into, and holds what nobody follows
            yield from _targets(one, None)
