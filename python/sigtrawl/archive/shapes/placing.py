"""Where the planted events stand, and how they are laid over the background."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from sigtrawl.archive.mixing import mix_int
from sigtrawl.archive.shapes.cases import NEAR_MISSES, PLANTS, Case

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet


@dataclass(frozen=True, slots=True)
class Planting:
    """One planted row: the rule that must find it (None: no rule of the plants must), and what it says."""

    row: int
    rule: str | None
    case: Case


def place(rows: int, seed: int, wanted: int, sources: AbstractSet[str]) -> tuple[Planting, ...]:
    """Spreads the plants over an archive: one in each of as many equal stretches, somewhere within.

    Args:
        rows: How many rows the archive has.
        seed: The archive's seed.
        wanted: How many rows to plant for each rule.
        sources: The sources that the archive has; plants of others are left out.

    Returns:
        The planted rows, in order.
    """
    plants = [(rule, cases) for rule, cases in PLANTS.items() if cases[0].source in sources]
    near = [case for case in NEAR_MISSES if case.source in sources]
    near_count = min(len(near) * 2, rows // 4)
    wanted = min(wanted, (rows - near_count) // len(plants))
    total = wanted * len(plants) + near_count
    near_slots = {(2 * n + 1) * total // (2 * near_count) for n in range(near_count)}
    found: list[Planting] = []
    missed = 0
    for slot in range(total):
        start, end = slot * rows // total, (slot + 1) * rows // total
        row = start + mix_int(seed ^ (slot << 24)) % (end - start)
        if slot in near_slots:
            found.append(Planting(row, None, near[missed % len(near)]))
            missed += 1
        else:
            turn, which = divmod(slot - missed, len(plants))
            rule, cases = plants[which]
            found.append(Planting(row, rule, cases[turn % len(cases)]))
    return tuple(found)


def lay_over(events: pl.DataFrame, first: int, plantings: Sequence[Planting]) -> pl.DataFrame:
    """Puts the texts of planted rows in the place of the background's; `<unique>` in them becomes 16 digits of the row's own."""
    columns: dict[str, tuple[list[int], list[str | int]]] = defaultdict(lambda: ([], []))
    for planting in plantings:
        unique = f"{mix_int(planting.row):016x}"
        for column, value in planting.case.says.items():
            rows, values = columns[column]
            rows.append(planting.row - first)
            values.append(value.replace("<unique>", unique) if isinstance(value, str) else value)
    changed = [
        events[column].scatter(rows, pl.Series(values, dtype=events.schema[column])) for column, (rows, values) in columns.items()
    ]
    return events.with_columns(changed)
