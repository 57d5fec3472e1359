"""The public rules: all of them load, in the states that are known."""

import json
from collections import Counter
from pathlib import Path

import pytest

from sigtrawl.errors import RuleErrors
from sigtrawl.plan import OPS, Plan
from sigtrawl.rules import Rules, load_rules, rules_from_yaml


@pytest.fixture(scope="module")
def corpus(shared: Path) -> Rules:
    return load_rules(shared / "sigma", on_error="skip")


def test_counts(corpus: Rules) -> None:
    report = corpus.report()
    assert report.errors == ()
    assert report.counts == {"ready": 3755, "needs-values": 25, "unsupported": 0, "invalid": 0}
    assert (report.files, report.duplicates, report.filtered) == (3780, 0, 0)


def test_plan(corpus: Rules) -> None:
    plan = corpus.plan()
    assert (len(plan.rules), len(plan.waiting)) == (3755, 25)
    assert len(set(plan.predicates)) == len(plan.predicates)
    assert all(entry.placeholders for entry in plan.waiting)
    assert Plan.from_json(plan.to_json()) == plan


def test_operations(corpus: Rules) -> None:
    operations = Counter(predicate.op for predicate in corpus.plan().predicates)
    assert set(operations) <= set(OPS) - {"timepart"}
    assert {"like", "regex", "cidr", "number", "null", "fieldref"} <= set(operations)
    keywords = [predicate for predicate in corpus.plan().predicates if predicate.field is None]
    assert {predicate.op for predicate in keywords} <= {"contains", "startswith", "endswith", "like", "regex", "number"}


def test_waiting_rules_run_with_values(corpus: Rules, shared: Path) -> None:
    names = {name for rule in corpus for name in rule.placeholders}
    rules = load_rules(shared / "sigma", placeholders=dict.fromkeys(names, ("value", "DC-*")))
    assert rules.report().counts["ready"] == 3780


def test_vectors(shared: Path) -> None:
    vectors = json.loads((shared / "vectors.json").read_text(encoding="utf-8"))
    assert len(vectors) == 68
    for vector in vectors:
        rule = {"title": vector["id"], "logsource": {"category": "test"}, "detection": vector["detection"]}
        if vector["expect"] == "error":
            with pytest.raises(RuleErrors):
                rules_from_yaml(json.dumps(rule))
        else:
            assert rules_from_yaml(json.dumps(rule)).report().counts["ready"] == 1, vector["id"]
