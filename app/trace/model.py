"""The data types of a trace: frozen, comparable, without torch.

A run sends `Event`s in the order things happened; `codec` decodes and checks them, `Trace` is their sum. All
positions in the source are 1-based and counted in characters; the end column is exclusive. Gradients run from source
to target of an edge, as `next_functions` does.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from app.trace.readings import Histogram as Histogram
from app.trace.readings import NonFinite as NonFinite
from app.trace.readings import Number as Number
from app.trace.readings import Saved as Saved
from app.trace.readings import SavedTensor as SavedTensor
from app.trace.readings import Statistics as Statistics
from app.trace.readings import TensorValue as TensorValue
from app.trace.readings import Value as Value
from app.trace.study import CheckEvent, LandscapeEvent, NodeCheckEvent
from app.trace.trials import TrialEvent

Kind = Literal["leaf", "operation", "constant", "output", "ghost"]
Severity = Literal["info", "warning", "error"]
Parameter = str | int | float | bool | None


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Base of all records: frozen, and strict about unknown fields.

    They are trees, so the collector of cycles need not look at them; a large graph has a hundred thousand.
    """


class Span(Struct, frozen=True):
    """A stretch of the program's text; 1-based, `end_column` exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Origin(Struct, frozen=True):
    """The node of an earlier graph whose backward computation a node of the gradient's graph records."""

    graph: str
    node: str


class OutputType(Struct, frozen=True):
    """Shape and dtype of one output of a node."""

    shape: tuple[int, ...]
    dtype: str


class Node(Struct, frozen=True):
    """A `grad_fn`, a leaf (`AccumulateGrad`), or a constant that autograd does not follow.

    A constant or leaf with a `cut` (`detach()`) was taken from what autograd followed: its edge leads there, or to a
    ghost of it, a node of kind "ghost" that is in no pass.

    `name` is torch's own (`PowBackward0`; `Constant` for a constant), `label` the source text of the subexpression if
    there is one, `variable` the program's name for the value, `module` the path of the `nn.Module` that ran it,
    `rule` PyTorch's derivative formula for each input, in its own words. `outputs` is there where a node has more than
    one, in the order of `output_nr`; its `shape` and `dtype` are those of the first. `origin` is there in the graph of
    a gradient (`create_graph=True`).
    """

    id: str
    kind: Kind
    name: str
    label: str
    variable: str | None = None
    span: Span | None = None
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    module: str | None = None
    saved: dict[str, Saved] = {}
    rule: dict[str, str] = {}
    outputs: tuple[OutputType, ...] | msgspec.UnsetType = msgspec.UNSET
    origin: Origin | msgspec.UnsetType = msgspec.UNSET
    cut: str | msgspec.UnsetType = msgspec.UNSET


class Edge(Struct, frozen=True):
    """One entry of `next_functions`: gradient flows from `source` to `target`; `slot` is its index at the source.

    An edge whose target is a constant carries no gradient; its slot is the position of the operand.
    """

    id: str
    source: str
    target: str
    slot: int
    input: int = 0
    """Which output of the target (`input_nr`) the gradient belongs to."""


class Graph(Struct, frozen=True):
    """One distinct backward graph, without values."""

    id: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


class Output(Struct, frozen=True):
    """One output of a node in one pass: its value, and the gradient that arrived for it."""

    value: Value
    gradient: Value


class Pass(Struct, frozen=True):
    """One `backward()` or `autograd.grad()`; or, with `call` "forward", a result that was never differentiated.

    `values` (forward) and `gradients` (upstream: the sum over what arrived) belong to the graph's nodes; `flows`
    (downstream gradient) and `derivatives` (local derivative, where it is one number) to its edges. `accumulated` is
    each leaf's `.grad` after the pass, by node id; `order` lists node indices as the engine ran them. A node without a
    gradient either is not in `order`, because nothing that was asked for needed it, or no gradient arrived there, which
    counts as zero. `outputs` holds, by node id, what the nodes with several outputs gave and got; `saved` what a node
    keeps for this pass other than its graph says, such as an exponent that differs from turn to turn.
    """

    graph: str
    call: Literal["backward", "grad", "forward"]
    loss: Value
    values: tuple[Value, ...]
    gradients: tuple[Value, ...]
    flows: tuple[Value, ...]
    derivatives: tuple[Value, ...]
    accumulated: dict[str, Value]
    order: tuple[int, ...]
    span: Span | None = None
    outputs: dict[str, tuple[Output, ...]] | msgspec.UnsetType = msgspec.UNSET
    saved: dict[str, dict[str, Saved]] | msgspec.UnsetType = msgspec.UNSET
    number: int | msgspec.UnsetType = msgspec.UNSET
    """Which pass of the run it is, from 0, where others before it were left out."""
    freed: tuple[int, ...] | msgspec.UnsetType = msgspec.UNSET
    """The positions of nodes whose saved tensors an earlier pass had freed, where the engine broke this one off."""


class ParameterUpdate(Struct, frozen=True):
    """One parameter's change in one update; `node` is its leaf's id in the graph of the pass, if it is there.

    `step_norm` is the norm of `after − before`, where these were too large to be kept whole.
    """

    variable: str | None
    node: str | None
    before: Value
    gradient: Value
    after: Value
    state: dict[str, Value] = {}
    step_norm: Number | msgspec.UnsetType = msgspec.UNSET


class Update(Struct, frozen=True):
    """One optimizer step, or an in-place change to leaves under `no_grad` (`optimizer` "in-place")."""

    optimizer: str
    options: dict[str, Parameter]
    parameters: tuple[ParameterUpdate, ...]
    pass_index: int | None = msgspec.field(default=None, name="pass")
    """The latest pass before it."""
    span: Span | None = None
    previous: int | None = None
    """The latest update by the same optimizer object: what its parameters' `state` held before this step."""


class Cleared(Struct, frozen=True):
    """A leaf whose `.grad` was cleared; `node` is its id in the graph of the latest pass, if it is there."""

    variable: str | None
    node: str | None


class LeftOut(Struct, frozen=True):
    """How many passes and updates of a long run are not in its trace, in one place of the timeline."""

    passes: int
    updates: int


class Moment(Struct, frozen=True, omit_defaults=True):
    """One place on the timeline; `pass`, `update` and `text` belong to the kinds of their names.

    A `gap` stands where steps of a long run were left out. `cleared` are the leaves of a `zero_grad`; None says that
    every leaf of the latest pass's graph was among them.
    """

    kind: Literal["forward", "backward", "update", "zero_grad", "print", "gap"]
    pass_index: int | None = msgspec.field(default=None, name="pass")
    update: int | None = None
    text: str | None = None
    span: Span | None = None
    cleared: tuple[Cleared, ...] | None = None
    left_out: LeftOut | None = None


class Diagnostic(Struct, frozen=True):
    """Something worth saying about the run; `code` is the key of its text in the language dictionaries."""

    code: str
    severity: Severity
    span: Span | None = None
    parameters: dict[str, Parameter] = {}
    pass_index: int | None = msgspec.field(default=None, name="pass")
    node: str | None = None


class Cut(Struct, frozen=True):
    """The run was ended by a limit; what was recorded until then stands."""

    limit: str
    value: int | float
    unit: str
    span: Span | None = None
    """Where the program was, if it could still tell."""


class Failure(Struct, frozen=True):
    """Why a run ended before its program did: `code` is a slug of table `problems`."""

    code: str
    parameters: dict[str, Parameter] = {}
    span: Span | None = None


# -- events: what a child sends, in order ------------------------------------------------------------------------------


class ProgramEvent(Struct, frozen=True, tag_field="event", tag="program"):
    """First of all: the text of the program that runs; for an expression, the program written from it."""

    program: str


class GraphEvent(Struct, frozen=True, tag_field="event", tag="graph"):
    """A graph not seen before in this run; it precedes every pass over it."""

    graph: Graph


class PassEvent(Struct, frozen=True, tag_field="event", tag="pass"):
    """The next pass; passes are numbered from 0 in the order they arrive."""

    pass_: Pass = msgspec.field(name="pass")


class UpdateEvent(Struct, frozen=True, tag_field="event", tag="update"):
    """The next update; updates are numbered from 0 in the order they arrive."""

    update: Update


class MomentEvent(Struct, frozen=True, tag_field="event", tag="moment"):
    """The next moment of the timeline; it follows the pass or update it names."""

    moment: Moment


class DiagnosticEvent(Struct, frozen=True, tag_field="event", tag="diagnostic"):
    """A diagnostic, as soon as it is known."""

    diagnostic: Diagnostic


class EndEvent(Struct, frozen=True, tag_field="event", tag="end"):
    """Last of all: finished (both None), cut by a limit, or failed."""

    cut: Cut | None = None
    failure: Failure | None = None


RunEvent = ProgramEvent | GraphEvent | PassEvent | UpdateEvent | MomentEvent | DiagnosticEvent | EndEvent
Event = RunEvent | LandscapeEvent | CheckEvent | NodeCheckEvent | TrialEvent


class Trace(Struct, frozen=True):
    """Everything that was recorded in one run."""

    program: str
    output: str
    graphs: tuple[Graph, ...]
    passes: tuple[Pass, ...]
    updates: tuple[Update, ...]
    timeline: tuple[Moment, ...]
    diagnostics: tuple[Diagnostic, ...]
    cut: Cut | None = None
    failure: Failure | None = None
    version: int = 1
