"""Structure and values of a detection: maps, lists, conditions, numbers, YAML's readings."""

from collections.abc import Callable
from typing import Any

import pytest

from sigtrawl.errors import RuleErrors
from sigtrawl.plan import And, Node, Not, Or, Predicate
from sigtrawl.rules import Rule, Rules, rules_from_yaml
from sigtrawl.rules.detections import MAX_DEPTH

Lower = Callable[..., Node]


def eq(field: str, value: str) -> Predicate:
    return Predicate(field, "equals", value)


def word(value: str) -> Predicate:
    return Predicate(None, "contains", value)


STRUCTURES: list[tuple[Any, Node]] = [
    ({"a": "1", "b": "2"}, And((eq("a", "1"), eq("b", "2")))),
    ([{"a": "1"}, {"b": "2", "c": "3"}], Or((eq("a", "1"), And((eq("b", "2"), eq("c", "3")))))),
    (["x", "y"], Or((word("x"), word("y")))),
    ({"|all": ["x", "y"]}, And((word("x"), word("y")))),
    ([{"a": "1"}, "x"], Or((eq("a", "1"), word("x")))),
    ([["x", "y"], "z"], Or((Or((word("x"), word("y"))), word("z")))),
    ({"a": [["1", "2"], "3"]}, Or((Or((eq("a", "1"), eq("a", "2"))), eq("a", "3")))),
    ({"a": None}, Predicate("a", "null")),
    ({"a": ""}, eq("a", "")),
    ({"a": True}, Predicate("a", "boolean", True)),
    ({"a": "true"}, eq("a", "true")),
    ({"a": 4688}, Predicate("a", "number", "4688", cmp="eq")),
    ({"a": "4688"}, eq("a", "4688")),
    ({"a": "0x10"}, eq("a", "0x10")),
    ({"a": 9007199254740993}, Predicate("a", "number", "9007199254740993", cmp="eq")),
    ({"a": 2**64 + 1}, Predicate("a", "number", "18446744073709551617", cmp="eq")),
    ({"a": 1.5}, Predicate("a", "number", "1.5", cmp="eq")),
    ({"a": 5.0}, Predicate("a", "number", "5", cmp="eq")),
    ({"Threat Name": "x"}, eq("Threat Name", "x")),
    ({"Provider@Name": "x"}, eq("Provider@Name", "x")),
]


@pytest.mark.parametrize(("detection", "expected"), STRUCTURES)
def test_structure(lower: Lower, detection: Any, expected: Node) -> None:
    assert lower(detection) == expected


REFUSED: list[tuple[Any, str]] = [
    ([], "empty-list"),
    ({}, "empty-detection"),
    ({"a": []}, "empty-list"),
    ({"a": [[]]}, "empty-list"),
    ({"a": [None, "x"]}, "null-in-list"),
    ({"a": [None]}, "null-in-list"),
    ({"a": {"b": "c"}}, "value-type"),
    ({"a": [{"b": "c"}]}, "value-type"),
    (None, "keyword-type"),
    ([None, "x"], "keyword-type"),
]


@pytest.mark.parametrize(("detection", "code"), REFUSED)
def test_refusal(refused: Callable[..., tuple[str, ...]], detection: Any, code: str) -> None:
    assert refused(detection) == (code,)


def test_a_list_of_conditions_is_or(detect: Callable[..., Rule]) -> None:
    rule = detect({"a": {"f": "1"}, "b": {"f": "2"}, "condition": ["a", "not b"]})
    assert rule.condition == Or((eq("f", "1"), Not(eq("f", "2"))))
    assert rule.conditions == ("a", "not b")


def test_unused_detections_are_a_warning(detect: Callable[..., Rule]) -> None:
    rule = detect({"a": {"f": "1"}, "b": {"f": "2"}, "condition": "a"})
    assert [(warning.code, warning.field) for warning in rule.warnings] == [("unused-identifier", "b")]


def test_unused_detections_are_judged_all_the_same(detect: Callable[..., Rule]) -> None:
    with pytest.raises(RuleErrors, match="unknown-modifier"):
        detect({"a": {"f": "1"}, "b": {"f|nope": "2"}, "condition": "a"})


def test_nesting_has_a_limit(detect: Callable[..., Rule]) -> None:
    deep: Any = "x"
    for _ in range(MAX_DEPTH + 1):
        deep = [deep, "y"]
    with pytest.raises(RuleErrors, match="condition-nesting"):
        detect({"a": deep, "condition": "a"})


def _read(value: str) -> Rules:
    return rules_from_yaml(f"title: T\nlogsource: {{category: c}}\ndetection: {{s: {{f: {value}}}, condition: s}}\n")


READINGS: list[tuple[str, Predicate, str | None]] = [
    ("010", Predicate("f", "number", "8", cmp="eq"), "010 is read as the number 8"),
    ("0x10", Predicate("f", "number", "16", cmp="eq"), "0x10 is read as the number 16"),
    ("1_000", Predicate("f", "number", "1000", cmp="eq"), "1_000 is read as the number 1000"),
    ("12:30:45", Predicate("f", "number", "45045", cmp="eq"), "12:30:45 is read as the number 45045"),
    ("1.10", Predicate("f", "number", "1.1", cmp="eq"), "1.10 is read as the number 1.1"),
    ("yes", Predicate("f", "boolean", True), "yes is read as the boolean true"),
    ("Off", Predicate("f", "boolean", False), "Off is read as the boolean false"),
    ("2024-01-02", eq("f", "2024-01-02"), "2024-01-02 is read as the date 2024-01-02"),
    (
        "2024-01-02T03:04:05.600+02:00",
        eq("f", "2024-01-02T01:04:05.6Z"),
        "2024-01-02T03:04:05.600+02:00 is read as the time 2024-01-02T01:04:05.6Z",
    ),
    ("4688", Predicate("f", "number", "4688", cmp="eq"), None),
    ("-1.5", Predicate("f", "number", "-1.5", cmp="eq"), None),
    ("True", Predicate("f", "boolean", True), None),
    ("~", Predicate("f", "null"), None),
    ("'010'", eq("f", "010"), None),
    ("1e3", eq("f", "1e3"), None),
]


@pytest.mark.parametrize(("text", "expected", "warning"), READINGS)
def test_yaml_readings(text: str, expected: Predicate, warning: str | None) -> None:
    rules = _read(text)
    assert rules[0].condition == expected
    assert [told.message for told in rules.report().warnings] == ([warning] if warning else [])


def test_metadata_is_read_without_warnings() -> None:
    text = "title: T\ndate: 2024-01-02\nlogsource: {category: c}\ndetection: {s: {f: a}, condition: s}\n"
    rules = rules_from_yaml(text)
    assert rules.report().warnings == ()
    assert rules[0].date == "2024-01-02"
