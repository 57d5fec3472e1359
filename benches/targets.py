#!/usr/bin/env python
"""Judges a record: the table of the targets T1 to T9, with what was measured, its spread, and whether it holds.

    python benches/targets.py benches/record/2026-11-24-race.json
    python benches/targets.py benches/record/2026-11-24-race.json --speed     (the table of the README instead)

A target that was not measured is said not to have been; one that was measured against a stand-in neither holds nor fails. The
exit status is 1 where a target does not hold or an answer is wrong.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from race.engines import ANY
from race.record import Measure, Record

MIB = 1 << 20
ARCHIVES = ("process", "second")
_CREATIONS = "process creation"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table.

    Attributes:
        target: Which.
        archive: On what.
        what: What is compared.
        limit: What it must not pass, or must reach; None: told for information.
        least: Whether the limit must be reached, not kept below.
        value: What was measured; None: it was not.
        low: The least that runs at their extremes give.
        high: The most.
        unit: What the numbers are.
        stand_in: Whether the floor is one of another reader.
    """

    target: str
    archive: str
    what: str
    limit: float | None
    least: bool = False
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = "×"
    stand_in: bool = False

    @property
    def verdict(self) -> str:
        """`pass`, `FAIL`, or why there is neither."""
        if self.value is None:
            return "not measured"
        if self.limit is None:
            return "–"
        if self.stand_in:
            return "stand-in floor"
        return "pass" if (self.value >= self.limit if self.least else self.value <= self.limit) else "FAIL"


def lines(record: Record) -> list[Line]:
    """All lines, in the order of the targets."""
    makers = (_t1, _t2, _t3, _t4, _t5, _t6, _t7, _t8, _t9, _mixed)
    return [line for maker in makers for line in maker(record)]


def table(record: Record) -> str:
    """The table as Markdown."""
    head = ["| target | archive | what | target value | measured | spread | |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *(_shown(line) for line in lines(record))])


def _shown(line: Line) -> str:
    sign = "≥" if line.least else "≤"
    limit = "" if line.limit is None else f"{sign} {_number(line.limit)} {line.unit}"
    measured = "" if line.value is None else f"{_number(line.value)} {line.unit}"
    spread = "" if line.low is None or line.high is None else f"{_number(line.low)}–{_number(line.high)}"
    return f"| {line.target} | {line.archive} | {line.what} | {limit} | {measured} | {spread} | {line.verdict} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits are enough


def _ratio(
    target: str,
    archive: str,
    what: str,
    limit: float | None,
    above: Measure | None,
    below: Measure | None,
    *,
    least: bool = False,
) -> Line:
    """Compares the times of two measures of the same rows; where rows differ, the times of one row."""
    if above is None or below is None:
        return Line(target, archive, what, limit, least)
    scale = 1.0 if above.rows == below.rows else below.rows / above.rows
    value = above.median / below.median * scale
    low = min(above.seconds) / max(below.seconds) * scale
    high = max(above.seconds) / min(below.seconds) * scale
    stand_in = any("stand-in" in str(one.notes.get("by", "")) for one in (above, below))
    return Line(target, archive, what, limit, least, value, low, high, stand_in=stand_in)


def _each(codecs: tuple[str, ...] = ("zstd", "snappy")) -> Iterator[tuple[str, str]]:
    for shape in ARCHIVES:
        for codec in codecs:
            yield f"{shape}-{codec}", codec


def _t1(record: Record) -> Iterator[Line]:
    for archive, codec in _each():
        ours = record.find(archive, "netcat", "sigtrawl")
        limit = 1.15 if codec == "zstd" else 1.35
        yield _ratio("T1", archive, "netcat rule / floor", limit, ours, record.find(archive, "netcat", "floor"))
        peers = [one for engine in ANY if engine != "hyperscan" and (one := record.find(archive, "netcat", engine))]
        fastest = min(peers, key=lambda one: one.median, default=None)
        name = f" ({fastest.version})" if fastest else ""
        yield _ratio("T1", archive, f"netcat rule / fastest peer{name}", 0.5, ours, fastest)


def _t2(record: Record) -> Iterator[Line]:
    for archive, codec in _each():
        ours = record.find(archive, _CREATIONS, "sigtrawl")
        count = f"{ours.count:,} rules" if ours else "all rules on process creations"
        limit = 1.5 if codec == "zstd" else 2.0
        yield _ratio("T2", archive, f"{count} / floor", limit, ours, record.find(archive, _CREATIONS, "floor"))
        lengths = record.find(archive, _CREATIONS, "duckdb-strlen")
        yield _ratio("T2", archive, f"{count} / DuckDB's strlen of the columns", 2.0, ours, lengths)


def _t3(record: Record) -> Iterator[Line]:
    slow = {
        "polars": ("polars-regex-rules", "polars-contains-any-rules"),
        "DuckDB": ("duckdb-ilike-rules", "duckdb-lower-rules"),
        "the reference (pyahocorasick)": ("reference",),
    }
    for archive, _ in _each(("zstd",)):
        for name, engines in slow.items():
            found = [one for engine in engines if (one := record.find(archive, _CREATIONS, engine))]
            best = min(found, key=lambda one: one.median / one.rows, default=None)
            yield _ratio("T3", archive, f"rows/s against {name}", 1000, best, best and _same_rules(record, best), least=True)
        both = [one for engine in ("rsigma", "rsigma-all-at-once") if (one := record.find(archive, _CREATIONS, engine))]
        rsigma = min(both, key=lambda one: one.median, default=None)
        single = record.find(archive, _CREATIONS, "sigtrawl", "1 thread")
        yield _ratio("T3", archive, "rows/s a core against rsigma", 100, rsigma, single, least=True)


def _same_rules(record: Record, peer: Measure) -> Measure | None:
    """Our own measure with the rules that stayed in a peer's race."""
    return record.find(peer.archive, peer.rules, "sigtrawl", f"the rules of {peer.engine}") or record.find(
        peer.archive, peer.rules, "sigtrawl"
    )


def _t4(record: Record) -> Iterator[Line]:
    usual, huge = (record.find(archive, "all", "sigtrawl") for archive in ("process-zstd", "process-huge"))
    for one in (usual, huge):
        rows = f"{one.rows:,} rows" if one else "100,000,000 rows"
        peak = None if one is None else one.peak / MIB
        yield Line("T4", one.archive if one else "process-huge", f"peak memory, all rules, {rows}", 1024, value=peak, unit="MiB")
    same = huge.peak / usual.peak if usual and huge else None
    yield Line("T4", "process", "peak memory, the larger / the smaller", 1.1, value=same)
    budget = record.find("process-zstd", "all", "sigtrawl", "256 MiB")
    kept = budget is not None and "memory" in budget.notes
    peak = budget.peak / MIB if budget is not None and kept else None
    yield Line("T4", "process-zstd", "peak memory with a budget of 256 MiB", 256, value=peak, unit="MiB")


def _t5(record: Record) -> Iterator[Line]:
    for archive, _ in _each(("zstd",)):
        ours = record.find(archive, _CREATIONS, "sigtrawl")
        yield _ratio("T5", archive, "all rules / floor of their columns", 1.6, ours, record.find(archive, _CREATIONS, "floor"))
        yield _ratio("T5", archive, "ten times the rules / all rules", 2.0, record.find(archive, "tenfold", "sigtrawl"), ours)


def _t6(record: Record) -> Iterator[Line]:
    for what, limit in (("YAML", 2.5), ("compiled file", 0.15), ("import", 0.05)):
        one = record.find("start", "all", "sigtrawl", what)
        named = (
            f"{one.count:,} rules from {what}" if one and what != "import" else "import sigtrawl" if what == "import" else what
        )
        if one is None:
            yield Line("T6", "–", named, limit, unit="s")
        else:
            yield Line("T6", "–", named, limit, value=one.median, low=min(one.seconds), high=max(one.seconds), unit="s")


def _t7(record: Record) -> Iterator[Line]:
    archive = "process-arrow"
    parquet = record.find(archive, _CREATIONS, "sigtrawl")
    for form, limit in (("dictionary", 1.0), ("utf8_view", 0.6)):
        large = record.find(archive, _CREATIONS, "sigtrawl-arrow", f"{form}, 131,072 rows")
        yield _ratio("T7", archive, f"rate on {form} / on Parquet", limit, parquet, large, least=True)
    for form in ("dictionary", "utf8_view", "utf8"):
        large, small = (
            record.find(archive, _CREATIONS, "sigtrawl-arrow", f"{form}, {rows} rows") for rows in ("131,072", "2,048")
        )
        yield _ratio("T7", archive, f"cost a row, batches of 2,048 / 131,072, {form}", 1.5, small, large)


def _t8(record: Record) -> Iterator[Line]:
    for archive, _ in _each():
        single, double = (record.find(archive, _CREATIONS, "sigtrawl", variant) for variant in ("1 thread", ""))
        yield _ratio("T8", archive, "1 thread / 2 threads", 1.85, single, double, least=True)


def _t9(record: Record) -> Iterator[Line]:
    typical = record.find("process-zstd", _CREATIONS, "sigtrawl")
    lengths = record.find("process-zstd", _CREATIONS, "duckdb-strlen")
    text = lengths.notes["bytes"] if lengths else None
    for kind in ("candidates", "one byte", "one huge value", "no ASCII"):
        archive = f"hostile: {kind}"
        small, large = (record.find(archive, _CREATIONS, "sigtrawl", f"{size} MiB") for size in (16, 64))
        value = None
        if large is not None and typical is not None and text:
            value = (large.median / (64 * MIB)) / (typical.median / text)
        yield Line("T9", archive, "cost a byte of text / the typical one", 20, value=value)
        grown = large.median / small.median / 4 if small and large else None
        # What is paid once makes the small one dear, never the large one: a little above 1 is noise.
        yield Line("T9", archive, "time of 64 MiB / 4 × time of 16 MiB", 1.25, value=grown)


def _mixed(record: Record) -> Iterator[Line]:
    archive = "mixed-zstd"
    ours = record.find(archive, "all", "sigtrawl")
    yield _ratio("–", archive, "all rules / floor", None, ours, record.find(archive, "all", "floor"))
    yield _ratio(
        "–", archive, "all rules / DuckDB's strlen of the columns", None, ours, record.find(archive, "all", "duckdb-strlen")
    )


def holds(record: Record) -> bool:
    """Whether no target that was measured fails and no answer is wrong."""
    return all(line.verdict != "FAIL" for line in lines(record)) and all(check.ok for check in record.checks)


SPEED = (
    ("netcat", "process-zstd"),
    (_CREATIONS, "process-zstd"),
    ("all", "process-huge"),
    ("all", "mixed-zstd"),
)
"""The lines of the README's table, those that were measured: rules, archive."""


def speed(record: Record) -> str:
    """The README's table as Markdown: rows a second and peak memory."""
    found = [one for rules, archive in SPEED if (one := record.find(archive, rules, "sigtrawl"))]
    head = ["| rules | events | Parquet | rows/s | peak memory |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(_speed(record, one) for one in found)])


def _speed(record: Record, one: Measure) -> str:
    told = record.archives[one.archive]
    rules = "netcat" if one.rules == "netcat" else f"{one.count:,} ({one.rules})"
    kind = "mixed" if told["shape"] == "mixed" else "process"
    size, peak = f"{one.size / MIB:,.0f} MiB, {told['compression']}", f"{one.peak / MIB:,.0f} MiB"
    return f"| {rules} | {one.rows:,} {kind} | {size} | {one.rate:,.0f} | {peak} |"


def main() -> int:
    """Prints a table of the record that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", type=Path)
    parser.add_argument("--speed", action="store_true", help="the table of the README instead")
    asked = parser.parse_args()
    record = Record.load(asked.record)
    if asked.speed:
        print(speed(record))
        return 0
    print(table(record))
    wrong = [check for check in record.checks if not check.ok]
    print(f"\n{len(record.checks):,} answers were compared, {len(wrong):,} are wrong")
    for check in wrong:
        print(f"  {check.archive}, {check.rules}: {check.what}: {check.expected:,} expected, {check.found:,} found")
    for name, reason in record.absent.items():
        print(f"absent: {name}: {reason}")
    return 0 if holds(record) else 1


if __name__ == "__main__":
    sys.exit(main())
