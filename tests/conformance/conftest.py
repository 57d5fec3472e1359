"""The public corpus, loaded and compiled once for all tests."""

import json
from pathlib import Path
from typing import Any

import pytest

import sigtrawl as st


@pytest.fixture(scope="session")
def corpus(shared: Path) -> st.RuleSet:
    """All rules that are ready."""
    return st.compile(st.load_rules(shared / "sigma", on_error="skip"))


@pytest.fixture(scope="session")
def corpus_plan(corpus: st.RuleSet) -> dict[str, Any]:
    """The same as the plain data that the reference evaluator reads."""
    plan: dict[str, Any] = json.loads(corpus.plan().to_json())
    return plan
