"""The public rules that are not about Windows, lowered and compiled once for all tests of mappings."""

from pathlib import Path
from typing import NamedTuple

import pytest

import sigtrawl
from sigtrawl.plan import Plan
from sigtrawl.rules import load_rules


class Corpus(NamedTuple):
    """The public rules that say another product than Windows, or none."""

    plan: Plan
    ruleset: sigtrawl.RuleSet


@pytest.fixture(scope="session")
def corpus(shared: Path) -> Corpus:
    """Give the rules; what they are compiled to is in their order."""
    everything = load_rules(shared / "sigma", on_error="skip").plan()
    rules = tuple(rule for rule in everything.rules if rule.logsource.product != "windows")
    plan = Plan(predicates=everything.predicates, rules=rules)
    return Corpus(plan, sigtrawl.compile(plan))
