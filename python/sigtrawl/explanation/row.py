"""The one row that is asked about, with what is known of its table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from sigtrawl.errors import InputError, SchemaError, UsageError
from sigtrawl.report import InputReport, ScanReport
from sigtrawl.request import NO_SCHEMA, Request

if TYPE_CHECKING:
    import polars as pl

    from sigtrawl.ruleset import RuleSet
    from sigtrawl.schemas import Mapping

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """A row, and how it is read.

    Attributes:
        frame: The row alone, with all columns of its table.
        file: Its file, or None.
        row: Its number there.
        mapping: The schema mapping that reads it, or None.
        request: How the caller, or the configuration for this file, wants it to be read.
        reason: Why it is read this way.
    """

    frame: "pl.DataFrame"
    file: str | None
    row: int
    mapping: "Mapping | None"
    request: Request
    reason: str

    @property
    def schema_none(self) -> bool:
        """Whether the caller says that every rule runs on every row."""
        return self.request.schema == NO_SCHEMA


def take(events: Any, rules: "RuleSet", request: Request, row: int, file: str | None) -> Asked:
    """Read one row of files or of data in memory; of a file no more than the row group is read.

    Raises:
        InputError: There is no such file or row, or it cannot be read.
        SchemaError: No schema mapping recognises the table.
        UsageError: The row is no row number, or there are several files and none is named.
    """
    from sigtrawl import _native
    from sigtrawl.api import as_paths

    if type(row) is not int or row < 0:
        raise UsageError(f"a row is a whole number from 0, not {row!r}")
    paths = as_paths(events)
    if paths is None:
        return _in_memory(events, rules, request, row, file)
    report = ScanReport.from_json(_native.check(rules.native, paths, request.options()))
    entry = _one_of(report.inputs, file)
    _demand_row(row, entry.rows, entry.file)
    from sigtrawl.by_reference import read_file

    return _asked(read_file(entry.file or "", row), entry, row, request)


def _in_memory(events: Any, rules: "RuleSet", request: Request, row: int, file: str | None) -> Asked:
    import polars as pl

    from sigtrawl import _native
    from sigtrawl.exports import exportable

    if file is not None:
        raise UsageError(f"data in memory has no file {file!r}")
    try:
        whole = pl.DataFrame(events)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"polars cannot read this data: {error}") from error
    _demand_row(row, whole.height, None)
    frame = exportable(whole.slice(row, 1))
    stream = _native.match_data(rules.native, frame, request.options())
    stream.close()
    (entry,) = ScanReport.from_json(stream.report()).inputs
    return _asked(frame, entry, row, request)


def _asked(frame: "pl.DataFrame", entry: InputReport, row: int, request: Request) -> Asked:
    mapping = next((known for known in request.mappings if known.name == entry.schema), None)
    # From here on the row has no file, so what is said of its file is said of it. That users' mappings fit was seen before.
    schema, logsource = request.said_of(entry.file)
    settled = replace(request, schema=schema, logsource=logsource, inputs=(), own=())
    return Asked(frame, entry.file, row, mapping, settled, entry.schema_reason or "")


def _one_of(inputs: Sequence[InputReport], wanted: str | None) -> InputReport:
    """Choose the file that is meant."""
    files = [entry for entry in inputs if entry.state != "ignored"]
    if not files:
        raise InputError("no input is a file of events")
    if wanted is not None:
        if not wanted:
            raise UsageError("the name of the row's file is empty (file=…, --file)")
        files = [entry for entry in files if entry.file == wanted] or [
            entry for entry in files if PurePath(entry.file or "").match(wanted)
        ]
    if not files:
        raise InputError(f"no input is the file {wanted!r}; the inputs are {_some(inputs)}")
    if len(files) > 1:
        said = f"{wanted!r} may be" if wanted else "the events are"
        raise UsageError(f"{said} {len(files):,} files: {_some(files)}; name the one whose row it is (file=…, --file)")
    (entry,) = files
    if entry.state == "failed":
        raise InputError(f"{entry.file}: {entry.reason}")
    if entry.schema_reason is None:
        raise SchemaError(f"{entry.file}: {entry.reason}")
    return entry


def _some(entries: Sequence[InputReport]) -> str:
    named = ", ".join(str(entry.file) for entry in entries[:_NAMED])
    return f"{named}, …" if len(entries) > _NAMED else named


def _demand_row(row: int, rows: int, file: str | None) -> None:
    if row >= rows:
        last = f"the last one is row {rows - 1:,}" if rows else "there is none"
        raise InputError(f"{file or 'the data'} has no row {row:,}: it holds {rows:,} rows, counted from 0, {last}")
