"""``engine="reference"``: the evaluator decides which rows match which rules, and nothing else.

The pairs come from `sigtrawl.reference`, over events that polars has read. What a match shows beside its pair (the event, its
time, its row group) is no question of matching, and a second implementation of that would only be a second chance to differ.
So the core is asked to show every row, by a rule that is true everywhere, and of these the rows of the pairs are kept. The
report's inputs and binding states are the core's as well; its counts are the evaluator's.

A file is read whole, and every row passes through the core twice. It is the slow way by design.
"""

import json
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import polars as pl

from sigtrawl import _native, reference
from sigtrawl.errors import InputError
from sigtrawl.exports import exportable
from sigtrawl.frames import FrameStream, keyed, members_of
from sigtrawl.matches import COLUMNS
from sigtrawl.request import NO_SCHEMA, Request

if TYPE_CHECKING:
    from sigtrawl.ruleset import RuleSet

_EVERY_ROW = json.dumps(
    {
        "format": "sigtrawl-plan",
        "version": 1,
        "predicates": [],
        "rules": [{"id": None, "title": "", "tags": [], "logsource": {}, "condition": {"and": []}}],
        "waiting": [],
        "load_report": {},
    }
).encode()

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class _Events:
    """Events that can be shown again and again, and read by polars.

    Attributes:
        show: Matches a rule set against them, in the core.
        read: Gives the frame of one input; None stands for data in memory.
    """

    show: Callable[[_native.RuleSet, bytes | _native.Options], _native.MatchStream]
    read: Callable[[str | None], pl.DataFrame]


def scan_by_reference(ruleset: "RuleSet", paths: list[str], asked: Request) -> "ReferenceStream":
    """Scan files."""
    events = _Events(
        lambda rules, options: _native.scan(rules, paths, options),
        lambda file: read_file(file or ""),
    )
    return ReferenceStream(ruleset.native, events, asked)


def match_by_reference(ruleset: "RuleSet", data: Any, asked: Request) -> "ReferenceStream":
    """Match data in memory."""
    try:
        frame = exportable(pl.DataFrame(data))
    except pl.exceptions.PolarsError as error:
        raise InputError(f"polars cannot read this data: {error}") from error
    events = _Events(lambda rules, options: _native.match_data(rules, frame, options), lambda _: frame)
    return ReferenceStream(ruleset.native, events, asked)


class ReferenceStream(FrameStream):
    """The evaluator's matches, as a `sigtrawl.matches.Stream`."""

    def __init__(self, rules: _native.RuleSet, events: _Events, asked: Request) -> None:
        whole = events.show(rules, asked.options())  # refuses what the core refuses, and knows the schema
        super().__init__(pl.Schema(whole), self._run())
        self._key = asked.key
        # A row is known by its place; what stands there for the caller is put in when a match is shown.
        asked = replace(asked, key=None)
        self._report: dict[str, Any] = json.loads(whole.report())
        whole.close()
        self._plan: dict[str, Any] = json.loads(rules.plan())
        self._events = events
        self._asked = asked
        self._every = _native.RuleSet(_EVERY_ROW)
        self._matches: Counter[int] = Counter()
        self._unreadable: Counter[str] = Counter()
        self._rows_done = 0

    def progress(self) -> tuple[int, int, int, int, int]:
        """Rows done and in all; bytes are not counted here."""
        total = sum(entry["rows"] for entry in self._report["inputs"])
        return self._rows_done, total, 0, 0, self._matches.total()

    def report(self) -> bytes:
        """The core's report with the evaluator's counts."""
        for number, rule in enumerate(self._report["rules"]):
            rule["matches"] = rule["rows"] = self._matches[number]
        self._report["matches"] = self._matches.total()
        self._report["not_evaluable"] = [
            {"column": column, "values": values} for column, values in sorted(self._unreadable.items())
        ]
        return json.dumps(self._report).encode()

    def close(self) -> None:
        """Stop."""
        self._batches.close()

    def _run(self) -> Generator[pl.DataFrame, None, None]:
        """Yield the matches, as the core shows row after row."""
        groups = self._row_groups()
        metadata = _metadata(self._plan)
        pairs: dict[str | None, pl.DataFrame] = {}
        shown = self._events.show(self._every, self._showing())
        for frame in _frames(shown):
            for file in frame["file"].unique(maintain_order=True):
                if file not in pairs:  # inputs come one after the other, so the last one's pairs are enough
                    pairs = {file: self._pairs(file, groups[file])}
                here = frame.filter(pl.col("file").eq_missing(pl.lit(file, pl.String)))
                found = here.drop(metadata.columns, strict=False).join(pairs[file], on="row").sort("row", "rule")
                matches = found.join(metadata, on="rule", how="left", maintain_order="left").select(COLUMNS)
                self._matches.update(found["rule"])
                if matches.height:
                    yield matches.cast(self._target) if self._key is None else keyed(matches, self._key, self._target)
            self._rows_done += frame.height
        self._close_report(json.loads(shown.report()))

    def _close_report(self, shown: dict[str, Any]) -> None:
        """Take what became of the inputs from the core's showing, and what the rules could do there from the beginning."""
        inputs = [
            before if before["state"] == "nothing-to-run" else {**after, "rules": before["rules"]}
            for before, after in zip(self._report["inputs"], shown["inputs"], strict=True)
        ]
        rows = sum(entry["rows_read"] for entry in inputs)
        taken = {name: shown[name] for name in ("bytes", "complete")}
        self._report.update(inputs=inputs, rows=rows, **taken)

    def _pairs(self, file: str | None, groups: list[int]) -> pl.DataFrame:
        """Evaluate one input, row group by row group: a value without a text form spoils no more than its own."""
        frame = self._events.read(file)
        if frame.height != sum(groups):
            raise InputError(f"{file}: polars reads {frame.height:,} rows and the core {sum(groups):,}")
        name = next((entry["schema"] for entry in self._report["inputs"] if entry["file"] == file), None)
        mapping = next((known for known in self._asked.mappings if known.name == name), None)
        schema, logsource = self._asked.said_of(file)
        found: list[tuple[int, int]] = []
        start = 0
        for rows in groups:
            result = reference.run(
                self._plan,
                frame.slice(start, rows),
                mapping=mapping,
                schema_none=schema == NO_SCHEMA,
                logsource=logsource,
            )
            found += [(start + row, rule) for row, rule in result.matches]
            self._unreadable.update({entry.column: entry.values for entry in result.not_evaluable})
            start += rows
        return pl.DataFrame(found, schema={"row": pl.Int64, "rule": pl.Int64}, orient="row")

    def _row_groups(self) -> dict[str | None, list[int]]:
        """Give the number of rows of each row group, for each input."""
        groups: dict[str | None, Counter[int]] = {}
        for frame in _frames(self._events.show(self._every, replace(self._asked, columns=()).options())):
            for file, group, rows in frame.group_by("file", "row_group", maintain_order=True).len().iter_rows():
                groups.setdefault(file, Counter())[group or 0] += rows
        return {file: [rows for _, rows in sorted(counts.items())] for file, counts in groups.items()}

    def _showing(self) -> bytes | _native.Options:
        """Ask for the columns that the caller would see; ``used`` means those that the caller's rules use."""
        also = self._key or ()
        if self._asked.columns == "all":
            return replace(self._asked, also=also).options()
        return replace(self._asked, columns=members_of(self._target), also=also).options()


def _frames(stream: _native.MatchStream) -> Iterator[pl.DataFrame]:
    while (batch := stream.next_batch()) is not None:
        yield pl.DataFrame(batch)


def _metadata(plan: dict[str, Any]) -> pl.DataFrame:
    """Give what a match says of its rule, by the rule's place in the Plan."""
    rows = [
        {
            "rule": place,
            "rule_id": rule["id"],
            "rule_title": rule["title"] if rule["id"] else rule["path"] or rule["title"],
            "level": rule["level"],
            "author": rule["author"],
            "tags": rule["tags"],
        }
        for place, rule in enumerate(plan["rules"])
    ]
    texts = dict.fromkeys(("rule_id", "rule_title", "level", "author"), pl.String)
    return pl.DataFrame(rows, schema={"rule": pl.Int64, **texts, "tags": pl.List(pl.String)}, orient="row")


def read_file(name: str, row: int | None = None) -> pl.DataFrame:
    """Read a Parquet file, or one row of it, and put its Hive keys beside its columns, as text.

    Raises:
        InputError: polars cannot read it.
    """
    if "://" in name:
        raise InputError(f"{name}: only local files are read again; copy it to a folder first")
    file = Path(name)
    try:
        if row is None:
            frame = pl.read_parquet(file, hive_partitioning=False, glob=False)
        else:  # of a row, no more than its row group is read
            frame = pl.scan_parquet(file, hive_partitioning=False, glob=False).slice(row, 1).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{file}: polars cannot read it: {error}") from error
    for folder in file.parent.parts:
        key, equals, value = folder.partition("=")
        if key and equals:  # the path wins over a column of the file, and an inner folder over an outer one
            text = None if value == _HIVE_NULL else unquote(value)
            frame = frame.with_columns(pl.lit(text, pl.String).alias(unquote(key)))
    return frame
