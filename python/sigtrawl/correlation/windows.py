"""Which windows of one group of events satisfy a correlation: the definition, on plain lists.

A window begins at an event and holds every event from then to ``timespan`` later, both ends included, whether or not fewer of
them would have done. Windows are tried in the order of time; after one that satisfies the condition the search goes on with the
first event after it, so no event is in two results of one group. Events of one time are never torn apart: each window has all
of them or none, and ``temporal_ordered`` takes them in either order.

An event that several of the rules match is one event: it is counted once, and of its values, which aliases may read from other
fields for other rules, the first that is a number is taken. Of the temporal types it stands for each of its rules.

Both ends of the window only move forward, so every event enters and leaves once; what a window is asked is kept up to date on the
way (`measures`). Sums and averages are of integers, scaled once a group, and thresholds are fractions: nothing is rounded.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sigtrawl.correlation.entry import NUMERIC, TEMPORAL, CorrelationEntry
from sigtrawl.correlation.measures import Counted, Distinct, Measure, Ordered, Present, Ranked, Summed, comparison
from sigtrawl.correlation.numbers import is_number, scaled

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Group:
    """The events of one group, in the order of time; the lists are of one length.

    Attributes:
        times: In microseconds.
        references: Which of the correlation's references each is a match of, by place.
        first: Whether it is the first row of its event: the rows of one event are next to each other.
        values: The text of the looked-at field; None where it has none.
    """

    times: Sequence[int]
    references: Sequence[int]
    first: Sequence[bool]
    values: Sequence[str | None]


def windows(entry: CorrelationEntry, group: Group) -> Iterator[tuple[int, int]]:
    """Yield the windows that satisfy a correlation, as half-open ranges of places in the group."""
    measure = _measure(entry, group)
    span = entry.timespan * MICROSECONDS
    times, count = group.times, len(group.times)
    begin = end = 0
    while begin < count:
        last = times[begin] + span
        while end < count and times[end] <= last:
            measure.add(end)
            end += 1
        if measure.holds(begin, end):
            yield begin, end
            while begin < end:
                measure.remove(begin)
                begin += 1
            continue
        time = times[begin]
        while begin < count and times[begin] == time:
            measure.remove(begin)
            begin += 1


def _measure(entry: CorrelationEntry, group: Group) -> Measure:
    """Choose what a correlation asks of its windows."""
    if entry.type in NUMERIC:
        numbers, scale = scaled(_one_each(group))
        holds = _thresholds(entry, scale)
        if entry.type == "value_sum":
            return Summed(numbers, holds, average=False)
        if entry.type == "value_avg":
            return Summed(numbers, holds, average=True)
        percentile = Fraction(entry.percentile if entry.percentile is not None else 50)
        return Ranked(numbers, holds, percentile)
    holds = _thresholds(entry, 1)
    if entry.type == "event_count":
        return Counted(group.first, holds)
    if entry.type == "value_count":
        return Distinct(group.values, holds)
    if entry.type not in TEMPORAL:
        raise ValueError(f"there is no type of correlation {entry.type!r}")
    kinds = len(entry.references)
    if entry.type == "temporal":
        return Present(group.references, kinds, holds, entry.terms)
    return Ordered(group.times, group.references, kinds, holds, entry.terms, entry.timespan * MICROSECONDS)


def _one_each(group: Group) -> list[str | None]:
    """Leave each event one value: the first of its rows that is a number."""
    values: list[str | None] = []
    open_ = False
    for first, value in zip(group.first, group.values, strict=True):
        open_ = open_ or first
        taken = value if open_ and value is not None and is_number(value) else None
        open_ = open_ and taken is None
        values.append(taken)
    return values


def _thresholds(entry: CorrelationEntry, scale: int) -> Callable[[int, int], bool]:
    """Give the condition as a function of a fraction's numerator and its positive denominator."""
    return comparison([(how, Fraction(value) * scale) for how, value in entry.condition])
