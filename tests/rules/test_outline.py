"""A rule's words, laid over its lowered condition."""

import json
from pathlib import Path
from typing import Any

import pytest
from sigma.conditions import SigmaCondition
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations.base import ConditionTransformation

from sigtrawl.plan import And, Not, Or, Plan
from sigtrawl.rules import rules_from_yaml
from sigtrawl.rules.outline import Outline, outline

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


def test_filters_are_parts_of_their_own() -> None:
    text = HEAD + "  sel: {f: a}\n  condition: sel\n"
    more = "title: {0}\nlogsource: {{category: c}}\nfilter:\n  rules: any\n  mine: {{g: {0}}}\n  condition: not mine\n"
    (entry,) = rules_from_yaml("---\n".join([text, more.format("one"), more.format("two")])).plan().rules
    assert entry.condition is not None
    found = ["and", ["sel", "f", 0], ["filter one", ["not", 1]], ["filter two", ["not", 2]]]
    assert told(outline(entry.condition, entry.parts)) == found
    for other in (entry.condition, Or((0, 1, 2)), And((0, Not(1)))):
        parts = {**(entry.parts or {}), "filters": ["one"] if other is entry.condition else ["one", "two"]}
        assert told(outline(other, parts))[0] in {"and", "or"}
        assert "sel" not in str(told(outline(other, parts)))


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [
        ("{type: field_name_mapping, mapping: {f: x}}", ["and", ["sel", "f", 0], ["not", ["other", "g", ["or", 1, 2]]]]),
        (
            "{type: field_name_mapping, mapping: {f: [x, y]}}",
            ["and", ["sel", "f", ["or", 0, 1]], ["not", ["other", "g", ["or", 2, 3]]]],
        ),
        ("{type: add_condition, conditions: {n: 1}}", ["and", 0, ["and", 1, ["not", ["or", 2, 3]]]]),
        ("{type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [f]}]}", ["not", ["or", 0, 1]]),
    ],
)
def test_words_under_a_pipeline(tmp_path: Path, pipeline: str, expected: Any) -> None:
    (tmp_path / "p.yml").write_text(f"name: p\ntransformations: [{pipeline}]\n")
    text = HEAD + "  sel: {f: a}\n  other: {g: [b, c]}\n  condition: sel and not other\n"
    (entry,) = rules_from_yaml(text, pipelines=[tmp_path / "p.yml"]).plan().rules
    assert entry.condition is not None
    assert told(outline(entry.condition, entry.parts)) == expected


def test_a_condition_that_a_pipeline_adds_is_not_laid_under_a_key(tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text("name: p\ntransformations: [{type: add_condition, conditions: {n: 1}}]\n")
    (entry,) = rules_from_yaml(HEAD + "  sel: {f: a}\n  condition: sel\n", pipelines=[tmp_path / "p.yml"]).plan().rules
    assert entry.condition is not None
    assert (entry.parts, told(outline(entry.condition, entry.parts))) == (None, ["and", 0, 1])


@pytest.mark.parametrize("condition", ["other and not sel", "1 of sel and not other", "sel and (not other)"])
def test_names_are_not_laid_over_a_condition_that_a_pipeline_wrote(condition: str) -> None:
    """Its tree may look as before, and mean other detections."""

    class Rewritten(ConditionTransformation):
        def apply_condition(self, cond: SigmaCondition) -> None:
            cond.condition = condition

    text = HEAD + "  sel: {f: a}\n  other: {g: b}\n  condition: sel and not other\n"
    (entry,) = rules_from_yaml(text, pipelines=ProcessingPipeline([ProcessingItem(Rewritten())])).plan().rules
    assert entry.condition is not None
    assert (entry.parts, told(outline(entry.condition, entry.parts))) == (None, ["and", 0, ["not", 1]])
    (kept,) = rules_from_yaml(text, pipelines=ProcessingPipeline([])).plan().rules
    assert kept.condition is not None
    assert told(outline(kept.condition, kept.parts)) == ["and", ["sel", "f", 0], ["not", ["other", "g", 1]]]
