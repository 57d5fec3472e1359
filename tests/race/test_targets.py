"""The table of targets: what passes, what fails, and what is neither."""

from race.record import Measure, Record
from targets import Line, lines, table


def measure(
    archive: str, rules: str, engine: str, seconds: list[float], *, variant: str = "", rows: int = 1_000, **more: object
) -> Measure:
    notes = dict(more)
    return Measure(archive, rules, engine, engine, variant, 1, rows, 1, seconds, 1 << 20, 0, notes)


def of(record: Record, target: str, archive: str, what: str) -> Line:
    (line,) = (line for line in lines(record) if (line.target, line.archive) == (target, archive) and line.what.startswith(what))
    return line


def test_nothing_measured_is_said() -> None:
    made = lines(Record("2026-01-05", {}, {}))
    assert {line.target for line in made} == {*(f"T{n}" for n in range(1, 10)), "–"}
    assert {line.verdict for line in made} == {"not measured"}


def test_a_ratio_has_the_median_and_the_spread_of_its_runs() -> None:
    record = Record("2026-01-05", {}, {})
    record.measures = [
        measure("process-zstd", "process creation", "sigtrawl", [1.2, 1.0, 1.4]),
        measure("process-zstd", "process creation", "floor", [1.0, 0.8, 1.2]),
    ]
    line = of(record, "T2", "process-zstd", "1 rules / floor")
    assert (line.value, line.low, line.high) == (1.2, 1.0 / 1.2, 1.4 / 0.8)
    assert line.verdict == "pass"
    assert "| T2 | process-zstd | 1 rules / floor | ≤ 1.5 × | 1.2 × | 0.833–1.75 | pass |" in table(record)


def test_a_ratio_above_its_limit_fails() -> None:
    record = Record("2026-01-05", {}, {})
    record.measures = [
        measure("process-snappy", "netcat", "sigtrawl", [1.36]),
        measure("process-snappy", "netcat", "floor", [1.0]),
        measure("process-snappy", "netcat", "polars-regex", [9.0]),
        measure("process-snappy", "netcat", "chdb", [2.0]),
        measure("process-snappy", "netcat", "hyperscan", [0.1]),
    ]
    assert of(record, "T1", "process-snappy", "netcat rule / floor").verdict == "FAIL"
    fastest = of(record, "T1", "process-snappy", "netcat rule / fastest peer (chdb)")
    assert (fastest.value, fastest.verdict) == (0.68, "FAIL")


def test_a_stand_in_for_the_floor_proves_nothing() -> None:
    record = Record("2026-01-05", {}, {})
    record.measures = [
        measure("process-zstd", "netcat", "sigtrawl", [1.0]),
        measure("process-zstd", "netcat", "floor", [1.0], by="pyarrow, a stand-in"),
    ]
    assert of(record, "T1", "process-zstd", "netcat rule / floor").verdict == "stand-in floor"


def test_rates_are_compared_by_the_row() -> None:
    record = Record("2026-01-05", {}, {})
    record.measures = [
        measure("second-zstd", "process creation", "sigtrawl", [2.0], rows=2_000_000),
        measure("second-zstd", "process creation", "polars-regex-rules", [10.0], rows=20_000),
        measure("second-zstd", "process creation", "sigtrawl", [3.9], rows=2_000_000, variant="1 thread"),
    ]
    line = of(record, "T3", "second-zstd", "rows/s against polars")
    assert (line.value, line.verdict) == (500.0, "FAIL")
    threads = of(record, "T8", "second-zstd", "1 thread")
    assert (threads.value, threads.verdict) == (1.95, "pass")


def test_rules_that_left_a_race_left_it_on_both_sides() -> None:
    record = Record("2026-01-05", {}, {})
    record.measures = [
        measure("process-zstd", "process creation", "sigtrawl", [1.0], rows=20_000),
        measure("process-zstd", "process creation", "sigtrawl", [0.5], rows=20_000, variant="the rules of reference"),
        measure("process-zstd", "process creation", "reference", [1000.0], rows=20_000),
    ]
    assert of(record, "T3", "process-zstd", "rows/s against the reference").value == 2000.0
