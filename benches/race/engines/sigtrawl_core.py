"""Sigtrawl itself: over files by one path of the engine or the other, and over data in memory."""

import json
from collections.abc import Callable
from typing import Any

import sigtrawl
from race.jobs import AbsentError, Found, Job
from sigtrawl import _native, schemas
from sigtrawl.request import request
from sigtrawl.ruleset import RuleSet


class Core:
    """A scan of files, matches attributed to their rules and written nowhere."""

    def __init__(self, path: str | None = None) -> None:
        self._path = path

    def version(self) -> str:
        """Our own version."""
        return f"sigtrawl {sigtrawl.__version__}" + (f" ({self._path})" if self._path else "")

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Loads the compiled rules.

        Raises:
            AbsentError: This build does not say that it took the path that was asked for.
        """
        ruleset, places = _rules(job)
        options = json.loads(request(columns=[], threads=job.threads).to_json()) | job.more
        if self._path is not None:
            options["engine"] = self._path

        asked = _native.Options(json.dumps(options).encode(), schemas.native())

        def go() -> Found:
            stream = _native.scan(ruleset.native, list(job.files), asked)
            found = _taken(stream, places, job)
            report = json.loads(stream.report())
            if self._path is not None and report.get("engine") != self._path:
                message = f"this build does not report the path {self._path!r}"
                raise AbsentError(message)
            found.notes = {name: report[name] for name in ("times", "engine", "rows", "bytes", "memory") if name in report}
            return found

        return go


class InMemory:
    """A match of Arrow data in memory, in the form that `job.more` says."""

    def version(self) -> str:
        """Our own version."""
        return f"sigtrawl {sigtrawl.__version__} (in memory)"

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Reads the columns that rules look at into memory; making the data is not timed."""
        from race.arrow import table

        ruleset, places = _rules(job)
        events = table(job.files, job.more["columns"], job.more["form"], job.more["batch"])
        options = request(columns=[], threads=job.threads).options()
        return lambda: _taken(_native.match_data(ruleset.native, events, options), places, job)


def _rules(job: Job) -> tuple[RuleSet, dict[str | None, int]]:
    """Gives the rules that take part, and the place of each in the whole Plan by its id."""
    ruleset = RuleSet.load(job.rules)
    if not job.pairs and job.places is None:
        return ruleset, {}
    plan = ruleset.plan()
    places = range(len(plan.rules)) if job.places is None else job.places
    by_id = {plan.rules[place].id: place for place in places}
    if len(by_id) != len(places):
        message = "rules are told apart by their ids, and two have the same"
        raise ValueError(message)
    if job.places is not None:
        from race.corpus import only

        ruleset = sigtrawl.compile(only(plan, [plan.rules[place] for place in job.places]))
    return ruleset, by_id


def _taken(stream: Any, places: dict[str | None, int], job: Job) -> Found:
    """Takes all matches: counts them, or gathers their rows and rules."""
    if not job.pairs:
        count = 0
        while (batch := stream.next_batch()) is not None:
            count += batch.num_rows
        return Found(count)
    import polars as pl

    found = pl.DataFrame(stream).select("file", "row", "rule_id")
    firsts = _first_rows(job)
    pairs = [(firsts.get(file, 0) + row, places[rule]) for file, row, rule in found.iter_rows()]
    return Found(len(pairs), sorted(pairs))


def _first_rows(job: Job) -> dict[str, int]:
    """Gives the number of the first row of each file, counted through all."""
    import pyarrow.parquet as pq

    firsts, rows = {}, 0
    for file in job.files:
        firsts[file] = rows
        rows += pq.ParquetFile(file).metadata.num_rows
    return firsts
