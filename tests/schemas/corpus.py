"""The public rules that are not about Windows, lowered and compiled once for all tests of mappings."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import sigtrawl
from sigtrawl.plan import Plan
from sigtrawl.rules import load_rules


class Corpus(NamedTuple):
    """The public rules that say another product than Windows, or none; both in one order."""

    plan: Plan
    ruleset: sigtrawl.RuleSet


@cache
def outside_windows(shared: Path) -> Corpus:
    """Load the rules from the reference data."""
    everything = load_rules(shared / "sigma", on_error="skip").plan()
    rules = tuple(rule for rule in everything.rules if rule.logsource.product != "windows")
    plan = Plan(predicates=everything.predicates, rules=rules)
    return Corpus(plan, sigtrawl.compile(plan))
