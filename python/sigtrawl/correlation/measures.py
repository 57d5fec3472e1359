"""What is known of a window while its ends move: one class for each question that a correlation asks.

Each takes the places of events in a group as they enter and leave, and says whether the window between two places satisfies the
condition. `windows` moves the ends; nothing here looks at time but `Ordered`, which has to.
"""

import operator
from bisect import bisect_left
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Protocol, TypeAlias

from sigtrawl.correlation.entry import Terms

Condition: TypeAlias = Callable[[int, int], bool]
"""Takes a fraction, as numerator and positive denominator."""

_OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "neq": operator.ne,
}


class Measure(Protocol):
    """A question to a window."""

    def add(self, place: int) -> None:
        """Let an event enter."""

    def remove(self, place: int) -> None:
        """Let an event leave."""

    def holds(self, begin: int, end: int) -> bool:
        """Whether the window satisfies the condition."""


def comparison(condition: Sequence[tuple[str, Fraction]]) -> Condition:
    """Give a condition as a function; all comparisons must hold."""
    tests = [(_OPERATORS[how], bound.numerator, bound.denominator) for how, bound in condition]

    def holds(numerator: int, denominator: int) -> bool:
        return all(test(numerator * below, above * denominator) for test, above, below in tests)

    return holds


class Counted:
    """How many events there are."""

    def __init__(self, first: Sequence[bool], condition: Condition) -> None:
        self._first = first
        self._condition = condition
        self._count = 0

    def add(self, place: int) -> None:
        """Let an event enter."""
        self._count += self._first[place]

    def remove(self, place: int) -> None:
        """Let an event leave."""
        self._count -= self._first[place]

    def holds(self, begin: int, end: int) -> bool:  # noqa: ARG002 - the count is known
        """Whether the window satisfies the condition."""
        return self._condition(self._count, 1)


class Distinct:
    """How many different values there are; an event without a value has none to count."""

    def __init__(self, values: Sequence[str | None], condition: Condition) -> None:
        self._values = values
        self._condition = condition
        self._counts: dict[str, int] = {}

    def add(self, place: int) -> None:
        """Let an event enter."""
        value = self._values[place]
        if value is not None:
            self._counts[value] = self._counts.get(value, 0) + 1

    def remove(self, place: int) -> None:
        """Let an event leave."""
        value = self._values[place]
        if value is not None:
            left = self._counts[value] - 1
            if left:
                self._counts[value] = left
            else:
                del self._counts[value]

    def holds(self, begin: int, end: int) -> bool:  # noqa: ARG002 - the counts are known
        """Whether the window satisfies the condition."""
        return self._condition(len(self._counts), 1)


class Summed:
    """The sum of the values, or their average; of no values there is neither, and the condition does not hold."""

    def __init__(self, numbers: Sequence[int | None], condition: Condition, *, average: bool) -> None:
        self._numbers = numbers
        self._condition = condition
        self._average = average
        self._sum = self._count = 0

    def add(self, place: int) -> None:
        """Let an event enter."""
        number = self._numbers[place]
        if number is not None:
            self._sum += number
            self._count += 1

    def remove(self, place: int) -> None:
        """Let an event leave."""
        number = self._numbers[place]
        if number is not None:
            self._sum -= number
            self._count -= 1

    def holds(self, begin: int, end: int) -> bool:  # noqa: ARG002 - the sum is known
        """Whether the window satisfies the condition."""
        return bool(self._count) and self._condition(self._sum, self._count if self._average else 1)


class Ranked:
    """A percentile of the values, interpolated linearly between the two nearest ranks.

    The values of the whole group are known, so each has its rank beforehand, and a binary indexed tree over the ranks counts
    those in the window: entering, leaving and finding the n-th all take as many steps as the group's size has bits.
    """

    def __init__(self, numbers: Sequence[int | None], condition: Condition, percentile: Fraction) -> None:
        self._condition = condition
        self._percent = percentile / 100
        self._sorted = sorted({number for number in numbers if number is not None})
        ranks = {number: rank for rank, number in enumerate(self._sorted)}
        self._ranks = [None if number is None else ranks[number] for number in numbers]
        self._tree = [0] * (len(self._sorted) + 1)
        self._top = 1 << (len(self._sorted).bit_length() - 1) if self._sorted else 0
        self._count = 0

    def add(self, place: int) -> None:
        """Let an event enter."""
        self._change(place, 1)

    def remove(self, place: int) -> None:
        """Let an event leave."""
        self._change(place, -1)

    def holds(self, begin: int, end: int) -> bool:  # noqa: ARG002 - the tree is known
        """Whether the window satisfies the condition."""
        if not self._count:
            return False
        above, below = (self._count - 1) * self._percent.numerator, self._percent.denominator
        rank, rest = divmod(above, below)
        low = self._nth(rank)
        if not rest:
            return self._condition(low, 1)
        return self._condition(low * (below - rest) + self._nth(rank + 1) * rest, below)

    def _change(self, place: int, by: int) -> None:
        rank = self._ranks[place]
        if rank is None:
            return
        self._count += by
        tree, size = self._tree, len(self._tree)
        node = rank + 1
        while node < size:
            tree[node] += by
            node += node & -node

    def _nth(self, rank: int) -> int:
        """Give the number with so many of the window's numbers before it."""
        tree, size, node, step = self._tree, len(self._tree), 0, self._top
        while step:
            after = node + step
            if after < size and tree[after] <= rank:
                node = after
                rank -= tree[after]
            step >>= 1
        return self._sorted[node]


class Present:
    """Which of the rules have matches, in whatever order."""

    def __init__(self, references: Sequence[int], kinds: int, condition: Condition, terms: Terms) -> None:
        self._references = references
        self._condition = condition
        self._terms = terms
        self._counts = [0] * kinds
        self._present = 0

    def add(self, place: int) -> None:
        """Let an event enter."""
        reference = self._references[place]
        if not self._counts[reference]:
            self._present += 1
        self._counts[reference] += 1

    def remove(self, place: int) -> None:
        """Let an event leave."""
        reference = self._references[place]
        self._counts[reference] -= 1
        if not self._counts[reference]:
            self._present -= 1

    def holds(self, begin: int, end: int) -> bool:  # noqa: ARG002 - the counts are known
        """Whether the window satisfies the condition."""
        if not self._terms:
            return self._condition(self._present, 1)
        counts = self._counts
        return any(all(counts[one] for one in there) and not any(counts[one] for one in absent) for there, absent in self._terms)


class Ordered:
    """Which of the rules have matches in the order of the rules.

    A condition that counts is about the longest chain of matches, each of a later rule than the one before and not earlier than
    it. An extended condition holds if for one of its alternatives the rules that must be there form such a chain, and those
    that must not are not there at all. In both the earliest match that continues a chain is the best one, because it leaves the
    most time.
    """

    def __init__(
        self, times: Sequence[int], references: Sequence[int], kinds: int, condition: Condition, terms: Terms, span: int
    ) -> None:
        self._times = times
        self._condition = condition
        self._terms = terms
        self._span = span
        self._by_kind: list[list[int]] = [[] for _ in range(kinds)]
        for time, reference in zip(times, references, strict=True):
            self._by_kind[reference].append(time)

    def add(self, place: int) -> None:
        """Nothing is kept: times are looked up."""

    def remove(self, place: int) -> None:
        """Nothing is kept: times are looked up."""

    def holds(self, begin: int, end: int) -> bool:  # noqa: ARG002 - the end follows from the beginning
        """Whether the window satisfies the condition."""
        start = self._times[begin]
        last = start + self._span
        if not self._terms:
            return self._condition(self._longest(start, last), 1)
        return any(
            self._chain(there, start, last) and all(self._next(one, start, last) is None for one in absent)
            for there, absent in self._terms
        )

    def _next(self, reference: int, start: int, last: int) -> int | None:
        """Give the time of a rule's first match in a window, or None."""
        times = self._by_kind[reference]
        place = bisect_left(times, start)
        return times[place] if place < len(times) and times[place] <= last else None

    def _chain(self, references: Sequence[int], start: int, last: int) -> bool:
        for reference in references:
            found = self._next(reference, start, last)
            if found is None:
                return False
            start = found
        return True

    def _longest(self, start: int, last: int) -> int:
        """Give the length of the longest chain: ``ends[n]`` is the earliest end of one of ``n`` matches."""
        ends = [start]
        for reference in range(len(self._by_kind)):
            longer = self._next(reference, ends[-1], last)
            for length in range(len(ends) - 1, 0, -1):
                found = self._next(reference, ends[length - 1], last)
                if found is not None and found < ends[length]:
                    ends[length] = found
            if longer is not None:
                ends.append(longer)
        return len(ends) - 1
