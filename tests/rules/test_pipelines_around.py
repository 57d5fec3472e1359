"""What stands around rules goes through their pipelines with them: filters, and the fields of correlations."""

from typing import Any

import pytest
import yaml
from sigma.processing.pipeline import ProcessingPipeline

from sigtrawl.errors import RuleErrors
from sigtrawl.plan import And, Not, Predicate
from sigtrawl.rules import Rules, rules_from_yaml

RULES = """\
title: On Windows
id: 11111111-4306-40b4-9596-6f590c81f073
name: on_windows
logsource: {product: windows, category: process_creation}
detection: {sel: {Image: a}, condition: sel}
---
title: On Linux
id: 22222222-4306-40b4-9596-6f590c81f073
name: on_linux
logsource: {product: linux, category: process_creation}
detection: {sel: {Image: b}, condition: sel}
"""
FILTER = """\
---
title: Known parents
id: 33333333-4306-40b4-9596-6f590c81f073
logsource: {category: process_creation}
filter:
  rules: any
  ok: {Parent|endswith: '\\x', User|expand: '%admins%'}
  condition: not ok
"""
CORRELATION = """\
---
title: Many
id: 44444444-4306-40b4-9596-6f590c81f073
name: many
correlation:
  type: value_count
  rules: [on_windows, on_linux]
  group-by: [User, who]
  timespan: 5m
  aliases: {who: {on_windows: Sid, on_linux: Uid}}
  condition: {gte: 3, field: Host}
---
title: Again
name: again
correlation: {type: event_count, rules: [many], group-by: [Host], timespan: 1h, condition: {gte: 2}}
"""
MANY = CORRELATION.partition("---\ntitle: Again")[0]
WINDOWS = {"rule_conditions": [{"type": "logsource", "product": "windows"}]}
PREFIX = {"type": "field_name_prefix", "prefix": "win.", **WINDOWS}
VALUES = {"type": "value_placeholders"}


def _load(text: str, *steps: dict[str, Any], on_error: Any = "raise", **keys: Any) -> Rules:
    pipeline = ProcessingPipeline.from_yaml(yaml.safe_dump({"name": "test", "transformations": list(steps), **keys}))
    return rules_from_yaml(text, pipelines=pipeline, on_error=on_error)


def _wanted(value: str, prefix: str) -> And:
    fine = And((Predicate(f"{prefix}Parent", "endswith", "\\x"), Predicate(f"{prefix}User", "equals", "root")))
    return And((Predicate(f"{prefix}Image", "equals", value), Not(fine)))


def test_a_filter_is_renamed_with_each_rule_that_it_is_for() -> None:
    rules = _load(RULES + FILTER, PREFIX, VALUES, vars={"admins": "root"})
    assert [rule.condition for rule in rules] == [_wanted("a", "win."), _wanted("b", "")]
    assert [rule.filters for rule in rules] == [("Known parents",)] * 2


def test_a_filter_covers_what_rules_state_and_not_what_a_pipeline_makes_of_it() -> None:
    moved = {"type": "change_logsource", "product": "elsewhere", "category": "other"}
    rules = _load(RULES + FILTER, moved, VALUES, vars={"admins": "root"})
    assert [rule.condition for rule in rules] == [_wanted("a", ""), _wanted("b", "")]
    assert {rule.logsource.product for rule in rules} == {"elsewhere"}
    assert rules.report().warnings == ()


def test_a_filter_that_waits_lets_its_rules_wait() -> None:
    rules = _load(RULES + FILTER, PREFIX)
    assert [(rule.state, rule.placeholders) for rule in rules] == [("needs-values", ("admins",))] * 2


def test_conditions_that_are_added_hold_for_rule_and_filter() -> None:
    (rule, _) = _load(
        RULES + FILTER.replace(", User|expand: '%admins%'", ""), {"type": "add_condition", "conditions": {"i": "m"}}
    )
    added = Predicate("i", "equals", "m")
    fine = Predicate("Parent", "endswith", "\\x")
    assert rule.condition == And((And((added, Predicate("Image", "equals", "a"))), And((added, Not(fine)))))


def test_a_rule_whose_filter_is_refused_is_lost_and_counted_where_it_stood() -> None:
    refuse = {"type": "rule_failure", "message": "no parents here"}
    only = {"rule_conditions": [{"type": "logsource", "product": "windows"}, {"type": "contains_field", "field": "Parent"}]}
    bad = "title: Bad\nlogsource: {product: x}\ndetection: {sel: {A|b: c}, condition: sel}\n---\n"
    after = "---\n" + bad.removesuffix("---\n").replace("Bad", "Bad too")
    rules = _load(bad + RULES + after + FILTER, {**refuse, **only}, VALUES, vars={"admins": "root"}, on_error="skip")
    assert [rule.title for rule in rules] == ["On Linux"]
    told = [(entry.title, entry.state) for entry in rules.report().rules if entry.kind == "rule"]
    assert told == [("Bad", "invalid"), ("On Windows", "unsupported"), ("On Linux", "ready"), ("Bad too", "invalid")]
    error = next(error for error in rules.report().errors if error.code == "pipeline")
    assert (error.title, error.state) == ("On Windows", "unsupported")
    assert error.message == "in the filter 'Known parents': the pipeline refuses it: no parents here"
    lost = _load(RULES + CORRELATION + FILTER, {**refuse, **only}, VALUES, vars={"admins": "root"}, on_error="skip")
    assert any("refers to 'On Windows', which cannot be used" in error.message for error in lost.report().errors)


def test_fields_of_correlations_are_those_of_each_rule() -> None:
    (many,) = _load(RULES + MANY, PREFIX).plan().correlations
    assert [(one.group_by, one.field) for one in many.references] == [
        (("win.User", "win.Sid"), ("win.Host",)),
        (("User", "Uid"), ("Host",)),
    ]


def test_a_field_of_a_correlation_that_becomes_several_is_refused() -> None:
    several = {"type": "field_name_mapping", "mapping": {"User": ["a", "b"]}}
    with pytest.raises(RuleErrors) as caught:
        _load(RULES + MANY, several)
    assert {(error.code, error.state) for error in caught.value.errors} == {("pipeline", "unsupported")}
    assert caught.value.errors[0].message.startswith("its field 'User' in the events of 'on_windows': the pipelines make several")


def test_a_correlation_of_correlations_has_the_fields_of_the_rules_below() -> None:
    same = {"type": "field_name_suffix", "suffix": ".s"}
    plan = _load(RULES + CORRELATION, same).plan()
    again = next(one for one in plan.correlations if one.title == "Again")
    assert again.references[0].group_by == ("Host.s",)
    with pytest.raises(RuleErrors, match=r"several fields of it \(win\.Host, Host\)"):
        _load(RULES + CORRELATION, PREFIX)


def test_fields_that_a_step_adds_are_no_renaming() -> None:
    added = {"type": "add_field", "field": "extra"}
    plan = _load(RULES + MANY, added).plan()
    assert plan.correlations[0].references[0].group_by == ("User", "Sid")


def test_without_pipelines_nothing_changes() -> None:
    plan = rules_from_yaml(RULES + CORRELATION, placeholders={"admins": "root"}).plan()
    assert plan.correlations[0].references[1].group_by == ("User", "Uid")
    (first, _) = rules_from_yaml(RULES + FILTER, placeholders={"admins": "root"})
    assert first.condition == _wanted("a", "")
