"""Values that meet a pipeline on their way: placeholders under encodings, case, names of fields that are no text."""

import json
from typing import Any

import pytest
import yaml
from sigma.processing.pipeline import ProcessingPipeline

from sigtrawl.errors import RuleErrors
from sigtrawl.plan import Node, Or, Predicate
from sigtrawl.rules import Rule, rules_from_yaml

VALUES = {"type": "value_placeholders"}
ID = "11111111-4306-40b4-9596-6f590c81f073"


def _rule(item: Any, *steps: dict[str, Any], given: Any = None, condition: str = "sel", **keys: Any) -> Rule:
    pipeline = ProcessingPipeline.from_yaml(yaml.safe_dump({"name": "test", "transformations": list(steps), **keys}))
    rule = {"title": "A rule", "id": ID, "logsource": {"category": "test"}, "detection": {"sel": item, "condition": condition}}
    (made,) = rules_from_yaml(json.dumps(rule), pipelines=pipeline, placeholders=given)
    return made


def _node(*arguments: Any, **options: Any) -> Node:
    node = _rule(*arguments, **options).condition
    assert node is not None
    return node


# --- placeholders under encodings ------------------------------------------------------------------------------------

ENCODED = [
    "expand|base64",
    "expand|base64offset|contains",
    "expand|wide|base64",
    "expand|utf16|base64",
    "expand|utf16le|base64offset|contains",
    "expand|utf16be|base64",
    "expand|windash|contains",
]


@pytest.mark.parametrize("modifiers", ENCODED)
def test_a_pipeline_cannot_fill_a_placeholder_that_is_encoded(modifiers: str) -> None:
    """Its values would stand there in plain text; so the rule waits for values of the caller."""
    rule = _rule({f"F|{modifiers}": "%words%"}, VALUES, vars={"words": ["ping -x", "other"]})
    assert (rule.state, rule.condition, rule.placeholders) == ("needs-values", None, ("words",))


@pytest.mark.parametrize("modifiers", ENCODED)
def test_values_of_the_caller_are_encoded_under_a_pipeline_too(modifiers: str, lower: Any) -> None:
    item, given = {f"F|{modifiers}": "%words%"}, {"words": ["ping -x", "other"]}
    assert _node(item, VALUES, given=given, vars={"words": "nobody"}) == lower(item, placeholders=given)


def test_the_name_of_another_field_waits_for_the_caller() -> None:
    item = {"F|expand|fieldref": "%other%"}
    rule = _rule(item, VALUES, {"type": "field_name_suffix", "suffix": ".s"}, vars={"other": "G"})
    assert (rule.state, rule.condition, rule.placeholders) == ("needs-values", None, ("other",))
    told = _node(item, VALUES, {"type": "field_name_suffix", "suffix": ".s"}, given={"other": "G"}, vars={"other": "H"})
    assert told == Predicate("F.s", "fieldref", "G.s", how="equals")


# --- placeholders under `all` ----------------------------------------------------------------------------------------

LISTS = {"a": ["x", "y"], "b": ["1", "2"]}
LINKED: list[dict[str, Any]] = [
    {"F|expand|all": "%a%"},
    {"F|expand|all": ["%a%", "z"]},
    {"F|expand|contains|all": ["%a%", "%b%"]},
    {"F|expand|startswith|cased|all": ["%a%-%b%", "Z"]},
    {"F|re|i|expand|all": ["^%a%$", "%b%+"]},
    {"F|expand|contains|all|neq": ["%a%", "z"]},
]


@pytest.mark.parametrize("item", LINKED, ids=repr)
def test_values_are_alternatives_whoever_gives_them(item: dict[str, Any], lower: Any) -> None:
    """The values of one placeholder under `all`: any of them, and all of the texts that are written."""
    wanted = lower(item, placeholders=LISTS)
    assert _node(item, VALUES, vars=LISTS) == wanted
    assert _node(item, VALUES, given=LISTS) == wanted


def test_without_all_values_stand_side_by_side_in_the_one_or(lower: Any) -> None:
    item = {"F|expand": ["%a%", "z"]}
    told = _node(item, VALUES, vars=LISTS)
    assert told == _node(item, VALUES, given=LISTS)
    assert _flat(told) == _flat(lower(item, placeholders=LISTS))


def _flat(node: Node) -> set[Node]:
    return {inner for one in node.nodes for inner in _flat(one)} if isinstance(node, Or) else {node}


def test_values_in_several_steps_under_all_never_mean_something_else() -> None:
    steps = [{**VALUES, "include": ["a"]}, {**VALUES, "include": ["b"]}]
    rule = _rule({"F|expand|all": ["%a%", "%b%"]}, *steps, vars=LISTS)
    assert rule.condition == _rule({"F|expand|all": ["%a%", "%b%"]}, VALUES, vars=LISTS).condition
    waiting = _rule({"F|expand|all": ["%a%-%b%", "z"]}, *steps, vars=LISTS)
    assert (waiting.state, waiting.placeholders) == ("needs-values", ("b",))


# --- case ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("modifiers", ["cased", "cased|contains", "contains|cased"])
def test_case_still_counts_after_a_replacement(modifiers: str) -> None:
    replaced = {"type": "replace_string", "regex": "Ab", "replacement": "Xy"}
    op = "contains" if "contains" in modifiers else "equals"
    assert _node({f"F|{modifiers}": "AbC"}, replaced) == Predicate("F", op, "XyC", cased=True)


def test_case_does_not_begin_to_count_by_a_replacement() -> None:
    replaced = {"type": "replace_string", "regex": "Ab", "replacement": "Xy"}
    assert _node({"F|contains": "AbC"}, replaced) == Predicate("F", "contains", "XyC")


# --- names of fields -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [4688, 1.5, True])
def test_a_name_that_is_no_text_is_an_error_of_the_rule(name: Any) -> None:
    with pytest.raises(RuleErrors) as caught:
        _rule({"F": "a", "G": "b"}, {"type": "field_name_mapping", "mapping": {"F": [name, "x"]}})
    (error,) = caught.value.errors
    assert (error.code, error.state, error.rule_id) == ("pipeline", "unsupported", ID)
    assert repr(name) in error.message
    assert "no text" in error.message
    assert error.field is not None
    assert error.field.startswith("sel.")


def test_the_other_rules_load_beside_it() -> None:
    text = "\n---\n".join(
        json.dumps({"title": field, "logsource": {"category": "test"}, "detection": {"sel": {field: 1}, "condition": "sel"}})
        for field in ("F", "G")
    )
    pipeline = ProcessingPipeline.from_yaml("transformations: [{type: field_name_mapping, mapping: {F: [1, x]}}]")
    rules = rules_from_yaml(text, pipelines=pipeline, on_error="skip")
    assert [rule.title for rule in rules] == ["G"]
    assert rules.report().counts == {"ready": 1, "needs-values": 0, "unsupported": 1, "invalid": 0}


# --- what pySigma says -----------------------------------------------------------------------------------------------

LONG = "x" * 5000


@pytest.mark.parametrize("value", ["abc", LONG], ids=["short", "long"])
@pytest.mark.parametrize("item", ["F", "F|windash|contains"])
def test_a_step_that_fails_is_one_line_with_rule_field_and_step(item: str, value: str) -> None:
    before = {"type": "field_name_suffix", "suffix": ".s"}
    with pytest.raises(RuleErrors) as caught:
        _rule({"G": 1, item: f"{value} -a"}, before, {"type": "convert_type", "target_type": "num"})
    (error,) = caught.value.errors
    assert (error.code, error.state, error.rule_id, error.field) == ("pipeline", "unsupported", ID, "sel.F.s")
    assert error.message.startswith("the pipeline refuses it: Value '")
    assert error.message.endswith(" (step 2, convert_type)")
    assert len(error.message) < 400
    assert not any(word in error.message for word in ("\n", "ProcessingItem", "ConvertTypeTransformation"))


def test_a_step_inside_another_is_named_by_both() -> None:
    nested = {"type": "nest", "items": [{"type": "convert_type", "target_type": "num"}]}
    with pytest.raises(RuleErrors) as caught:
        _rule([{"G": 1}, {"F": "abc"}], {"type": "set_state", "key": "a", "val": "b"}, nested)
    (error,) = caught.value.errors
    assert (error.field, error.message) == (
        "sel.F",
        "the pipeline refuses it: Value 'abc' can't be converted to number for convert_type (step 2, convert_type)",
    )


def test_a_keyword_that_a_step_refuses_is_named_by_its_detection() -> None:
    with pytest.raises(RuleErrors) as caught:
        _rule(["abc"], {"type": "detection_item_failure", "message": "no keywords"})
    assert caught.value.errors[0].field == "sel"
