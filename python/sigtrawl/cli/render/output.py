"""Where the matches of a scan go: a file, a pipe, a table for a person, or nowhere but into the count.

What the user typed is decided into one `Destination` before anything is opened, so a wrong combination costs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sigtrawl.cli.options import MatchFormat
from sigtrawl.cli.render.screen import Screen
from sigtrawl.cli.render.table import MatchTable
from sigtrawl.errors import OutputError, UsageError
from sigtrawl.matches import Format, Matches, format_of

_WRITTEN: dict[MatchFormat, Format] = {
    MatchFormat.PARQUET: "parquet",
    MatchFormat.JSONL: "jsonl",
    MatchFormat.CSV: "csv",
}


def _nothing() -> None:
    """Nothing is left to show."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the matches go.

    Attributes:
        path: The file, or None.
        format: How they are written to a file or a pipe; None is the table, or nothing.
        table: Whether a person reads them.
        limit: How many the table shows; 0 is all.
        counts: How ``--summary`` writes its counts: ``table``, ``jsonl`` or ``csv``.
    """

    path: Path | None
    format: Format | None
    table: bool
    limit: int
    counts: str = "table"

    def write(self, matches: Matches, screen: Screen) -> Callable[[], None]:
        """Take all matches; what comes back shows what waited for the progress bar to go."""
        if self.path is not None:
            matches.write(self.path, format=self.format)
            return _nothing
        if self.format is not None:
            for text in matches.encoded(self.format):
                screen.raw(text)
            return _nothing
        if self.table:
            table = MatchTable(self.limit)
            for batch in matches.batches():
                table.add(batch)
            return lambda: table.show(screen)
        for _ in matches.batches():
            pass
        return _nothing

    def interrupted(self) -> str:
        """Say what an interrupted run leaves."""
        kept = f"{self.path}.partial"
        if self.path is not None and Path(kept).exists():
            return f"interrupted; the matches found so far are in {kept}"
        return "interrupted"


def destination(path: Path | None, given: MatchFormat | None, *, summary: bool, terminal: bool, limit: int) -> Destination:
    """Decide where matches go.

    Raises:
        UsageError: The options contradict each other.
    """
    on_stdout = MatchFormat.TABLE if terminal else MatchFormat.JSONL
    if path is not None:
        return Destination(path, _format_of_file(path, given), table=False, limit=limit, counts=on_stdout.value)
    if given is MatchFormat.PARQUET:
        raise UsageError("--format parquet needs a file; give -o FILE")
    chosen = given or on_stdout
    if summary:
        return Destination(None, None, table=False, limit=limit, counts=chosen.value)
    return Destination(None, _WRITTEN.get(chosen), table=chosen is MatchFormat.TABLE, limit=limit)


def _format_of_file(path: Path, given: MatchFormat | None) -> Format:
    """Decide how a file is written, and that it can be."""
    if given is MatchFormat.TABLE:
        raise UsageError("--format table is for terminals; write -o a parquet, jsonl or csv file")
    if path.is_dir():
        raise UsageError(f"-o {path} is a folder; name a file in it, such as {path / 'matches.parquet'}")
    if not path.parent.is_dir():
        raise UsageError(f"-o {path}: there is no folder {path.parent}; make it first")
    try:
        return format_of(path) if given is None else _WRITTEN[given]
    except OutputError:
        raise UsageError(
            f"-o {path} does not say its format; end the name in .parquet, .jsonl or .csv, or give --format"
        ) from None
