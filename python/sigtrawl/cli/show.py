"""``sigtrawl show``: one rule, as it was written and as it will be run."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from sigtrawl.cli import options as given
from sigtrawl.cli.configuration import configuration
from sigtrawl.cli.exit import Exit
from sigtrawl.cli.render.screen import Screen, visible
from sigtrawl.cli.render.table import level
from sigtrawl.cli.rules import logsource
from sigtrawl.cli.selection import Selection, load
from sigtrawl.correlation.entry import CorrelationEntry, Reference
from sigtrawl.explanation.find import find_entry
from sigtrawl.plan import And, Node, Not, Or, Plan, Predicate, RuleEntry


@dataclass(frozen=True, slots=True)
class ShowOptions:
    """What the user asked for."""

    rule: str
    selection: Selection
    format: given.ListFormat | None


def show(
    rule: Annotated[
        str,
        typer.Argument(metavar="RULE_ID", help="The rule's id, the beginning of it, or its title.", show_default=False),
    ],
    rules: given.Rules,
    *,
    placeholder: given.Placeholders = None,
    placeholders: given.PlaceholderFiles = None,
    pipeline: given.Pipelines = None,
    no_cache: given.NoCache = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write the rule as it stands in the Plan, in JSON.")] = False,
    config: given.ConfigFile = None,
    no_config: given.NoConfig = False,
    no_color: given.NoColor = False,
) -> int:
    """Show one rule: who wrote it, what it is about, and the condition as it will be run."""
    screen = Screen(color=not no_color, quiet=True)
    settings = configuration(config, screen, ignored=no_config)
    selection = Selection.of(
        rules,
        min_level=None,
        level=None,
        status=None,
        include_tag=None,
        exclude_tag=None,
        for_logsource=None,
        placeholder=placeholder,
        placeholders=placeholders,
        skip_bad=True,
        pipeline=pipeline,
        config=settings,
        no_cache=no_cache,
    )
    plan = load(selection, screen, waiting=True, tell=False).plan
    entries: tuple[RuleEntry | CorrelationEntry, ...] = (*plan.rules, *plan.waiting, *plan.correlations)
    entry = find_entry(entries, rule)
    if isinstance(entry, CorrelationEntry):
        _print_correlation(entry, plan, screen, as_json=as_json)
    elif as_json:
        screen.raw(json.dumps(_plain(entry, plan), ensure_ascii=False, indent=2).encode() + b"\n")
    else:
        _print(entry, plan, screen)
    return Exit.DONE


def _print_correlation(entry: CorrelationEntry, plan: Plan, screen: Screen, *, as_json: bool) -> None:
    if as_json:
        screen.raw(json.dumps(entry.out(), ensure_ascii=False, indent=2).encode() + b"\n")
        return
    condition = " and ".join(f"{how} {value}" for how, value in entry.condition)
    titles = [_title(one, plan) for one in entry.references]
    terms = [
        " and ".join([*(titles[one] for one in there), *(f"not {titles[one]}" for one in absent)])
        for there, absent in entry.terms
    ]
    groups = [", ".join(one.group_by) for one in entry.references]
    own = (
        ("type", entry.type),
        ("timespan", f"{entry.timespan:,} s"),
        ("condition", condition or "; or ".join(terms)),
        ("field", ", ".join(entry.field)),
        ("percentile", entry.percentile or ""),
        ("shown", "no: only events of another correlation" if entry.silent else ""),
    )
    references = tuple(("rule", f"{title} (by {group})" if group else title) for title, group in zip(titles, groups, strict=True))
    _print_table(entry, (*own, *references), screen)


def _title(one: Reference, plan: Plan) -> str:
    return plan.rules[one.rule].title if one.rule is not None else plan.correlations[one.correlation or 0].title


def _print_table(entry: RuleEntry | CorrelationEntry, own: Iterable[tuple[str, str]], screen: Screen) -> None:
    """Print who an entry is, and what only its kind has."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in (
        ("title", entry.title),
        ("id", entry.id),
        ("author", entry.author),
        ("status", entry.status),
        *own,
        ("tags", ", ".join(entry.tags)),
        ("file", entry.path),
        ("waits for", ", ".join(entry.placeholders)),
    ):
        if value:
            table.add_row(name, visible(value))
    table.add_row("level", level(entry.level))
    screen.out.print(table)


def _print(entry: RuleEntry, plan: Plan, screen: Screen) -> None:
    shown = (("shown", "no: only there for correlations"),) if entry.silent else ()
    _print_table(entry, (("log source", logsource(entry.logsource)), *shown), screen)
    if entry.condition is not None:
        screen.out.print()
        screen.out.print(_grow(entry.condition, plan, None))


def _grow(node: Node, plan: Plan, above: Tree | None) -> Tree:
    """Draw a condition as a tree."""
    if isinstance(node, And | Or | Not):
        label = {And: "all of", Or: "any of", Not: "not"}[type(node)]
        branch = Tree(Text(label, style="bold")) if above is None else above.add(Text(label, style="bold"))
        for child in (node.node,) if isinstance(node, Not) else node.nodes:
            _grow(child, plan, branch)
        return branch
    leaf = describe(plan.predicates[node] if isinstance(node, int) else node)
    return Tree(leaf) if above is None else above.add(leaf)


def describe(predicate: Predicate) -> Text:
    """Say in one line what a predicate asks."""
    words = [predicate.part, predicate.how, predicate.cmp, "cased" if predicate.cased else None]
    operation = " ".join([predicate.op, *(word for word in words if word)])
    value = "" if predicate.value is None else f" {json.dumps(predicate.value, ensure_ascii=False)}"
    if isinstance(predicate.value, str):
        value = f" '{predicate.value}'"
    flags = f" ({predicate.flags})" if predicate.flags else ""
    return Text.assemble(visible(predicate.field or "any column", "cyan"), f" {operation}", visible(value, "green"), flags)


def _plain(entry: RuleEntry, plan: Plan) -> dict[str, object]:
    """Give the rule's part of the Plan, its predicates written out."""
    document = json.loads(Plan(plan.predicates, (entry,) if entry.condition is not None else ()).to_json())
    whole = (
        document["rules"][0] if document["rules"] else {"id": entry.id, "title": entry.title, "placeholders": entry.placeholders}
    )

    def spell(node: object) -> object:
        if isinstance(node, int):
            return document["predicates"][node]
        if isinstance(node, dict):
            return {key: spell(child) for key, child in node.items()}
        return [spell(child) for child in node] if isinstance(node, list) else node

    return {**whole, "condition": spell(whole.get("condition"))}
