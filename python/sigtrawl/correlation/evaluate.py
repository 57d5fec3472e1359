"""The events of a correlation → its results."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import polars as pl

from sigtrawl.correlation.entry import CorrelationEntry
from sigtrawl.correlation.windows import Group, windows

CORRELATED = pl.List(
    pl.Struct(
        {
            "rule_id": pl.String(),
            "rule_title": pl.String(),
            "file": pl.String(),
            "row_group": pl.Int32(),
            "row": pl.Int64(),
            "time": pl.Datetime("us", "UTC"),
        }
    )
)
"""The events that made a result."""

Names: TypeAlias = tuple[str | None, str]
"""What a match says of its rule: the id, or None, and the title as a match has it."""

RESULT_SCHEMA = {"match": pl.Int64(), "rule": pl.Int32(), "time": pl.Int64(), "correlated": CORRELATED}


def evaluate(entry: CorrelationEntry, events: pl.DataFrame, names: Mapping[int, Names], files: list[str | None]) -> pl.DataFrame:
    """Give the results of a correlation in the order of time.

    Args:
        entry: The correlation.
        events: Its events, in any order, with every group whole; the columns are those of `spool.EVENT_SCHEMA`.
        names: The id and title of each rule and, below zero, of each correlation.
        files: What the numbers in ``file`` stand for.

    Returns:
        A row a result: the match that it looks like and that one's rule, its time (of the window's last event), and the events
        that made it, in the order of time.
    """
    ordered = events.sort("key", "time", "event", "reference")
    begins: list[int] = []
    ends: list[int] = []
    for start, group in _groups(ordered):
        for begin, end in windows(entry, group):
            begins.append(start + begin)
            ends.append(start + end)
    if not begins:
        return pl.DataFrame(schema=RESULT_SCHEMA)
    sizes = [end - begin for begin, end in zip(begins, ends, strict=True)]
    last = ordered[[end - 1 for end in ends]].select("match", "rule", "time").with_row_index("result")
    rows = [place for begin, end in zip(begins, ends, strict=True) for place in range(begin, end)]
    results = pl.Series("result", [number for number, size in enumerate(sizes) for _ in range(size)], pl.get_index_type())
    made_by = _shown(ordered[rows], names, files).to_struct("correlated").to_frame().with_columns(results)
    lists = made_by.group_by("result", maintain_order=True).agg("correlated")
    joined = last.join(lists, on="result", how="left", maintain_order="left")
    return joined.sort("time", "match").select(list(RESULT_SCHEMA)).cast({"correlated": CORRELATED})


def _groups(ordered: pl.DataFrame) -> Iterator[tuple[int, Group]]:
    """Cut sorted events into groups, each with the place where it begins."""
    lengths = ordered.select(pl.col("key").rle().struct.field("len")).to_series().to_list()
    times, references, values = (ordered[name].to_list() for name in ("time", "reference", "value"))
    same = (ordered["key"] == ordered["key"].shift()) & (ordered["event"] == ordered["event"].shift())
    first = (~same.fill_null(value=False)).to_list()
    start = 0
    for length in lengths:
        stop = start + length
        yield start, Group(times[start:stop], references[start:stop], first[start:stop], values[start:stop])
        start = stop


def _shown(events: pl.DataFrame, names: Mapping[int, Names], files: list[str | None]) -> pl.DataFrame:
    """Write events as results list them."""
    paths = pl.Series(files, dtype=pl.String())

    def named(texts: Iterable[str | None]) -> pl.Expr:
        return pl.col("source").replace_strict(list(names), list(texts), return_dtype=pl.String())

    return events.select(
        named(id_ for id_, _ in names.values()).alias("rule_id"),
        named(title for _, title in names.values()).alias("rule_title"),
        paths.gather(events["file"].to_list()).alias("file") if files else pl.lit(None, pl.String()).alias("file"),
        "row_group",
        "row",
        pl.col("time").cast(pl.Datetime("us", "UTC")),
    )
