"""Correlations from their definition, in the plainest way: every window anew, nothing kept, fractions throughout.

It is slow and easy to check, and shares nothing with the package but the record of a correlation.
"""

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from sigtrawl.correlation.entry import CorrelationEntry

SECOND = 1_000_000


class Event(NamedTuple):
    """One row: a time in microseconds, the reference that matched, the number of the event, the value."""

    time: int
    reference: int
    event: int
    value: str | None


def naive_windows(entry: CorrelationEntry, rows: Sequence[Event]) -> Iterator[tuple[int, int]]:
    """Yield the windows of one group whose rows are in the order of time."""
    begin = 0
    while begin < len(rows):
        start = rows[begin].time
        inside = [
            place for place, row in enumerate(rows) if start <= row.time <= start + entry.timespan * SECOND and place >= begin
        ]
        if _holds(entry, [rows[place] for place in inside]):
            yield begin, inside[-1] + 1
            begin = inside[-1] + 1
        else:
            while begin < len(rows) and rows[begin].time == start:
                begin += 1


def _holds(entry: CorrelationEntry, window: list[Event]) -> bool:
    if entry.terms:
        return _extended(entry, window)
    measured = _measured(entry, window)
    return measured is not None and all(_compares(how, measured, Fraction(bound)) for how, bound in entry.condition)


def _measured(entry: CorrelationEntry, window: list[Event]) -> Fraction | None:
    if entry.type == "event_count":
        return Fraction(len({row.event for row in window}))
    if entry.type == "value_count":
        return Fraction(len({row.value for row in window if row.value is not None}))
    if entry.type == "temporal":
        return Fraction(len({row.reference for row in window}))
    if entry.type == "temporal_ordered":
        kinds = range(len(entry.references))
        chains = (chain for size in kinds for chain in itertools.combinations(kinds, size + 1) if _in_order(chain, window))
        return Fraction(max(len(chain) for chain in chains))
    seen: dict[int, str] = {}
    for row in window:
        if row.value is not None and row.value.lstrip("-").replace(".", "").isdigit():
            seen.setdefault(row.event, row.value)
    numbers = sorted(map(Fraction, seen.values()))
    if not numbers:
        return None
    if entry.type == "value_sum":
        return sum(numbers, Fraction(0))
    if entry.type == "value_avg":
        return sum(numbers, Fraction(0)) / len(numbers)
    at = Fraction(entry.percentile or "50") / 100 * (len(numbers) - 1)
    low = numbers[int(at)]
    high = numbers[min(int(at) + 1, len(numbers) - 1)]
    return low + (high - low) * (at - int(at))


def _in_order(chain: Sequence[int], window: list[Event]) -> bool:
    """Whether some choice of one match for each reference never goes back in time."""
    times = [[row.time for row in window if row.reference == one] for one in chain]
    return any(list(choice) == sorted(choice) for choice in itertools.product(*times))


def _extended(entry: CorrelationEntry, window: list[Event]) -> bool:
    present = {row.reference for row in window}
    for there, absent in entry.terms:
        if present.issuperset(there) and present.isdisjoint(absent) and (entry.type == "temporal" or _in_order(there, window)):
            return True
    return False


def _compares(how: str, left: Fraction, right: Fraction) -> bool:
    return {
        "gt": left > right,
        "gte": left >= right,
        "lt": left < right,
        "lte": left <= right,
        "eq": left == right,
        "neq": left != right,
    }[how]
