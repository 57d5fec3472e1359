"""What is kept of a race: the machine, the versions, every run, every answer that was checked, and who was absent and why."""

import hashlib
import json
import os
import platform
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(slots=True)
class Measure:
    """The runs of one engine on one archive with one set of rules.

    Attributes:
        archive: The archive, as the race calls it.
        rules: The set of rules, as the race calls it.
        engine: The engine's name.
        version: The engine and its version.
        variant: What was special: threads, form of data, rows of a batch; empty for the plain run.
        count: How many rules took part.
        rows: How many events.
        size: Bytes of the files.
        seconds: Of each run.
        peak: The most memory of any run, in bytes.
        matches: What every run found.
        notes: What the engine told besides.
    """

    archive: str
    rules: str
    engine: str
    version: str
    variant: str
    count: int
    rows: int
    size: int
    seconds: list[float]
    peak: int
    matches: int
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """Seconds of the run in the middle."""
        return median(self.seconds)

    @property
    def rate(self) -> float:
        """Rows a second, by the median."""
        return self.rows / self.median


@dataclass(slots=True)
class Check:
    """One comparison of answers."""

    archive: str
    rules: str
    what: str
    expected: int
    found: int
    ok: bool


@dataclass(slots=True)
class Difference:
    """Where a peer's answer differs from the reference evaluator's; the rule leaves its race on both sides."""

    archive: str
    engine: str
    rule: str
    row: int | None
    why: str


@dataclass(slots=True)
class Record:
    """All of it."""

    date: str
    machine: dict[str, Any]
    settings: dict[str, Any]
    archives: dict[str, Any] = field(default_factory=dict)
    measures: list[Measure] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)

    def find(self, archive: str, rules: str, engine: str, variant: str = "") -> Measure | None:
        """Gives the measure of this name, if it was made."""
        wanted = (archive, rules, engine, variant)
        return next((one for one in self.measures if (one.archive, one.rules, one.engine, one.variant) == wanted), None)

    def keep(self, measure: Measure) -> None:
        """Keeps a measure; an earlier one of the same name gives way."""
        names = (measure.archive, measure.rules, measure.engine, measure.variant)
        self.measures = [one for one in self.measures if (one.archive, one.rules, one.engine, one.variant) != names]
        self.measures.append(measure)

    def keep_check(self, check: Check) -> None:
        """Keeps a comparison; an earlier one of the same name gives way."""
        names = (check.archive, check.rules, check.what)
        self.checks = [one for one in self.checks if (one.archive, one.rules, one.what) != names]
        self.checks.append(check)

    def keep_difference(self, difference: Difference) -> None:
        """Keeps a difference once."""
        if difference not in self.differences:
            self.differences.append(difference)

    def save(self, path: Path) -> None:
        """Writes it as JSON, whole or not at all."""
        partial = path.with_name(f"{path.name}.partial")
        partial.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Record":
        """Reads what `save` wrote."""
        told = json.loads(path.read_text(encoding="utf-8"))
        lists = {"measures": Measure, "checks": Check, "differences": Difference}
        return cls(**told | {name: [kind(**one) for one in told[name]] for name, kind in lists.items()})

    def summary(self, table: str, plot: str | None) -> str:
        """Gives the record as a page for people.

        Args:
            table: The table of targets.
            plot: The file of the plot, if there is one.
        """
        wrong = [check for check in self.checks if not check.ok]
        lines = [
            f"# {self.date}: the race{' (short form)' if self.settings['short'] else ''}",
            "",
            self._circumstances(),
            "",
            table,
            "",
            f"Answers: {len(self.checks):,} comparisons, {len(wrong):,} of them wrong.",
            *(f"- wrong: {w.archive}, {w.rules}: {w.what}: {w.expected:,} expected, {w.found:,} found" for w in wrong),
            "",
            *(f"Absent: {name}: {reason}" for name, reason in self.absent.items()),
            "",
            "Rules that a peer answers differently, or has no words for; they leave its race on both sides:",
            *_of_differences(self.differences),
            "",
            *([f"![rows per second by number of rules]({plot})", ""] if plot else []),
            "## Every measure",
            "",
            "| archive | rules | engine | | rows | median | spread | rows/s | peak |",
            "|---|---|---|---|---|---|---|---|---|",
            *(_row(measure) for measure in self.measures),
            "",
        ]
        return "\n".join(lines)

    def _circumstances(self) -> str:
        machine, settings = self.machine, self.settings
        where = f"{machine['processors']} processors, {machine['model']}, {machine['memory']}, {machine['system']}"
        how = f"{settings['runs']} runs of each on {settings['threads']} threads"
        return (
            f"Machine: {where}; Python {machine['python']}. {how}, files in the page cache, each run a process of its own, rules "
            "loaded before."
        )


def _of_differences(differences: list[Difference]) -> list[str]:
    kinds = Counter((one.engine, one.why) for one in differences)
    many = [f"- {engine}: {count:,} rules: {why}" for (engine, why), count in kinds.items()]
    shown = [f"  - {d.engine}, {d.archive}: {d.rule}, first in row {d.row}" for d in differences if d.row is not None]
    return [*many, *shown] or ["- none"]


def _row(one: Measure) -> str:
    spread = f"{min(one.seconds):.3f}–{max(one.seconds):.3f}"
    by = f" ({one.notes['by']})" if "by" in one.notes else ""
    return (
        f"| {one.archive} | {one.rules}: {one.count:,} | {one.version}{by} | {one.variant} | {one.rows:,} | {one.median:.3f} s "
        f"of {len(one.seconds)} | {spread} | {one.rate:,.0f} | {one.peak / 2**20:,.0f} MiB |"
    )


def machine() -> dict[str, Any]:
    """Describes the machine."""
    model = platform.processor() or platform.machine()
    cpuinfo, meminfo = Path("/proc/cpuinfo"), Path("/proc/meminfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    memory = "unknown memory"
    if meminfo.exists():
        (total,) = (line.split()[1] for line in meminfo.read_text().splitlines() if line.startswith("MemTotal"))
        memory = f"{int(total) / 2**20:.0f} GiB"
    return {
        "processors": os.cpu_count(),
        "model": model,
        "memory": memory,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "build": _build(),
    }


def _build() -> str:
    """Tells one build of the core from another; figures of two builds do not belong into one record."""
    from sigtrawl import _native

    return hashlib.sha256(Path(str(_native.__file__)).read_bytes()).hexdigest()[:16]


def today() -> str:
    """The date of a record."""
    return datetime.now(UTC).strftime("%Y-%m-%d")
