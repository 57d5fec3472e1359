"""A rule's words, laid over its lowered condition."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sigtrawl.plan import And, Not, Or, Plan
from sigtrawl.rules import rules_from_yaml
from sigtrawl.rules.outline import LATER, Outline, outline

HEAD = "title: t\nlogsource: {category: c}\ndetection:\n"


def read(detection: str) -> Plan:
    return rules_from_yaml(HEAD + "\n".join(f"  {line}" for line in detection.splitlines())).plan()


def told(found: Outline) -> Any:
    """Write an outline briefly: [labels, kind, parts]."""
    here = found.predicate if found.kind == "leaf" else [found.kind, *map(told, found.parts)]
    return [*found.labels, here] if found.labels else here


@pytest.mark.parametrize(
    ("detection", "expected"),
    [
        ("sel: {f|contains: a}\ncondition: sel", ["sel", "f|contains", 0]),
        ("sel: {f: [a, b]}\ncondition: sel", ["sel", "f", ["or", 0, 1]]),
        ("sel: {f: a, g|re: b}\ncondition: sel", ["sel", ["and", ["f", 0], ["g|re", 1]]]),
        ("sel: [{f: a, g: b}, {h: c}, d]\ncondition: sel", ["sel", ["or", ["and", ["f", 0], ["g", 1]], ["h", 2], 3]]),
        ("sel: [a, b]\ncondition: not sel", ["not", ["sel", ["or", 0, 1]]]),
        ("sel: {f|neq: a}\ncondition: sel", ["sel", "f|neq", ["not", 0]]),
        ("sel: {f|all|contains: [a, b]}\ncondition: sel", ["sel", "f|all|contains", ["and", 0, 1]]),
        ("s_1: {f: a}\ns_2: {g: b}\ncondition: 1 of s_*", ["1 of s_*", ["or", ["s_1", "f", 0], ["s_2", "g", 1]]]),
        ("s_1: {f: a}\ncondition: all of s_*", ["all of s_*", "s_1", "f", 0]),
        (
            "a: {f: a}\nb: {g: b}\ncondition: a and not (b or 1 of them)",
            ["and", ["a", "f", 0], ["not", ["or", ["b", "g", 1], ["1 of them", ["or", ["a", "f", 0], ["b", "g", 1]]]]]],
        ),
        (
            "a: {f: a}\nb: {g: b}\ncondition: [a, b and a]",
            ["or", ["a", "a", "f", 0], ["b and a", ["and", ["b", "g", 1], ["a", "f", 0]]]],
        ),
        ("sel: {f|windash: -a}\ncondition: sel", None),
    ],
)
def test_words(detection: str, expected: Any) -> None:
    (entry,) = read(detection).rules
    assert entry.condition is not None
    found = told(outline(entry.condition, entry.parts))
    if expected is not None:
        assert found == expected
    else:
        assert found[:2] == ["sel", "f|windash"]


def test_words_survive_the_plan() -> None:
    plan = read("sel: [{f: a}, b]\ncondition: sel")
    assert plan.rules[0].parts == {"conditions": ["sel"], "detections": {"sel": {"any": [["f"], None]}}}
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert json.loads(again.to_json())["rules"][0]["parts"] == plan.rules[0].parts


@pytest.mark.parametrize(
    "parts",
    [
        None,
        {},
        {"conditions": ["sel or other"], "detections": {"sel": ["f"]}},
        {"conditions": ["sel"], "detections": {"sel": ["f", "g", "h"]}},
        {"conditions": ["not sel"], "detections": {"sel": ["f"]}},
        {"conditions": ["sel and sel and sel"], "detections": {"sel": ["f"]}},
        {"conditions": [7], "detections": {}},
        {"conditions": ["sel"], "detections": {"sel": {"some": []}}},
    ],
)
def test_words_of_something_else_are_left_out(parts: Any) -> None:
    (entry,) = read("sel: {f: a, g: [b, c]}\ncondition: sel").rules
    assert entry.condition is not None
    assert told(outline(entry.condition, parts)) == ["and", 0, ["or", 1, 2]]


def test_what_was_added_later_is_named_so() -> None:
    (entry,) = read("sel: {f: a}\nother: {g: b}\ncondition: sel or other").rules
    assert entry.condition is not None
    changed = replace(entry, condition=And((entry.condition, Not(Or((1, 0))))))
    assert changed.condition is not None
    assert told(outline(changed.condition, changed.parts)) == [
        "and",
        ["or", ["sel", "f", 0], ["other", "g", 1]],
        [LATER, ["not", ["or", 1, 0]]],
    ]
