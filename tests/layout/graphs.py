"""Graphs for the tests of the layout: written by hand, grown by rule, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from app.trace.model import Edge, Graph, Kind, Node, Pass, Span, TensorValue, Value


@dataclass
class Builder:
    """Collects nodes in the order of computation; `graph` numbers them from the result, as a walk does."""

    nodes: list[Node] = field(default_factory=list)
    inputs: list[tuple[int, ...]] = field(default_factory=list)

    def add(self, node: Node, *inputs: int) -> int:
        self.nodes.append(node)
        self.inputs.append(inputs)
        return len(self.nodes) - 1

    def leaf(self, name: str, shape: tuple[int, ...] = ()) -> int:
        return self.add(Node("", "leaf", "AccumulateGrad", name, name, shape=shape, dtype="float32"))

    def constant(self, label: str, variable: str | None = None, shape: tuple[int, ...] = ()) -> int:
        return self.add(Node("", "constant", "Constant", label, variable, shape=shape, dtype="float32"))

    def call(self, name: str, label: str, *inputs: int, line: int = 0, module: str | None = None) -> int:
        span = Span(line, 1, line, 1 + len(label)) if line else None
        return self.add(Node("", "operation", f"{name}Backward0", label, None, span, (), "float32", module), *inputs)

    def graph(self) -> Graph:
        last = len(self.nodes) - 1
        nodes: list[Node] = []
        edges: list[Edge] = []
        for at, node in reversed(list(enumerate(self.nodes))):
            kind: Kind = "output" if at == last else node.kind
            nodes.append(Node(f"n{last - at}", kind, *(getattr(node, name) for name in node.__struct_fields__[2:])))
            for slot, tail in enumerate(self.inputs[at]):
                edges.append(Edge(f"e{len(edges)}", f"n{last - at}", f"n{last - tail}", slot))
        return Graph("g0", tuple(nodes), tuple(edges))


def broken() -> Graph:
    """`y = h.detach() * v + (h > 0) * v` after `h = w * 2`, of which only a ghost is left."""
    nodes = (
        Node("n0", "output", "MulBackward0", "h.detach() * v", "y", shape=(), dtype="float32"),
        Node("n1", "leaf", "AccumulateGrad", "v", "v", shape=(), dtype="float32"),
        Node("n2", "constant", "Constant", "h.detach()", shape=(), dtype="float32", cut="detach()"),
        Node("n3", "constant", "Constant", "h > 0", "gate", shape=(), dtype="bool", cut="> <&\"'"),
        Node("n4", "ghost", "MulBackward0", "w * 2", "h", cut="detach()"),
    )
    ends = (("n0", "n1", 1), ("n0", "n2", 0), ("n0", "n3", 2), ("n2", "n4", 0), ("n3", "n4", 0))
    return Graph("g0", nodes, tuple(Edge(f"e{at}", *end) for at, end in enumerate(ends)))


def quadratic() -> Graph:
    """`y = a*x**2 + b*x + c`, with leaves a, b, c and the constant x."""

    def node(at: int, kind: Kind, name: str, label: str, variable: str | None = None) -> Node:
        return Node(f"n{at}", kind, name, label, variable, shape=(), dtype="float32")

    nodes = (
        node(0, "output", "AddBackward0", "a*x**2 + b*x + c", "y"),
        node(1, "operation", "AddBackward0", "a*x**2 + b*x"),
        node(2, "operation", "MulBackward0", "a*x**2"),
        node(3, "leaf", "AccumulateGrad", "a", "a"),
        node(4, "operation", "MulBackward0", "b*x"),
        node(5, "leaf", "AccumulateGrad", "b", "b"),
        node(6, "leaf", "AccumulateGrad", "c", "c"),
        node(7, "constant", "Constant", "x**2"),
        node(8, "constant", "Constant", "x", "x"),
    )
    pairs = ((0, 1), (0, 6), (1, 2), (1, 4), (2, 3), (4, 5), (2, 7), (4, 8))
    edges = tuple(Edge(f"e{at}", f"n{one}", f"n{other}", at % 2) for at, (one, other) in enumerate(pairs))
    return Graph("g0", nodes, edges)


def quadratic_pass() -> Pass:
    """Its numbers for a=1, b=2, c=3, x=4."""
    return Pass(
        graph="g0",
        call="backward",
        loss=27.0,
        values=(27.0, 24.0, 16.0, 1.0, 8.0, 2.0, 3.0, 16.0, 4.0),
        gradients=(1.0, 1.0, 1.0, 16.0, 1.0, 4.0, 1.0, None, None),
        flows=(1.0, 1.0, 1.0, 1.0, 16.0, 4.0, None, None),
        derivatives=(1.0, 1.0, 1.0, 1.0, 16.0, 4.0, None, None),
        accumulated={"n3": 16.0, "n5": 4.0, "n6": 1.0},
        order=(0, 1, 2, 3, 4, 5, 6),
    )


def square() -> Graph:
    """`x * x`: two edges between the same two nodes."""
    build = Builder()
    x = build.leaf("x")
    build.call("Mul", "x * x", x, x)
    return build.graph()


def chain(length: int) -> Graph:
    """`for _ in range(length): x = torch.tanh(x)`."""
    build = Builder()
    x = build.leaf("x")
    for _ in range(length):
        x = build.call("Tanh", "torch.tanh(x)", x, line=3)
    build.call("Sum", "x.sum()", x, line=4)
    return build.graph()


def recurrent(steps: int) -> Graph:
    """Four parameters, each used in every step."""
    build = Builder()
    weight, recurrence, bias, hidden = (build.leaf(name, (8, 8)) for name in ("W", "U", "b", "h0"))
    for _ in range(steps):
        x = build.constant("xs[t]", "xs[t]", (8,))
        first = build.call("Mv", "W @ xs[t]", weight, x, line=7)
        second = build.call("Mv", "U @ h", recurrence, hidden, line=7)
        total = build.call("Add", "W @ xs[t] + U @ h + b", first, second, bias, line=7)
        hidden = build.call("Tanh", "torch.tanh(W @ xs[t] + U @ h + b)", total, line=7)
    build.call("Sum", "h.sum()", hidden, line=8)
    return build.graph()


def encoder(layers: int) -> Graph:
    """Layers of modules, with parameters that are known by a dotted name."""
    build = Builder()
    x = build.constant("x", "x", (2, 16))

    def linear(x: int, module: str) -> int:
        weight, bias = build.leaf(f"net.{module}.weight", (16, 16)), build.leaf(f"net.{module}.bias", (16,))
        turned = build.call("T", "", weight, module=f"net.{module}")
        return build.call("Addmm", "", bias, x, turned, module=f"net.{module}")

    for layer in range(layers):
        name = f"layers.{layer}"
        heads = [linear(x, f"{name}.attention.{part}") for part in ("query", "key", "value")]
        attended = build.call("Bmm", "", *heads, module=f"net.{name}.attention")
        x = build.call("Add", "x + attended", x, attended, module=f"net.{name}")
        inner = build.call("Relu", "", linear(x, f"{name}.first"), module=f"net.{name}")
        x = build.call("Add", "x + inner", x, linear(inner, f"{name}.second"), module=f"net.{name}")
    build.call("Sum", "net(x).sum()", x)
    return build.graph()


@st.composite
def graphs(draw: st.DrawFn, most: int = 40) -> Graph:
    """Graphs with fan-out, parallel edges, repeated labels, modules, constants, and texts of every script."""
    build = Builder()
    texts = st.text(max_size=30) | st.sampled_from(["x", "w * x", "torch.relu(h)", ""])
    modules = st.sampled_from([None, None, "net", "net.layers.0", "net.layers.1", "net.layers.1.linear"])
    build.leaf(draw(texts))
    for at in range(1, draw(st.integers(2, most))):
        kind = draw(st.sampled_from(["leaf", "constant", "operation", "operation", "operation"]))
        if kind == "leaf":
            build.leaf(draw(texts), draw(st.sampled_from([(), (3,), (2, 2)])))
        elif kind == "constant":
            build.constant(draw(texts), draw(st.none() | texts))
        else:
            inputs = draw(st.lists(st.integers(0, at - 1), min_size=1, max_size=3))
            line = draw(st.integers(0, 3))
            build.call(draw(st.sampled_from(["Mul", "Tanh"])), draw(texts), *inputs, line=line, module=draw(modules))
    build.call("Sum", "loss", len(build.nodes) - 1)
    return build.graph()


def numbers_for(graph: Graph, value: Value) -> Pass:
    """A pass in which every number is the same."""
    nodes, edges = (value,) * len(graph.nodes), (value,) * len(graph.edges)
    return Pass("g0", "backward", value, nodes, nodes, edges, edges, {}, ())


WIDEST = (-1.2345e100, -1.2345e-7, "-Infinity", True)
WIDEST_TENSOR = TensorValue((1000, 1000), "float64", data=[[-1.2345e100, -1.2346e100]])
