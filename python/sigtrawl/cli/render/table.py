"""Matches as a table on a terminal: who matched where, and the part of the event that a person looks at first.

An event may have four hundred columns, so a row shows only a few of them: those that people read first in any log, as far as
the event has them; where it has none of them, whatever tells what happened.
"""

from typing import Any

from rich.table import Table
from rich.text import Text

from sigtrawl.cli.render.screen import Screen, visible
from sigtrawl.matches import Batch, as_dicts

LEVEL_STYLES = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "informational": "dim",
}

SHOWN_FIELDS = 3
VALUE_WIDTH = 160
"""A command line longer than this hides more than it tells."""

# What a person reads first, under the names of the common schemas.
_FIRST = (
    "Image", "TargetProcessName", "process.executable", "NewProcessName",
    "CommandLine", "TargetProcessCommandLine", "process.command_line", "ProcessCommandLine", "ScriptBlockText",
    "TargetObject", "TargetFilename", "ImageLoaded", "PipeName", "QueryName", "DestinationIp",
    "ParentImage", "ParentCommandLine", "ServiceName", "ImagePath", "TaskName", "Details", "Message",
)  # fmt: skip

# What says where an event comes from, and nothing of what happened.
_DULL = ("Channel", "Computer", "Provider", "Keywords", "Opcode", "Task", "Time", "UtcTime", "Version", "Correlation")


class MatchTable:
    """Keeps the first matches of a stream and counts the rest."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rows: list[dict[str, Any]] = []
        self._count = 0

    def add(self, batch: Batch) -> None:
        """Take a batch."""
        self._count += batch.num_rows
        room = batch.num_rows if self._limit == 0 else self._limit - len(self._rows)
        if room > 0:
            self._rows += as_dicts(batch)[:room]

    def show(self, screen: Screen) -> None:
        """Print what was kept, and how much was not."""
        if not self._rows:
            return
        files = {row["file"] for row in self._rows if "file" in row}
        timed = any("time" in row for row in self._rows)
        table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
        if timed:
            table.add_column("Time", no_wrap=True)
        table.add_column("Level", no_wrap=True)
        table.add_column("Rule", ratio=2, overflow="fold")
        table.add_column("Row" if len(files) <= 1 else "File, row", overflow="fold", justify="right")
        table.add_column("Event", ratio=4, overflow="fold")
        for row in self._rows:
            cells: list[Text] = [_time(row.get("time"))] if timed else []
            cells += [level(row.get("level")), visible(row.get("rule_title", "")), _place(row, many=len(files) > 1)]
            table.add_row(*cells, event(row.get("event")))
        screen.out.print(table)
        if (more := self._count - len(self._rows)) > 0:
            screen.note(f"… and {more:,} more; --limit 0 shows all, -o FILE writes them, --summary counts them by rule")


def level(name: str | None) -> Text:
    """Give a level in its colour."""
    return visible(name or "-", LEVEL_STYLES.get(name or "", ""))


def event(values: dict[str, Any] | None) -> Text:
    """Give the few columns of an event that a person reads first."""
    there = {name: value for name, value in (values or {}).items() if value is not None}
    names = [name for name in _FIRST if name in there]
    if not names:
        names = [name for name in there if isinstance(there[name], str) and not name.startswith(_DULL)]
    lines = [Text.assemble(visible(f"{name}: ", "dim"), visible(_short(there[name]))) for name in names[:SHOWN_FIELDS]]
    return Text("\n").join(lines)


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= VALUE_WIDTH else f"{text[: VALUE_WIDTH - 1]}…"


def _time(time: str | None) -> Text:
    return Text("" if time is None else time[: len("2026-01-31T12:00:00")].replace("T", " "))


def _place(row: dict[str, Any], *, many: bool) -> Text:
    place = f"{row['row']:,}"
    return visible(f"{row['file']}\n{place}" if many else place)
