"""Reads one expression and says precisely what is wrong with it.

The grammar is small for the sake of good sentences, not of safety: what is written from it runs in the sandbox like
any other program.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from typing import NoReturn

from app.errors import Parameter, ProgramError
from app.program.names import FORMULAS
from app.settings import Limits

MEANT = {
    "×": "*", "·": "*", "⋅": "*", "∙": "*", "•": "*", "∗": "*", "÷": "/", "∕": "/", "⁄": "/", "−": "-", "–": "-",
    "—": "-", "√": "sqrt(…)", "∞": "inf", "π": "pi", "≤": "<=", "≥": ">=", "≠": "!=", "。": ".", "、": ",",
    "“": '"', "”": '"', "‘": "'", "’": "'", "∑": "sum(…)", "Σ": "sum(…)", "∂": "", "【": "[", "】": "]",
}  # fmt: skip
CONSTRUCTS = {
    ast.Lambda: "lambda", ast.ListComp: "for", ast.SetComp: "for", ast.DictComp: "for", ast.GeneratorExp: "for",
    ast.JoinedStr: "f\"…\"", ast.NamedExpr: ":=", ast.Yield: "yield", ast.YieldFrom: "yield", ast.Await: "await",
    ast.Dict: "{…}", ast.Set: "{…}", ast.Starred: "*", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.keyword, ast.Attribute,
    ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.Constant, ast.Name, ast.expr_context, ast.operator, ast.unaryop,
    ast.boolop, ast.cmpop,
)  # fmt: skip
SIDE_BY_SIDE = re.compile(r"(\d[\d_]*+\.?+\d*+|[^\W\d]\w*+|\))\s*+([^\W\d]\w*+|\()")
"""Two neighbours; each part is taken whole or not at all, since ways to part a long number grow with its cube."""
STATEMENTS = re.compile(r"^(?:import|from|def|class|with|while|print)\b.*\n", re.MULTILINE)
"""Lines of which none can begin like that in an expression."""
WORDS = frozenset({"and", "or", "not", "if", "else", "in", "is"})


class Formula:
    """One expression: its text on one line, and its tree.

    Line breaks and unusual spaces become plain spaces one for one, so an offset means the same place as in the
    visitor's text.
    """

    def __init__(self, source: str, limits: Limits) -> None:
        self.source = source
        self.lead = len(source) - len(source.lstrip())
        self.text = re.sub(r"\s", " ", source).strip()
        self.limits = limits
        self._is_ascii = self.text.isascii()
        check_characters(self)
        self.tree = parse(self)
        check_constructs(self)

    def refuse(self, slug: str, offset: int = 0, **parameters: Parameter) -> NoReturn:
        """Raise the problem at an offset of the text."""
        before = self.source[: self.lead + offset].replace("\r\n", "\n").replace("\r", "\n")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ProgramError(slug, parameters, line=line, column=column)

    def start(self, node: ast.expr | ast.keyword) -> int:
        """Offset of a node's first character; ast counts bytes of UTF-8."""
        return node.col_offset if self._is_ascii else len(self.text.encode()[: node.col_offset].decode())

    def end(self, node: ast.expr) -> int:
        """Offset just after a node's last character."""
        assert node.end_col_offset is not None
        return node.end_col_offset if self._is_ascii else len(self.text.encode()[: node.end_col_offset].decode())


def check_characters(formula: Formula) -> None:
    """Refuse what cannot stand in an expression, with the character that was meant."""
    text, limits = formula.text, formula.limits
    if "\0" in text:
        formula.refuse("null-byte", text.index("\0"))
    if not text:
        formula.refuse("empty-source")
    if "#" in text:
        formula.refuse("construct", text.index("#"), construct="#")
    if len(text) > limits.expression_characters:
        formula.refuse("expression-too-long", value=limits.expression_characters)
    if text.isascii() and text.isprintable():
        return
    for offset, character in enumerate(text):
        if not (character.isascii() and character.isprintable()):
            check_character(formula, offset, character)


def check_character(formula: Formula, offset: int, character: str) -> None:
    """Refuse one character unless it may be part of a name."""
    digits = unicodedata.normalize("NFKC", character)
    if MEANT.get(character):
        formula.refuse("character-meant", offset, character=character, replacement=MEANT[character])
    if character in "⁰¹²³⁴⁵⁶⁷⁸⁹":
        formula.refuse("character-meant", offset, character=character, replacement=f"**{digits}")
    if digits != character and digits.isascii() and digits.isprintable():
        formula.refuse("character-meant", offset, character=character, replacement=digits)
    if not ("a" + character).isidentifier():
        shown = character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
        formula.refuse("character", offset, character=shown, code=f"{ord(character):04X}")


def parse(formula: Formula) -> ast.expr:
    """Parse the text as one expression, and turn Python's complaint into ours."""
    try:
        return ast.parse(formula.text, mode="eval").body
    except SyntaxError as error:
        complain(formula, error)
    except (RecursionError, MemoryError):
        formula.refuse("expression-too-deep", value=formula.limits.expression_depth)


def complain(formula: Formula, error: SyntaxError) -> NoReturn:
    """Say what a person most likely did when Python could not read the expression."""
    text = formula.text
    # Python reports the end of the text as column 0.
    offset = min(len(text), error.offset - 1) if error.offset else len(text)
    if "too many nested" in error.msg:
        formula.refuse("expression-too-deep", offset, value=formula.limits.expression_depth)
    if is_statement(formula.source):
        formula.refuse("not-an-expression")
    for found in SIDE_BY_SIDE.finditer(text):
        if found.group(1) in FORMULAS and is_product(text, found):
            formula.refuse("function-not-called", found.start(), name=found.group(1))
        if is_product(text, found):
            suggestion = "*".join(found.groups())
            formula.refuse("implied-product", found.start(), text=found.group(), suggestion=suggestion)
    formula.refuse("syntax", offset, message=error.msg, text=text[:200], caret=(" " * offset + "^")[:201])


def is_product(text: str, found: re.Match[str]) -> bool:
    """Tell whether two neighbours are a product without its sign; `f (` and `1e5` are none."""
    left, right = found.groups()
    if left in WORDS or right in WORDS or (left[0].isalpha() and right == "("):
        return False
    inside_name = found.start() > 0 and (text[found.start() - 1].isalnum() or text[found.start() - 1] in "_.'\"")
    return not inside_name and (left[0].isdigit() or found.group() != left + right or left == ")")


def is_statement(source: str) -> bool:
    """Tell whether the text is a program rather than an expression, if only one with a mistake in it."""
    if STATEMENTS.search(source):
        return True
    try:
        return bool(ast.parse(source.strip()).body)
    except (SyntaxError, RecursionError, MemoryError):
        return False


def check_constructs(formula: Formula) -> None:
    """Refuse what a formula has no use for; walk with a stack, since depth is what is checked."""
    stack: list[tuple[ast.AST, int]] = [(formula.tree, 1)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, ast.expr):
            if depth > formula.limits.expression_depth:
                formula.refuse("expression-too-deep", formula.start(node), value=formula.limits.expression_depth)
            check_node(formula, node)
        stack += [(child, depth + 1) for child in ast.iter_child_nodes(node) if child._fields]


def check_node(formula: Formula, node: ast.expr) -> None:
    """Refuse one node that is not part of the grammar."""
    offset = formula.start(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
        formula.refuse("caret-power", formula.text.index("^", formula.end(node.left)))
    for part in (node, getattr(node, "op", node)):
        if not isinstance(part, ALLOWED) or type(part) in CONSTRUCTS:
            formula.refuse("construct", offset, construct=CONSTRUCTS.get(type(part), type(part).__name__))
    if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
        formula.refuse("private-attribute", formula.end(node) - len(node.attr), name=node.attr)
    if isinstance(node, ast.Call):
        check_call(formula, node)


def check_call(formula: Formula, node: ast.Call) -> None:
    """Refuse `2(x + 1)`, which Python reads as a call, and the unpacking of arguments."""
    for keyword in node.keywords:
        if keyword.arg is None:
            formula.refuse("construct", formula.start(keyword), construct="**")
    if isinstance(node.func, (ast.Constant, ast.BinOp, ast.UnaryOp)):
        text = formula.text[formula.start(node) : formula.end(node)]
        cut = text.rindex("(", 0, max(1, formula.text.find("(", formula.end(node.func)) - formula.start(node) + 1))
        formula.refuse("implied-product", formula.start(node), text=text, suggestion=f"{text[:cut]}*{text[cut:]}")
