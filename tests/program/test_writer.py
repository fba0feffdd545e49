"""The programs that expressions become: their text, and what they compute."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from app.program import write
from app.program.optimizers import write_option
from app.trace.job import Expression, Optimizer, Variable
from tests.strategies import expressions


def run(program: str) -> tuple[dict[str, Any], str]:
    """Run a program under plain torch; answer its variables and what it printed."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(program, "<program>", "exec"), namespace)
    return namespace, output.getvalue()


def test_an_expression_becomes_the_program_of_a_tutorial() -> None:
    variables = {"a": Variable(1), "b": Variable(2), "c": Variable(3), "x": Variable(4, requires_grad=False)}
    program = write(Expression("a*x**2 + b*x + c", variables))
    assert program == (
        "import torch\n"
        "\n"
        "a = torch.tensor(1.0, requires_grad=True)\n"
        "x = torch.tensor(4.0)\n"
        "b = torch.tensor(2.0, requires_grad=True)\n"
        "c = torch.tensor(3.0, requires_grad=True)\n"
        "\n"
        "loss = a*x**2 + b*x + c\n"
        "loss.backward()\n"
        "\n"
        'print("a.grad =", a.grad)\n'
        'print("b.grad =", b.grad)\n'
        'print("c.grad =", c.grad)\n'
    )
    assert run(program)[1] == "a.grad = tensor(16.)\nb.grad = tensor(4.)\nc.grad = tensor(1.)\n"


def test_steps_become_the_loop_of_a_tutorial() -> None:
    program = write(Expression("x + y**2 + z**3", optimizer=Optimizer("SGD", {"lr": 0.1}), steps=100))
    assert program == (
        "import torch\n"
        "import torch.optim as optim\n"
        "\n"
        "x = torch.tensor(1.0, requires_grad=True)\n"
        "y = torch.tensor(2.0, requires_grad=True)\n"
        "z = torch.tensor(3.0, requires_grad=True)\n"
        "\n"
        "optimizer = optim.SGD([x, y, z], lr=0.1)\n"
        "\n"
        "for step in range(100):\n"
        "    loss = x + y**2 + z**3\n"
        "    loss.backward()\n"
        "    optimizer.step()\n"
        "    optimizer.zero_grad()\n"
        "\n"
        'print("x =", x.detach())\n'
        'print("y =", y.detach())\n'
        'print("z =", z.detach())\n'
    )
    variables = run(program)[0]
    assert variables["x"].item() == -8.999998092651367
    assert variables["z"].item() == 0.02963769994676113


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("sin(x)*y", "torch.sin(x)*y"),
        ("relu(W @ x + b).sum()", "F.relu(W @ x + b).sum()"),
        ("log_softmax(z, 0)[2]", "F.log_softmax(z, 0)[2]"),
        ("mse_loss(w @ x, y)", "F.mse_loss(w @ x, y)"),
        ("torch.sin(x) + F.relu(x)", "torch.sin(x) + F.relu(x)"),
        ("sin( x )  *  pi", "torch.sin( x )  *  torch.pi"),
        ("pi*x", "torch.pi*x"),
        ("x/sqrt(2) + sin(-pi/4)", "x/math.sqrt(2) + math.sin(-torch.pi/4)"),
        ("view(x + y, 1)[0]", "(x + y).view(1)[0]"),
        ("view((x + y), -1)[0]", "(x + y).view(-1)[0]"),
        ("view(sin(view(x, 1)), 1)[0]", "torch.sin(x.view(1)).view(1)[0]"),
        ("contiguous(x)", "x.contiguous()"),
        ("F*relu(F)", "F*torch.nn.functional.relu(F)"),
        ("x**2 +\n  y", "x**2 +   y"),
        ("\u00a0α + 数", "α + 数"),
        ("x if x > 0 else -x", "x if x > 0 else -x"),
    ],
)
def test_functions_get_their_module_and_the_rest_stays(text: str, written: str) -> None:
    program = write(Expression(text))
    assert f"\nloss = {written}\n" in program
    run(program)


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("a*b", {"a": (), "b": ()}),
        ("relu(W @ x + b).sum()", {"W": (2, 3), "x": (3,), "b": (2,)}),
        ("(W2 @ tanh(W1 @ x + b1) + b2).sum()", {"W1": (2, 3), "b1": (2,), "W2": (2, 2), "b2": (2,)}),
        ("log_softmax(z, 0)[4]", {"z": (5,)}),
        ("((X @ w + b - y)**2).mean()", {"X": (2, 3), "w": (3,), "y": (2,)}),
        ("cross_entropy(z, t)", {"z": (3,), "t": ()}),
        ("mse_loss(linear(x, W, b), y)", {"x": (3,), "W": (2, 3), "b": (2,), "y": (2,)}),
        ("det(A)", {"A": (2, 2)}),
        ("(softmax(Q @ K.T, -1) @ V).sum()", {"Q": (2, 3), "K": (2, 3), "V": (2, 2)}),
        ("x[0]*x[3]", {"x": (4,)}),
        ("dot(a, b)", {"a": (3,), "b": (3,)}),
        ("norm(x)", {"x": (3,)}),
    ],
)
def test_defaults_have_shapes_that_fit(text: str, shapes: dict[str, tuple[int, ...]]) -> None:
    variables = run(write(Expression(text)))[0]
    assert {name: tuple(variables[name].shape) for name in shapes} == shapes


def test_shapes_that_are_given_decide_the_others() -> None:
    expression = Expression("(W @ x + b).sum()", {"x": Variable([1, 2, 3, 4, 5]), "b": Variable("zeros(7)")})
    variables = run(write(expression))[0]
    assert variables["W"].shape == (7, 5)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1, "torch.tensor(1.0, requires_grad=True)"),
        (-0.5, "torch.tensor(-0.5, requires_grad=True)"),
        ([1, 2.5], "torch.tensor([1.0, 2.5], requires_grad=True)"),
        ([[1], [2]], "torch.tensor([[1.0], [2.0]], requires_grad=True)"),
        ("3", "torch.tensor(3.0, requires_grad=True)"),
        ("-1e-3", "torch.tensor(-0.001, requires_grad=True)"),
        ("[1, 2]", "torch.tensor([1.0, 2.0], requires_grad=True)"),
        ("pi/2", "torch.tensor(torch.pi/2, requires_grad=True)"),
        ("randn(3, 4)", "torch.randn(3, 4, requires_grad=True)"),
        ("torch.randn(3,)", "torch.randn(3, requires_grad=True)"),
        ("randn(3)*2", "(torch.randn(3)*2).requires_grad_()"),
        ("  ", "torch.tensor(1.0, requires_grad=True)"),
    ],
)
def test_values_are_written_as_a_person_would(value: Any, written: str) -> None:
    program = write(Expression("x*2", {"x": Variable(value)}, sum=True))
    assert f"\nx = {written}\n" in program
    assert run(program)[0]["x"].is_leaf


def test_class_numbers_stay_whole_and_are_not_followed() -> None:
    expression = Expression("cross_entropy(z, t)", {"t": Variable([1, 0]), "z": Variable([[1, 2], [3, 4]])})
    program = write(expression)
    assert "\nt = torch.tensor([1, 0])\n" in program
    run(program)


def test_a_vector_is_summed_only_when_asked() -> None:
    expression = Expression("W @ x", sum=True)
    assert "\noutput = W @ x\nloss = output.sum()\nloss.backward()\n" in write(expression)
    with pytest.raises(RuntimeError, match="scalar outputs"):
        run(write(Expression("W @ x")))


def test_names_of_variables_come_before_names_of_ours() -> None:
    program = write(Expression("loss*optimizer + step + output", steps=2, sum=True))
    variables, _ = run(program)
    assert variables["loss"].is_leaf
    assert variables["optimizer"].is_leaf


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Rprop", "LBFGS", "NAdam"])
def test_every_optimizer_steps(name: str) -> None:
    program = write(Expression("(x - 3)**2", {"x": Variable(1)}, Optimizer(name), steps=3))
    assert run(program)[0]["x"].item() != 1.0


@settings(max_examples=60, deadline=None)
@given(expression=expressions())
def test_gradients_equal_torchs_own_and_finite_differences(expression: Expression) -> None:
    program = write(expression)
    namespace, _ = run(program)
    names = [name for name in expression.variables if name in namespace]
    formula = program.split("loss = ")[1].split("\n")[0]

    def evaluate(**changed: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = eval(formula, {**namespace, **changed})
        return result

    leaves = {name: namespace[name].detach().clone().requires_grad_() for name in names}
    wanted = torch.autograd.grad(evaluate(**leaves), list(leaves.values()), allow_unused=True)
    for name, gradient in zip(names, wanted, strict=True):
        assert gradient is not None
        assert torch.equal(namespace[name].grad, gradient)
        step, start = 1e-6, namespace[name].detach()
        change = evaluate(**{name: start + step}) - evaluate(**{name: start - step})
        assert (change / (2 * step)).item() == pytest.approx(gradient.item(), rel=1e-5, abs=1e-6)


def test_a_function_of_the_epoch_is_written_with_or_without_its_lambda() -> None:
    for text in ("0.9 ** epoch", " lambda e: 0.9 ** e"):
        written = write_option("LambdaLR", "lr_lambda", text)
        assert eval(written)(2) == pytest.approx(0.81)
