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


ADD = {"type": "add_condition", "conditions": {"i": "m"}}
PLAIN = FILTER.replace(", User|expand: '%admins%'", "")
FINE = Predicate("Parent", "endswith", "\\x")
A = Predicate("Image", "equals", "a")


def test_a_condition_that_is_added_is_added_once_for_a_rule_and_its_filters() -> None:
    (rule, _) = _load(RULES + PLAIN + PLAIN.replace("3333", "5555").replace("Parent", "User"), ADD)
    other = Predicate("User", "endswith", "\\x")
    assert rule.condition == And((Predicate("i", "equals", "m"), And((A, Not(FINE), Not(other)))))
    assert rule.filters == ("Known parents", "Known parents")


def test_a_log_source_is_changed_once() -> None:
    """A step that moves what is of `windows` to `linux`, and then one for `linux`, sees the rule's filter with the rule."""
    moved = {"type": "change_logsource", "product": "linux", "category": "process_creation", **WINDOWS}
    linux = {"rule_conditions": [{"type": "logsource", "product": "linux"}]}
    (rule, _) = _load(RULES + PLAIN, moved, {"type": "field_name_prefix", "prefix": "lin.", **linux})
    assert rule.condition == And((Predicate("lin.Image", "equals", "a"), Not(Predicate("lin.Parent", "endswith", "\\x"))))
    assert rule.logsource.product == "linux"


def test_a_step_that_asks_what_a_rule_looks_for_sees_its_filters() -> None:
    has = {"rule_conditions": [{"type": "contains_field", "field": "Parent"}]}
    (rule, _) = _load(RULES + PLAIN, {"type": "field_name_suffix", "suffix": ".s", **has})
    assert rule.condition == And((Predicate("Image.s", "equals", "a"), Not(Predicate("Parent.s", "endswith", "\\x"))))


TANGLED = """\
title: Tangled
logsource: {product: windows}
detection:
  _filt_0_ok: {A: 1}
  _own: {B: 2}
  ok: {C: 3}
  condition: [1 of _*, not (not ok)]
---
title: Them
logsource: {product: windows}
filter:
  rules: any
  ok: {D: 4}
  other: {E: 5}
  _hidden: {F: 6}
  condition: not 1 of them or all of _h* and ok
"""


def test_names_never_meet_and_selectors_see_their_own() -> None:
    (plain,) = rules_from_yaml(TANGLED)
    (through,) = _load(TANGLED)
    assert through.condition == plain.condition
    assert through.filters == ("Them",)
    (added,) = _load(TANGLED, ADD)
    assert plain.condition is not None
    assert added.condition == And((Predicate("i", "equals", "m"), plain.condition))


def test_the_words_of_rule_and_filter_are_kept_where_their_form_is() -> None:
    (entry, _) = _load(RULES + PLAIN, PREFIX).plan().rules
    assert entry.parts is not None
    assert entry.parts["filters"] == ["Known parents"]
    (entry, _) = _load(RULES + PLAIN, ADD).plan().rules
    assert entry.parts is None


# --- what is dropped of a filter -------------------------------------------------------------------------------------

GONE = {"type": "drop_detection_item", "field_name_conditions": [{"type": "include_fields", "fields": ["Parent"]}]}
SEVERAL = {"type": "field_name_mapping", "mapping": {"Parent": ["a", "b"]}}
BOTH = {"type": "drop_detection_item", "field_name_conditions": [{"type": "include_fields", "fields": ["a", "b"]}]}
TWICE = PLAIN.replace("{Parent|endswith: '\\x'}", "{Parent|endswith: '\\x', User: root}")


@pytest.mark.parametrize("steps", [(GONE,), (SEVERAL, BOTH)], ids=["drop", "several"])
@pytest.mark.parametrize("condition", ["not ok", "ok"])
def test_a_filter_of_which_nothing_is_left_is_an_error_of_the_rule(steps: tuple[Any, ...], condition: str) -> None:
    """Without it the rule would match what somebody decided it should not."""
    with pytest.raises(RuleErrors) as caught:
        _load(RULES + PLAIN.replace("not ok", condition), *steps)
    errors = caught.value.errors
    assert [(error.code, error.state, error.title) for error in errors] == [
        ("pipeline", "unsupported", "On Windows"),
        ("pipeline", "unsupported", "On Linux"),
    ]
    told = "after the pipelines: nothing is left of the filter 'Known parents', so the rule would match what it takes away"
    assert {error.message for error in errors} == {told}


def test_a_rule_of_which_only_its_filter_is_left_is_an_error() -> None:
    """`not ok` alone would match nearly everything."""
    step = {"type": "drop_detection_item", "field_name_conditions": [{"type": "include_fields", "fields": ["Image"]}]}
    with pytest.raises(RuleErrors, match="nothing is left of what the rule looks for"):
        _load(RULES + PLAIN, step)


@pytest.mark.parametrize("steps", [(GONE,), (SEVERAL, BOTH)], ids=["drop", "several"])
def test_a_filter_that_loses_a_part_is_warned_of_once(steps: tuple[Any, ...]) -> None:
    rules = _load(RULES + TWICE, *steps)
    assert rules[0].condition == And((A, Not(Predicate("User", "equals", "root"))))
    (warning,) = rules.report().warnings
    assert (warning.code, warning.title, warning.field) == ("filter-thinned", "Known parents", "ok")
    assert warning.message == (
        "in 'On Windows' and in 1 more the pipelines drop a part of it (ok), so it covers other events than it says"
    )


def test_a_field_that_becomes_several_is_no_loss() -> None:
    rules = _load(RULES + TWICE, SEVERAL)
    assert rules.report().warnings == ()
    assert len(rules) == 2


def test_what_is_wrong_in_a_filter_is_told_by_its_own_names() -> None:
    with pytest.raises(RuleErrors) as caught:
        _load(RULES.partition("---")[0] + PLAIN, {"type": "field_name_mapping", "mapping": {"Parent": [5, "x"]}})
    (error,) = caught.value.errors
    assert error.title == "On Windows"
    assert error.message.startswith(
        "in the filter 'Known parents': after the pipelines: the pipeline makes 5 of the field's name"
    )
    assert error.field == "ok.5"
    with pytest.raises(RuleErrors) as caught:
        _load(RULES.partition("---")[0] + PLAIN, {"type": "convert_type", "target_type": "num"})
    (error,) = caught.value.errors
    assert (error.title, error.field) == ("On Windows", "sel.Image")


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
    assert error.message == "with the filter 'Known parents': the pipeline refuses it: no parents here (step 1, rule_failure)"
    lost = _load(RULES + CORRELATION + FILTER, {**refuse, **only}, VALUES, vars={"admins": "root"}, on_error="skip")
    assert any("refers to 'On Windows', which cannot be used" in error.message for error in lost.report().errors)


def test_refused_rules_are_counted_each_where_it_stood() -> None:
    """Those that only a correlation needs stand behind all others."""
    texts = [
        f"title: {title}\nname: {title}\nlevel: {level}\nlogsource: {{product: {title}}}\n"
        "detection: {s: {A: 1}, condition: s}\n"
        for title, level in (("a", "high"), ("b", "low"), ("c", "high"), ("d", "high"), ("e", "low"))
    ]
    many = "title: many\nlevel: high\ncorrelation: {type: event_count, rules: [b, e], timespan: 5m, condition: {gte: 3}}\n"
    conditions = [{"type": "logsource", "product": product} for product in ("a", "d", "e")]
    refuse = {"type": "rule_failure", "message": "no", "rule_conditions": conditions, "rule_cond_op": "or"}
    pipeline = ProcessingPipeline.from_yaml(yaml.safe_dump({"name": "test", "transformations": [refuse]}))
    rules = rules_from_yaml("---\n".join([*texts, many]), pipelines=pipeline, on_error="skip", min_level="high")
    told = [(entry.title, entry.state) for entry in rules.report().rules if entry.kind == "rule"]
    assert [one for one in told if one[0] != "b"] == [
        ("a", "unsupported"),
        ("c", "ready"),
        ("d", "unsupported"),
        ("e", "unsupported"),
    ]
    assert [rule.title for rule in rules] == ["c"]


def test_fields_of_correlations_are_those_of_each_rule() -> None:
    (many,) = _load(RULES + MANY, PREFIX).plan().correlations
    assert [(one.group_by, one.field) for one in many.references] == [
        (("win.User", "win.Sid"), ("win.Host",)),
        (("User", "Uid"), ("Host",)),
    ]


def test_fields_of_correlations_are_renamed_with_the_rule_and_its_filters() -> None:
    """A step may be for rules that ask for a field, and the filter asks for it."""
    has = {"rule_conditions": [{"type": "contains_field", "field": "Parent"}]}
    windows = PLAIN.replace("{category: process_creation}", "{product: windows, category: process_creation}")
    (many,) = _load(RULES + MANY + windows, {"type": "field_name_suffix", "suffix": ".s", **has}).plan().correlations
    assert [(one.group_by, one.field) for one in many.references] == [
        (("User.s", "Sid.s"), ("Host.s",)),
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
