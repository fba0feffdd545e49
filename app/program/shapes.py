"""Finds shapes that fit for variables without a value: in `relu(W @ x + b).sum()`, W is 2×3, x has 3 and b 2 elements.

Sizes are unknowns that the operations equate; what stays open takes a size from 2 to 4 that a person can still read.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from itertools import zip_longest

SMALL, USUAL = 2, 3
REDUCTIONS = frozenset({
    "amax", "amin", "logsumexp", "max", "mean", "median", "min", "norm", "prod", "std", "sum", "var", "vector_norm",
})  # fmt: skip
ALONG = frozenset(["softmax", "log_softmax", "softmin", "cumsum", "cumprod", "normalize", "layer_norm"])
PAIRS = frozenset({
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "huber_loss", "kl_div", "l1_loss", "mse_loss",
    "smooth_l1_loss",
})  # fmt: skip
CLASSES = frozenset({"cross_entropy", "nll_loss"})
PRODUCTS = frozenset({"dot", "inner", "vdot", "matmul", "mm", "mv"})
RESHAPING = frozenset({
    "cat", "diag", "expand", "flatten", "one_hot", "outer", "repeat", "reshape", "squeeze", "stack", "unsqueeze",
    "view",
})  # fmt: skip
SQUARE = frozenset({
    "cholesky", "det", "inv", "inverse", "logdet", "matrix_exp", "pinverse", "slogdet", "trace",
})  # fmt: skip
TRANSPOSED = frozenset({"T", "mT", "H", "mH"})


class Size:
    """One unknown size; equal sizes share a root."""

    def __init__(self, usual: int = USUAL, fixed: int | None = None) -> None:
        self.usual = usual
        self.fixed = fixed
        self.least = 1
        self.same: Size | None = None

    def root(self) -> Size:
        """The size that stands for all that are equal to it."""
        size = self
        while size.same is not None:
            size = size.same
        return size

    def equate(self, other: Size) -> None:
        """Make two sizes equal; a size that is known wins."""
        one, two = self.root(), other.root()
        if one is two or 1 in (one.fixed, two.fixed):
            return
        one.same = two
        two.fixed = one.fixed if two.fixed is None else two.fixed
        two.least = max(one.least, two.least)
        two.usual = min(one.usual, two.usual)

    def number(self) -> int:
        """Settle on a number."""
        root = self.root()
        return root.fixed if root.fixed is not None else max(root.usual, root.least)


Shape = tuple[Size, ...]


class Inference:
    """The shapes found so far, by variable; `classes` are those that hold class numbers or indices."""

    def __init__(self, known: Mapping[str, tuple[int, ...]]) -> None:
        self.shapes: dict[str, Shape] = {
            name: tuple(Size(fixed=size) for size in shape) for name, shape in known.items()
        }
        self.classes: set[str] = set()

    def visit(self, node: ast.expr) -> Shape | None:
        """Work out the shape of an expression, and fix those of its variables on the way; None is not known yet."""
        if isinstance(node, ast.Name):
            return self.shapes.get(node.id)
        if isinstance(node, ast.BinOp):
            return self.product(node.left, node.right) if isinstance(node.op, ast.MatMult) else self.elementwise(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.Subscript):
            return self.element(node)
        if isinstance(node, ast.Attribute) and node.attr in TRANSPOSED:
            return self.needs(node.value, (Size(SMALL), Size()))[::-1]
        shapes = [self.visit(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return next((shape for shape in shapes if shape), None)

    def needs(self, node: ast.expr, shape: Shape) -> Shape:
        """Work out a shape; where it stays open, ask for the one given."""
        found = self.visit(node)
        if found is None:
            self.demand(node, shape)
            return shape
        return found

    def demand(self, node: ast.expr, shape: Shape) -> None:
        """Give a shape to the open variables of an elementwise expression."""
        if isinstance(node, ast.Name):
            self.shapes.setdefault(node.id, shape)
        elif isinstance(node, ast.UnaryOp):
            self.demand(node.operand, shape)
        elif isinstance(node, ast.BinOp):
            self.demand(node.left, shape)
            self.demand(node.right, shape)
        elif isinstance(node, ast.Call) and called(node) not in RESHAPING:
            for argument in arguments(node)[:1]:
                self.demand(argument, shape)

    def product(self, left: ast.expr, right: ast.expr) -> Shape:
        """Shape of `left @ right`; a capital letter is a matrix, a small one a vector."""
        first = self.needs(left, (Size(SMALL), Size()) if is_matrix(left) else (Size(),))
        second = self.needs(right, (Size(), Size(SMALL)) if is_matrix(right) else (Size(),))
        if not first or not second:
            return ()
        first[-1].equate(second[-2] if len(second) > 1 else second[0])
        return first[:-1] + (second[-1:] if len(second) > 1 else ())

    def elementwise(self, node: ast.BinOp) -> Shape | None:
        """Shape of `left + right` and its like: a bias takes the last size, a difference the whole shape."""
        left, right = self.visit(node.left), self.visit(node.right)
        if left is not None and right is not None:
            for one, two in zip_longest(reversed(left), reversed(right)):
                if one is not None and two is not None:
                    one.equate(two)
            return max(left, right, key=len)
        shape = left if right is None else right
        if shape and isinstance(node.op, ast.Add | ast.Sub):
            self.demand(
                node.right if right is None else node.left, shape if isinstance(node.op, ast.Sub) else shape[-1:]
            )
        return shape

    def call(self, node: ast.Call) -> Shape | None:
        """Shape of a call, by what is known about the function; others are taken to work element by element."""
        name, given = called(node), arguments(node)
        if not given:
            return None
        if name in REDUCTIONS or name in ALONG:
            found = self.needs(given[0], shape_along(node, given))
            return found if name in ALONG else reduced(found, node, given)
        if name in PRODUCTS and len(given) > 1:
            return self.product(given[0], given[1])
        if name in CLASSES and len(given) > 1:
            return self.classify(given[0], given[1])
        if name in SQUARE:
            size = Size(SMALL)
            self.needs(given[0], (size, size))
            return ()
        if name == "linear" and len(given) > 1:
            return self.layer(given)
        shapes = [self.visit(argument) for argument in given]
        shape = next((shape for shape in shapes if shape), None)
        if name in PAIRS:
            self.pair(given, shape)
            return ()
        return shape

    def pair(self, given: list[ast.expr], shape: Shape | None) -> None:
        """Give the two sides of a loss one shape."""
        for argument in given[:2]:
            if shape:
                self.demand(argument, shape)

    def classify(self, scores: ast.expr, target: ast.expr) -> Shape:
        """Fit class numbers to the scores of a cross entropy."""
        shape = self.needs(scores, (Size(),))
        if isinstance(target, ast.Name):
            self.classes.add(target.id)
            self.shapes.setdefault(target.id, shape[:-1])
        return ()

    def layer(self, given: list[ast.expr]) -> Shape:
        """Shape of `linear(x, W, b)`: W has one row for each output."""
        inputs = self.needs(given[0], (Size(),))
        weight = self.needs(given[1], (Size(SMALL), Size()))
        if inputs and len(weight) > 1:
            inputs[-1].equate(weight[-1])
        for bias in given[2:3]:
            self.needs(bias, weight[:1])
        return inputs[:-1] + weight[:1]

    def element(self, node: ast.Subscript) -> Shape | None:
        """Shape of `z[2]` or `W[0, 1:]`; each index asks for a dimension that is long enough."""
        indices = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for index in indices:
            if isinstance(index, ast.Name):
                self.classes.add(index.id)
                self.shapes.setdefault(index.id, ())
        shape = self.needs(node.value, tuple(Size() for _ in indices))
        for size, index in zip(shape, indices, strict=False):
            number = constant(index)
            if number is not None:
                size.root().least = max(size.root().least, number + 1 if number >= 0 else -number)
        kept = tuple(size for size, index in zip(shape, indices, strict=False) if isinstance(index, ast.Slice))
        return kept + shape[len(indices) :]


def infer(tree: ast.expr, known: Mapping[str, tuple[int, ...]]) -> tuple[dict[str, tuple[int, ...]], frozenset[str]]:
    """Find shapes that fit for the variables of an expression.
    Args:
        tree: the expression.
        known: shapes of the variables that have a value.
    Returns:
        A shape for each variable that needs one (the others are scalars), and the variables that hold class numbers.
    """
    inference = Inference(known)
    inference.visit(tree)
    shapes = {name: tuple(size.number() for size in shape) for name, shape in inference.shapes.items()}
    return shapes, frozenset(inference.classes)


def called(node: ast.Call) -> str:
    """Name of the function or method, without what stands before it."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def arguments(node: ast.Call) -> list[ast.expr]:
    """Positional arguments, with the tensor before the dot of a method as the first."""
    if isinstance(node.func, ast.Attribute) and not is_module(node.func.value):
        return [node.func.value, *node.args]
    return list(node.args)


def is_module(node: ast.expr) -> bool:
    """Tell whether `torch.linalg` stands before the dot rather than a tensor."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in {"torch", "nn", "F", "math"}


def is_matrix(node: ast.expr) -> bool:
    """Tell by the first letter of the first variable whether a matrix is meant."""
    names = [child for child in ast.walk(node) if isinstance(child, ast.Name)]
    functions = {id(child.func) for child in ast.walk(node) if isinstance(child, ast.Call)}
    variables = sorted((name for name in names if id(name) not in functions), key=lambda name: name.col_offset)
    return bool(variables) and variables[0].id[0].isupper()


def constant(node: ast.expr) -> int | None:
    """Read a whole number, with or without a sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = constant(node.operand)
        return -number if number is not None else None
    value = node.value if isinstance(node, ast.Constant) else None
    return min(value, 8) if type(value) is int else None


def dimension(node: ast.Call, given: list[ast.expr]) -> int | None:
    """The dimension a reduction goes along, if it names one."""
    named = [keyword.value for keyword in node.keywords if keyword.arg in {"dim", "axis"}]
    candidates = named or given[1:2]
    return constant(candidates[0]) if candidates else None


def shape_along(node: ast.Call, given: list[ast.expr]) -> Shape:
    """The smallest shape that has the dimension asked for."""
    number = dimension(node, given)
    rank = 1 if number is None else max(number + 1, -number)
    return (*(Size(SMALL) for _ in range(min(rank, 4) - 1)), Size())


def reduced(shape: Shape, node: ast.Call, given: list[ast.expr]) -> Shape:
    """Shape after a reduction."""
    number = dimension(node, given)
    if number is None or not -len(shape) <= number < len(shape):
        return ()
    return shape[: number % len(shape)] + shape[number % len(shape) + 1 :]
