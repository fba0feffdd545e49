"""The quantities within one step of each optimizer, as torch's documentation writes them, in numbers.

What torch keeps is taken from its state; what it computes and drops is computed again from that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch

Line = tuple[str, str, Any]
"""Symbol and formula in LaTeX, and the value."""


class Step(NamedTuple):
    """One step: the options, the parameter and its gradient, the state before and after."""

    options: Mapping[str, Any]
    before: torch.Tensor
    gradient: torch.Tensor
    former: Mapping[str, torch.Tensor]
    after: torch.Tensor
    state: Mapping[str, torch.Tensor]

    def number(self, option: str) -> float:
        """Read an option as a number."""
        return float(self.options[option])

    @property
    def turn(self) -> float:
        """Which step it is, from 1."""
        return float(self.state["step"])


def start(step: Step, decoupled: bool = False) -> tuple[list[Line], torch.Tensor]:
    """The gradient as the optimizer takes it: turned to climb, and with decay added unless that is decoupled."""
    climbs = bool(step.options.get("maximize"))
    gradient = -step.gradient if climbs else step.gradient
    sign = "-" if climbs else ""
    lines: list[Line] = [("g_t", rf"{sign}\nabla_\theta f_t(\theta_{{t-1}})", gradient)]
    decay = float(step.options.get("weight_decay") or 0)
    if decay and decoupled:
        lines.append(
            (r"\theta_{t-1}", r"(1 - \gamma\lambda)\,\theta_{t-1}", step.before * (1 - step.number("lr") * decay))
        )
    elif decay:
        gradient = gradient + decay * step.before
        lines.append(("g_t", r"g_t + \lambda\,\theta_{t-1}", gradient))
    return lines, gradient


def end(step: Step, formula: str) -> Line:
    """The step itself."""
    return (r"\Delta_t", formula, step.after - step.before)


def sgd(step: Step) -> Iterator[Line]:
    """Gradient descent, with momentum where that is on."""
    lines, gradient = start(step)
    yield from lines
    momentum = step.number("momentum")
    if not momentum:
        yield end(step, r"-\gamma\,g_t")
        return
    buffer = step.state["momentum_buffer"]
    first = "momentum_buffer" not in step.former
    yield "b_t", "g_t" if first else r"\mu\,b_{t-1} + (1 - \tau)\,g_t", buffer
    if step.options["nesterov"]:
        yield "g_t", r"g_t + \mu\,b_t", gradient + momentum * buffer
        yield end(step, r"-\gamma\,g_t")
    else:
        yield end(step, r"-\gamma\,b_t")


def moments(step: Step) -> Iterator[Line]:
    """Adam's two moments and their correction."""
    beta1, beta2 = step.options["betas"]
    yield "m_t", r"\beta_1 m_{t-1} + (1 - \beta_1)\,g_t", step.state["exp_avg"]
    yield "v_t", r"\beta_2 v_{t-1} + (1 - \beta_2)\,g_t^2", step.state["exp_avg_sq"]
    yield r"\hat m_t", r"m_t / (1 - \beta_1^t)", step.state["exp_avg"] / (1 - beta1**step.turn)
    if step.options.get("amsgrad"):
        yield r"v_t^{\max}", r"\max(v_{t-1}^{\max}, v_t)", step.state["max_exp_avg_sq"]
        yield r"\hat v_t", r"v_t^{\max} / (1 - \beta_2^t)", step.state["max_exp_avg_sq"] / (1 - beta2**step.turn)
    else:
        yield r"\hat v_t", r"v_t / (1 - \beta_2^t)", step.state["exp_avg_sq"] / (1 - beta2**step.turn)


def adam(step: Step) -> Iterator[Line]:
    """Adam; AdamW is the same with decay decoupled."""
    yield from start(step, decoupled=bool(step.options.get("decoupled_weight_decay")))[0]
    yield from moments(step)
    yield end(step, r"-\gamma\,\hat m_t / (\sqrt{\hat v_t} + \epsilon)" + decoupled(step))


def adamw(step: Step) -> Iterator[Line]:
    """Adam with decay decoupled."""
    yield from start(step, decoupled=True)[0]
    yield from moments(step)
    shrinks = r" - \gamma\lambda\,\theta_{t-1}" if step.options["weight_decay"] else ""
    yield end(step, r"-\gamma\,\hat m_t / (\sqrt{\hat v_t} + \epsilon)" + shrinks)


def decoupled(step: Step) -> str:
    """What a decoupled decay adds to a step."""
    return (
        r" - \gamma\lambda\,\theta_{t-1}"
        if step.options.get("decoupled_weight_decay") and step.options["weight_decay"]
        else ""
    )


def nadam(step: Step) -> Iterator[Line]:
    """Adam with Nesterov's momentum."""
    yield from start(step, decoupled=bool(step.options["decoupled_weight_decay"]))[0]
    beta1 = float(step.options["betas"][0])
    decay = step.number("momentum_decay")
    mu, following = (beta1 * (1 - 0.5 * 0.96 ** (count * decay)) for count in (step.turn, step.turn + 1))
    yield r"\mu_t", r"\beta_1\bigl(1 - \tfrac12\,0.96^{t\psi}\bigr)", mu
    yield r"\mu_{t+1}", r"\beta_1\bigl(1 - \tfrac12\,0.96^{(t+1)\psi}\bigr)", following
    yield r"\textstyle\prod\mu", r"\textstyle\prod_{i=1}^t \mu_i", step.state["mu_product"]
    yield "m_t", r"\beta_1 m_{t-1} + (1 - \beta_1)\,g_t", step.state["exp_avg"]
    yield "v_t", r"\beta_2 v_{t-1} + (1 - \beta_2)\,g_t^2", step.state["exp_avg_sq"]
    yield r"\hat v_t", r"v_t / (1 - \beta_2^t)", step.state["exp_avg_sq"] / (1 - step.options["betas"][1] ** step.turn)
    _, gradient = start(step, decoupled=bool(step.options["decoupled_weight_decay"]))
    product = step.state["mu_product"]
    hat = following * step.state["exp_avg"] / (1 - product * following) + (1 - mu) * gradient / (1 - product)
    yield (
        r"\hat m_t",
        r"\mu_{t+1} m_t / (1 - \prod_{i=1}^{t+1}\mu_i) + (1 - \mu_t)\,g_t / (1 - \prod_{i=1}^t\mu_i)",
        hat,
    )
    yield end(step, r"-\gamma\,\hat m_t / (\sqrt{\hat v_t} + \epsilon)" + decoupled(step))


def radam(step: Step) -> Iterator[Line]:
    """Adam that adapts only once the second moment can be trusted."""
    yield from start(step, decoupled=bool(step.options["decoupled_weight_decay"]))[0]
    beta1, beta2 = step.options["betas"]
    count = step.turn
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * count * beta2**count / (1 - beta2**count)
    yield "m_t", r"\beta_1 m_{t-1} + (1 - \beta_1)\,g_t", step.state["exp_avg"]
    yield "v_t", r"\beta_2 v_{t-1} + (1 - \beta_2)\,g_t^2", step.state["exp_avg_sq"]
    yield r"\hat m_t", r"m_t / (1 - \beta_1^t)", step.state["exp_avg"] / (1 - beta1**count)
    yield r"\rho_t", r"\rho_\infty - 2t\beta_2^t / (1 - \beta_2^t)", length
    if length <= 5:
        yield end(step, r"-\gamma\,\hat m_t \quad (\rho_t \le 5)" + decoupled(step))
        return
    share = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    yield "r_t", r"\sqrt{(\rho_t - 4)(\rho_t - 2)\rho_\infty / ((\rho_\infty - 4)(\rho_\infty - 2)\rho_t)}", share**0.5
    adaptive = (1 - beta2**count) ** 0.5 / (step.state["exp_avg_sq"].sqrt() + step.number("eps"))
    yield "l_t", r"\sqrt{1 - \beta_2^t} / (\sqrt{v_t} + \epsilon)", adaptive
    yield end(step, r"-\gamma\,\hat m_t\,r_t\,l_t" + decoupled(step))


def adamax(step: Step) -> Iterator[Line]:
    """Adam with the largest gradient in the place of the second moment."""
    yield from start(step)[0]
    yield "m_t", r"\beta_1 m_{t-1} + (1 - \beta_1)\,g_t", step.state["exp_avg"]
    yield "u_t", r"\max(\beta_2 u_{t-1}, |g_t| + \epsilon)", step.state["exp_inf"]
    correction = 1 - step.options["betas"][0] ** step.turn
    yield r"\hat m_t", r"m_t / (1 - \beta_1^t)", step.state["exp_avg"] / correction
    yield end(step, r"-\gamma\,\hat m_t / u_t")


def adagrad(step: Step) -> Iterator[Line]:
    """Rates that shrink with the sum of squared gradients."""
    yield from start(step)[0]
    rate = step.number("lr") / (1 + (step.turn - 1) * step.number("lr_decay"))
    yield r"\tilde\gamma", r"\gamma / (1 + (t - 1)\,\eta)", rate
    yield "s_t", "s_{t-1} + g_t^2", step.state["sum"]
    yield end(step, r"-\tilde\gamma\,g_t / (\sqrt{s_t} + \epsilon)")


def adadelta(step: Step) -> Iterator[Line]:
    """Steps as long as former steps were, against former gradients."""
    lines, gradient = start(step)
    yield from lines
    eps = step.number("eps")
    former = step.former.get("acc_delta", torch.zeros_like(step.before))
    yield "v_t", r"\rho\,v_{t-1} + (1 - \rho)\,g_t^2", step.state["square_avg"]
    delta = (former + eps).sqrt() / (step.state["square_avg"] + eps).sqrt() * gradient
    yield r"\Delta x_t", r"\sqrt{u_{t-1} + \epsilon}\,/\sqrt{v_t + \epsilon}\;g_t", delta
    yield "u_t", r"\rho\,u_{t-1} + (1 - \rho)\,\Delta x_t^2", step.state["acc_delta"]
    yield end(step, r"-\gamma\,\Delta x_t")


def rmsprop(step: Step) -> Iterator[Line]:
    """Gradients over the root of their mean square."""
    yield from start(step)[0]
    mean = step.state["square_avg"]
    yield "v_t", r"\alpha\,v_{t-1} + (1 - \alpha)\,g_t^2", mean
    root = r"\sqrt{v_t}"
    if step.options["centered"]:
        average = step.state["grad_avg"]
        yield r"\bar g_t", r"\alpha\,\bar g_{t-1} + (1 - \alpha)\,g_t", average
        yield r"\tilde v_t", r"v_t - \bar g_t^2", mean - average.square()
        root = r"\sqrt{\tilde v_t}"
    if step.options["momentum"]:
        yield "b_t", rf"\mu\,b_{{t-1}} + g_t / ({root} + \epsilon)", step.state["momentum_buffer"]
        yield end(step, r"-\gamma\,b_t")
    else:
        yield end(step, rf"-\gamma\,g_t / ({root} + \epsilon)")


def rprop(step: Step) -> Iterator[Line]:
    """Steps of a length of their own; only the gradient's sign counts."""
    lines, gradient = start(step)
    yield from lines
    former = step.former.get("prev", torch.zeros_like(step.before))
    agreement = former * gradient
    yield r"g_{t-1}g_t", r"g_{t-1}\,g_t", agreement
    if bool((agreement < 0).any()):
        yield "g_t", r"0 \text{ where } g_{t-1}\,g_t < 0", torch.where(agreement < 0, 0.0, gradient)
    yield (
        r"\eta_t",
        r"\mathrm{clip}(\eta_{t-1}\cdot\{\eta^+, \eta^-, 1\},\,\Gamma_{\min},\,\Gamma_{\max})",
        step.state["step_size"],
    )
    yield end(step, r"-\mathrm{sign}(g_t)\,\eta_t")


def asgd(step: Step) -> Iterator[Line]:
    """Gradient descent that keeps the average of where it was."""
    yield from start(step)[0]
    rate = step.former.get("eta", torch.tensor(step.number("lr")))
    yield r"\eta_{t-1}", r"\gamma / (1 + \lambda\gamma(t-1))^\alpha", rate
    yield r"a_t", r"a_{t-1} + \mu_{t-1}(\theta_t - a_{t-1})", step.state["ax"]
    yield end(step, r"-\eta_{t-1}\,(g_t + \lambda\,\theta_{t-1})")


def adafactor(step: Step) -> Iterator[Line]:
    """A second moment kept as row and column means, and a step bounded by the parameter's size."""
    gradient = -step.gradient if step.options.get("maximize") else step.gradient
    yield "g_t", r"\nabla_\theta f_t(\theta_{t-1})", gradient
    least = step.options["eps"][1]
    rate = max(float(least), float(step.before.norm(2)) / max(1, step.before.numel()) ** 0.5)
    relative = min(step.number("lr"), 1 / step.turn**0.5)
    yield r"\rho_t", r"\min(\gamma, 1/\sqrt t)", relative
    yield r"\alpha_t", r"\max(\epsilon_2, \mathrm{RMS}(\theta_{t-1}))\,\rho_t", rate * relative
    yield r"\hat\beta_{2}", r"1 - t^{\tau}", 1 - step.turn ** step.number("beta2_decay")
    bounded = r"-\alpha_t\,U_t / \max(1, \mathrm{RMS}(U_t)/d),\quad U_t = g_t / "
    if "row_var" in step.state:
        yield (
            "R_t",
            r"\hat\beta_2 R_{t-1} + (1 - \hat\beta_2)\,\overline{g_t^2}_{\,\mathrm{rows}}",
            step.state["row_var"],
        )
        yield (
            "C_t",
            r"\hat\beta_2 C_{t-1} + (1 - \hat\beta_2)\,\overline{g_t^2}_{\,\mathrm{columns}}",
            step.state["col_var"],
        )
        yield end(
            step, r"-\alpha_t\,U_t / \max(1, \mathrm{RMS}(U_t)/d),\quad U_t = g_t / \sqrt{R_t C_t / \overline{R_t}}"
        )
        return
    yield "V_t", r"\hat\beta_2 V_{t-1} + (1 - \hat\beta_2)\,g_t^2", step.state["variance"]
    yield end(step, bounded + r"\sqrt{V_t}")


def muon(step: Step) -> Iterator[Line]:
    """Momentum whose matrix is made orthogonal by Newton and Schulz."""
    momentum = step.number("momentum")
    buffer = step.state["momentum_buffer"]
    yield "g_t", r"\nabla_\theta f_t(\theta_{t-1})", step.gradient
    yield "B_t", r"\mu B_{t-1} + (1 - \mu)\,g_t", buffer
    if step.options["nesterov"]:
        yield r"\tilde B_t", r"(1 - \mu)\,g_t + \mu B_t", step.gradient.lerp(buffer, momentum)
        yield end(step, r"-\gamma'\,\mathrm{NS}(\tilde B_t) - \gamma\lambda\,\theta_{t-1}")
    else:
        yield end(step, r"-\gamma'\,\mathrm{NS}(B_t) - \gamma\lambda\,\theta_{t-1}")


FORMULAS: Mapping[str, Callable[[Step], Iterator[Line]]] = {
    "SGD": sgd, "Adam": adam, "AdamW": adamw, "NAdam": nadam, "RAdam": radam, "Adamax": adamax, "Adagrad": adagrad,
    "Adadelta": adadelta, "RMSprop": rmsprop, "Rprop": rprop, "ASGD": asgd, "Adafactor": adafactor, "Muon": muon,
}  # fmt: skip
