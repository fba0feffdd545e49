"""What every run executes is laid together, and does what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.sandbox.code import gather_code


def twice(number: int) -> int:
    """Double a number."""
    return 2 * number


def unused(number: int) -> int:
    """Leave a number as it is."""
    return number


class Counter:
    """Counts up, by functions within its methods."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, step: int) -> Callable[[], int]:
        def more() -> int:
            self.total += step
            return self.total

        return more

    def steps(self) -> Iterator[int]:
        yield from (twice(number) for number in range(3))


def run() -> object:
    """Call all but one of the functions above."""
    counter = Counter()
    more = counter.add(twice(2))
    return more(), more(), list(counter.steps()), [twice(number) for number in range(3)]


def test_code_that_ran_is_copied_and_does_the_same() -> None:
    functions = (run, twice, unused, Counter.add, Counter.steps)
    before = [function.__code__ for function in functions]
    expected = run()

    assert gather_code(run) >= 5

    assert run() == expected == (4, 8, [0, 2, 4], [0, 2, 4])
    after = [function.__code__ for function in functions]
    assert before == after
    assert [one is other for one, other in zip(before, after, strict=True)] == [False, False, True, False, False]
    assert not set(map(id, Counter.add.__code__.co_consts)) & {
        id(one) for one in before[3].co_consts if hasattr(one, "co_code")
    }
