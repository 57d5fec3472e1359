"""How fast a user's rules run over a user's events: the figures of several scans, and what took the time.

One scan goes before that is not timed: it brings the files into the page cache and asks what each rule takes, which slows a scan
down. In those that are timed nothing is shown of a match but its pair of rule and row, and nothing is written.
"""

import os
import time
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from sigtrawl.errors import UsageError
from sigtrawl.report import ScanReport
from sigtrawl.request import LogSource, request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigtrawl.config import Config
    from sigtrawl.ruleset import RuleSet

RUNS = 5
COSTLY = 10
"""How many of the most costly rules are told."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The figures of one benchmark.

    Attributes:
        seconds: Of each run, in order; loading the rules is left out, reading the files' metadata is not.
        report: The report of the last run.
        costs: (place of the rule, seconds of all threads) of the most costly rules, the most costly first; empty where the core
            does not measure them.
        threads: How many threads worked at most.
    """

    seconds: tuple[float, ...]
    report: ScanReport
    costs: tuple[tuple[int, float], ...]
    threads: int

    @property
    def median(self) -> float:
        """Seconds of the run in the middle."""
        return median(self.seconds)

    @property
    def rows_per_second(self) -> float:
        """Rows that were read, by the run in the middle."""
        return sum(entry.rows_read for entry in self.report.inputs) / self.median

    @property
    def bytes_per_second(self) -> float:
        """Bytes of the Parquet files, by the run in the middle."""
        return self.report.size / self.median

    @property
    def shares(self) -> dict[str, float]:
        """What part of the measured work each kind of it was, between 0 and 1; ``verify`` is a part of ``match``."""
        times = self.report.times
        whole = sum(seconds for name, seconds in times.items() if name != "verify")
        return {name: seconds / whole for name, seconds in times.items()} if whole else {}


def bench(
    events: "str | os.PathLike[str] | Sequence[str | os.PathLike[str]]",
    ruleset: "RuleSet",
    *,
    runs: int = RUNS,
    schema: "str | os.PathLike[str] | None" = None,
    logsource: LogSource | None = None,
    threads: int | None = None,
    config: "Config | str | os.PathLike[str] | None" = None,
) -> Bench:
    """Scan files several times and tell how long it took.

    Args:
        events: Files, folders or globs.
        ruleset: The rules.
        runs: How many scans are timed.
        schema: As in `sigtrawl.scan`.
        logsource: As in `sigtrawl.scan`.
        threads: As in `sigtrawl.scan`.
        config: As in `sigtrawl.scan`.

    Raises:
        ConfigError: The configuration file is wrong.
        InputError: A path leads nowhere, or no input is a file of events.
        NothingToRun: Not one rule can run on any input.
        SchemaError: No schema mapping recognises a table.
        TypeError: ``events`` is data in memory.
        UsageError: There are no runs, or a file was not read to its end, whose figures would be wrong.
    """
    from sigtrawl import _native
    from sigtrawl.api import as_paths, scan

    if runs < 1:
        raise UsageError(f"runs must be a whole number from 1, not {runs}")
    paths = as_paths(events)
    if paths is None:
        raise TypeError("only files can be measured; data in memory has no reading to speak of")
    asked = request(schema=schema, logsource=logsource, columns=(), threads=threads, config=config)
    stream = _native.scan(ruleset.native, paths, replace(asked, costs=True).options())
    while stream.next_batch() is not None:
        pass
    before = ScanReport.from_json(stream.report())
    if before.unread:
        entry = before.unread[0]
        raise UsageError(f"{entry.file} was not read to its end, and its time would mean nothing: {entry.reason}")
    seconds = []
    report = before
    for _ in range(runs):
        started = time.perf_counter()
        with scan(paths, ruleset, schema=schema, logsource=logsource, columns=(), threads=threads, config=config) as matches:
            for _batch in matches.batches():
                pass
        seconds.append(time.perf_counter() - started)
        report = matches.report
    return Bench(tuple(seconds), report, _costly(before), threads or os.cpu_count() or 1)


def _costly(report: ScanReport) -> tuple[tuple[int, float], ...]:
    costs = [(place, rule.cost) for place, rule in enumerate(report.rules) if rule.cost is not None]
    return tuple(sorted(costs, key=lambda told: -told[1])[:COSTLY])
