"""What Python's and torch's messages mean: one row for each.

The messages are those of CPython 3.11 to 3.13 and torch 2.13; a test runs a program for every row.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from app.errors import Parameter


class Rule(NamedTuple):
    """A message and its slug; the named groups of the pattern are the parameters."""

    slug: str
    pattern: re.Pattern[str]


def rule(slug: str, pattern: str) -> Rule:
    """Make a row; the pattern may match anywhere in the message."""
    return Rule(slug, re.compile(pattern))


SHAPE = r"(?:torch\.Size\()?\[?[\d, x]*\]?\)?"
RULES = (
    rule("no-gpu", r"not compiled with CUDA|No CUDA GPUs|NVIDIA driver|Cannot access accelerator"),
    rule("memory", r"can't allocate memory|not enough memory|DefaultCPUAllocator"),
    rule("not-scalar", r"grad can be implicitly created only for scalar outputs"),
    rule("complex-loss", r"grad can be implicitly created only for real scalar outputs"),
    rule("backward-twice", r"backward through the graph a second time"),
    rule("view-in-place", r"a view of a leaf Variable that requires grad is being used in an in-place"),
    rule("leaf-in-place", r"a leaf Variable that requires grad is being used in an in-place"),
    rule(
        "saved-in-place",
        rf"modified by an inplace operation: \[[\w.]+ (?P<shape>{SHAPE})\]"
        r"(?:, which is output \d+ of (?P<operation>\w+),)? is at version (?P<version>\d+); "
        r"expected version (?P<expected>\d+)",
    ),
    rule("integer-requires-grad", r"[Oo]nly Tensors of floating point"),
    rule("nothing-requires-grad", r"does not require grad and does not have a grad_fn"),
    rule("grad-not-reachable", r"appears to not have been used in the graph"),
    rule("requires-grad-of-non-leaf", r"only change requires_grad flags of leaf variables"),
    rule("optimizer-non-leaf", r"can't optimize a non-leaf Tensor"),
    rule("optimizer-empty", r"optimizer got an empty parameter list"),
    rule(
        "optimizer-parameters", r"params argument given to the optimizer should be|optimizer can only optimize Tensors"
    ),
    rule("closure-missing", r"step\(\) missing 1 required positional argument: 'closure'"),
    rule(
        "gradient-shape",
        rf"grad_output\[\d+\] has a shape of (?P<gradient>{SHAPE}) "
        rf"and output\[\d+\] has a shape of (?P<output>{SHAPE})",
    ),
    rule("inference-tensor", r"Inference tensors cannot be"),
    rule("numpy-of-followed", r"Can't call numpy\(\) on Tensor that requires grad"),
    rule(
        "custom-gradient-count",
        r"function (?P<function>\w+) returned an incorrect number of gradients "
        r"\(expected (?P<expected>\d+), got (?P<got>\d+)\)",
    ),
    rule(
        "custom-gradient-shape",
        rf"Function (?P<function>\w+) returned an invalid gradient at index \d+ - got (?P<got>{SHAPE}) but expected "
        rf"shape compatible with (?P<expected>{SHAPE})",
    ),
    rule("custom-not-static", r"Legacy autograd function"),
    rule("custom-backward-missing", r"must implement either the backward or vjp method"),
    # -- shapes --
    rule(
        "shapes-do-not-fit", r"mat1 and mat2 shapes cannot be multiplied \((?P<first>[\dx]+) and (?P<second>[\dx]+)\)"
    ),
    rule("shapes-do-not-fit", r"size mismatch, got input \(\d+\), mat \((?P<first>[\dx]+)\), vec \((?P<second>\d+)\)"),
    rule(
        "shapes-do-not-fit", rf"expected tensor (?P<first>{SHAPE}) and src (?P<second>{SHAPE}) to have the same number"
    ),
    rule("shapes-do-not-fit", rf"equal size, but got (?P<first>{SHAPE}) at entry \d+ and (?P<second>{SHAPE}) at entry"),
    rule("shapes-do-not-fit", rf"target size \((?P<second>{SHAPE})\) .*input size \((?P<first>{SHAPE})\)"),
    rule(
        "shapes-do-not-fit",
        rf"Target size \((?P<second>{SHAPE})\) must be the same as input size \((?P<first>{SHAPE})\)",
    ),
    rule("shapes-do-not-fit", rf"Target sizes: (?P<second>{SHAPE})\.\s+Tensor sizes: (?P<first>{SHAPE})"),
    rule("shapes-do-not-fit", rf"batch2 tensor to be: (?P<first>{SHAPE}) but got: (?P<second>{SHAPE})"),
    rule(
        "sizes-do-not-fit",
        r"size of tensor a \((?P<first>\d+)\) must match the size of tensor b \((?P<second>\d+)\) at non-singleton "
        r"dimension (?P<dimension>\d+)",
    ),
    rule(
        "join-does-not-fit",
        r"must match except in dimension (?P<dimension>\d+)\. "
        r"Expected size (?P<first>\d+) but got size (?P<second>\d+)",
    ),
    rule("batch-does-not-fit", r"input batch_size \((?P<first>\d+)\) to match target batch_size \((?P<second>\d+)\)"),
    rule("features-do-not-fit", r"expected input.* to have (?P<expected>\d+) channels, but got (?P<got>\d+) channels"),
    rule("features-do-not-fit", r"must be equal to input_size\. Expected (?P<expected>\d+), got (?P<got>\d+)"),
    rule("features-do-not-fit", r"running_mean should contain (?P<got>\d+) elements not (?P<expected>\d+)"),
    rule("batch-of-one", r"Expected more than 1 value per channel when training"),
    rule("reshape-does-not-fit", r"shape '(?P<shape>\[[-\d, ]*\])' is invalid for input of size (?P<size>\d+)"),
    rule("scalar-in-matmul", r"both arguments to matmul need to be at least 1D"),
    rule("ragged-list", r"expected sequence of length (?P<first>\d+) at dim \d+ \(got (?P<second>\d+)\)"),
    rule("singular-matrix", r"matrix is singular"),
    rule("probability-out-of-range", r"all elements of (?:input|target) should be between 0 and 1"),
    # -- number types --
    rule("dtype-mismatch", r"to have the same dtype, but got: (?P<first>[\w ]+) != (?P<second>[\w ]+)"),
    rule("dtype-mismatch", r"must have the same dtype, but got (?P<first>\w+) and (?P<second>\w+)"),
    rule("dtype-mismatch", r"Found dtype (?P<first>\w+) but expected (?P<second>\w+)"),
    rule("dtype-expected", r"expected target dtype to be (?P<expected>\w+).*, but got (?P<got>\w+)"),
    rule("dtype-expected", r"expected scalar type (?P<expected>\w+) but found (?P<got>\w+)"),
    rule("dtype-in-place", r"result type (?P<first>\w+) can't be cast to the desired output type (?P<second>\w+)"),
    rule("caret-power", r"\"bitwise_xor_cpu\" not implemented|unsupported operand type\(s\) for \^=?:"),
    rule("dtype-not-supported", r"\"(?P<operation>\w+)\" not implemented for '(?P<dtype>\w+)'"),
    rule("dtype-not-supported", r"(?P<operation>\w+)\(\): could not infer output dtype.* Got: (?P<dtype>\w+)"),
    # -- indices --
    rule(
        "index-out-of-bounds",
        r"index (?P<index>-?\d+) is out of bounds for (?:dimension|axis) (?P<dimension>\d+) with size (?P<size>\d+)",
    ),
    rule("target-out-of-bounds", r"Target (?P<target>-?\d+) is out of bounds"),
    rule("embedding-out-of-range", r"index out of range in self"),
    rule("index-of-scalar", r"invalid index of a 0-dim tensor"),
    rule("scalar-not-iterable", r"iteration over a 0-d tensor|len\(\) of a 0-d tensor"),
    rule("too-many-indices", r"too many indices for tensor of dimension (?P<dimensions>\d+)"),
    rule(
        "dimension-out-of-range",
        r"Dimension out of range \(expected to be in range of \[(?P<low>-?\d+), (?P<high>-?\d+)\], "
        r"but got (?P<dimension>-?\d+)\)",
    ),
    rule("ambiguous-truth", r"truth value .* is ambiguous|Boolean value of Tensor with .* ambiguous"),
    rule("item-of-many", r"Tensor with (?P<count>\d+) elements cannot be converted to Scalar"),
    rule(
        "conversion-of-many", r"only one element tensors can be converted|only length-1 arrays|only 0-dimensional arr"
    ),
    # -- Python --
    rule("list-index", r"^(?:list|tuple|pop|string)(?: assignment)? index out of range|^pop from empty"),
    rule("module-init-missing", r"cannot assign \w+ before Module.__init__\(\) call"),
    rule("forward-missing", r"Module \[(?P<module>\w+)\] is missing the required \"forward\""),
    rule("no-threads", r"can't start new thread"),
    rule("no-input", r"EOF when reading a line|input\(\): lost sys\.stdin"),
    rule("no-compile", r"torch\._inductor|torch\._dynamo|InductorError|BackendCompilerFailed"),
    rule("not-callable", r"^'(?P<type>[\w.]+)' object is not callable"),
    rule(
        "operands-do-not-fit",
        r"unsupported operand type\(s\) for (?P<operator>[^:]+): '(?P<first>[\w.]+)' and '(?P<second>[\w.]+)'",
    ),
    rule("operands-do-not-fit", r"(?P<operator>can) only concatenate (?P<first>\w+) \(not \"(?P<second>\w+)\"\)"),
    rule(
        "tensor-expected",
        r"^(?P<function>\w+)\(\): argument '(?P<argument>\w+)'(?: \(position \d+\))? must be Tensor, not (?P<type>\w+)",
    ),
    rule(
        "call-does-not-fit",
        r"^(?P<message>.*(?:missing \d+ required|takes .* positional arguments?|unexpected keyword argument"
        r"|multiple values for argument|invalid combination of arguments).*)",
    ),
    rule("unpack-does-not-fit", r"^(?P<message>(?:too many|not enough) values to unpack.*|cannot unpack .*)"),
    rule("division-by-zero", r"division by zero|division or modulo by zero|modulo by zero"),
)


def match(message: str) -> tuple[str, dict[str, Parameter]] | None:
    """Find the row that a message belongs to.

    Args:
        message: of the exception, bounded and cleaned.

    Returns:
        The slug and its parameters; None if the message is not known.
    """
    for slug, pattern in RULES:
        found = pattern.search(message)
        if found:
            is_shape = slug == "shapes-do-not-fit"
            return slug, {name: read(text, is_shape) for name, text in found.groupdict().items()}
    return None


def read(text: str | None, is_shape: bool) -> Parameter:
    """Read one parameter: a shape in square brackets, a whole number, or text."""
    if text is None:
        return "…"
    if text.startswith(("torch.Size(", "[")):
        text = text.removeprefix("torch.Size(").rstrip(")")
    if re.fullmatch(r"\d+(?:x\d+)+", text) or (is_shape and text.isdigit()):
        return "[" + text.replace("x", ", ") + "]"
    if text == "can":
        return "+"
    return int(text) if re.fullmatch(r"-?\d{1,15}", text) else text
