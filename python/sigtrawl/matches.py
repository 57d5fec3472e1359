"""The matches of a scan: a stream whose schema is known before the first row is read.

Matches are produced while they are taken. Writing, iterating over batches and handing the stream to another library all
take each batch once, in bounded memory; collecting (`Matches.to_polars`, `Matches.to_arrow`, ``len``) keeps the batches,
after which everything can be asked again. A stream that was taken once and not kept cannot be taken again, and says so.

Batches are pulled one by one, also for polars and pyarrow: a pull gives Ctrl-C a chance and a foreign stream loop does not.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Never, Protocol, SupportsIndex, TypeAlias, final

from sigtrawl.errors import OutputError, UsageError
from sigtrawl.report import ScanReport

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from sigtrawl.explanation import Explanation
    from sigtrawl.request import Request
    from sigtrawl.ruleset import RuleSet

Format: TypeAlias = Literal["parquet", "jsonl", "csv"]

COLUMNS = ("rule_id", "rule_title", "level", "author", "tags", "file", "row_group", "row", "time", "event")
PLACE = ("file", "row_group", "row")
"""Those of the columns in whose place a key stands."""
FORMATS: tuple[Format, ...] = ("parquet", "jsonl", "csv")


class Progress(NamedTuple):
    """How far a scan is: rows and bytes done and in all, and the matches so far."""

    rows: int
    rows_total: int
    bytes: int
    bytes_total: int
    matches: int


class ArrayBatch(Protocol):
    """A record batch of the core."""

    @property
    def num_rows(self) -> int:
        """How many matches it holds."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """The batch, as Arrow PyCapsules."""


class StreamBatch(Protocol):
    """A batch that comes from a frame, whose library speaks of streams only."""

    @property
    def num_rows(self) -> int:
        """How many matches it holds."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The batch, as an Arrow PyCapsule stream."""


Batch: TypeAlias = ArrayBatch | StreamBatch
"""Some matches, readable by any library that takes Arrow data."""


class Stream(Protocol):
    """Where matches come from: the core's stream, or the reference evaluator's."""

    def __arrow_c_schema__(self) -> object:
        """The schema of all batches."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rest of the batches, as an Arrow stream."""

    def next_batch(self) -> Batch | None:
        """The next batch, or None at the end."""

    def progress(self) -> tuple[int, int, int, int, int]:
        """The members of `Progress`."""

    def report(self) -> bytes:
        """The report so far, in JSON."""

    def close(self) -> None:
        """Stop, and let go of files and threads."""


class Origin(NamedTuple):
    """What matches are the matches of."""

    ruleset: "RuleSet"
    events: Any
    asked: "Request"


@final
class Matches:
    """The matches of a scan, one row for each rule and event that match.

    Columns: ``rule_id, rule_title, level, author, tags, file, row_group, row, time, event``, ordered by file, row, and the
    rule's place in the rule set; with a ``key``, its columns stand in the place of ``file, row_group, row``. Where the rule
    set holds a correlation there is one more, ``correlated``: the results of correlations come after all matches, each looks
    like the last event of its window, and lists there the events that made it; of a match it is null. Iterating gives one dict
    a match. ``len`` collects.
    """

    __slots__ = ("_kept", "_origin", "_stream", "_taken")

    def __init__(self, stream: Stream, origin: Origin | None = None) -> None:
        """Wrap a stream; `sigtrawl.scan` and `sigtrawl.RuleSet.match` do."""
        self._stream = stream
        self._origin = origin
        self._kept: list[Batch] | None = None
        self._taken: str | None = None

    def batches(self) -> Iterator[Batch]:
        """Yield the matches as Arrow record batches, as they are found."""
        if self._kept is not None:
            yield from self._kept
            return
        self._take("given out in batches")
        while (batch := self._stream.next_batch()) is not None:
            yield batch

    def collect(self) -> "Matches":
        """Run to the end and keep all matches in memory; returns itself."""
        if self._kept is None:
            self._kept = list(self.batches())
        return self

    def to_polars(self) -> "pl.DataFrame":
        """Collect into a polars data frame."""
        import polars as pl

        empty = pl.DataFrame(schema=pl.Schema(self))
        frames = [pl.DataFrame(batch) for batch in self.collect().batches()]
        return pl.concat([empty, *frames], how="vertical")

    def to_arrow(self) -> "pa.Table":
        """Collect into a pyarrow table.

        Raises:
            ImportError: pyarrow is not installed.
        """
        try:
            import pyarrow as pa
        except ImportError:
            message = "to_arrow needs pyarrow: pip install 'sigtrawl[arrow]', or use to_polars"
            raise ImportError(message) from None
        empty = pa.schema(self).empty_table()
        tables = [pa.table(batch) for batch in self.collect().batches()]
        return pa.concat_tables([empty, *tables])

    def write(self, path: "str | os.PathLike[str]", *, format: Format | None = None) -> int:  # noqa: A002
        """Write to a file while scanning, in bounded memory.

        The file appears under its name when it is complete. After Ctrl-C what was found so far stays as ``PATH.partial``;
        after an error nothing stays.

        Args:
            path: Where to.
            format: One of ``parquet``, ``jsonl`` and ``csv``; by default what the suffix of ``path`` says.

        Returns:
            The number of matches written.

        Raises:
            OutputError: The file cannot be written, is one of the inputs, or nothing says in which format.
        """
        from sigtrawl import _native

        self._spare_inputs(Path(path))
        writer = _native.Writer(str(path), format or format_of(Path(path)), self)
        written = 0
        try:
            for batch in self.batches():
                writer.write(batch)
                written += batch.num_rows
        except BaseException as error:
            # One Ctrl-C may interrupt twice: polars raises for it, and Python's handler raises again at the next call, below.
            try:
                writer.abort(isinstance(error, KeyboardInterrupt))
            except KeyboardInterrupt:
                with suppress(OutputError):  # it was closed before the second one
                    writer.abort(keep_partial=True)
                raise
            raise
        writer.finish()
        self._taken = f"written to {path}"
        return written

    def encoded(self, format: Format) -> Iterator[bytes]:  # noqa: A002 - as in `write`
        """Yield the matches as text, batch by batch; for pipes.

        Args:
            format: ``jsonl`` or ``csv``; CSV begins with its header, also where there is no match.
        """
        from sigtrawl import _native

        if format == "parquet":
            raise OutputError("Parquet is written to a file: use write()")
        header = format == "csv"
        for batch in self.batches():
            yield _native.encode(batch, format, header)
            header = False
        if header:
            yield (",".join(self._columns()) + "\n").encode()

    def _columns(self) -> tuple[str, ...]:
        key = None if self._origin is None else self._origin.asked.key
        return getattr(self._stream, "columns", None) or columns_of(key)

    @property
    def report(self) -> ScanReport:
        """What the scan did: every input and every rule with its state; final once all matches were taken."""
        return ScanReport.from_json(self._stream.report())

    def progress(self) -> Progress:
        """How far the scan is; safe to ask from another thread."""
        return Progress(*self._stream.progress())

    def explain(self, match: "SupportsIndex | Mapping[str, Any]") -> "Explanation":
        """Tell why a match is one, by the condition of its rule and what each part of it found in the row.

        The events are read again, of a file no more than one row group. Data in memory must still be there: a stream that was
        taken is gone.

        Args:
            match: The match, as iterating gives it, or its number among all matches, which collects them.

        Raises:
            IndexError: There is no match of this number.
            InputError: The events cannot be read again.
            UsageError: This is no match of this scan, or neither a match nor a number.
        """
        from sigtrawl.explanation.matched import explain_match, number_of

        if self._origin is None:
            message = "these matches do not know their events; use sigtrawl.explain"
            raise RuntimeError(message)
        if not isinstance(match, Mapping):
            number = number_of(match)
            if number is None:
                message = f"a match is a row of the matches or its number, and this is {match!r}, of type {type(match).__name__}"
                raise UsageError(message)
            match = self.to_polars().row(number, named=True) if -len(self) <= number < len(self) else _no_match(number, len(self))
        return explain_match(self._origin, match)

    def close(self) -> None:
        """Stop the scan and let go of its files and threads; matches that were not taken cannot be taken any more."""
        if self._kept is None and self._taken is None:
            self._taken = "closed"
        self._stream.close()

    def __arrow_c_schema__(self) -> object:
        """The schema, as an Arrow PyCapsule."""
        return self._stream.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The matches, as an Arrow PyCapsule stream; taken once unless they were collected."""
        if self._kept is not None:
            return self.to_polars().__arrow_c_stream__(requested_schema)
        self._take("given out as an Arrow stream")
        return self._stream.__arrow_c_stream__(requested_schema)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield one dict a match."""
        import polars as pl

        for batch in self.batches():
            yield from pl.DataFrame(batch).iter_rows(named=True)

    def __len__(self) -> int:
        """Collect, and count."""
        return sum(batch.num_rows for batch in self.collect().batches())

    def __bool__(self) -> bool:
        """Collect, and tell whether there is a match."""
        return len(self) > 0

    def __enter__(self) -> "Matches":
        """Close at the end of a ``with``."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def __repr__(self) -> str:
        """Say how far it is, without running anything."""
        if self._kept is not None:
            return f"<Matches: {len(self):,} collected>"
        if self._taken is not None:
            return f"<Matches: {self._taken}>"
        return "<Matches: not yet read; to_polars(), write() or batches() run the scan>"

    def _spare_inputs(self, path: Path) -> None:
        """Refuse to put the matches in the place of the events."""
        if not os.path.exists(path):  # noqa: PTH110 - it never raises, and the writer says what is wrong
            return
        for entry in self.report.inputs:
            if entry.state != "ignored" and entry.file is not None and _same(path, entry.file):
                message = f"cannot write {path}: it is one of the inputs; write the matches elsewhere"
                raise OutputError(message)

    def _take(self, how: str) -> None:
        if self._taken is not None:
            message = f"these matches were already {self._taken}; scan again, or collect() before the first use"
            raise RuntimeError(message)
        self._taken = how


def columns_of(key: "Sequence[str] | None") -> tuple[str, ...]:
    """Name the columns of matches with this key."""
    if key is None:
        return COLUMNS
    first = COLUMNS.index(PLACE[0])
    return (*COLUMNS[:first], *key, *COLUMNS[first + len(PLACE) :])


def _no_match(number: int, count: int) -> Never:
    message = f"there is no match {number:,}: there are {count:,}"
    raise IndexError(message)


def as_dicts(batch: Batch) -> list[dict[str, Any]]:
    """Read a batch as its JSON lines: members that are null are left out, a time is text; no other library is needed for it."""
    from sigtrawl import _native

    return [json.loads(line) for line in _native.encode(batch, "jsonl", False).splitlines()]  # noqa: FBT003 - header


def _same(path: Path, other: str) -> bool:
    """Tell whether two names lead to one file; what cannot be looked at is none."""
    try:
        return path.samefile(other)
    except OSError:
        return False


def format_of(path: Path) -> Format:
    """Read the output format off a file's suffix.

    Raises:
        OutputError: The suffix is none of ours.
    """
    for known in FORMATS:
        if path.suffix.lower() == f".{known}":
            return known
    message = f"{path} does not say its format: end the name in .parquet, .jsonl or .csv, or give the format"
    raise OutputError(message)
