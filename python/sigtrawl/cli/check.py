"""``sigtrawl check``: which rules can run on events, and why the others cannot; no row is read."""

from dataclasses import dataclass

import sigtrawl
from sigtrawl.cli import options as given
from sigtrawl.cli.exit import Exit, decide
from sigtrawl.cli.render import listing, summary
from sigtrawl.cli.render.screen import Screen
from sigtrawl.cli.selection import Loaded, Selection, load
from sigtrawl.report import RULE_STATES, ScanReport

COLUMNS = ("state", "level", "title", "id", "missing", "lost")

_ORDER = (*RULE_STATES, "needs-values")


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What the user asked for."""

    events: tuple[str, ...]
    selection: Selection
    schema: str | None
    logsource: str | None
    strict: bool
    format: given.ListFormat | None


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
    skip_bad_rules: given.SkipBadRules = False,
    schema: given.Schema = None,
    logsource: given.LogSource = None,
    strict: given.Strict = False,
    format_: given.AsList = None,
    quiet: given.Quiet = False,
    no_color: given.NoColor = False,
) -> int:
    """Say which rules can run on events, and why the others cannot, without reading a row.

    The table lists the rules that lost something here; json and csv list all of them.
    """
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
    )
    options = CheckOptions(tuple(events), selection, schema, logsource, strict, format_)
    return run(options, Screen(quiet=quiet, color=not no_color))


def run(options: CheckOptions, screen: Screen) -> Exit:
    """Load the rules, look at the events, show."""
    loaded = load(options.selection, screen)
    report = sigtrawl.check(list(options.events), loaded.ruleset, schema=options.schema, logsource=options.logsource)
    chosen = listing.chosen(options.format, screen)
    listing.show(COLUMNS, _rows(report, loaded, everything=chosen is not given.ListFormat.TABLE), chosen, screen)
    summary.after_check(report, loaded, screen)
    conditions = {Exit.UNREAD} if report.unread else set()
    if options.strict and (inert := summary.inert(report, loaded)):
        screen.error(summary.strict_message(inert))
        conditions.add(Exit.RULES)
    return decide(conditions | summary.idle(report, screen))


def _rows(report: ScanReport, loaded: Loaded, *, everything: bool) -> list[dict[str, object]]:
    """Give one row a rule and one a correlation, the worst states last."""
    rows: list[dict[str, object]] = [
        {
            "state": rule.state,
            "level": entry.level,
            "title": entry.title,
            "id": entry.id,
            "missing": list(rule.missing),
            "lost": list(rule.lost),
        }
        for rule, entry in zip(report.rules, loaded.entries, strict=True)
        if everything or rule.state in {"partial", "inert"}
    ]
    rows += [
        {"state": one.state, "level": entry.level, "title": one.title, "id": one.id, "missing": [], "lost": []}
        for one, entry in zip(report.correlations, loaded.correlations, strict=False)
        if everything or one.state in {"partial", "inert"}
    ]
    return sorted(rows, key=lambda row: _ORDER.index(str(row["state"])))
