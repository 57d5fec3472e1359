"""What a check found, for people: one screen that goes from the whole to the single rule.

What was read and how it was recognised, how many rules can run, the same per log source, then what is missing and whom that costs
something. Everything of which there may be thousands is limited and the rest counted; json and csv have all of it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sigtrawl.cli.options import Level
from sigtrawl.cli.render.screen import Screen, visible
from sigtrawl.cli.render.summary import BEFORE_READING, BEFORE_RUNNING, UNTAKEN, any_product, count, rules_line, states
from sigtrawl.cli.render.table import level
from sigtrawl.cli.selection import Loaded
from sigtrawl.plan import LogSource, RuleEntry
from sigtrawl.report import RULE_STATES, DifferingRule, GroupReport, RuleReport, ScanReport

FIELDS = 15
"""So many missing fields are named, those that most rules miss first."""
SOURCES = 20
"""So many log sources are listed, those with most rules first."""
_ROOMY = 120
_SHORT = {"runs": "Runs", "partial": "Partial", "inert": "Inert"}
_LEVELS = tuple(Level)
_STYLES = {"inert": "bold red", "partial": "yellow", "runs": "green", "no-log-source": "dim"}


def show(report: ScanReport, loaded: Loaded, limit: int, screen: Screen) -> None:
    """Print the whole of it to stdout; ``limit`` rules at most in a list, 0 for all."""
    _events(report, screen)
    screen.out.print(visible(f"Rules: {rules_line(report, loaded, BEFORE_RUNNING)}"), soft_wrap=False)
    if (notice := any_product(report, loaded)) is not None:
        screen.out.print(visible(notice))
    _log_sources(report, loaded, limit, screen)
    _fields(report, screen)
    _differing(report, loaded, limit, screen)
    _lossy(report, loaded, limit, screen)


def per_log_source(report: ScanReport, loaded: Loaded) -> list[tuple[LogSource, Counter[str]]]:
    """Count the states of the rules of each log source; those with most rules that have rows here first."""
    found: defaultdict[LogSource, Counter[str]] = defaultdict(Counter)
    for rule, entry in zip(report.rules, loaded.entries, strict=True):
        found[entry.logsource][rule.state] += 1
    return sorted(found.items(), key=lambda item: (item[1]["no-log-source"] - item[1].total(), -item[1].total(), _name(item[0])))


def _events(report: ScanReport, screen: Screen) -> None:
    _heading("Events", screen)
    lines = [f"Inputs: {states(report.input_states(), BEFORE_READING)}"]
    if len(report.groups) > 1:
        lines.append(f"Their columns differ; they are {len(report.groups):,} groups:")
    for number, group in enumerate(report.groups, start=1):
        mark = f"{number}. " if len(report.groups) > 1 else ""
        lines += [f"{mark}{line}" if first else f"{' ' * len(mark)}{line}" for first, line in _firsts(_group(group))]
    for line in lines:
        indent = len(line) - len(line.lstrip())
        screen.out.print(Padding(visible(line.lstrip()), (0, 0, 0, 2 + indent), expand=False))
    screen.out.print()


def _group(group: GroupReport) -> list[str]:
    named = ", ".join(group.examples)
    more = f" and {group.files - len(group.examples):,} more" if group.examples and group.files > len(group.examples) else ""
    lines = [f"{count(group.files, 'file') if named else 'data'}, {count(group.rows, 'row')}{': ' if named else ''}{named}{more}"]
    lines.append(f"{f'schema {group.schema}' if group.schema else 'no schema'}: {group.schema_reason}")
    if group.removed:
        lines.append(f"lacks {_some(group.removed)}")
    if group.added:
        lines.append(f"has besides {_some(group.added)}")
    if group.changed:
        lines.append(_some([f"{change.column} is {change.after} and not {change.before}" for change in group.changed]))
    if group.near:
        lines.append(_some([_near(field, column) for field, column in group.near.items()]))
    return lines


def _near(field: str, column: str) -> str:
    return (
        f"its schema does not take the column {column} for that field"
        if field == column
        else f"{field} may be its column {column}"
    )


def _log_sources(report: ScanReport, loaded: Loaded, limit: int, screen: Screen) -> None:
    found = per_log_source(report, loaded)
    here = [(source, counts) for source, counts in found if counts.total() > counts["no-log-source"]]
    absent = found[len(here) :]
    screen.out.print()
    if here:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("Log source", overflow="fold")
        for word in _SHORT.values():
            table.add_column(word, justify="right", no_wrap=True)
        for source, counts in here[: SOURCES if limit else None]:
            table.add_row(visible(_name(source)), *(f"{counts[state]:,}" if counts[state] else "-" for state in _SHORT))
        screen.out.print(table)
        if limit and len(here) > SOURCES:
            screen.out.print(Text(f"… and {len(here) - SOURCES:,} more; --limit 0 shows all", "dim"))
    if absent:
        rules = sum(counts.total() for _, counts in absent)
        what = f"{count(len(absent), 'log source')} of which no rows can be here: {count(rules, 'rule')}"
        screen.out.print(visible(f"besides {what}" if here else what, "dim"))


def _fields(report: ScanReport, screen: Screen) -> None:
    missing = Counter(field for rule in report.rules for field in rule.missing)
    if not missing:
        return
    inert = Counter(field for rule in report.rules if rule.state == "inert" for field in rule.missing)
    near: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for told in (*(rule.near for rule in report.rules), *(group.near for group in report.groups)):
        for field, column in told.items():
            if field in missing:
                near[field][column] = None
    screen.out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Missing field", overflow="fold")
    table.add_column("Rules", justify="right", no_wrap=True)
    table.add_column("Inert", justify="right", no_wrap=True)
    if near:
        table.add_column("Did you mean", overflow="fold")
    ranked = sorted(missing.items(), key=lambda item: (-item[1], item[0]))
    for field, rules in ranked[:FIELDS]:
        guess = [visible(", ".join(_told(field, near[field])), "cyan")] if near else []
        table.add_row(visible(field), f"{rules:,}", f"{inert[field]:,}" if inert[field] else "-", *guess)
    screen.out.print(table)
    if len(ranked) > FIELDS:
        screen.out.print(Text(f"… and {len(ranked) - FIELDS:,} more", "dim"))


def _told(field: str, near: Iterable[str]) -> list[str]:
    return [UNTAKEN if column == field else column for column in near]


def _differing(report: ScanReport, loaded: Loaded, limit: int, screen: Screen) -> None:
    if not report.differing:
        return
    screen.out.print()
    _heading(f"{count(len(report.differing), 'rule')} whose state is not the same in all groups of files", screen)
    for pattern, rules in Counter(rule.states for rule in report.differing).most_common(_PATTERNS):
        told = ", ".join(f"{state or 'not read'} in {number}" for number, state in enumerate(pattern[:_GROUPS], start=1))
        screen.out.print(f"  {count(rules, 'rule')}: {told}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number in range(1, len(report.groups) + 1)[:_GROUPS]:
        table.add_column(f"{number}.", no_wrap=True)
    table.add_column("Rule", overflow="fold")
    worst = sorted(report.differing, key=lambda rule: (_gap(rule), loaded.entries[rule.rule].title))
    for differing in worst[: limit or None]:
        found = [Text(state or "-", _STYLES.get(state or "", "")) for state in differing.states[:_GROUPS]]
        table.add_row(*found, _named(loaded.entries[differing.rule]))
    screen.out.print(table)
    _rest(len(worst), limit, screen)


def _gap(rule: DifferingRule) -> tuple[int, int]:
    """Order rules by what differs: those that run somewhere and never match elsewhere first."""
    places = [RULE_STATES.index(state) for state in rule.states if state is not None]
    return min(places), -max(places)


_GROUPS = 4
"""More groups do not fit a narrow screen side by side."""
_PATTERNS = 8


def _lossy(report: ScanReport, loaded: Loaded, limit: int, screen: Screen) -> None:
    found = [
        (rule, entry) for rule, entry in zip(report.rules, loaded.entries, strict=True) if rule.state in {"partial", "inert"}
    ]
    if not found:
        return
    found.sort(key=lambda pair: (-RULE_STATES.index(pair[0].state), -_severity(pair[1]), pair[1].title))
    screen.out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("State", no_wrap=True)
    table.add_column("Level", no_wrap=True)
    table.add_column("Rule", overflow="fold", ratio=1)
    roomy = screen.out.width >= _ROOMY
    if roomy:
        table.add_column("What it lost", overflow="fold", ratio=1)
    for rule, entry in found[: limit or None]:
        cells = [_named(entry), _loss(rule)] if roomy else [Text("\n").join([_named(entry), _loss(rule)])]
        table.add_row(Text(rule.state, _STYLES[rule.state]), level(entry.level), *cells)
    screen.out.print(table)
    _rest(len(found), limit, screen)


def _loss(rule: RuleReport) -> Text:
    fields = [Text.assemble(visible(field), *_guess(rule, field)) for field in rule.missing]
    lost = f"{' and '.join(rule.lost)} lost: " if rule.lost else "no column answers "
    return Text.assemble(lost, Text(", ").join(fields))


def _guess(rule: RuleReport, field: str) -> tuple[Text, ...]:
    column = rule.near.get(field)
    if column == field:
        return (Text(f" ({UNTAKEN})"),)
    return () if column is None else (Text(" (did you mean "), visible(column, "cyan"), Text("?)"))


def _severity(entry: RuleEntry) -> int:
    return _LEVELS.index(Level(entry.level)) if entry.level in _LEVELS else -1


def _named(entry: RuleEntry) -> Text:
    who = entry.id or entry.path
    return Text.assemble(visible(entry.title), *((Text("\n"), visible(who, "dim")) if who else ()))


def _rest(number: int, limit: int, screen: Screen) -> None:
    if 0 < limit < number:
        screen.out.print(Text(f"… and {number - limit:,} more; --limit 0 shows all, --format csv writes them", "dim"))


def _heading(text: str, screen: Screen) -> None:
    screen.out.print(Text(text, "bold"))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:FIELDS]) + (f" and {len(names) - FIELDS:,} more" if len(names) > FIELDS else "")


def _firsts(lines: Iterable[str]) -> Iterable[tuple[bool, str]]:
    return ((number == 0, line) for number, line in enumerate(lines))


def _name(source: LogSource) -> str:
    parts = (("product", source.product), ("category", source.category), ("service", source.service))
    return ",".join(f"{name}={value}" for name, value in parts if value is not None) or "any"
