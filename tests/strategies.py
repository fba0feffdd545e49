"""Random expressions over a few scalars: smooth, with values that stay small, so that finite differences can be
trusted.
"""

from __future__ import annotations

from hypothesis import strategies as st

from app.trace.job import Expression, Variable

VARIABLES = ("a", "b", "x", "y")
UNARY = (
    "sin({0})", "cos({0})", "tanh({0})", "sigmoid({0})", "exp(-({0})**2)", "sqrt(1 + ({0})**2)", "log(1 + ({0})**2)",
    "softplus({0})", "-({0})", "({0})**2", "atan({0})", "2*({0})", "({0})/pi", "({0}) + 0.5", "sqrt(2)*({0})",
)  # fmt: skip
BINARY = ("({0}) + ({1})", "({0}) - ({1})", "({0})*({1})", "({0})/(2 + ({1})**2)", "torch.hypot({0}, 1 + ({1})**2)")


def numbers() -> st.SearchStrategy[float]:
    """Values that print short and lie where the functions are tame."""
    return st.integers(-20, 20).map(lambda tenths: tenths / 10)


def formulas() -> st.SearchStrategy[str]:
    """The text of an expression, as a person would type it."""
    return st.recursive(
        st.sampled_from(VARIABLES),
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(UNARY), inner).map(lambda drawn: drawn[0].format(drawn[1])),
            st.tuples(st.sampled_from(BINARY), inner, inner).map(lambda drawn: drawn[0].format(*drawn[1:])),
        ),
        max_leaves=8,
    )


def values() -> st.SearchStrategy[dict[str, float]]:
    """A value for each variable that a formula may use."""
    return st.fixed_dictionaries({name: numbers() for name in VARIABLES})


def expressions() -> st.SearchStrategy[Expression]:
    """A formula with at least one variable, and its values, in float64 so that differences are exact enough."""
    return st.builds(
        lambda formula, chosen: Expression(
            f"a*0 + {formula}",
            {name: Variable(f"tensor({value}, dtype=torch.float64)") for name, value in chosen.items()},
        ),
        formulas(),
        values(),
    )
