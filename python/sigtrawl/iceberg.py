"""Iceberg tables: the matches of rules in one snapshot, read with pyiceberg.

::

    import sigtrawl.iceberg

    table = pyiceberg.catalog.load_catalog("lake").load_table("events.process")
    sigtrawl.iceberg.scan(table, ruleset)                                             # the current snapshot
    sigtrawl.iceberg.scan(table, ruleset, snapshot_id=3051729675574597004, row_filter="day >= '2026-05-01'", key=["event_id"])
    sigtrawl.iceberg.scan("/lake/events/metadata/00004-….metadata.json", ruleset)     # without a catalogue

Which of the two ways of `sigtrawl.lake` is taken: the fast one where each file has the table's columns under their ids, no delete
file is about it, and the filter takes all of its rows; else the general one, through pyiceberg's reader. That one finds columns
by their ids, so that a column that was renamed is the same and one that was dropped and added again is not; widens types; fills
in what a column is by default; and leaves out the rows that position deletes and deletion vectors name. Equality deletes it does
not know, and refuses; so do we, before a row is read.

pyiceberg's stream reads ahead as many files as there are, and keeps all that is not taken yet. So it is asked for a few files at
a time (`_together`).

A snapshot is read by the schema that it was written with, filter included; pyiceberg by itself would understand the filter by the
newest one, in which a name may mean another column.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, final
from urllib.parse import urlparse

from sigtrawl.errors import InputError, SigtrawlError, UsageError
from sigtrawl.extras import need
from sigtrawl.lake import LiveFile, Snapshot, all_plain, gone, one_line, scan_snapshot
from sigtrawl.matches import Matches
from sigtrawl.request import Columns, LogSource, request
from sigtrawl.ruleset import RuleSet

if TYPE_CHECKING:
    import os

    import pyarrow as pa
    import pyarrow.parquet as pq
    import pyiceberg.expressions
    import pyiceberg.io.pyarrow as arrow
    import pyiceberg.table
else:
    pa = need("pyarrow", "iceberg", "sigtrawl.iceberg")
    pq = need("pyarrow.parquet", "iceberg", "sigtrawl.iceberg")
    pyiceberg = need("pyiceberg", "iceberg", "sigtrawl.iceberg")
    need("pyiceberg.expressions", "iceberg", "sigtrawl.iceberg")
    need("pyiceberg.table", "iceberg", "sigtrawl.iceberg")
    arrow = need("pyiceberg.io.pyarrow", "iceberg", "sigtrawl.iceberg")

# What is read at once: files are decoded whole, beside each other.
_FILES = 8
_BYTES = 256 * 1024**2
_NUMBERED = re.compile(r"v?([0-9]+)\b.*\.metadata\.json")


def scan(
    table: "str | os.PathLike[str] | pyiceberg.table.Table",
    ruleset: RuleSet,
    *,
    snapshot_id: int | None = None,
    row_filter: "str | pyiceberg.expressions.BooleanExpression | None" = None,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    columns: Columns = "all",
    threads: int | None = None,
    memory: int | str | None = None,
    key: Sequence[str] | None = None,
    storage_options: Mapping[str, str] | None = None,
) -> Matches:
    """Find the matches of rules in one snapshot of an Iceberg table.

    Args:
        table: A table of any catalogue; or, without one, a ``….metadata.json``, or the folder of a table, whose newest metadata
            are taken.
        ruleset: The rules.
        snapshot_id: The snapshot; by default the current one.
        row_filter: Which rows, as pyiceberg takes it: ``"day >= '2026-05-01'"``. Files and partitions without such rows are not
            read.
        schema: As in `sigtrawl.scan`.
        logsource: As in `sigtrawl.scan`.
        columns: As in `sigtrawl.scan`.
        threads: As in `sigtrawl.scan`.
        memory: As in `sigtrawl.scan`; what pyiceberg takes by itself comes on top, which is a few files, decoded.
        key: As in `sigtrawl.scan`. Without it a match names file, row group and row where the files could be read as they are,
            and otherwise its place in the stream.
        storage_options: Properties for pyiceberg's file access, where ``table`` is a path or an address.

    Returns:
        The matches, found while they are taken.

    Raises:
        InputError: There is no such table or snapshot, it has equality deletes, or (when matches are taken, too) a file of it is
            gone or cannot be read.
        NothingToRun: As in `sigtrawl.scan`.
        SchemaError: As in `sigtrawl.scan`.
        UsageError: As in `sigtrawl.scan`; or the filter cannot be understood.
    """
    asked = request(schema=schema, logsource=logsource, columns=columns, threads=threads, memory=memory, key=key)
    return scan_snapshot(snapshot_of(table, snapshot_id, row_filter, storage_options), ruleset, asked)


def snapshot_of(
    table: "str | os.PathLike[str] | pyiceberg.table.Table",
    snapshot_id: int | None = None,
    row_filter: "str | pyiceberg.expressions.BooleanExpression | None" = None,
    storage_options: Mapping[str, str] | None = None,
) -> Snapshot:
    """Open one snapshot of a table, for `sigtrawl.lake`; see `scan`."""
    if isinstance(table, pyiceberg.table.Table):
        opened, name = table, f"the Iceberg table {'.'.join(table.name())}"
    else:
        name = f"the Iceberg table {table}"
        opened = _opened(str(table), dict(storage_options or {}), name)
    return _State(_at(opened, snapshot_id, name), snapshot_id, row_filter, name).snapshot()


def _opened(path: str, properties: dict[str, str], name: str) -> "pyiceberg.table.Table":
    """Open a table without a catalogue."""
    metadata = path
    if "://" not in path:
        metadata = str(_newest_metadata(Path(path).absolute(), name) if Path(path).is_dir() else Path(path).absolute())
    try:
        return pyiceberg.table.StaticTable.from_metadata(metadata, properties)
    except Exception as error:  # pyiceberg's errors, those of its models and of stores
        message = f"{name} cannot be opened: {one_line(error)}"
        raise InputError(message) from error


def _newest_metadata(folder: Path, name: str) -> Path:
    """Find the newest metadata of a table: what its hint says, or the greatest number.

    Raises:
        InputError: There are none, or two of the same number, of which a catalogue knows one.
    """
    hint = folder / "metadata" / "version-hint.text"
    if hint.is_file():
        return folder
    numbered = [(int(found[1]), path) for path in folder.glob("metadata/*") if (found := _NUMBERED.fullmatch(path.name))]
    if not numbered:
        message = f"{name} cannot be opened: there is no metadata/*.metadata.json in this folder"
        raise InputError(message)
    newest = max(number for number, _ in numbered)
    paths = sorted(path for number, path in numbered if number == newest)
    if len(paths) > 1:
        message = f"{name} has several newest metadata, and its catalogue knows one of them: name {' or '.join(map(str, paths))}"
        raise InputError(message)
    return paths[0]


def _at(table: "pyiceberg.table.Table", snapshot_id: int | None, name: str) -> "pyiceberg.table.Table":
    """Give the table with the schema that its snapshot was written with.

    Raises:
        InputError: There is no such snapshot.
    """
    if snapshot_id is None:
        return table
    known = table.snapshot_by_id(snapshot_id) if type(snapshot_id) is int else None
    if known is None:
        there = [str(one.snapshot_id) for one in table.snapshots()]
        told = f"it has {', '.join(there[-5:])}{' and older ones' if len(there) > 5 else ''}" if there else "it has none"  # noqa: PLR2004
        message = f"{name} has no snapshot {snapshot_id!r}, or not any more: {told}"
        raise InputError(message)
    if known.schema_id is None or known.schema_id not in table.schemas():
        return table
    metadata = table.metadata.model_copy(update={"current_schema_id": known.schema_id})
    return pyiceberg.table.Table(table.name(), metadata, table.metadata_location, table.io, table.catalog)


@final
class _State:
    """One snapshot, as pyiceberg plans it."""

    def __init__(self, table: "pyiceberg.table.Table", snapshot_id: int | None, row_filter: Any, name: str) -> None:
        current = table.current_snapshot()
        which = snapshot_id if snapshot_id is not None else None if current is None else current.snapshot_id
        self.name = f"{name}, {'still empty' if which is None else f'snapshot {which}'},"
        self._table = table
        self._failure: Exception | None = None
        try:
            everything = pyiceberg.expressions.AlwaysTrue()
            # The current snapshot is not asked for by its id: its schema may have changed since, without a row being written.
            self._scan = table.scan(everything if row_filter is None else row_filter, snapshot_id=snapshot_id)
            self._schema = self._scan.projection()
            if row_filter is not None:
                pyiceberg.expressions.visitors.bind(table.schema(), self._scan.row_filter, case_sensitive=True)
        except Exception as error:  # what the parser and the binding raise, which depends on the filter
            message = f"the row_filter {row_filter!r} cannot be understood by {self.name[:-1]}: {one_line(error)}"
            raise UsageError(message) from error
        try:
            self._tasks = list(self._scan.plan_files())
        except FileNotFoundError as error:
            raise gone(str(error.filename or error), self.name) from error
        except Exception as error:  # pyiceberg's errors, among them a plain ValueError for equality deletes
            message = f"{self.name} cannot be read: {one_line(error)}"
            raise InputError(message) from error

    def snapshot(self) -> Snapshot:
        """Give it to the two ways."""
        schema = arrow.schema_to_pyarrow(self._schema, include_field_ids=False)
        return Snapshot(self.name, schema, self._rows, self._plain, lambda: self._failure)

    def _rows(self, names: Sequence[str]) -> "pa.RecordBatchReader":
        """Stream the rows with some columns."""
        projected = self._schema.select(*names)
        target = arrow.schema_to_pyarrow(projected, include_field_ids=False)
        return pa.RecordBatchReader.from_batches(target, self._batches(projected, target))

    def _batches(self, projected: Any, target: "pa.Schema") -> "Iterator[pa.RecordBatch]":
        self._failure = None
        reader = arrow.ArrowScan(self._table.metadata, self._table.io, projected, self._scan.row_filter)
        for tasks in _together(self._tasks):
            try:
                for batch in reader.to_record_batches(tasks):
                    yield batch.cast(target)
            except Exception as error:  # it goes through Arrow's interface, which keeps no more than its text
                self._failure = self._told(error, tasks)
                raise self._failure from error

    def _told(self, error: Exception, tasks: Sequence[Any]) -> Exception:
        """Name the file that is gone; of other errors, the files that were read."""
        if isinstance(error, SigtrawlError):
            return error
        for task in tasks:
            for file in (task.file, *task.delete_files):
                path = _local(file.file_path)
                if path is not None and not Path(path).exists():
                    return gone(file.file_path, self.name)
        paths = ", ".join(task.file.file_path for task in tasks)
        return InputError(f"{one_line(error)} (in {paths})")

    def _plain(self) -> list[LiveFile] | None:
        """Give the files, if what each holds is what the table says."""
        files = []
        for task in self._tasks:
            path = _local(task.file.file_path)
            whole = not task.delete_files and task.residual == pyiceberg.expressions.AlwaysTrue()
            if path is None or not whole or task.file.file_format.value.upper() != "PARQUET":
                return None
            files.append(LiveFile(path))
        schema = arrow.schema_to_pyarrow(self._schema, include_field_ids=False)
        if not all_plain(files, schema, self.name) or not all(self._same_ids(file.path) for file in files):
            return None
        return sorted(files, key=lambda file: file.path)

    def _same_ids(self, path: str) -> bool:
        """Tell whether a file's columns have the ids of the table's, at every depth."""
        try:
            columns = pq.read_schema(path)
            own = arrow.pyarrow_to_schema(columns, self._table.name_mapping(), format_version=self._table.format_version)
        except FileNotFoundError as error:
            raise gone(path, self.name) from error
        except Exception:  # noqa: BLE001 - a column that Iceberg has no type or no id for: the general way knows, or says so
            return False
        return _named(own) == _named(self._schema)


def _together(tasks: Sequence[Any]) -> Iterator[list[Any]]:
    """Put together what is read at once: a few files, or one that is large."""
    held: list[Any] = []
    size = 0
    for task in tasks:
        if held and (len(held) == _FILES or size + task.file.file_size_in_bytes > _BYTES):
            yield held
            held, size = [], 0
        held.append(task)
        size += task.file.file_size_in_bytes
    if held:
        yield held


def _named(schema: Any) -> dict[int, str]:
    """Give the names of all columns and members by their ids."""
    return {number: schema.find_column_name(number) for number in schema.field_ids}


def _local(address: str) -> str | None:
    """Give the path of a file on this machine; as pyiceberg reads addresses, a percent sign in one is a percent sign."""
    parts = urlparse(address)
    if parts.scheme == "file" and not parts.netloc:
        return parts.path
    return address if address.startswith("/") else None
