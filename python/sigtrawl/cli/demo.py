"""``sigtrawl demo``: a sample archive, one rule, and its matches, held against what was planted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from sigtrawl.cli import options as given
from sigtrawl.cli.exit import Exit
from sigtrawl.cli.render.screen import Screen
from sigtrawl.errors import OutputError

if TYPE_CHECKING:
    from sigtrawl.demo import Demo, Scan

ROWS = 200_000
"""Made and scanned in a second or two, and enough to look like a day of a small office."""

SHOWN = 8
"""Matches of the table: enough to see both ways in which the rule can match."""


def demo(
    *,
    rows: Annotated[int, typer.Option(help="How many events the sample archive holds.", min=1)] = ROWS,
    directory: Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where the sample files go.")] = Path("sigtrawl-demo"),
    no_color: given.NoColor = False,
) -> int:
    """Generate a sample archive of process events, scan it with the netcat rule, and show the matches.

    The folder then holds the events under two kinds of column names, the rule, and the query that asks the same of Microsoft
    Sentinel: sysmon.parquet, asim.parquet, netcat.yml, netcat.kql.
    """
    from sigtrawl.demo import run  # it makes archives with polars: loaded only here

    screen = Screen(color=not no_color)
    screen.note(f"making two sample archives of {rows:,} events in {directory} …")
    try:
        done = run(directory, rows=rows)
    except OSError as error:
        message = f"the sample files cannot be written: {error}"
        raise OutputError(message) from error
    _show(done, screen)
    return Exit.DONE if done.agrees else Exit.FOUND


def _show(done: "Demo", screen: Screen) -> None:
    screen.out.print(_matches(done.sysmon))
    screen.out.print()
    screen.out.print(_reasons(done))
    screen.out.print()
    for scan in (done.sysmon, done.asim):
        screen.out.print(_verdict(scan), soft_wrap=True)
    screen.note(f"\ntry: sigtrawl scan {done.sysmon.planted.path} -r {done.rule} --summary")


def _matches(scan: "Scan") -> Table:
    """The first matches; the rule is the same for all, so it is told once."""
    found = scan.matches.to_polars()
    title = Text(f"{found['rule_title'][0]} ({found['level'][0]})" if found.height else "no match", style="bold red")
    more = f"and {found.height - SHOWN:,} more" if found.height > SHOWN else None
    table = Table(
        box=None, pad_edge=False, header_style="bold", title=title, title_justify="left", caption=more, caption_justify="left"
    )
    table.add_column("Time", no_wrap=True)
    table.add_column("Row", justify="right", no_wrap=True)
    table.add_column("CommandLine", overflow="fold")
    for match in found.head(SHOWN).iter_rows(named=True):
        table.add_row(f"{match['time']:%Y-%m-%d %H:%M:%S}", f"{match['row']:,}", Text(match["event"]["CommandLine"]))
    return table


def _reasons(done: "Demo") -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Matches", justify="right")
    table.add_column("because")
    for column, operator, text, count in done.reasons():
        table.add_row(f"{count:,}", f"{column} {operator} '{text}'")
    return table


def _verdict(scan: "Scan") -> str:
    planted = scan.planted
    wanted = set(next(iter(planted.matches.values())))
    found = set(scan.rows)
    rate = planted.rows / max(scan.seconds, 1e-9)
    told = f"{planted.path}: {planted.rows:,} events in {scan.seconds:.3f} s ({rate:,.0f} rows/s), {len(found):,} matches"
    if scan.agrees:
        return f"{told}: exactly the {len(wanted):,} that were planted, none of the {len(planted.near_misses):,} near misses"
    return f"{told}, WRONG: {len(wanted - found):,} planted ones are missing, {len(found - wanted):,} are too many"
