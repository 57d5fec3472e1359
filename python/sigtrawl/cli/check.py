"""``sigtrawl check``: which rules can run on events, and why the others cannot; no row is read."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

import sigtrawl
from sigtrawl.cli import options as given
from sigtrawl.cli.configuration import configuration, warn_of_idle_entries
from sigtrawl.cli.exit import Exit, decide
from sigtrawl.cli.render import checked, listing, summary
from sigtrawl.cli.render.screen import Screen
from sigtrawl.cli.selection import Loaded, Selection, load
from sigtrawl.config import Config
from sigtrawl.plan import RuleEntry
from sigtrawl.report import INPUT_STATES, NEEDS_VALUES, RULE_STATES, ScanReport

COLUMNS = (
    *("state", "level", "title", "id", "file", "product", "category", "service"),
    *("missing", "near", "lost", "any_product", "groups", "placeholders"),
)


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What the user asked for."""

    events: tuple[str, ...]
    selection: Selection
    schema: str | None
    logsource: str | None
    config: Config | None
    strict: bool
    format: given.ListFormat | None
    limit: int


def check(
    events: given.Events,
    rules: given.Rules,
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
    no_cache: given.NoCache = False,
    schema: given.Schema = None,
    logsource: given.LogSource = None,
    strict: given.Strict = False,
    format_: given.AsList = None,
    limit: Annotated[
        int,
        typer.Option(
            help="How many rules the table lists; 0 lists all, and so does --strict. json and csv have all of them.",
            min=0,
            rich_help_panel=given.OUTPUT_PANEL,
        ),
    ] = 50,
    config: given.ConfigFile = None,
    no_config: given.NoConfig = False,
    quiet: given.Quiet = False,
    no_color: given.NoColor = False,
) -> int:
    """Say which rules can run on events, and why the others cannot, without reading a row.

    The table goes from the inputs to the rules that lost something here; json and csv list all rules, those that wait for
    placeholder values (needs-values) among them.
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
        no_cache=no_cache,
    )
    options = CheckOptions(tuple(events), selection, schema, logsource, settings, strict, format_, limit)
    return run(options, screen)


def run(options: CheckOptions, screen: Screen) -> Exit:
    """Load the rules, look at the events, show."""
    loaded = load(options.selection, screen)
    report = sigtrawl.check(
        list(options.events), loaded.ruleset, schema=options.schema, logsource=options.logsource, config=options.config
    )
    warn_of_idle_entries(options.config, report, screen)
    how = listing.chosen(options.format, screen)
    if how is given.ListFormat.TABLE:
        # What --strict refuses is listed to the last rule.
        checked.show(report, loaded, 0 if options.strict else options.limit, screen)
        summary.correlations(report, screen)
        summary.problems(report, screen)
    else:
        rows = _rows(report, loaded)
        if how is given.ListFormat.CSV:
            flat = ({**row, "near": _pairs(row["near"])} for row in (*rows, *_correlations(report, loaded)))
            listing.show(COLUMNS, flat, how, screen)
        else:
            listing.document(_document(report, loaded, rows), screen)
        summary.after_check(report, loaded, screen)
    conditions = {Exit.UNREAD} if report.unread else set()
    if options.strict and (inert := summary.inert(report, loaded)):
        screen.error(summary.strict_message(inert))
        conditions.add(Exit.RULES)
    return decide(conditions | summary.idle(report, screen))


def _document(report: ScanReport, loaded: Loaded, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the whole check as plain data."""
    return {
        "totals": {
            "rules": dict.fromkeys(RULE_STATES, 0) | report.rule_states(),
            "waiting": loaded.waiting,
            "skipped": loaded.skipped,
            "inputs": dict.fromkeys(INPUT_STATES, 0) | report.input_states(),
            "rows": sum(entry.rows for entry in report.inputs),
            "bytes": report.size,
        },
        "logsources": [
            {**asdict(source), **{state: counts[state] for state in RULE_STATES}}
            for source, counts in checked.per_log_source(report, loaded)
        ],
        "inputs": [asdict(entry) for entry in report.inputs],
        "groups": [asdict(entry) for entry in report.groups],
        "rules": rows,
        "correlations": _correlations(report, loaded),
    }


def _rows(report: ScanReport, loaded: Loaded) -> list[dict[str, Any]]:
    """Give one row a rule, the worst states last, and then those that wait for placeholder values."""
    differing = {entry.rule: list(entry.states) for entry in report.differing}
    rows: list[dict[str, Any]] = [
        {
            **_named(entry, rule.state),
            "missing": list(rule.missing),
            "near": dict(rule.near),
            "lost": list(rule.lost),
            "any_product": rule.any_product,
            "groups": differing.get(number),
            "placeholders": [],
        }
        for number, (rule, entry) in enumerate(zip(report.rules, loaded.entries, strict=True))
    ]
    rows.sort(key=lambda row: RULE_STATES.index(row["state"]))
    empty: dict[str, Any] = {"missing": [], "near": {}, "lost": [], "any_product": None, "groups": None}
    return rows + [
        {**_named(entry, NEEDS_VALUES), **empty, "placeholders": list(entry.placeholders)} for entry in loaded.plan.waiting
    ]


def _named(entry: RuleEntry, state: str) -> dict[str, Any]:
    return {
        "state": state,
        "level": entry.level,
        "title": entry.title,
        "id": entry.id,
        "file": entry.path,
        **asdict(entry.logsource),
    }


def _correlations(report: ScanReport, loaded: Loaded) -> list[dict[str, Any]]:
    """Give one row a correlation."""
    return [
        {
            **dict.fromkeys(COLUMNS),
            "state": one.state,
            "level": entry.level,
            "title": one.title,
            "id": one.id,
            "file": entry.path,
            "missing": list(one.missing),
            "near": dict(one.near),
            "placeholders": list(entry.placeholders),
        }
        for one, entry in zip(report.correlations, loaded.correlations, strict=False)
    ]


def _pairs(near: dict[str, str]) -> list[str]:
    return [f"{field}={column}" for field, column in near.items()]
