"""Hyperscan on the same literals. It is here to be raced against, and no part of Sigtrawl.

Its Python binding calls back for each match. Where matches are few (one rule) a whole column is one buffer and only the callbacks
of true candidates are paid; where they are many, the callback is most of the time, and the record says so.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import hyperscan
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from race.conditions import Some, Texts, condition
from race.jobs import AbsentError, Found, Job
from race.literals import literals_of, told_as
from race.to_polars import kinds
from sigtrawl.ruleset import RuleSet


def _database(literals: list[str]) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    patterns = [text.encode() for text in literals]
    flags = [hyperscan.HS_FLAG_CASELESS] * len(patterns)
    database.compile(expressions=patterns, ids=list(range(len(patterns))), elements=len(patterns), flags=flags, literal=True)
    return database


@dataclass(frozen=True, slots=True)
class _Asked:
    """The texts of one column: their database, and of each its length in bytes and whether it must stand at the end."""

    database: Any
    lengths: list[int]
    ends: list[bool]


class Netcat:
    """One rule that is an OR of texts, each column of a batch as one buffer."""

    def version(self) -> str:
        """The library's version."""
        return f"hyperscan {version('hyperscan')}"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Compiles one database a column.

        Raises:
            AbsentError: The rule is more than an OR of texts at the end or anywhere.
        """
        plan = RuleSet.load(job.rules).plan()
        (place,) = job.places or range(len(plan.rules))
        tree = condition(plan, place, kinds(pl.scan_parquet(job.files[0]).collect_schema()))
        parts = tree.parts if isinstance(tree, Some) else (tree,)
        asked: dict[str, _Asked] = {}
        for part in parts:
            if not isinstance(part, Texts) or any(p.op not in {"contains", "endswith"} or p.cased for p in part.predicates):
                message = "this rule is more than an OR of texts"
                raise AbsentError(message)
            texts = [str(predicate.value) for predicate in part.predicates]
            ends = [predicate.op == "endswith" for predicate in part.predicates]
            asked[part.column] = _Asked(_database(texts), [len(text.encode()) for text in texts], ends)

        def go() -> Found:
            rows: list[int] = []
            first = 0
            for file in job.files:
                for batch in pq.ParquetFile(file).iter_batches(
                    batch_size=131_072, columns=list(asked), use_threads=job.threads > 1
                ):
                    here: set[int] = set()
                    for column, texts in asked.items():
                        here |= _rows(texts, batch.column(column))
                    rows.extend(first + row for row in sorted(here))
                    first += batch.num_rows
            return Found(len(rows), [(row, place) for row in rows] if job.pairs else None)

        return go


def _rows(asked: "_Asked", column: Any) -> set[int]:
    """Gives the rows of a plain text column with one of the texts in them, or at their end."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(pa.string())
    _, offsets, data = column.buffers()
    bytes_of = memoryview(offsets)
    places = bytes_of.cast("i") if pa.types.is_string(column.type) else bytes_of.cast("q")
    places = places[column.offset : column.offset + len(column) + 1]
    start = places[0]
    found: set[int] = set()

    def note(number: int, _from: int, to: int, _flags: int, _context: object) -> None:
        end = start + to
        row = bisect_right(places, end - 1) - 1  # the value that the last byte lies in
        if end - asked.lengths[number] >= places[row] and (not asked.ends[number] or end == places[row + 1]):
            found.add(row)

    if places[-1] > start:
        asked.database.scan(memoryview(data)[start : places[-1]], match_event_handler=note)
    return found


class Literals:
    """All literals that rules look for in one column, value by value."""

    def version(self) -> str:
        """The library's version."""
        return f"hyperscan {version('hyperscan')} (literals)"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Compiles the database."""
        column = job.more["column"]
        literals = literals_of(RuleSet.load(job.rules).plan(), column)
        database = _database(literals)
        values = pl.read_parquet(list(job.files), columns=[column])[column].fill_null("")

        def go() -> Found:
            rows = []
            for text in values.to_list():
                here: set[int] = set()
                if text:
                    database.scan(text.encode(), match_event_handler=lambda number, *_, here=here: here.add(number) or None)
                rows.append(sorted(here))
            return told_as(rows, literals)

        return go
