"""Correlations: what is read, what refers to what, and what a selection keeps."""

import json
from pathlib import Path
from typing import Any

import pytest

import sigtrawl as st
from sigtrawl.correlation.entry import Reference
from sigtrawl.errors import RuleErrors
from sigtrawl.rules import rules_from_yaml

ID = "6f1e2d3c-0000-4000-8000-0000000000"


def rule(name: str, level: str = "low", source: str = "product: windows", **more: Any) -> str:
    lines = [f"title: {name}", f"name: {name}", f"level: {level}", f"logsource: {{{source}}}"]
    found = {"detection": "{s: {f: a}, condition: s}", **more}
    return "\n".join([*lines, *(f"{key}: {value}" for key, value in found.items()), ""])


def correlation(name: str, kind: str = "event_count", rules: str = "a", level: str = "high", **more: Any) -> str:
    members: dict[str, Any] = {"type": kind, "rules": rules.split(), "timespan": "5m"}
    if not kind.startswith("temporal"):
        members["condition"] = {"gte": 2}
    members |= {key.replace("_", "-"): value for key, value in more.items()}
    stated = {key: value for key, value in members.items() if value}
    return f"title: {name}\nname: {name}\nlevel: {level}\ncorrelation: {json.dumps(stated)}\n"


def load(*texts: str, **options: Any) -> st.Rules:
    return rules_from_yaml("---\n".join(texts), **options)


def silent(rules: st.Rules) -> dict[str, bool]:
    plan = rules.plan()
    return {**{one.title: one.silent for one in plan.rules}, **{one.title: one.silent for one in plan.correlations}}


@pytest.mark.parametrize(
    ("timespan", "seconds"),
    [("1s", 1), ("90m", 5400), ("2h", 7200), ("1d", 86400), ("1w", 604800), ("1M", 2629746), ("1y", 31556952)],
)
def test_timespans(timespan: str, seconds: int) -> None:
    (one,) = load(rule("a"), correlation("c", timespan=timespan)).correlations
    assert one.timespan == seconds


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"gte": 10}, (("gte", "10"),)),
        ({"lte": 200, "gt": 100}, (("gt", "100"), ("lte", "200"))),
        ({"eq": 1.5}, (("eq", "1.5"),)),
        ({"neq": 0}, (("neq", "0"),)),
        ({"gt": 9007199254740993}, (("gt", "9007199254740993"),)),
        ({"lt": "7"}, (("lt", "7"),)),
    ],
)
def test_comparisons(condition: dict[str, Any], expected: tuple[tuple[str, str], ...]) -> None:
    (one,) = load(rule("a"), correlation("c", condition=condition)).correlations
    assert one.condition == expected


def test_temporal_types_ask_for_all_rules_by_default() -> None:
    (one,) = load(rule("a"), rule("b"), correlation("c", "temporal", "a b")).correlations
    assert one.condition == (("gte", "2"),)


@pytest.mark.parametrize(
    ("condition", "terms"),
    [
        ("a and b", (((0, 1), ()),)),
        ("a or b", (((0,), ()), ((1,), ()))),
        ("a and not b", (((0,), (1,)),)),
        ("not (a and not b)", (((), (0,)), ((1,), ()))),
        ("(a or b) and not (a and b)", (((0,), (1,)), ((1,), (0,)))),
        ("all of *", (((0, 1), ()),)),
    ],
)
def test_extended_conditions(condition: str, terms: Any) -> None:
    (one,) = load(rule("a"), rule("b"), correlation("c", "temporal", "a b", condition=condition)).correlations
    assert (one.terms, one.condition) == (terms, ())


def test_the_rules_of_an_extended_condition_need_no_list() -> None:
    (one,) = load(rule("a"), rule("b"), correlation("c", "temporal_ordered", "", condition="b and a")).correlations
    assert one.rules == ("b", "a")


def test_references_go_across_files_by_id_and_name(tmp_path: Path) -> None:
    (tmp_path / "1.yml").write_text(correlation("outer", "temporal", "inner b"))
    (tmp_path / "2.yml").write_text(correlation("inner", rules=f"{ID}01".upper(), group_by=["User"]))
    (tmp_path / "3.yml").write_text(rule("a", id=f"{ID}01") + "---\n" + rule("b"))
    plan = st.load_rules(tmp_path).plan()
    assert [(one.title, one.references) for one in plan.correlations] == [
        ("inner", (Reference(0, None, ("User",)),)),
        ("outer", (Reference(None, 0), Reference(1, None))),
    ]


def test_aliases_are_resolved_for_each_rule() -> None:
    aliases = {"who": {"a": "User", "b": "Account"}}
    text = correlation("c", "value_count", "a b", group_by=["who", "Host"], aliases=aliases, condition={"field": "who", "gte": 2})
    assert load(rule("a"), rule("b"), text).plan().correlations[0].references == (
        Reference(0, None, ("User", "Host"), ("User",)),
        Reference(1, None, ("Account", "Host"), ("Account",)),
    )


def test_rules_of_correlations_are_silent() -> None:
    base = (rule("a"), rule("b"), rule("d"))
    assert silent(load(*base, correlation("c"))) == {"a": True, "b": False, "d": False, "c": False}
    assert silent(load(*base, correlation("c", generate=True)))["a"] is False
    # It is enough that one of several asks for them.
    assert silent(load(*base, correlation("c"), correlation("e", generate=True)))["a"] is False
    chained = silent(load(*base, correlation("c"), correlation("e", "temporal", "c b")))
    assert chained == {"a": True, "b": True, "d": False, "c": True, "e": False}


def test_a_selection_keeps_what_its_correlations_need() -> None:
    texts = (rule("a"), rule("b", "high"), rule("d"), correlation("inner", level="low"), correlation("c", "temporal", "inner b"))
    rules = load(*texts, min_level="high")
    assert [one.title for one in rules] == ["b"]
    assert [one.title for one in rules.correlations] == ["c"]
    assert silent(rules) == {"b": True, "a": True, "inner": True, "c": False}
    report = rules.report()
    assert (report.filtered, report.needed) == (3, 2)
    assert [(entry.kind, entry.title) for entry in report.rules] == [("rule", "b"), ("correlation", "c")]
    afterwards = load(*texts).filter(min_level="high")
    assert afterwards.plan().rules == rules.plan().rules
    assert afterwards.plan().correlations == rules.plan().correlations
    assert (afterwards.report().filtered, afterwards.report().needed) == (3, 2)
    # What was left out stays so, also where `generate` asks for it.
    assert silent(load(rule("a"), correlation("c", generate=True), min_level="high")) == {"a": True, "c": False}


def test_a_correlation_that_is_left_out_leaves_its_rules_alone() -> None:
    rules = load(rule("a", "high"), correlation("c", level="low"), min_level="high")
    assert silent(rules) == {"a": False}
    assert rules.report().filtered == 1


def test_an_unselected_bad_rule_is_only_read_where_it_is_needed() -> None:
    bad = rule("a", detection="{s: {f|nope: a}, condition: s}")
    assert [one.title for one in load(bad, rule("b", "high"), min_level="high")] == ["b"]
    with pytest.raises(RuleErrors, match=r"unknown-modifier[\s\S]*bad-reference"):
        load(bad, correlation("c"), min_level="high")


@pytest.mark.parametrize("source", ["product=windows", "product=linux"])
def test_a_correlation_has_the_log_sources_of_its_rules(source: str) -> None:
    texts = (rule("a"), rule("b", source="product: linux"), correlation("c"), correlation("d", rules="b"))
    rules = load(*texts, logsource=source)
    assert [one.title for one in rules.correlations] == (["c"] if "windows" in source else ["d"])
    assert [one.title for one in load(*texts).filter(logsource=source).correlations] == [one.title for one in rules.correlations]


def test_a_correlation_waits_with_its_rules() -> None:
    waits = rule("a", detection="{s: {f|expand: '%x%'}, condition: s}")
    rules = load(waits, correlation("c"), correlation("e", "temporal", "c b"), rule("b"))
    assert [(one.state, one.placeholders) for one in rules.correlations] == [("needs-values", ("x",))] * 2
    assert [one.waits for one in rules.plan().correlations] == [True, True]
    assert rules.report().counts == {"ready": 1, "needs-values": 3, "unsupported": 0, "invalid": 0}
    ready = load(waits, correlation("c"), placeholders={"x": "1"})
    assert [one.state for one in ready.correlations] == ["ready"]


def test_a_correlation_with_a_bad_rule_is_invalid_and_nothing_is_lost() -> None:
    bad = rule("a", detection="{s: {f|nope: a}, condition: s}")
    rules = load(bad, rule("b"), correlation("c", rules="a b"), correlation("d", rules="b"), on_error="skip")
    report = rules.report()
    assert [(entry.kind, entry.title, entry.state) for entry in report.rules] == [
        ("rule", "a", "invalid"),
        ("rule", "b", "ready"),
        ("correlation", "c", "invalid"),
        ("correlation", "d", "ready"),
    ]
    assert "it refers to 'a', which cannot be used" in str(report.errors[-1])
    assert report.kinds == {"rule": 2, "filter": 0, "correlation": 2}


def test_warnings() -> None:
    codes = [warning.code for warning in load(rule("a"), correlation("c", "temporal", "a")).report().warnings]
    assert codes == ["correlation-one-rule"]
    unused = load(rule("a"), correlation("c", aliases={"x": {"a": "User"}})).report().warnings
    assert [warning.code for warning in unused] == ["correlation-unused-alias"]


def test_the_same_correlation_twice_is_one_and_ids_are_shared_with_rules() -> None:
    one = correlation("c") + f"id: {ID}09\n"
    assert load(rule("a"), one, one).report().duplicates == 1
    with pytest.raises(RuleErrors, match="duplicate-id"):
        load(rule("a", id=f"{ID}09"), one)


def test_an_expression_that_explodes_is_refused() -> None:
    names = [f"r{number}" for number in range(24)]
    condition = " and ".join(f"({a} or {b})" for a, b in zip(names[::2], names[1::2], strict=True))
    with pytest.raises(RuleErrors, match="more than 256 alternatives"):
        load(*map(rule, names), correlation("c", "temporal", " ".join(names), condition=condition))


def test_long_chains_are_followed_once() -> None:
    texts = [rule("a"), correlation("c0"), correlation("c1")]
    texts += [correlation(f"c{number}", "temporal", f"c{number - 1} c{number - 2}") for number in range(2, 60)]
    plan = load(*texts).plan()
    assert len(plan.correlations) == 60
    assert [one.silent for one in plan.correlations] == [True] * 59 + [False]


@pytest.mark.parametrize(
    ("kind", "condition", "never"),
    [
        ("event_count", {"lt": 1}, True),
        ("event_count", {"gt": 1, "lt": 2}, True),
        ("event_count", {"lt": 2}, False),
        ("event_count", {"neq": 1}, False),
        ("value_count", {"lt": 1, "field": "f"}, False),
        ("value_count", {"lt": 0, "field": "f"}, True),
        ("temporal", {"gte": 5}, True),
        ("temporal", {"gte": 2}, False),
        ("temporal_ordered", {"gt": 2}, True),
        ("value_sum", {"gt": 1, "lt": 2, "field": "f"}, False),
    ],
)
def test_a_count_that_no_window_has_is_warned_of(kind: str, condition: dict[str, Any], never: bool) -> None:
    found = load(rule("a"), rule("b"), correlation("c", kind, "a b", condition=condition)).report().warnings
    assert [warning.code for warning in found] == ["correlation-never"] * never


def test_a_threshold_of_thousands_of_digits_is_no_number() -> None:
    with pytest.raises(RuleErrors, match="a condition compares with a number"):
        load(rule("a"), correlation("c", condition={"gt": "9" * 5_000}))


def test_a_rule_that_is_named_twice_is_one_rule() -> None:
    texts = rule("a", id=f"{ID}01"), correlation("c", "temporal", f"a {ID}01".upper().replace("A ", "a ", 1))
    with pytest.raises(RuleErrors, match="are one rule: 'a'") as caught:
        load(*texts)
    assert [error.code for error in caught.value.errors] == ["correlation-rules"]


def test_who_was_selected_makes_no_name_clear() -> None:
    texts = rule("a", "low"), rule("a", "low", detection="{s: {f: b}, condition: s}"), correlation("c")
    for options in ({}, {"min_level": "high"}):
        with pytest.raises(RuleErrors, match="is the name of 2 rules"):
            load(*texts, **options)
    one = rule("a", "high"), rule("a", "low", detection="{s: {f: b}, condition: s}"), correlation("c")
    with pytest.raises(RuleErrors, match="is the name of 2 rules"):
        load(*one, min_level="high")
    assert len(load(rule("a"), rule("a"), correlation("c"), min_level="high").needed_rules) == 1


def test_what_only_a_waiting_correlation_needs_is_not_matched() -> None:
    waits = rule("w", detection="{s: {'f|expand': '%x%'}, condition: s}")
    texts = rule("a"), waits, correlation("c", "temporal", "a w")
    plan = load(*texts, min_level="high").plan()
    assert (plan.rules, [entry.waits for entry in plan.correlations]) == ((), [True])
    assert silent(load(*texts)) == {"a": False, "c": False}
    assert silent(load(*texts, min_level="high", placeholders={"x": "b"})) == {"a": True, "w": True, "c": False}
