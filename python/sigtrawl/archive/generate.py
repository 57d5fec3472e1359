"""Makes an archive of process creations with the netcat rule's matches planted, in the form of any product."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sigtrawl.archive.events import events
from sigtrawl.archive.forms import Form, render
from sigtrawl.archive.mixing import mix_int
from sigtrawl.archive.plants import Plant, netcat
from sigtrawl.archive.sink import ROW_GROUP, Compression, sink
from sigtrawl.archive.tables import Tables, tables

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import polars as pl


@dataclass(frozen=True, slots=True)
class Planted:
    """What an archive holds, as far as a rule is concerned.

    Attributes:
        path: Where the archive is.
        rows: How many events it has.
        names: Whose columns it has.
        matches: Rule id → the rows, in order, that the rule must match; it must match no other.
        near_misses: The rows that look alike and must not match.
    """

    path: Path
    rows: int
    names: Form
    matches: Mapping[str, tuple[int, ...]]
    near_misses: tuple[int, ...]


def generate(
    path: str | os.PathLike[str],
    rows: int,
    *,
    seed: int = 1,
    names: Form = "sysmon",
    compression: Compression = "zstd",
    row_group: int = ROW_GROUP,
    matches: int | None = None,
) -> Planted:
    """Writes a Parquet archive of synthetic Windows process creations.

    The same arguments give the same events everywhere; `names`, `compression` and `row_group` change only how they are kept.

    Args:
        path: The file to write; it appears under its name when it is whole.
        rows: How many events.
        seed: Another seed gives other events of the same kind.
        names: Whose columns the events get: `"sysmon"`, `"asim"` and the other forms of `archive.forms`.
        compression: Codec of the pages.
        row_group: Rows of a row group.
        matches: How many events to plant for each rule; by default one in 5,000, at least 40. A small archive holds fewer.

    Returns:
        What was planted, and where.

    Raises:
        ValueError: A number is negative, or a row group has no rows.
        OSError: The file cannot be written.
    """
    if rows < 0 or row_group < 1 or (matches is not None and matches < 0):
        message = f"rows {rows} and matches {matches} must not be negative, row_group {row_group} must be positive"
        raise ValueError(message)
    path = Path(path)
    plants = [netcat()]
    made = tables(seed, plants)
    cases, near_misses = _place(made, plants, rows, seed, max(40, rows // 5_000) if matches is None else matches)
    where = {row: template for _, row, template in cases} | dict(near_misses)

    def chunk(first: int, count: int) -> pl.DataFrame:
        return render(events(made, seed, first, where, count), names)

    sink(path, chunk, rows, compression=compression, row_group=row_group)
    rule_rows = {plant.rule_id: tuple(row for rule, row, _ in cases if rule == plant.rule_id) for plant in plants}
    return Planted(path, rows, names, MappingProxyType(rule_rows), tuple(row for row, _ in near_misses))


def _place(
    made: Tables, plants: list[Plant], rows: int, seed: int, wanted: int
) -> tuple[list[tuple[str, int, int]], list[tuple[int, int]]]:
    """Spreads the planted events over the archive: one in each of as many equal stretches, somewhere within.

    Returns:
        (rule id, row, template) of those that match, and (row, template) of the near misses, both in row order.
    """
    near_count = min(len(made.near_misses) * 2, rows // 4)
    wanted = min(wanted, (rows - near_count) // len(plants))
    total = wanted * len(plants) + near_count
    # Near misses come evenly between the matches.
    near_slots = {(2 * n + 1) * total // (2 * near_count) for n in range(near_count)}
    cases: list[tuple[str, int, int]] = []
    near: list[tuple[int, int]] = []
    for slot in range(total):
        start, end = slot * rows // total, (slot + 1) * rows // total
        row = start + mix_int(seed ^ (slot << 24)) % (end - start)
        if slot in near_slots:
            near.append((row, made.near_misses[len(near) % len(made.near_misses)]))
        else:
            plant = plants[len(cases) % len(plants)]
            templates = made.matches[plant.rule_id]
            cases.append((plant.rule_id, row, templates[len(cases) // len(plants) % len(templates)]))
    return cases, near
