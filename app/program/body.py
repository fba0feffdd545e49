"""What comes after the leaves of an expression's program: one `backward()`, or the loop of an optimizer."""

from __future__ import annotations

from collections.abc import Mapping

from app.program.optimizers import check_configuration, check_optimizer, write_option
from app.program.rewriting import Written
from app.trace.job import Configuration, Expression, Scheduler
from app.trace.optimizer import OptionValue


class Body:
    """The blocks of lines after the leaves; `blocks` are parted by blank lines.

    Raises:
        ProgramError: torch has no such optimizer, scheduler or option.
    """

    def __init__(self, expression: Expression, written: Written, followed: list[str]) -> None:
        self._taken = set(written.variables)
        self._followed = followed
        self._loss = self._free("loss", "result", "total")
        self._formula = written.text
        if expression.sum:
            output = self._free("output", "y", "result")
            self.lines = [f"{output} = {self._formula}", f"{self._loss} = {output}.sum()"]
        else:
            self.lines = [f"{self._loss} = {self._formula}"]
        self.lines.append(f"{self._loss}.backward()")
        if expression.steps:
            self.blocks = self._loop(check_configuration(expression.configuration), expression.steps)
        else:
            self.blocks = [self.lines, [f'print("{name}.grad =", {name}.grad)' for name in followed]]

    def _free(self, *choices: str) -> str:
        """Choose a name that no variable has taken."""
        name = next((choice for choice in choices if choice not in self._taken), None)
        while name is None or name in self._taken:
            name = (name or choices[0]) + "_"
        self._taken.add(name)
        return name

    def _loop(self, configuration: Configuration, steps: int) -> list[list[str]]:
        """Write the optimizer, its scheduler, the loop and the final prints."""
        variable, step = self._free("optimizer", "opt"), self._free("step", "epoch", "i")
        kind = configuration.optimizer.name
        options = write_options(kind, check_optimizer(configuration.optimizer))
        made = [f"{variable} = optim.{kind}([{', '.join(self._followed)}]{options})"]
        after = self._schedule(configuration.scheduler, variable, made)
        prints = [f'print("{name} =", {name}.detach())' for name in self._followed]
        lines = [*self.lines, *self._clipping(configuration)]
        head = f"for {step} in range({steps}):"
        if kind == "LBFGS":
            closure = self._free("closure", "evaluate")
            defined = [f"def {closure}():", f"{variable}.zero_grad()", *lines, f"return {self._loss}"]
            # The loss within the closure is a name of the closure's; what `step` returns is the loss before it.
            taken = f"{self._loss} = " if any(self._loss in line for line in after) else ""
            return [made, indent(defined), indent([head, f"{taken}{variable}.step({closure})", *after]), prints]
        loop = [head, *lines, f"{variable}.step()", f"{variable}.zero_grad()", *after]
        return [made, indent(loop), prints]

    def _schedule(self, scheduler: Scheduler | None, optimizer: str, made: list[str]) -> list[str]:
        """Write the scheduler into `made`, and return what the loop does with it."""
        if scheduler is None:
            return []
        variable = self._free("scheduler", "schedule")
        made.append(f"{variable} = {write_scheduler(scheduler, optimizer)}")
        return [f"{variable}.step({self._loss if scheduler.name == 'ReduceLROnPlateau' else ''})"]

    def _clipping(self, configuration: Configuration) -> list[str]:
        """Write what stands between `backward()` and the step."""
        leaves = f"[{', '.join(self._followed)}]"
        clips = {"norm": configuration.clip_norm, "value": configuration.clip_value}
        return [
            f"torch.nn.utils.clip_grad_{how}_({leaves}, {value!r})" for how, value in clips.items() if value is not None
        ]


def indent(lines: list[str]) -> list[str]:
    """Indent all lines but the first."""
    return [lines[0], *("    " + line for line in lines[1:])]


def write_options(kind: str, options: Mapping[str, OptionValue]) -> str:
    """Write keyword options as a call passes them after its first argument."""
    return "".join(f", {name}={write_option(kind, name, value)}" for name, value in options.items())


def write_scheduler(scheduler: Scheduler, optimizer: str) -> str:
    """Write the call that makes a scheduler, with those that it is made of within it."""
    options = write_options(scheduler.name, scheduler.options)
    call = f"optim.lr_scheduler.{scheduler.name}"
    if not scheduler.schedulers:
        return f"{call}({optimizer}{options})"
    parts = ", ".join(write_scheduler(part, optimizer) for part in scheduler.schedulers)
    owner = "" if scheduler.name == "ChainedScheduler" else f"{optimizer}, "
    return f"{call}({owner}[{parts}]{options})"
