"""``sigtrawl rules``: every rule with its state, and what loading says about the bad ones."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sigtrawl.cli import options as given
from sigtrawl.cli.configuration import configuration
from sigtrawl.cli.exit import Exit
from sigtrawl.cli.render import listing
from sigtrawl.cli.render.screen import Screen
from sigtrawl.cli.selection import Selection, load, rules_of
from sigtrawl.compiled import is_compiled
from sigtrawl.correlation.entry import CorrelationEntry
from sigtrawl.plan import LogSource, RuleEntry

if TYPE_CHECKING:
    from sigtrawl.rules import Rules

COLUMNS = ("kind", "state", "level", "status", "title", "logsource", "tags", "id", "file")
TABLE_COLUMNS = ("kind", "state", "level", "title", "logsource", "id")


@dataclass(frozen=True, slots=True)
class RulesOptions:
    """What the user asked for."""

    selection: Selection
    format: given.ListFormat | None


def rules(
    rules: given.RulePaths,
    *,
    min_level: given.MinLevel = None,
    level: given.Levels = None,
    status: given.Statuses = None,
    include_tag: given.IncludeTags = None,
    exclude_tag: given.ExcludeTags = None,
    for_logsource: given.ForLogSource = None,
    placeholder: given.Placeholders = None,
    placeholders: given.PlaceholderFiles = None,
    pipeline: given.Pipelines = None,
    skip_bad_rules: given.SkipBadRules = False,
    format_: given.AsList = None,
    config: given.ConfigFile = None,
    no_config: given.NoConfig = False,
    quiet: given.Quiet = False,
    no_color: given.NoColor = False,
) -> int:
    """List rules with their state: ready, needs-values, unsupported or invalid.

    Bad rules are in the list and are explained on stderr; the exit status is then 2, or 0 with --skip-bad-rules.
    """
    screen = Screen(quiet=quiet, color=not no_color)
    settings = configuration(config, screen, ignored=no_config)
    selection = Selection.of(
        rules,
        min_level=min_level,
        level=level,
        status=status,
        include_tag=include_tag,
        exclude_tag=exclude_tag,
        for_logsource=for_logsource,
        placeholder=placeholder,
        placeholders=placeholders,
        skip_bad=skip_bad_rules,
        pipeline=pipeline,
        config=settings,
    )
    return run(RulesOptions(selection, format_), screen)


def run(options: RulesOptions, screen: Screen) -> Exit:
    """Load, list, explain."""
    how = listing.chosen(options.format, screen)
    columns = TABLE_COLUMNS if how is given.ListFormat.TABLE else COLUMNS
    if any(is_compiled(path) for path in options.selection.paths):
        plan = load(options.selection, screen).plan
        rows = [*(_row(entry) for entry in (*plan.rules, *plan.waiting)), *map(_correlation_row, plan.correlations)]
        listing.show(_with_kind(columns, rows), rows, how, screen)
        waiting = len(plan.waiting) + sum(entry.waits for entry in plan.correlations)
        screen.note(f"{len(rows) - waiting:,} ready, {waiting:,} needs-values")
        return Exit.DONE
    loaded = rules_of(replace(options.selection, skip_bad=True))
    report = loaded.report()
    rows = list(_rows(loaded))
    listing.show(_with_kind(columns, rows), rows, how, screen)
    for error in report.errors:
        screen.warn(str(error)) if options.selection.skip_bad else screen.error(str(error))
    for warning in report.warnings:
        screen.note(f"look at: {warning}")
    screen.note(str(report))
    return Exit.RULES if report.errors and not options.selection.skip_bad else Exit.DONE


def _rows(loaded: "Rules") -> Iterator[dict[str, object]]:
    """Give the usable rules, filters and correlations, then the bad ones."""
    for rule in loaded:
        yield {**_row(rule.entry()), "state": rule.state, "file": rule.file}
    for one in loaded.filters:
        own = {"kind": "filter", "state": one.state, "title": one.title, "logsource": logsource(one.logsource)}
        yield {**_nothing(), **own, "id": one.id, "file": one.file}
    for correlation in loaded.correlations:
        yield {
            **_nothing(),
            "kind": "correlation",
            "state": correlation.state,
            "level": correlation.level,
            "status": correlation.status,
            "title": correlation.title,
            "tags": list(correlation.tags),
            "id": correlation.id,
            "file": correlation.file,
        }
    for bad in (entry for entry in loaded.report().rules if entry.state in {"unsupported", "invalid"}):
        yield {**_nothing(), "kind": bad.kind, "state": bad.state, "title": bad.title, "id": bad.id, "file": bad.file}


def _nothing() -> dict[str, object]:
    return {**dict.fromkeys(COLUMNS), "tags": []}


def _with_kind(columns: tuple[str, ...], rows: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """Let a table say what is no rule, if something in it is not."""
    if "kind" in columns or all(row["kind"] == "rule" for row in rows):
        return columns
    return "kind", *columns


def _correlation_row(entry: CorrelationEntry) -> dict[str, object]:
    return {
        **_nothing(),
        "kind": "correlation",
        "state": "needs-values" if entry.waits else "ready",
        "level": entry.level,
        "status": entry.status,
        "title": entry.title,
        "tags": list(entry.tags),
        "id": entry.id,
        "file": entry.path,
    }


def _row(entry: RuleEntry) -> dict[str, object]:
    return {
        "kind": "rule",
        "state": "needs-values" if entry.condition is None else "ready",
        "level": entry.level,
        "status": entry.status,
        "title": entry.title,
        "logsource": logsource(entry.logsource),
        "tags": list(entry.tags),
        "id": entry.id,
        "file": entry.path,
    }


def logsource(source: LogSource) -> str:
    """Write a log source as ``--logsource`` reads it."""
    parts = (("product", source.product), ("category", source.category), ("service", source.service))
    return ",".join(f"{name}={value}" for name, value in parts if value is not None)
