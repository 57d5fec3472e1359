"""Which rules a command works with: what the user typed, understood, loaded and compiled.

``-r`` takes rule files, folders, or one compiled file. A compiled file goes to the core as it is; only a filter makes us
parse its Plan, choose, and compile again. pySigma is loaded only for rule files that have changed since the last run (`kept`): it
takes longer than many a scan.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sigtrawl
from sigtrawl import compiled
from sigtrawl.cli import kept
from sigtrawl.cli.kept import Made
from sigtrawl.cli.options import Level, Status
from sigtrawl.cli.placeholders import read_placeholders
from sigtrawl.cli.render.screen import Screen
from sigtrawl.correlation.entry import CorrelationEntry
from sigtrawl.errors import CompiledFileError, RuleError, UsageError
from sigtrawl.plan import Plan, RuleEntry
from sigtrawl.ruleset import RuleSet
from sigtrawl.subset import subset

if TYPE_CHECKING:
    from sigtrawl.config import Config
    from sigtrawl.rules import Rules


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user said about rules.

    Attributes:
        paths: Rule files, folders, or one compiled file.
        filters: The filters of `sigtrawl.load_rules`, where given.
        placeholders: Name → values.
        skip_bad: Whether bad rules stop nothing.
        pipelines: The pySigma pipelines that rules go through.
        pipelines_of: The configuration file that names them, where the command line names none.
        cached: Whether a Plan that was kept may stand for the rules, and a new one be kept.
    """

    paths: tuple[Path, ...]
    filters: Mapping[str, Any]
    placeholders: Mapping[str, Sequence[str]]
    skip_bad: bool
    pipelines: tuple[str | Path, ...] = ()
    pipelines_of: Path | None = None
    cached: bool = True

    @classmethod
    def of(
        cls,
        paths: Sequence[Path],
        *,
        min_level: Level | None,
        level: Sequence[Level] | None,
        status: Sequence[Status] | None,
        include_tag: Sequence[str] | None,
        exclude_tag: Sequence[str] | None,
        for_logsource: str | None,
        placeholder: Sequence[str] | None,
        placeholders: Sequence[Path] | None,
        skip_bad: bool,
        pipeline: Sequence[str] | None = None,
        config: "Config | None" = None,
        no_cache: bool = False,
    ) -> "Selection":
        """Gather the options that all commands over rules share."""
        filters: dict[str, Any] = {
            "min_level": min_level and min_level.value,
            "level": [one.value for one in level or ()],
            "status": [one.value for one in status or ()],
            "include_tags": list(include_tag or ()),
            "exclude_tags": list(exclude_tag or ()),
            "logsource": for_logsource,
        }
        given = {name: value for name, value in filters.items() if value}
        values = read_placeholders(placeholder or (), placeholders or ())
        if pipeline or config is None:
            return cls(tuple(paths), given, values, skip_bad, tuple(pipeline or ()), cached=not no_cache)
        return cls(tuple(paths), given, values, skip_bad, config.pipelines, config.path, cached=not no_cache)

    def spare(self, output: Path | None) -> None:
        """Refuse an output that would take the place of one of the rules.

        Raises:
            UsageError: It would.
        """
        if output is None or not output.is_file():
            return
        of_a_folder = output.resolve().parents if output.suffix.lower() in {".yml", ".yaml"} else ()
        for path in self.paths:
            if path.exists() and (path.samefile(output) or path.resolve() in of_a_folder):
                raise UsageError(f"-o {output} is one of the rules; name another file")


_OF_PIPELINES = frozenset({"pipeline-without-effect", "filter-thinned"})
"""Warnings that concern what this run finds, and not only the authors of rules."""


@dataclass(frozen=True)
class Loaded:
    """A compiled rule set, and what is known of its rules and of those that are not in it.

    Attributes:
        ruleset: The compiled rules.
        made: The Plan that they were compiled from; None where they are a compiled file as it is.
    """

    ruleset: RuleSet
    made: Made | None = None

    @cached_property
    def plan(self) -> Plan:
        """The Plan; one that was not just made is parsed when somebody asks for titles."""
        return self.ruleset.plan() if self.made is None or self.made.parsed is None else self.made.parsed

    @cached_property
    def _carried(self) -> Mapping[str, Any]:
        """The Plan's JSON as plain data, which is three times as quick to have as the Plan."""
        document: dict[str, Any] = json.loads(self.ruleset.native.plan())
        return {"waiting": document.get("waiting", ()), "load_report": document.get("load_report")}

    @property
    def entries(self) -> tuple[RuleEntry, ...]:
        """The rules that can run, in their order."""
        return self.plan.rules

    @property
    def correlations(self) -> tuple[CorrelationEntry, ...]:
        """The correlations, those that wait among them, in their order."""
        return self.plan.correlations

    @property
    def waiting(self) -> int:
        """How many rules wait for placeholder values."""
        return len(self._carried["waiting"]) if self.made is None else self.made.waiting

    @property
    def skipped(self) -> int:
        """How many rules are bad and were skipped."""
        report = (self._carried.get("load_report") or {}) if self.made is None else self.made.load_report
        counts = report.get("counts", {})
        return int(counts.get("invalid", 0)) + int(counts.get("unsupported", 0))


def load(selection: Selection, screen: Screen, *, waiting: bool = False, tell: bool = True) -> Loaded:
    """Load and compile what was selected; bad rules that are skipped are listed, also where notes are silenced.

    Args:
        selection: What the user said about rules.
        screen: Where to tell.
        waiting: Whether rules that wait for placeholder values are enough.
        tell: Whether bad rules are listed; not where one rule is looked for among many.

    Raises:
        CompiledFileError: The compiled file cannot be read.
        InputError: A path leads nowhere.
        RuleErrors: Some rules are bad, and nobody said to skip them.
        UsageError: No rule is left.
    """
    made = plan_of(selection)
    if selection.pipelines and compiled.is_compiled(selection.paths[0]):
        told = f"the pipelines of {selection.pipelines_of} are not applied"
        screen.warn(f"{told}: {selection.paths[0]} is a compiled file; name them when it is compiled")
    if made is None:
        return Loaded(RuleSet.load(selection.paths[0]))
    for raw in made.load_report.get("warnings", ()):
        if raw["code"] in _OF_PIPELINES:
            who = f"filter {raw['title']!r}: " if raw.get("title") else ""
            screen.warn(f"{raw['file']}: {who}{raw['message']}")
    errors = made.load_report.get("errors", ())
    for raw in errors:
        if tell:
            screen.warn(f"skipped: {RuleError(**raw)}")
    if not made.ready and not (waiting and made.waiting):
        raise UsageError(_nothing_left(made, selection))
    return Loaded(RuleSet.from_plan(made.plan), made)


def plan_of(selection: Selection) -> Made | None:
    """Give the Plan of what was selected; None where a compiled file is taken as it is."""
    compiled_files = [path for path in selection.paths if compiled.is_compiled(path)]
    foreign = [path for path in selection.paths if not compiled.is_rule_text(path)]
    if not compiled_files and foreign:
        raise CompiledFileError(f"{foreign[0]} is neither a rule file nor a compiled file; -r takes rules, EVENTS come first")
    if not compiled_files:
        if selection.cached and not selection.pipelines:
            return kept.made(selection.paths, _options(selection))
        return Made.of(rules_of(selection).plan())
    path = compiled_files[0]
    if len(selection.paths) > 1:
        raise UsageError(f"{path} is a compiled file and can only be taken alone; compile all the rules into one file")
    if selection.placeholders:
        raise UsageError(f"{path} is a compiled file, whose placeholders are settled; give --placeholder when it is compiled")
    if selection.pipelines and selection.pipelines_of is None:
        raise UsageError(f"{path} is a compiled file, which no pipeline can change; give -p when it is compiled")
    if not selection.filters:
        return None
    return Made.of(subset(Plan.from_json(compiled.read(path)), selection.filters))


def rules_of(selection: Selection) -> "Rules":
    """Load rule files and folders."""
    return sigtrawl.load_rules(selection.paths, pipelines=selection.pipelines, **_options(selection))


def _options(selection: Selection) -> dict[str, Any]:
    """Give the options of `sigtrawl.load_rules`, without pipelines."""
    on_error = "skip" if selection.skip_bad else "raise"
    return {"on_error": on_error, "placeholders": selection.placeholders, **selection.filters}


def _nothing_left(made: Made, selection: Selection) -> str:
    """Say why there is no rule to run."""
    where = ", ".join(str(path) for path in selection.paths)
    report = made.load_report
    reasons = [
        f"{count:,} {what}"
        for count, what in (
            (int(report.get("filtered", 0)), "left out by the filters"),
            (made.waiting, "waiting for placeholder values (--placeholder name=value)"),
            (sum(int(report.get("counts", {}).get(state, 0)) for state in ("invalid", "unsupported")), "bad and skipped"),
        )
        if count
    ]
    return f"no rule of {where} is left to run: {', '.join(reasons) or 'there is none'}"
