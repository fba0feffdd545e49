"""Numbers: those that passes, or updates, had in the run, and those they have among what is kept of it."""

from __future__ import annotations


class Numbers:
    """The numbers of all passes, or of all updates, and of those that are kept."""

    def __init__(self) -> None:
        self.kept = 0
        self._seen = 0
        self._left_out = 0
        self._whole: int | None = None
        """How many were kept before the first one was left out; their numbers are the same."""
        self._new: dict[int, int] = {}

    def seen(self) -> int:
        """Number the next one."""
        self._seen += 1
        return self._seen - 1

    def keep(self, number: int) -> int:
        """Keep one, and return its new number."""
        if self._whole is not None:
            self._new[number] = self.kept
        self.kept += 1
        return self.kept - 1

    def leave_out(self) -> None:
        """Leave one out."""
        self._left_out += 1
        if self._whole is None:
            self._whole = self.kept

    def take_left_out(self) -> int:
        """How many were left out since this was last asked."""
        count, self._left_out = self._left_out, 0
        return count

    def new(self, number: int | None) -> int | None:
        """The new number of one; None if it was left out."""
        if number is None or self._whole is None or number < self._whole:
            return number
        return self._new.get(number)

    def has(self, number: int | None) -> bool:
        """Whether one is kept, as far as is known; what speaks of none is no reason to keep any."""
        if number is None:
            return True
        return number < self.kept if self._whole is None else self.new(number) is not None
