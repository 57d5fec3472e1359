"""Placeholders: waiting without values, and what values become."""

from collections.abc import Callable
from typing import Any

import pytest

from sigtrawl.errors import RuleErrors, UsageError
from sigtrawl.plan import Node, Or, Predicate
from sigtrawl.rules import Rule, rules_from_yaml

RULE = "title: T\nlogsource: {category: c}\ndetection: {s: {f|expand: '%hosts%'}, condition: s}\n"


def test_a_rule_without_values_waits(detect: Callable[..., Rule]) -> None:
    rule = detect({"s": {"f|expand": "%b%-%a%", "g|re|expand": "^%c%$", "h": "%no%"}, "condition": "s"})
    assert (rule.state, rule.placeholders, rule.condition) == ("needs-values", ("b", "a", "c"), None)


def test_an_empty_list_is_no_value(detect: Callable[..., Rule]) -> None:
    rule = detect({"s": {"f|expand": "%a%"}, "condition": "s"}, placeholders={"a": []})
    assert (rule.state, rule.placeholders) == ("needs-values", ("a",))


@pytest.mark.parametrize("modifiers", ["expand|fieldref", "cased|expand|fieldref", "expand|fieldref|startswith"])
def test_the_name_of_another_field_may_wait(detect: Callable[..., Rule], modifiers: str) -> None:
    rule = detect({"s": {f"f|{modifiers}": "x%a%.%b%"}, "condition": "s"}, placeholders={"b": "y"})
    assert (rule.state, rule.placeholders, rule.condition) == ("needs-values", ("a",), None)


@pytest.mark.parametrize(
    ("modifiers", "value"),
    [("expand|fieldref", "%a%*"), ("contains|expand|fieldref", "%a%"), ("expand|fieldref|base64", "%a%")],
)
def test_what_cannot_be_the_name_of_a_field_is_told_before_values_are_given(
    refused: Callable[..., tuple[str, ...]], modifiers: str, value: str
) -> None:
    codes = refused({f"f|{modifiers}": value})
    assert codes == refused({f"f|{modifiers}": value}, placeholders={"a": "x"})
    assert codes[0] in {"value-type", "misplaced-modifier"}


def test_a_waiting_rule_is_kept_in_the_plan() -> None:
    rules = rules_from_yaml(RULE)
    plan = rules.plan()
    assert plan.rules == ()
    assert [(entry.title, entry.placeholders) for entry in plan.waiting] == [("T", ("hosts",))]
    assert rules.report().counts == {"ready": 0, "needs-values": 1, "unsupported": 0, "invalid": 0}


def test_errors_are_told_even_while_values_are_missing(detect: Callable[..., Rule]) -> None:
    with pytest.raises(RuleErrors, match="unknown-modifier"):
        detect({"s": {"f|expand": "%a%", "g|nope": 1}, "condition": "s"})


def p(op: str, value: str) -> Predicate:
    return Predicate("f", op, value)


FILLED: list[tuple[str, str, dict[str, Any], Node]] = [
    ("expand", "%a%", {"a": "x"}, p("equals", "x")),
    ("expand", "%a%", {"a": ["x", "y"]}, Or((p("equals", "x"), p("equals", "y")))),
    ("expand", "%a%", {"a": 443}, p("equals", "443")),
    ("expand", "%a%", {"a": "DC-*"}, p("startswith", "DC-")),
    ("expand", "%a%", {"a": "DOM\\*x"}, p("like", "DOM\\\\*x")),
    ("expand", "%a%", {"a": "a\\\\b"}, p("equals", "a\\\\b")),
    ("expand", "%a%", {"a": "%b%"}, p("equals", "%b%")),
    ("expand", "%a%-%b%", {"a": ["1", "2"], "b": "x"}, Or((p("equals", "1-x"), p("equals", "2-x")))),
    ("contains|expand", "%a%", {"a": "x"}, p("contains", "x")),
    ("expand|contains", "%a%", {"a": "x"}, p("contains", "x")),
    ("expand|base64", "%a%", {"a": "foo"}, p("equals", "Zm9v")),
    ("expand|fieldref", "%a%", {"a": "G"}, Predicate("f", "fieldref", "G", how="equals")),
    (
        "expand|fieldref|endswith",
        "x%a%",
        {"a": ["1", "2"]},
        Or((Predicate("f", "fieldref", "x1", how="endswith"), Predicate("f", "fieldref", "x2", how="endswith"))),
    ),
    ("re|expand", "^%a%+$", {"a": "x.*"}, p("regex", r"^(?:x\.(?s:.*))+$")),
]


@pytest.mark.parametrize(("modifiers", "value", "given", "expected"), FILLED)
def test_values(lower: Callable[..., Node], modifiers: str, value: str, given: dict[str, Any], expected: Node) -> None:
    assert lower({f"f|{modifiers}": value}, placeholders=given) == expected


def test_a_name_reaches_from_one_percent_sign_to_the_next(detect: Callable[..., Rule]) -> None:
    rule = detect({"s": {"f|expand": "100% of %a%"}, "condition": "s"}, placeholders={"a": "x"})
    assert rule.placeholders == (" of ",)


@pytest.mark.parametrize("given", [["a"], {"a": None}, {"a": [True]}, {"a": {"b": "c"}}, {5: "a"}])
def test_values_are_texts_and_numbers(given: Any) -> None:
    with pytest.raises(UsageError):
        rules_from_yaml(RULE, placeholders=given)


def test_combinations_have_a_limit(refused: Callable[..., tuple[str, ...]]) -> None:
    many = {"a": [str(number) for number in range(1000)]}
    assert refused({"f|expand": "%a%%a%"}, placeholders=many) == ("placeholder-limit",)
