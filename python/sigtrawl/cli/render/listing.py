"""Lists of rules: a table for people, JSON or CSV for programs, from the same rows."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from sigtrawl.cli.options import ListFormat
from sigtrawl.cli.render.screen import Screen, visible
from sigtrawl.cli.render.table import level

_ROOMY = 120
_ID_WIDTH = 36
_NARROW = frozenset({"kind", "state", "level", "status", "matches", "id"})


def chosen(given: ListFormat | None, screen: Screen) -> ListFormat:
    """Decide how a list is written."""
    return given or (ListFormat.TABLE if screen.terminal else ListFormat.JSON)


def show(columns: Sequence[str], rows: Iterable[Mapping[str, object]], how: str, screen: Screen) -> None:
    """Write rows to stdout as ``table``, ``csv``, ``jsonl`` or ``json`` (one array, one row a line)."""
    rows = list(rows)
    if how == "table":
        _table(columns, rows, screen)
    elif how == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_flat(row[name]) for name in columns] for row in rows)
        screen.raw(text.getvalue().encode())
    else:
        lines = [json.dumps({name: row[name] for name in columns}, ensure_ascii=False) for row in rows]
        document = "".join(f"{line}\n" for line in lines) if how == "jsonl" else "[" + ",\n ".join(lines) + "]\n"
        screen.raw(document.encode())


def document(members: Mapping[str, object], screen: Screen) -> None:
    """Write an object as JSON, a list in it with one entry a line, so that people and tools for lines can read it too."""
    parts = []
    for name, value in members.items():
        if isinstance(value, list) and value:
            lines = ",\n  ".join(json.dumps(entry, ensure_ascii=False) for entry in value)
            parts.append(f"{json.dumps(name)}: [\n  {lines}\n ]")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    screen.raw(("{" + ",\n ".join(parts) + "}\n").encode())


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, object]], screen: Screen) -> None:
    shown = [name for name in columns if any(row[name] not in (None, [], "") for row in rows)]
    if not shown:
        return
    # An id is copied whole, 36 columns; where they are short it goes under the title instead of squeezing it.
    stacked = {"id", "title"} <= set(shown) and screen.out.width < _ROOMY
    if stacked:
        shown.remove("id")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        style, exact = "dim" if name == "id" else "", _ID_WIDTH if stacked and name == "title" else None
        table.add_column(name.capitalize(), no_wrap=name in _NARROW, overflow="fold", style=style, width=exact)
    for row in rows:
        table.add_row(*(_cell(name, row, stacked=stacked) for name in shown))
    screen.out.print(table)


def _cell(name: str, row: Mapping[str, object], *, stacked: bool) -> Text:
    text = _flat(row[name])
    if name == "level":
        return level(text or None)
    if name == "title" and stacked:
        return Text.assemble(visible(text), "\n", visible(_flat(row["id"]), "dim"))
    return visible(text)


def _flat(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)
