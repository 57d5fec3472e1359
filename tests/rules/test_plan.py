"""The Plan's JSON: exact, deterministic, and refused where it is not ours."""

import json
from typing import Any

import pytest

from sigtrawl.errors import CompiledFileError
from sigtrawl.plan import And, LogSource, Not, Or, Plan, PlanBuilder, Predicate, RuleEntry
from sigtrawl.rules import rules_from_yaml

A, B = Predicate("f", "equals", "a"), Predicate(None, "regex", "b", flags="i")


def _plan() -> Plan:
    builder = PlanBuilder()
    builder.add(RuleEntry("1", "one", logsource=LogSource("windows"), condition=And((A, Not(B)))))
    builder.add(RuleEntry(None, "two", condition=Or((B, Predicate("f", "boolean", False), A)), tags=("attack.t1",)))
    builder.add(RuleEntry("3", "three", placeholders=("hosts",)))
    return builder.build({"rules": 3})


def test_json_is_the_documented_form() -> None:
    raw = json.loads(_plan().to_json())
    assert list(raw) == ["format", "version", "predicates", "rules", "waiting", "load_report"]
    assert raw["predicates"] == [
        {"field": "f", "op": "equals", "value": "a"},
        {"field": None, "op": "regex", "value": "b", "flags": "i"},
        {"field": "f", "op": "boolean", "value": False},
    ]
    assert [rule["condition"] for rule in raw["rules"]] == [{"and": [0, {"not": 1}]}, {"or": [1, 2, 0]}]
    assert raw["rules"][0]["logsource"] == {"product": "windows", "category": None, "service": None}
    assert raw["waiting"][0]["placeholders"] == ["hosts"]
    assert "condition" not in raw["waiting"][0]


def test_round_trip() -> None:
    plan = _plan()
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert again.to_json() == plan.to_json()


def test_the_same_rules_give_the_same_bytes() -> None:
    text = "title: T\nlogsource: {category: c}\ndetection: {s: {f: [b, a, b], g|re|s|i: x}, condition: s}\n"
    assert rules_from_yaml(text).plan().to_json() == rules_from_yaml(text).plan().to_json()


EMPTY = {"format": "sigtrawl-plan", "version": 1, "predicates": [], "rules": []}

DAMAGED: list[tuple[Any, str]] = [
    (b"", "JSON cannot be read"),
    (b"\xff", "JSON cannot be read"),
    (b"[" * 100_000, "JSON cannot be read"),
    ([], "no Plan"),
    ({"format": "other"}, "no Plan"),
    ({"format": "sigtrawl-plan"}, "version None"),
    ({"format": "sigtrawl-plan", "version": 2}, "version 2, and only version 1"),
    ({"format": "sigtrawl-plan", "version": 1}, "damaged"),
    ({**EMPTY, "predicates": [{"field": "f", "op": "x"}]}, "no operation 'x'"),
    ({**EMPTY, "rules": [{"id": None, "title": "", "condition": 0}]}, "predicate 0"),
    ({**EMPTY, "rules": [{"id": None, "title": "", "condition": {"xor": []}}]}, "xor"),
]


@pytest.mark.parametrize(("data", "message"), DAMAGED)
def test_what_is_no_plan_is_refused(data: Any, message: str) -> None:
    with pytest.raises(CompiledFileError, match=message):
        Plan.from_json(data if isinstance(data, bytes) else json.dumps(data))
