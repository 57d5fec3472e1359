"""Delta Lake tables: the matches of rules in one version, read with deltalake.

::

    import sigtrawl.delta

    sigtrawl.delta.scan("/lake/events", ruleset)                                      # the newest version
    sigtrawl.delta.scan("/lake/events", ruleset, version=41, key=["event_id"])        # the one that somebody else has seen
    sigtrawl.delta.scan("s3://lake/events", ruleset, partitions=[("day", ">=", "2026-05-01")], columns="used")

Which of the two ways of `sigtrawl.lake` is taken: the fast one where no table feature says more of a row than its file does (no
deletion vectors, no column mapping), and partition columns are text; else the general one, through deltalake's own engine, which
honours both. Its pyarrow dataset was rejected: it refuses them. A table whose protocol has a feature that deltalake does not
know, such as widened types, is refused by name.

Filters of partitions are written as deltalake takes them, and turned into one condition for both ways: for files it is asked
which are left, for rows which these are, and there tuples are not understood.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from sigtrawl.errors import InputError, SigtrawlError, UsageError
from sigtrawl.extras import need
from sigtrawl.lake import LiveFile, Snapshot, all_plain, one_line, scan_snapshot
from sigtrawl.matches import Matches
from sigtrawl.request import Columns, LogSource, request
from sigtrawl.ruleset import RuleSet
from sigtrawl.sql import quoted

if TYPE_CHECKING:
    import os

    import deltalake
else:
    deltalake = need("deltalake", "delta", "sigtrawl.delta")

# Features that say nothing of the rows of a file.
_HARMLESS = frozenset({"timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"})
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_WHOLE_NUMBERS = frozenset({"byte", "short", "integer", "long"})
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def scan(
    table: "str | os.PathLike[str] | deltalake.DeltaTable",
    ruleset: RuleSet,
    *,
    version: int | None = None,
    partitions: Sequence[Any] | None = None,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    columns: Columns = "all",
    threads: int | None = None,
    memory: int | str | None = None,
    key: Sequence[str] | None = None,
    storage_options: Mapping[str, str] | None = None,
) -> Matches:
    """Find the matches of rules in one version of a Delta table.

    Args:
        table: A path, an address, or a table that is open, which stays at the version that it is at.
        ruleset: The rules.
        version: The version; by default the newest, or that of the open table.
        partitions: Which partitions: a list of ``(column, op, value)`` that must all hold, or a list of such lists of which one
            must. ``op`` is ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``in`` or ``not in``. The value ``""`` or None is null,
            of which no other comparison holds.
        schema: As in `sigtrawl.scan`.
        logsource: As in `sigtrawl.scan`.
        columns: As in `sigtrawl.scan`; partition columns are columns as all others.
        threads: As in `sigtrawl.scan`.
        memory: As in `sigtrawl.scan`; what deltalake takes by itself comes on top.
        key: As in `sigtrawl.scan`. Without it a match names file, row group and row where the files could be read as they are,
            and otherwise its place in the stream.
        storage_options: How to reach an object store, as deltalake takes it.

    Returns:
        The matches, found while they are taken.

    Raises:
        InputError: There is no such table or version, its protocol has a feature that deltalake lacks, or (when matches are
            taken, too) a file of it is gone or cannot be read.
        NothingToRun: As in `sigtrawl.scan`.
        SchemaError: As in `sigtrawl.scan`.
        UsageError: As in `sigtrawl.scan`; or a filter is none of partitions.
    """
    asked = request(schema=schema, logsource=logsource, columns=columns, threads=threads, memory=memory, key=key)
    return scan_snapshot(snapshot_of(table, version, partitions, storage_options), ruleset, asked)


def snapshot_of(
    table: "str | os.PathLike[str] | deltalake.DeltaTable",
    version: int | None = None,
    partitions: Sequence[Any] | None = None,
    storage_options: Mapping[str, str] | None = None,
) -> Snapshot:
    """Open one version of a table, for `sigtrawl.lake`; see `scan`."""
    opened = _opened(table, version, None if storage_options is None else dict(storage_options))
    return _snapshot(opened, _condition(opened, partitions) if partitions else None)


def _opened(
    table: "str | os.PathLike[str] | deltalake.DeltaTable", version: int | None, storage_options: dict[str, str] | None
) -> "deltalake.DeltaTable":
    if version is not None and (type(version) is not int or version < 0):
        message = f"version must be a whole number from 0, not {version!r}"
        raise UsageError(message)
    if isinstance(table, deltalake.DeltaTable):
        if version is None or version == table.version():
            return table
        uri, options = table.table_uri, storage_options or table._storage_options  # noqa: SLF001 - it tells them nowhere else
    else:
        uri, options = str(table), storage_options
    try:
        return deltalake.DeltaTable(uri, version=version, storage_options=options)
    except Exception as error:  # deltalake's errors, Python's and bare ones
        which = "" if version is None else f", version {version},"
        message = f"the Delta table {uri}{which} cannot be opened: {one_line(error)}"
        raise InputError(message) from error


def _snapshot(table: "deltalake.DeltaTable", condition: str | None) -> Snapshot:
    name = f"the Delta table {_readable(table.table_uri)}, version {table.version()},"
    schema: Any = _asking(name, lambda: table.schema().to_arrow())

    def rows(columns: Sequence[str]) -> Any:
        return _asking(name, lambda: table.scan(columns=list(columns), predicate=condition))

    def plain() -> list[LiveFile] | None:
        if not _says_no_more_than_its_files(table):
            return None
        files = _asking(name, lambda: _live(table, condition))
        return files if files is not None and all_plain(files, schema, name) else None

    return Snapshot(name, schema, rows, plain)


def _readable(address: str) -> str:
    """Give the address of a table as people write it."""
    parts = urlparse(address)
    return unquote(parts.path).rstrip("/") if parts.scheme == "file" else address


def _asking(name: str, question: Callable[[], Any]) -> Any:
    """Ask deltalake something, and name the table and the version if it fails."""
    try:
        return question()
    except SigtrawlError:
        raise
    except Exception as error:  # deltalake's errors, Python's and bare ones
        message = f"{name} cannot be read: {one_line(error)}"
        raise InputError(message) from error


def _says_no_more_than_its_files(table: "deltalake.DeltaTable") -> bool:
    protocol, metadata = table.protocol(), table.metadata()
    types = {field.name: field.type for field in table.schema().fields}
    return (
        set(protocol.reader_features or ()) <= _HARMLESS
        and metadata.configuration.get("delta.columnMapping.mode", "none") == "none"
        and all(_kind(types[column]) == "string" for column in metadata.partition_columns)
    )


def _live(table: "deltalake.DeltaTable", condition: str | None) -> list[LiveFile] | None:
    """List the files of the version that the condition leaves; None if some are not on this machine, or cannot be told apart."""
    import polars as pl

    root = urlparse(table.table_uri)
    if root.scheme != "file":
        return None
    columns = table.metadata().partition_columns
    actions: Any = table.get_add_actions(flatten=True)
    # The log writes names as in an address. deltalake gives them so, but as they are where it chooses files by a condition.
    chosen = set(table.file_uris(file_pruning_predicate=condition))
    files = []
    for row in pl.DataFrame(actions).iter_rows(named=True):
        name = unquote(row["path"])
        if root.path + name in chosen:
            path = Path(unquote(root.path), name)
            files.append(LiveFile(str(path), {column: row[f"partition.{column}"] for column in columns}))
    return sorted(files, key=lambda file: file.path) if len(files) == len(chosen) else None


# Filters ---------------------------------------------------------------------------------------------------------------------


def _condition(table: "deltalake.DeltaTable", given: Sequence[Any]) -> str:
    """Write filters of partitions in SQL."""
    types = {field.name: _kind(field.type) for field in table.schema().fields}
    kinds = {column: types[column] for column in table.metadata().partition_columns}
    alternatives = given if all(isinstance(one, list) for one in given) else [given]
    return " OR ".join(f"({_all_of(filters, kinds)})" for filters in alternatives)


def _all_of(filters: Sequence[Any], kinds: dict[str, str]) -> str:
    if not filters:
        raise UsageError("partitions holds an empty list of filters")
    return " AND ".join(_comparison(one, kinds) for one in filters)


def _comparison(given: Any, kinds: dict[str, str]) -> str:
    if not isinstance(given, tuple) or len(given) != 3:  # noqa: PLR2004 - column, op, value
        message = f"a filter of partitions is (column, op, value), not {given!r}"
        raise UsageError(message)
    column, op, value = given
    if column not in kinds:
        those = ", ".join(kinds) or "there are none"
        message = f"partitions can only be chosen by partition columns, and {column!r} is none; they are: {those}"
        raise UsageError(message)
    name, kind = quoted(column), kinds[column]
    if op in {"in", "not in"}:
        if isinstance(value, str) or not isinstance(value, Sequence | set | frozenset) or not value:
            message = f"the filter of {column} needs a list of values after {op!r}, not {value!r}"
            raise UsageError(message)
        joined = " OR ".join(_one(column, name, "=", each, kind) for each in value)
        return f"({joined})" if op == "in" else f"NOT ({joined})"
    if op not in _COMPARISONS:
        message = f"a filter of partitions has no {op!r}: it has {', '.join(_COMPARISONS)}, in and not in"
        raise UsageError(message)
    return _one(column, name, op, value, kind)


def _one(column: str, name: str, op: str, value: Any, kind: str) -> str:
    if value is None or value == "":
        if op not in {"=", "!="}:
            message = f"the filter of {column} compares with null by {op!r}, which holds of nothing"
            raise UsageError(message)
        return f"{name} IS {'NOT ' * (op == '!=')}NULL"
    return f"{name} {op} {_literal(column, value, kind)}"


def _literal(column: str, value: Any, kind: str) -> str:
    """Write a value in SQL, so that files and rows are compared with the same."""
    wrong = UsageError(f"the partition column {column} is of type {kind}, and {value!r} is no value of it")
    text = str(value)
    if kind == "string" and isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if kind == "boolean" and text.lower() in {"true", "false"}:
        return text.lower()
    if kind in _WHOLE_NUMBERS or kind in {"float", "double"} or kind.startswith("decimal"):
        if _NUMBER.fullmatch(text) is None or isinstance(value, bool) or (kind in _WHOLE_NUMBERS and "." in text):
            raise wrong
        return text
    try:
        if kind == "date" and not isinstance(value, datetime):
            return f"'{(value if isinstance(value, date) else date.fromisoformat(text)).isoformat()}'"
        if kind in {"timestamp", "timestamp_ntz"}:
            return f"'{_instant(value, zoned=kind == 'timestamp')}'"
    except ValueError:
        raise wrong from None
    raise wrong


def _instant(value: Any, *, zoned: bool) -> str:
    from datetime import UTC

    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if moment.tzinfo is not None:
        if not zoned:
            raise ValueError(moment)
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(sep=" ", timespec="microseconds")


def _kind(of: Any) -> str:
    """Give the name of a primitive type, and of any other what it is."""
    return str(getattr(of, "type", of))
