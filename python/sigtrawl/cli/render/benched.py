"""The figures of a benchmark: for people, or as JSON."""

import json
from typing import TYPE_CHECKING

from rich.table import Table

from sigtrawl.cli.render.screen import Screen, visible

if TYPE_CHECKING:
    from sigtrawl.benching import Bench
    from sigtrawl.cli.selection import Loaded

_KINDS = {
    "read": "reading and decompressing",
    "match": "matching",
    "verify": "of it verifying candidates",
    "emit": "giving matches out",
}


def show(measured: "Bench", loaded: "Loaded", screen: Screen) -> None:
    """Show the figures as tables."""
    screen.out.print(_figures(measured, loaded))
    if measured.shares:
        screen.out.print()
        screen.out.print(_shares(measured))
    if measured.costs:
        screen.out.print()
        screen.out.print(_costs(measured, loaded))


def write_json(measured: "Bench", loaded: "Loaded", screen: Screen) -> None:
    """Write the figures as one JSON object."""
    report = measured.report
    document = {
        "rules": len(loaded.ruleset),
        "rule_states": report.rule_states(),
        "files": len(report.inputs),
        "rows": sum(entry.rows_read for entry in report.inputs),
        "bytes": report.size,
        "matches": report.matches,
        "threads": measured.threads,
        "seconds": list(measured.seconds),
        "median_seconds": measured.median,
        "rows_per_second": measured.rows_per_second,
        "bytes_per_second": measured.bytes_per_second,
        "times": dict(report.times),
        "shares": measured.shares,
        "costs": [
            {"rule_id": loaded.entries[place].id, "rule_title": loaded.entries[place].title, "seconds": seconds}
            for place, seconds in measured.costs
        ],
    }
    screen.out.file.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def _figures(measured: "Bench", loaded: "Loaded") -> Table:
    report = measured.report
    states = report.rule_states()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    slowest, fastest = max(measured.seconds), min(measured.seconds)
    rows = sum(entry.rows_read for entry in report.inputs)
    run = "run" if len(measured.seconds) == 1 else "runs"
    table.add_row("rules", f"{len(loaded.ruleset):,}", ", ".join(f"{count:,} {state}" for state, count in states.items()))
    table.add_row("rows", f"{rows:,}", f"{len(report.inputs):,} {_files(len(report.inputs))}, {report.size / 1e6:,.1f} MB")
    table.add_row("matches", f"{report.matches:,}", "")
    table.add_row("seconds", f"{measured.median:.3f}", f"{fastest:.3f} to {slowest:.3f}, {len(measured.seconds)} {run}")
    table.add_row("rows/s", f"{measured.rows_per_second:,.0f}", f"{rows / slowest:,.0f} to {rows / fastest:,.0f}")
    table.add_row("GB/s", f"{measured.bytes_per_second / 1e9:.3f}", "of Parquet as it lies on disk")
    return table


def _files(count: int) -> str:
    return "file" if count == 1 else "files"


def _shares(measured: "Bench") -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Share", justify="right")
    table.add_column("Seconds of all threads", justify="right")
    table.add_column("went into")
    for name, share in measured.shares.items():
        table.add_row(f"{share:.0%}", f"{measured.report.times[name]:.3f}", _KINDS.get(name, name))
    return table


def _costs(measured: "Bench", loaded: "Loaded") -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Seconds", justify="right")
    table.add_column("the most costly rules")
    for place, seconds in measured.costs:
        table.add_row(f"{seconds:.3f}", visible(loaded.entries[place].title))
    return table
