"""The rule sets of the race, compiled once and kept beside the archives.

The netcat rule is that of the demo. The others come from a folder of Sigma rules that the caller names: all of them, and those
on process creations of Windows. The tenfold set is made of the latter: nine more copies of each, in which every literal is
another one.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import sigtrawl
from sigtrawl.demo import RULE
from sigtrawl.plan import And, Node, Not, Or, Plan, Predicate, RuleEntry
from sigtrawl.ruleset import RuleSet

COPIES = 10
_DIGEST = re.compile(r"(?:MD5|SHA1|SHA256|IMPHASH)=[0-9a-f]{32,64}", re.IGNORECASE)
_TEXT = ("equals", "contains", "startswith", "endswith")


@dataclass(frozen=True, slots=True)
class Rules:
    """A compiled rule set on disk: its file, and how many rules are in it."""

    path: Path
    count: int


def netcat(work: Path) -> Rules:
    """Compiles the netcat rule."""
    return _kept(work / "netcat.rules", lambda: sigtrawl.rules_from_yaml(RULE).plan())


def everything(work: Path, sigma: Path) -> Rules:
    """Compiles every rule of a folder that can be read."""
    return _kept(work / "everything.rules", lambda: sigtrawl.load_rules(sigma, on_error="skip").plan())


def process_creations(work: Path, sigma: Path) -> Rules:
    """Compiles the rules on process creations of Windows."""

    def make() -> Plan:
        plan = RuleSet.load(everything(work, sigma).path).plan()
        return only(plan, [rule for rule in plan.rules if _is_creation(rule)])

    return _kept(work / "process-creations.rules", make)


def first(work: Path, rules: Rules, count: int) -> Rules:
    """Compiles every n-th rule of a set, so that `count` remain: how the time grows with rules."""

    def make() -> Plan:
        plan = RuleSet.load(rules.path).plan()
        return only(plan, [plan.rules[place * len(plan.rules) // count] for place in range(count)])

    return _kept(work / f"{rules.path.stem}-{count}.rules", make)


def tenfold(work: Path, rules: Rules) -> Rules:
    """Compiles ten rules for each of a set, with literals of their own."""

    def make() -> Plan:
        plan = RuleSet.load(rules.path).plan()
        copies = [_copied(rule, plan, copy) for copy in range(COPIES) for rule in plan.rules]
        return interned(copies)

    return _kept(work / f"{rules.path.stem}-tenfold.rules", make)


def _kept(path: Path, make: Callable[[], Plan]) -> Rules:
    """Compiles a set where it is not there already, or was compiled by another version."""
    version = path.with_suffix(".version")
    if not (path.exists() and version.exists() and version.read_text(encoding="utf-8") == sigtrawl.__version__):
        path.parent.mkdir(parents=True, exist_ok=True)
        sigtrawl.compile(make()).save(path)
        version.write_text(sigtrawl.__version__, encoding="utf-8")
    return Rules(path, len(RuleSet.load(path)))


def _is_creation(rule: RuleEntry) -> bool:
    return (rule.logsource.product, rule.logsource.category) == ("windows", "process_creation")


def only(plan: Plan, rules: list[RuleEntry]) -> Plan:
    """Gives a Plan of some rules of another, without the predicates of the rest."""
    return interned(replace(rule, condition=_with(rule.condition, plan, lambda predicate: predicate)) for rule in rules)


def interned(rules: Iterable[RuleEntry]) -> Plan:
    """Gives a Plan of rules that hold their predicates themselves."""
    from sigtrawl.plan import PlanBuilder

    builder = PlanBuilder()
    for rule in rules:
        builder.add(replace(rule, parts=None))
    return builder.build()


def _copied(rule: RuleEntry, plan: Plan, copy: int) -> RuleEntry:
    # A rule of nothing but NOTs would be true of every event once its literals were others: its copies keep them.
    kept = copy == 0 or not _looks_for(rule.condition)
    change = (lambda predicate: predicate) if kept else (lambda predicate: _another(predicate, copy))
    id_ = rule.id if copy == 0 else None
    return replace(rule, id=id_, title=f"{rule.title} ({copy})", condition=_with(rule.condition, plan, change))


def _looks_for(node: Node | None) -> bool:
    """Tells whether a predicate stands outside of all NOTs."""
    if isinstance(node, And | Or):
        return any(_looks_for(child) for child in node.nodes)
    return isinstance(node, int)


def _with(node: Node | None, plan: Plan, change: Callable[[Predicate], Predicate]) -> Node:
    if isinstance(node, int):
        return change(plan.predicates[node])
    if isinstance(node, And | Or):
        return type(node)(tuple(_with(child, plan, change) for child in node.nodes))
    if isinstance(node, Not):
        return Not(_with(node.node, plan, change))
    message = f"a condition of a Plan holds places of predicates, not {node!r}"
    raise TypeError(message)


def _another(predicate: Predicate, copy: int) -> Predicate:
    """Gives a predicate whose literal is another one: with a seeded suffix, or other last digits where it is a digest."""
    value = predicate.value
    if not isinstance(value, str):
        return predicate
    suffix = hashlib.sha256(f"{copy}:{value}".encode()).hexdigest()[:6]
    if predicate.op in _TEXT and value:
        return replace(predicate, value=value[:-6] + suffix if _DIGEST.fullmatch(value) else value + suffix)
    if predicate.op == "like":
        kept = value.rstrip("*")
        starred = value[len(kept) :] if not kept.endswith("\\") else ""
        return replace(predicate, value=(kept if starred else value) + suffix + starred)
    if predicate.op == "regex":  # one that means the same, and is a regex of its own
        return replace(predicate, value=f"(?:{value})(?:{suffix})?")
    return predicate
