"""What readers of lake tables have in common: the two ways to the rows of one snapshot, and what is told when rows are missing.

A lake table is a list of files, and what else has to be done to read them rightly: rows that were deleted, columns that were
renamed, added or widened since. There are two ways to its rows, and the matches have the same rules, events and times on both.

* The *fast way* hands the files that the snapshot lists to Sigtrawl's own reader, which decodes only what candidates ask for. It
  is taken where the files are plain: local Parquet, no row deleted, and in the footer of each file the columns of the table,
  under their names, in their order, with their types. The footers are asked because the list only promises: a file that is
  older than a column has none, and a schema mapping that recognises the table by that column would not recognise the file.
* The *general way* streams the rows through the table's own library, which knows all that, and matches them in memory, with
  no more columns read than the rules and the event need.

On the fast way a match names its file, row group and row. On the general way ``row`` is a number in the stream, whose order the
libraries do not promise; a ``key`` is the same on both.

Folders named ``key=value`` are columns of text to Sigtrawl's reader, whatever a table says of them. So the fast way is left
where they are not columns of text that the table has, with the values that it lists: guessing that a date reads the same as
its text was rejected, since the type of a column would then depend on whether somebody has deleted a row.

A snapshot is whole or it is an error. A scan of files goes on after one that it cannot read, and tells so in its report, because
whoever scans a folder has asked for what is there. Whoever scans a snapshot has asked for that snapshot, and a file that it
lists and that is gone (a vacuum, an expired snapshot) has taken a part of the answer with it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final
from urllib.parse import unquote

from sigtrawl.correlation.opening import open_correlated
from sigtrawl.errors import InputError, NothingToRun, UsageError
from sigtrawl.matches import Batch, Matches, Origin, Stream
from sigtrawl.report import ScanReport
from sigtrawl.request import Request
from sigtrawl.ruleset import RuleSet
from sigtrawl.sql import columns_to_read

if TYPE_CHECKING:
    import polars as pl

_UNREAD = frozenset({"part", "failed"})
_TOLD = 3  # files of a snapshot that are named where they cannot be read
_NULL = "__HIVE_DEFAULT_PARTITION__"
# Said of an error that comes through Arrow's C interface, once for each library on the way.
_INTERFACE = "C Data interface error: "


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A data file that a snapshot lists.

    Attributes:
        path: Where it lies.
        keys: The table's partition columns that are not in the file, and their values as text.
    """

    path: str
    keys: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of a table, with the two ways to its rows.

    Attributes:
        name: What it is called in messages, such as ``the Delta table /lake/events, version 3,``.
        schema: Its columns, as an Arrow schema with ``names``.
        open: Gives a stream of the rows with some of the columns, in the table's order.
        plain: Gives its files if all of them are plain, and None where only the general way is right.
        cause: Gives what has stopped the last stream, where the library tells more than Arrow passes on.
    """

    name: str
    schema: Any
    open: Callable[[Sequence[str]], Any]
    plain: Callable[[], Sequence[LiveFile] | None]
    cause: Callable[[], Exception | None] = lambda: None


def table_kind(path: str) -> Literal["delta", "iceberg"] | None:
    """Tell whether a folder on this machine, or a file of an Iceberg table's metadata, is a table, and which module reads it."""
    place = Path(path)
    if path.endswith(".metadata.json"):
        return "iceberg" if place.is_file() else None
    if (place / "_delta_log").is_dir():
        return "delta"
    return "iceberg" if any(place.glob("metadata/*.metadata.json")) else None


def scan_snapshot(snapshot: Snapshot, ruleset: RuleSet, asked: Request) -> Matches:
    """Find the matches of rules in one state of a table.

    Raises:
        InputError: A file is gone or cannot be read; when matches are taken, also that not all rows were read.
        NothingToRun: Not one rule can run.
        SchemaError: No schema mapping recognises the table.
        TypeError: The rules are not compiled.
        UsageError: The request names a column that is not there.
    """
    from sigtrawl.api import scan_paths

    given: Any = ruleset
    if not isinstance(given, RuleSet):
        message = f"rules are compiled first, as in scan(table, compile(rules)); this is a {type(given).__qualname__}"
        raise TypeError(message)
    _demand_work(snapshot, ruleset, asked)
    files = snapshot.plain()
    wanted = None if not files else _of_files(files, snapshot.schema.names, asked)
    if files and wanted is not None:
        found = scan_paths(ruleset, [file.path for file in files], wanted)
        inner, origin = found._stream, found._origin  # noqa: SLF001 - the same matches, with an end that demands the whole
        return Matches(SnapshotStream(inner, snapshot), origin)
    return match_snapshot(snapshot, ruleset, asked)


def match_snapshot(snapshot: Snapshot, ruleset: RuleSet, asked: Request) -> Matches:
    """Find the matches on the general way; see `scan_snapshot`."""
    from sigtrawl import _native

    names, narrowed = columns_to_read(ruleset, snapshot.schema, asked)

    def open_stream(rules: RuleSet, asked: Request) -> Stream:
        if asked.engine == "reference":
            from sigtrawl.by_reference import match_by_reference

            return match_by_reference(rules, snapshot.open(names), asked)
        return _native.match_data(rules.native, snapshot.open(names), asked.options())

    stream = SnapshotStream(open_correlated(ruleset, narrowed, open_stream), snapshot)
    return Matches(stream, Origin(ruleset, _Streamed(snapshot.name), narrowed))


def _demand_work(snapshot: Snapshot, ruleset: RuleSet, asked: Request) -> None:
    """Raise where nothing can run on the columns of the table: before anything is opened, and alike on both ways."""
    from sigtrawl import _native

    report = ScanReport.from_json(_native.check_schema(ruleset.native, snapshot.schema, asked.options()))
    if not report.able():
        states = ", ".join(f"{count:,} {state}" for state, count in report.rule_states().items()) or "none is there"
        reasons = "".join(f": {entry.reason}" for entry in report.inputs if entry.reason)
        message = f"not one rule can run on {snapshot.name} {states}{reasons}"
        raise NothingToRun(message)


@final
@dataclass(frozen=True, slots=True)
class _Streamed:
    """What matches of the general way are the matches of: rows that cannot be found again by their number.

    Attributes:
        name: What the table is called in messages.
    """

    name: str

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Refuse to be read again, as `Matches.explain` would."""
        message = f"the rows of {self.name} come in no fixed order, so a match is not found again; give sigtrawl.explain its row"
        raise UsageError(message)


@final
class SnapshotStream:
    """A stream of matches that ends in an error where rows of the snapshot were not read."""

    __slots__ = ("_inner", "_snapshot")

    def __init__(self, inner: Stream, snapshot: Snapshot) -> None:
        """Wrap a stream of either way."""
        self._inner = inner
        self._snapshot = snapshot

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The columns of the matches, where the stream tells."""
        return getattr(self._inner, "columns", None)

    def __arrow_c_schema__(self) -> object:
        """The schema of all batches."""
        return self._inner.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rest of the matches: all at once, because a foreign loop would take the end of the files for the end."""
        import polars as pl

        found = [pl.DataFrame(schema=pl.Schema(self))]
        while (batch := self.next_batch()) is not None:
            found.append(pl.DataFrame(batch))
        return pl.concat(found).__arrow_c_stream__(requested_schema)

    def next_batch(self) -> Batch | None:
        """The next matches, or None at the end.

        Raises:
            InputError: Rows of the snapshot were not read.
        """
        try:
            batch = self._inner.next_batch()
        except InputError as error:
            raise self._not_whole([]) from self._snapshot.cause() or error
        if batch is None and (unread := _unread(json.loads(self._inner.report()))):
            raise self._not_whole(unread) from self._snapshot.cause()
        return batch

    def progress(self) -> tuple[int, int, int, int, int]:
        """The members of `sigtrawl.matches.Progress`."""
        return self._inner.progress()

    def report(self) -> bytes:
        """The report so far, in JSON; never complete where rows were not read."""
        report = json.loads(self._inner.report())
        if unread := _unread(report):
            report["complete"] = False
            for entry in unread:
                entry["reason"] = self._reason(entry)
        return json.dumps(report).encode()

    def close(self) -> None:
        """Stop, and let go of files and threads."""
        self._inner.close()

    def _not_whole(self, unread: Sequence[Mapping[str, Any]]) -> InputError:
        entries = unread or _unread(json.loads(self._inner.report()))
        told = [f"{entry['file']}: " * bool(entry.get("file")) + self._reason(entry) for entry in entries[:_TOLD]]
        more = [f"and {len(entries) - _TOLD:,} more files"] if len(entries) > _TOLD else []
        return InputError(f"{self._snapshot.name} was not read to its end: {'; '.join([*told, *more])}")

    def _reason(self, entry: Mapping[str, Any]) -> str:
        cause = None if entry.get("file") else self._snapshot.cause()
        return one_line(cause or entry.get("reason") or "the stream broke off")


def one_line(error: "Exception | str") -> str:
    """Tell an error of another library in one line, without how it came here."""
    text = str(error).removeprefix(_INTERFACE).removeprefix(_INTERFACE).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _unread(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in report["inputs"] if entry["state"] in _UNREAD]


# The fast way ----------------------------------------------------------------------------------------------------------------


def all_plain(files: Iterable[LiveFile], schema: Any, name: str) -> bool:
    """Tell whether the columns of each file, with those of its folders, are the table's own.

    Args:
        files: The files.
        schema: The columns of the table, as an Arrow schema.
        name: What the table is called in messages.

    Raises:
        InputError: A file is gone, or its footer cannot be read.
    """
    import polars as pl

    try:
        table = pl.Schema(schema)
    except pl.exceptions.PolarsError:  # it has a type that footers cannot be compared by
        return False
    for file in files:
        if folder_keys(file.path) != dict(file.keys):
            return False
        own = [(column, kind) for column, kind in table.items() if column not in file.keys]
        if list(read_columns(file.path, name).items()) != own:
            return False
    return True


def read_columns(path: str, name: str) -> "pl.Schema":
    """Read the columns of a file off its footer.

    Raises:
        InputError: It is gone, or cannot be read.
    """
    import polars as pl

    try:
        return pl.Schema(pl.read_parquet_schema(path))
    except FileNotFoundError as error:
        raise gone(path, name) from error
    except (OSError, pl.exceptions.PolarsError) as error:
        message = f"{name} lists a file that cannot be read: {path}: {one_line(error)}"
        raise InputError(message) from error


def gone(path: str, name: str) -> InputError:
    """Say that a file of a snapshot is not there."""
    return InputError(f"{name} lists a file that is gone: {path}; was the table vacuumed, or the snapshot expired?")


def folder_keys(path: str) -> dict[str, str | None]:
    """Read the columns that Sigtrawl's own reader makes of the folders of a path."""
    pairs = (part.partition("=") for part in Path(path).parts[:-1])
    return {unquote(key): None if value == _NULL else unquote(value) for key, equals, value in pairs if key and equals}


def _of_files(files: Sequence[LiveFile], columns: Sequence[str], asked: Request) -> Request | None:
    """Say how the files are read; None if they cannot be read as the table's library would."""
    if any(file.keys for file in files):
        if asked.columns == "used":
            return None  # a folder's column is in no event that does not name it, and the table's own would be
        if asked.columns == "all":
            asked = replace(asked, columns=tuple(name for name in columns if not name.startswith("_")))
    return replace(asked, listed=True)
