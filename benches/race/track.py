"""The track: archives, their heads and rule sets, made once, and the two ways of running an engine on them."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

import archive as archives
from race import corpus
from race.corpus import Rules
from race.engines.rsigma_peer import ROW
from race.heats import once, timed
from race.jobs import AbsentError, Job, Pairs, absolute
from race.record import Difference, Measure, Record
from sigtrawl.plan import Plan
from sigtrawl.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Settings:
    """How much of everything.

    Attributes:
        short: Whether this is the short form.
        sigma: The folder of public rules; None: only what needs the netcat rule alone.
        work: Where archives and rules are kept.
        rows: Events of the process archives.
        second: Events of the second archives.
        mixed: Events of the mixed archive.
        huge: Events of the archive for memory; 0 leaves it out.
        head: The first rows, on which all engines are compared and peers run rule by rule.
        runs: Runs of a measure.
        rule_runs: Runs of a peer that goes rule by rule.
        threads: Threads of everything.
    """

    short: bool
    sigma: Path | None
    work: Path
    rows: int = 10_000_000
    second: int = 10_000_000
    mixed: int = 2_000_000
    huge: int = 100_000_000
    head: int = 20_000
    runs: int = 5
    rule_runs: int = 3
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Events:
    """One archive of the race, and its first rows as a file of its own."""

    name: str
    archive: archives.Archive
    head: Path
    head_rows: int

    @property
    def files(self) -> tuple[str, ...]:
        """The whole archive."""
        return absolute(list(self.archive.files))

    @property
    def rows(self) -> int:
        """Events of the whole archive."""
        return sum(self.archive.rows)


@dataclass(frozen=True, slots=True)
class Set:
    """One set of rules, under the name that the record has."""

    name: str
    rules: Rules

    @property
    def plan(self) -> Plan:
        """Its rules."""
        return RuleSet.load(self.rules.path).plan()


class Track:
    """Runs engines and keeps what came out."""

    def __init__(self, settings: Settings, record: Record) -> None:
        self.settings = settings
        self.record = record
        self._made: dict[str, Events] = {}
        self._absent: set[str] = set()

    def events(self, name: str, shape: str, rows: int, compression: str = "zstd") -> Events:
        """Makes an archive where it is not there, and its head."""
        if name in self._made:
            return self._made[name]
        seed = {"process": 1, "second": 77, "mixed": 5}[shape]
        asked = archives.Asked(shape, rows, seed, compression, None, None, None)  # type: ignore[arg-type]
        say(f"archive {name}: {rows:,} rows, {compression}")
        made = archives.make(self.settings.work / name, asked)
        head = made.folder / f"head-{self.settings.head}.parquet"
        if not head.exists():
            pl.scan_parquet(made.files[0]).head(self.settings.head).collect().write_parquet(head, compression="zstd")
        self.record.archives[name] = {
            "shape": shape,
            "rows": rows,
            "bytes": made.size,
            "compression": compression,
            "files": [file.name for file in made.files],
        }
        self._made[name] = Events(name, made, head, min(self.settings.head, made.rows[0]))
        return self._made[name]

    def ndjson(self, events: Events) -> Path:
        """Writes the head as lines of JSON, each event with its row, and gives the file."""
        path = events.head.with_suffix(".ndjson")
        if not path.exists():
            pl.read_parquet(events.head).with_row_index(ROW).write_ndjson(path)
        return path

    def netcat(self) -> Set:
        """The netcat rule."""
        return Set("netcat", corpus.netcat(self.settings.work))

    def creations(self) -> Set:
        """The public rules on process creations of Windows."""
        return Set("process creation", corpus.process_creations(self.settings.work, self._sigma()))

    def everything(self) -> Set:
        """All public rules."""
        return Set("all", corpus.everything(self.settings.work, self._sigma()))

    def some(self, count: int) -> Set:
        """Some of the rules on process creations."""
        return Set(f"{count} of process creation", corpus.first(self.settings.work, self.creations().rules, count))

    def tenfold(self) -> Set:
        """The rules on process creations ten times, with literals of their own."""
        return Set("tenfold", corpus.tenfold(self.settings.work, self.creations().rules))

    def _sigma(self) -> Path:
        if self.settings.sigma is None:
            message = "these rules are public ones; --sigma says where they are"
            raise AbsentError(message)
        return self.settings.sigma

    def columns(self, events: Events, rules: Set) -> list[str]:
        """The columns that rules look at, and those that tell what an event is."""
        fields = {predicate.field for predicate in rules.plan.predicates} | {"Channel", "EventID"}
        return [name for name in pl.read_parquet_schema(events.archive.files[0]) if name in fields]

    def measure(
        self,
        engine: str,
        events: Events,
        rules: Set,
        *,
        variant: str = "",
        runs: int | None = None,
        head: bool = False,
        threads: int | None = None,
        places: Sequence[int] | None = None,
        more: dict[str, Any] | None = None,
    ) -> Measure | None:
        """Times an engine on an archive, or on its head; tells None, and keeps why, where it cannot be run."""
        files = (str(events.head),) if head else events.files
        if engine.startswith("rsigma"):
            files = (str(self.ndjson(events)),)
            more = {"rules": str(self._sigma())}
        given = more or {}
        if engine in {"floor", "duckdb-strlen", "sigtrawl-arrow"}:
            given = {"columns": self.columns(events, rules)} | given
        where = None if places is None else tuple(places)
        job = Job(engine, files, str(rules.rules.path), threads or self.settings.threads, where, more=given)
        if engine in self._absent:
            return None
        say(f"{events.name}, {rules.name}: {engine} {variant}")
        try:
            timing = timed(job, runs or self.settings.runs)
        except AbsentError as error:
            self._miss(engine, error)
            return None
        rows = events.head_rows if head else events.rows
        size = sum(Path(file).stat().st_size for file in files)
        count = rules.rules.count if places is None else len(places)
        measure = Measure(
            *(events.name, rules.name, engine, timing.version, variant, count, rows, size),
            *(timing.seconds, timing.peak, timing.matches, timing.notes),
        )
        self.record.keep(measure)
        self.record.absent.pop(engine, None)  # of an earlier run, perhaps
        say(f"  {measure.median:.3f} s, {measure.rate:,.0f} rows/s")
        return measure

    def pairs(
        self, engine: str, events: Events, rules: Set, *, head: bool = True, places: Sequence[int] | None = None
    ) -> tuple[Pairs, dict[int, str]] | None:
        """Asks an engine for every (row, rule) of an archive or its head, and for what it has no words."""
        files, more = ((str(events.head),) if head else events.files), {}
        if engine.startswith("rsigma"):
            files, more = (str(self.ndjson(events)),), {"rules": str(self._sigma())}
        where = None if places is None else tuple(places)
        job = Job(engine, files, str(rules.rules.path), self.settings.threads, where, pairs=True, more=more)
        if engine in self._absent:
            return None
        say(f"{events.name}, {rules.name}: answers of {engine}")
        try:
            found = once(job).found
        except AbsentError as error:
            self._miss(engine, error)
            return None
        return found.pairs or [], found.untranslated

    def _miss(self, engine: str, error: AbsentError) -> None:
        """Keeps that an engine is absent, and asks it no more."""
        self._absent.add(engine)
        self.record.absent[engine] = str(error)
        say(f"  absent: {error}")

    def differ(self, events: Events, engine: str, rule: str, row: int | None, why: str) -> None:
        """Keeps that a peer answers differently."""
        self.record.keep_difference(Difference(events.name, engine, rule, row, why))


def say(what: str) -> None:
    """Tells how far the race is, and when."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)
