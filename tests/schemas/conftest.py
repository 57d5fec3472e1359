"""The public rules on Windows process creations, compiled once."""

from dataclasses import replace
from pathlib import Path

import pytest

import sigtrawl as st


@pytest.fixture(scope="session")
def creations(shared: Path) -> st.RuleSet:
    """The 1,415 public rules on process creations of Windows."""
    plan = st.compile(st.load_rules(shared / "sigma", on_error="skip")).plan()
    rules = [rule for rule in plan.rules if (rule.logsource.product, rule.logsource.category) == ("windows", "process_creation")]
    assert len(rules) == 1415
    return st.compile(replace(plan, rules=tuple(rules), waiting=()))
