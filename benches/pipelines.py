"""Rows a second of each way into Sigtrawl on this machine, beside the plain scan of the same file.

    python benches/pipelines.py EVENTS.parquet RULES [--runs 3]

``RULES`` is a compiled file. A way that gives another number of matches than the scan is told. The ways take turns, so that
what else the machine does falls on all of them. Engines that are not installed are left out, and named.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import polars as pl

import sigtrawl as st

Way = Callable[[str, st.RuleSet], int]


def scan(events: str, rules: st.RuleSet) -> int:
    """The plain scan: the measure of all others."""
    return sum(batch.num_rows for batch in st.scan(events, rules, columns=[]).batches())


def scan_parquet(events: str, rules: st.RuleSet) -> int:
    """The source of polars."""
    return int(st.scan_parquet(events, rules).select(pl.len()).collect().item())


def expression(events: str, rules: st.RuleSet) -> int:
    """The expression inside polars' own scan, streaming."""
    count = rules.expr("count", schema="windows").sum().cast(pl.Int64)
    return int(pl.scan_parquet(events).select(count).collect(engine="streaming").item())


def predicate(events: str, rules: st.RuleSet) -> int:
    """The expression as a predicate that polars pushes down; rows, not matches."""
    kept = pl.scan_parquet(events).filter(rules.expr(schema="windows"))
    return int(kept.select(pl.len()).collect(engine="streaming").item())


def lazy_frame(events: str, rules: st.RuleSet) -> int:
    """The namespace of lazy frames, over polars' own scan."""
    frame: Any = pl.scan_parquet(events)
    return int(frame.sigtrawl.match(rules, columns=[]).select(pl.len()).collect().item())


def duckdb_match(events: str, rules: st.RuleSet) -> int:
    """Matches of a DuckDB relation."""
    import duckdb

    import sigtrawl.duckdb

    with duckdb.connect() as connection:
        return len(sigtrawl.duckdb.match(connection.read_parquet(events), rules, columns=[]).to_arrow_table())


def datafusion_match(events: str, rules: st.RuleSet) -> int:
    """Matches of a DataFusion frame."""
    import datafusion

    import sigtrawl.datafusion

    frame = datafusion.SessionContext().read_parquet(events)
    return len(sigtrawl.datafusion.match(frame, rules, columns=[]).to_arrow_table())


WAYS: dict[str, Way] = {
    "scan": scan,
    "scan_parquet (polars)": scan_parquet,
    "expression (polars)": expression,
    "predicate (polars)": predicate,
    "lazy frame (polars)": lazy_frame,
    "DuckDB": duckdb_match,
    "DataFusion": datafusion_match,
}


def main() -> int:
    """Print a table; 1 if some way finds another number of matches."""
    parser = argparse.ArgumentParser()
    parser.add_argument("events")
    parser.add_argument("rules")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    rules = st.RuleSet.load(asked.rules)
    rows = int(pl.scan_parquet(asked.events).select(pl.len()).collect().item())
    expected = scan(asked.events, rules)
    times: dict[str, list[float]] = {}
    wrong = 0
    for _ in range(asked.runs):
        for name, way in WAYS.items():
            start = time.perf_counter()
            try:
                found = way(asked.events, rules)
            except ImportError as error:
                print(f"{name}: left out, {error}", file=sys.stderr)
                continue
            times.setdefault(name, []).append(time.perf_counter() - start)
            # Rows that several rules match are one row.
            if found != expected and not (name.startswith("predicate") and 0 < found <= expected):
                wrong += 1
                print(f"{name}: {found:,} matches, and the scan {expected:,}", file=sys.stderr)
    print(f"{rows:,} rows, {len(rules):,} rules, {expected:,} matches, {asked.runs} runs, medians\n")
    print("| way | seconds | spread | rows/s | scan's time × |\n|---|---|---|---|---|")
    base = statistics.median(times["scan"])
    for name, taken in times.items():
        median = statistics.median(taken)
        spread = f"{min(taken):.2f}–{max(taken):.2f}"
        print(f"| {name} | {median:.2f} | {spread} | {rows / median:,.0f} | {median / base:.2f} |")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
