"""What a scan says about itself on stderr, and the counts per rule on stdout.

Every input and every rule is in one of these numbers; nothing is skipped without being counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sigtrawl.cli.exit import Exit
from sigtrawl.cli.render import listing
from sigtrawl.cli.render.screen import Screen, visible
from sigtrawl.cli.selection import Loaded
from sigtrawl.report import CorrelationReport, RuleReport, ScanReport

if TYPE_CHECKING:
    from sigtrawl.correlation.entry import CorrelationEntry
    from sigtrawl.plan import RuleEntry

INPUT_WORDS = {
    "whole": "read",
    "part": "read in part",
    "failed": "failed",
    "nothing-to-run": "with nothing to run",
    "ignored": "ignored (no event files)",
}
UNTAKEN = "the schema does not take the column of that name here"
"""Of a missing field whose own name is that of a column here."""
BEFORE_READING = {**INPUT_WORDS, "whole": "readable"}
RULE_WORDS = {
    "runs": "ran",
    "partial": "ran without some of their fields",
    "inert": "could never match here",
    "no-log-source": "without their log source here",
}
BEFORE_RUNNING = {
    **RULE_WORDS,
    "runs": "can run",
    "partial": "can run without some of their fields",
    "inert": "can never match here",
}
NAMED = 5
"""So many rules or inputs are named in a message before the rest is only counted."""


def after_scan(report: ScanReport, loaded: Loaded, screen: Screen, seconds: float) -> None:
    """Say what a scan did."""
    speed = f", {report.rows / seconds:,.0f} rows/s" if seconds > 0 and report.rows else ""
    # Only for correlations are there silent rules; else nobody needs the Plan's entries here.
    silent = [entry.silent for entry in loaded.entries] if report.correlations else [False] * len(report.rules)
    loud = [rule for rule, unheard in zip(report.rules, silent, strict=True) if not unheard]
    found = sum(1 for rule in loud if rule.matches) + sum(1 for one in report.correlations if one.results and not one.silent)
    screen.note(f"Inputs: {states(report.input_states(), INPUT_WORDS)}; {count(report.rows, 'row')} in {seconds:,.1f} s{speed}")
    screen.note(
        f"Matches: {report.matches:,}"
        + (f" of {count(found, 'rule')}" if report.matches else "")
        + ("" if report.complete else " so far")
    )
    screen.note(f"Rules: {rules_line(report, loaded, RULE_WORDS)}")
    if report.correlations:
        screen.note(f"Correlations: {_results(report)}")
    problems(report, screen)


def after_check(report: ScanReport, loaded: Loaded, screen: Screen) -> None:
    """Say what a check found."""
    for entry in report.inputs:
        if entry.state in {"whole", "nothing-to-run"}:
            read_by = f"schema {entry.schema} ({entry.schema_reason})" if entry.schema else "no schema"
            screen.note(f"{entry.file or 'data'}: {count(entry.rows, 'row')}, {read_by}")
    screen.note(f"Inputs: {states(report.input_states(), BEFORE_READING)}")
    screen.note(f"Rules: {rules_line(report, loaded, BEFORE_RUNNING)}")
    if (notice := any_product(report, loaded)) is not None:
        screen.note(notice)
    correlations(report, screen)
    problems(report, screen)


def idle(report: ScanReport, screen: Screen) -> set[Exit]:
    """Say so if no rule can run, which is an error unless an input was not read: then nobody knows what would have run there."""
    if report.able() or report.unread:
        return set()
    screen.error(f"not one rule can run on these events: {states(report.rule_states(), BEFORE_RUNNING)}")
    return {Exit.USAGE}


def dry_run(report: ScanReport, loaded: Loaded, screen: Screen) -> None:
    """Say what a scan would do."""
    for entry in report.inputs:
        reason = f" ({entry.reason})" if entry.reason else ""
        schema = f", schema {entry.schema}" if entry.schema else ""
        rows = f", {count(entry.rows, 'row')}" if entry.rows else ""
        able = entry.rules.get("runs", 0) + entry.rules.get("partial", 0)
        runs = f", {count(able, 'rule')} to run" if able else ""
        screen.out.print(visible(f"{entry.file}: {entry.state}{rows}{schema}{runs}{reason}"), soft_wrap=True)
    screen.note(f"Rules: {rules_line(report, loaded, BEFORE_RUNNING)}")
    correlations(report, screen)
    screen.note("Nothing was read: this was a dry run")


def problems(report: ScanReport, screen: Screen) -> None:
    """Name the inputs that were not read, and what could not be evaluated; never silent."""
    for entry in report.unread:
        screen.error(f"{entry.file or 'the data'}: {INPUT_WORDS[entry.state]}: {entry.reason or 'no reason given'}")
    idle = [entry for entry in report.inputs if entry.state == "nothing-to-run"]
    for entry in idle[:NAMED]:
        screen.note(f"{entry.file}: nothing to run: {entry.reason or 'no rule fits'}")
    if len(idle) > NAMED:
        screen.note(f"… and {len(idle) - NAMED:,} more inputs with nothing to run")
    for column, values in report.not_evaluable.items():
        screen.warn(f"column {column}: {count(values, 'value')} without a text form; rules that need it were not evaluated there")
    for one in report.correlations:
        if one.missing:
            screen.warn(f"correlation {one.title}: no column answers {_missing(one)}, which is null in all of its events")
        if one.without_time:
            lost = count(one.without_time, "match", "matches")
            screen.warn(f"correlation {one.title}: {lost} without a time that can be read, left out of it")
        if one.not_numbers:
            screen.warn(f"correlation {one.title}: {count(one.not_numbers, 'value')} that are no numbers, left out of it")
    if report.unreadable_times:
        screen.warn(f"{count(report.unreadable_times, 'match', 'matches')} with a time that cannot be read; their time is null")


def per_rule(report: ScanReport, loaded: Loaded, how: str, screen: Screen) -> None:
    """Print the matches per rule, most first."""
    counts: list[tuple[int, RuleEntry | CorrelationEntry]] = [
        *((rule.matches, entry) for rule, entry in zip(report.rules, loaded.entries, strict=True)),
        *((one.results, entry) for one, entry in zip(report.correlations, loaded.correlations, strict=False)),
    ]
    rows = [
        {"matches": count, "level": entry.level, "rule": entry.title, "id": entry.id}
        for count, entry in sorted(counts, key=lambda pair: -pair[0])
        if count and not entry.silent
    ]
    listing.show(("matches", "level", "rule", "id"), rows, how, screen)


def any_product(report: ScanReport, loaded: Loaded) -> str | None:
    """Say so if rules run on rows that do not tell their product."""
    if not any(rule.any_product for rule in report.rules):  # nobody needs the Plan's entries for that
        return None
    found = [entry.logsource for rule, entry in zip(report.rules, loaded.entries, strict=True) if rule.any_product]
    products = ", ".join(sorted({source.product or "" for source in found}))
    categories = sorted({source.category for source in found if source.category is not None})
    category = categories[0] if len(categories) == 1 else "..."
    return (
        f"The events do not tell their product, so {count(len(found), 'rule')} for {products} can run on all of them; "
        f"--logsource category={category},product=... says what they are"
    )


def inert(report: ScanReport, loaded: Loaded) -> tuple[tuple[str, str], ...]:
    """Give the titles of rules and correlations that can never match although their log source is there, with the reasons."""
    rules = zip(report.rules, loaded.entries, strict=True)
    return (
        *((entry.title, f"no column answers {_missing(rule) or 'it'}") for rule, entry in rules if rule.state == "inert"),
        *(
            (one.title, f"no column answers {_missing(one)}" if one.missing else "too few of its rules can run")
            for one in report.correlations
            if one.state == "inert"
        ),
    )


def strict_message(found: Iterable[tuple[str, str]]) -> str:
    """Say which inert rules stop a strict run."""
    found = tuple(found)
    named = [f"{title} ({reason})" for title, reason in found[:NAMED]]
    more = f"; and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    return (
        f"--strict: {count(len(found), 'rule')} can never match on these events: {'; '.join(named)}{more}; "
        "sigtrawl check lists all of them; map the fields with --schema FILE, or leave the rules out"
    )


def _missing(rule: RuleReport | CorrelationReport) -> str:
    return ", ".join(name + _guess(name, rule.near.get(name)) for name in rule.missing)


def _guess(field: str, column: str | None) -> str:
    if column == field:
        return f" ({UNTAKEN})"
    return "" if column is None else f" (did you mean {column}?)"


def states(counts: Mapping[str, int], words: Mapping[str, str]) -> str:
    """Count states in words."""
    return ", ".join(f"{count:,} {words.get(state, state)}" for state, count in counts.items()) or "none"


def rules_line(report: ScanReport, loaded: Loaded, words: Mapping[str, str]) -> str:
    """Count the rules in words, those that were never tried included."""
    opened = any(entry.state not in {"failed", "ignored"} or any(entry.rules.values()) for entry in report.inputs)
    parts = [states(report.rule_states(), words) if opened else f"{len(report.rules):,} not tried, as no input could be opened"]
    if loaded.waiting:
        parts.append(f"{loaded.waiting:,} waiting for placeholder values")
    if loaded.skipped:
        parts.append(f"{loaded.skipped:,} bad and skipped")
    return ", ".join(parts)


def _results(report: ScanReport) -> str:
    """Say how many results correlations have."""
    named = [f"{one.title} {one.results:,}" for one in report.correlations if one.results]
    more = [f"and {len(named) - NAMED:,} more with results"] if len(named) > NAMED else []
    without = len(report.correlations) - len(named)
    rest = [f"{without:,} without a result"] if without else []
    return ", ".join([*named[:NAMED], *more, *rest])


def correlations(report: ScanReport, screen: Screen) -> None:
    """Say what correlations can do."""
    if report.correlations:
        words = {
            **BEFORE_RUNNING,
            "partial": "can run without some of their rules or fields",
            "needs-values": "waiting for placeholder values",
        }
        counts = Counter(one.state for one in report.correlations)
        screen.note(f"Correlations: {states({state: counts[state] for state in words if counts[state]}, words)}")


def count(number: int, word: str, plural: str | None = None) -> str:
    """Write a number of things."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {plural or word + 's'}"
