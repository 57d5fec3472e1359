"""``sigtrawl rules``: every rule with its state, and what loading says about the bad ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sigtrawl.cli import options as given
from sigtrawl.cli.configuration import configuration
from sigtrawl.cli.exit import Exit
from sigtrawl.cli.render import listing
from sigtrawl.cli.render.screen import Screen
from sigtrawl.cli.selection import Selection, load, rules_of
from sigtrawl.compiled import is_compiled
from sigtrawl.plan import LogSource, RuleEntry

if TYPE_CHECKING:
    from sigtrawl.rules import Rules

COLUMNS = ("state", "level", "status", "title", "logsource", "tags", "id", "file")
TABLE_COLUMNS = ("state", "level", "title", "logsource", "id")


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
        listing.show(columns, (_row(entry) for entry in (*plan.rules, *plan.waiting)), how, screen)
        screen.note(f"{len(plan.rules):,} ready, {len(plan.waiting):,} needs-values")
        return Exit.DONE
    loaded = rules_of(replace(options.selection, skip_bad=True))
    report = loaded.report()
    listing.show(columns, _rows(loaded), how, screen)
    for error in report.errors:
        screen.warn(str(error)) if options.selection.skip_bad else screen.error(str(error))
    for warning in report.warnings:
        screen.note(f"look at: {warning}")
    screen.note(str(report))
    return Exit.RULES if report.errors and not options.selection.skip_bad else Exit.DONE


def _rows(loaded: "Rules") -> Iterator[dict[str, object]]:
    """Give the usable rules, then the bad ones."""
    for rule in loaded:
        yield {**_row(rule.entry()), "state": rule.state, "file": rule.file}
    for bad in (entry for entry in loaded.report().rules if entry.state in {"unsupported", "invalid"}):
        nothing = dict.fromkeys(COLUMNS)
        yield {**nothing, "tags": [], "state": bad.state, "title": bad.title, "id": bad.id, "file": bad.file}


def _row(entry: RuleEntry) -> dict[str, object]:
    return {
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
