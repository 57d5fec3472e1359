#!/usr/bin/env python
"""Runs the race: Sigtrawl, its floor and its peers on the same files and rules, and keeps a dated record.

    python benches/run.py --short --sigma path/to/sigma      (or: make bench SIGMA=path/to/sigma)
    python benches/run.py --sigma path/to/sigma              (or: make bench-full SIGMA=path/to/sigma)
    python benches/run.py --only T1,T6 --sigma path/to/sigma

With --only, what another run of this day and size has left in the record stays, and what is run again takes its place. The short
form has a tenth of the events and fewer runs, and leaves its record in target/benches. Archives and rule sets are kept
there, and made again only where they are absent. A peer that is not installed is told to be absent, with the reason.
"""

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path

from race.course import PARTS
from race.jobs import AbsentError
from race.plot import draw
from race.record import Record, machine, today
from race.track import Settings, Track, say
from targets import holds, table

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "benches"
PLOTTED = "process-zstd"
HOW_MANY = ("rows", "second", "mixed", "huge", "head", "runs")


def settings(asked: argparse.Namespace) -> Settings:
    """How much of everything the command line asks for."""
    how = Settings(short=False, sigma=asked.sigma, work=asked.work, threads=asked.threads)
    if asked.short:
        work = asked.work / "short"
        how = replace(how, short=True, work=work, rows=1_000_000, second=600_000, mixed=300_000, huge=0)
        how = replace(how, head=2_000, runs=3, rule_runs=1)
    given = {name: value for name in HOW_MANY if (value := getattr(asked, name)) is not None}
    return replace(how, **given)


def main() -> int:
    """Runs what the command line asks for, and ends with 1 where a target does not hold or an answer is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sigma", type=Path, help="a folder of Sigma rules; without it only the netcat rule runs")
    parser.add_argument("--short", action="store_true", help="the form that takes minutes")
    parser.add_argument("--only", help=f"parts of the race, with commas between them: {', '.join(PARTS)}")
    parser.add_argument("--threads", type=int, default=2, help="threads of every engine")
    parser.add_argument("--work", type=Path, default=WORK, help="where archives and rule sets are kept")
    parser.add_argument(
        "--record", type=Path, help="where the record goes; by default benches/record, of the short form the work folder"
    )
    for name in HOW_MANY:
        parser.add_argument(f"--{name}", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    parts = list(PARTS) if asked.only is None else asked.only.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r} (parts: {', '.join(PARTS)})")
    how = settings(asked)
    how.work.mkdir(parents=True, exist_ok=True)
    folder = asked.record or (how.work if how.short else ROOT / "benches" / "record")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{today()}-race{'-short' if how.short else ''}.json"
    record = run(how, parts, path, goes_on=asked.only is not None)
    print(table(record))
    say(f"\nthe record is {path}")
    return 0 if holds(record) else 1


def run(how: Settings, parts: list[str], path: Path, *, goes_on: bool) -> Record:
    """Runs parts of the race, and saves the record after each, so that nothing is lost when a later one fails."""
    told = {name: value for name, value in asdict(how).items() if name not in {"work", "sigma"}}
    record = Record(today(), machine(), told)
    if goes_on and path.exists() and (before := Record.load(path)).settings == told and before.machine == record.machine:
        record = before
    track = Track(how, record)
    for part in parts:
        try:
            PARTS[part](track)
        except AbsentError as error:
            record.absent[part] = str(error)
            say(f"{part} is left out: {error}")
        record.save(path)
    plot = path.with_suffix(".svg")
    try:
        drawn = draw(record, PLOTTED, plot)
    except ImportError as error:
        record.absent["the plot"] = str(error)
        drawn = False
    record.save(path)
    path.with_suffix(".md").write_text(record.summary(table(record), plot.name if drawn else None), encoding="utf-8")
    return record


if __name__ == "__main__":
    sys.exit(main())
