"""Filters: to which rules they are applied, and what becomes of them."""

from typing import Any

import polars as pl
import pytest

import sigtrawl as st
from sigtrawl.errors import RuleErrors
from sigtrawl.plan import And, Not, Predicate
from sigtrawl.rules import rules_from_yaml

ID = "6f1e2d3c-0000-4000-8000-0000000000"


def rule(title: str, name: str = "", source: str = "product: windows, category: test", **more: Any) -> str:
    lines = [f"title: {title}", f"logsource: {{{source}}}", "detection: {s: {f: a}, condition: s}"]
    return "\n".join([*lines, *([f"name: {name}"] if name else []), *(f"{key}: {value}" for key, value in more.items()), ""])


def filter_(rules: str, condition: str = "not s", source: str = "product: windows", detection: str = "s: {User: adm}") -> str:
    return f"title: F\nlogsource: {{{source}}}\nfilter: {{rules: {rules}, {detection}, condition: {condition}}}\n"


def load(*texts: str, **options: Any) -> st.Rules:
    return rules_from_yaml("---\n".join(texts), **options)


def applied(rules: st.Rules) -> list[str]:
    return [one.title for one in rules if one.filters]


def test_a_filter_is_anded_as_it_is_written() -> None:
    rules = load(rule("A", "a"), filter_("[a]"))
    predicate, user = Predicate("f", "equals", "a"), Predicate("User", "equals", "adm")
    assert rules[0].condition == And((predicate, Not(user)))
    assert rules[0].filters == ("F",)
    plain = load(rule("A", "a"), filter_("[a]", "s"))
    assert plain[0].condition == And((predicate, user))
    frame = pl.DataFrame({"f": ["a", "a"], "User": ["adm", None]})
    assert st.compile(rules).match(frame, schema="none").to_polars()["row"].to_list() == [1]
    assert st.compile(plain).match(frame, schema="none").to_polars()["row"].to_list() == [0]


def test_several_conditions_are_all_filtered_and_identifiers_never_meet() -> None:
    text = "title: A\nname: a\nlogsource: {product: windows}\ndetection: {s: {f: a}, t: {f: b}, condition: [s, t]}\n"
    rules = load(text, filter_("[a]", "not 1 of them", detection="s: {User: x}, u: {Host: y}"))
    frame = pl.DataFrame({"f": ["a", "b", "b", "a"], "User": ["x", "x", None, None], "Host": [None, None, "y", None]})
    assert st.compile(rules).match(frame, schema="none").to_polars()["row"].to_list() == [3]


@pytest.mark.parametrize(
    ("rules", "source", "expected"),
    [
        ("[a]", "product: windows", ["A"]),
        ("a", "product: windows", ["A"]),
        (f"[{ID}02]", "product: windows", ["B"]),
        (f"['{ID}02'.upper]", "product: windows", []),
        (f"[a, {ID}02, other]", "product: windows", ["A", "B"]),
        ("any", "product: windows", ["A", "B"]),
        ("Any", "product: windows, category: test", ["A", "B"]),
        ("any", "category: test", ["A", "B", "C"]),
        ("any", "product: linux", ["C"]),
        ("any", "product: windows, service: security", []),
        ("[c]", "product: windows", []),
    ],
)
def test_which_rules(rules: str, source: str, expected: list[str]) -> None:
    if ".upper" in rules:
        rules, expected = f"[{ID}02]".upper(), ["B"]
    three = (rule("A", "a"), rule("B", id=f"{ID}02"), rule("C", "c", "product: linux, category: test"))
    loaded = load(*three, filter_(rules, source=source))
    assert applied(loaded) == expected
    unused = [warning for warning in loaded.report().warnings if warning.code == "filter-unused"]
    assert len(unused) == (not expected)


def test_filters_go_across_files_and_are_counted(tmp_path: Any) -> None:
    (tmp_path / "a_filter.yml").write_text(filter_("[a]"))
    (tmp_path / "b_rule.yml").write_text(rule("A", "a"))
    rules = st.load_rules(tmp_path)
    assert applied(rules) == ["A"]
    report = rules.report()
    assert [(entry.kind, entry.state) for entry in report.rules] == [("rule", "ready"), ("filter", "ready")]
    assert str(report) == "1 rule, 1 filter: 2 ready"
    assert report.warnings == ()


def test_warnings() -> None:
    codes = [warning.code for warning in load(rule("A", "a"), filter_("[a]", "s")).report().warnings]
    assert codes == ["filter-without-not"]
    nowhere = load(rule("A", "a"), filter_("[zz]")).report().warnings
    assert [(warning.code, warning.title) for warning in nowhere] == [("filter-unused", "F")]
    assert "none of the rules that it names is loaded: zz" in str(nowhere[0])
    source = load(rule("A", "a"), filter_("[a]", source="product: linux")).report().warnings
    assert "the log source of 'A' is not within that of the filter" in str(source[0])
    # What the selection left out may be what the filter is for.
    assert load(rule("A", "a"), filter_("[a]"), min_level="high").report().warnings == ()


def test_a_filter_is_selected_with_its_rules() -> None:
    rules = load(rule("A", "a", level="high"), rule("B", "b", level="low"), filter_("any"), min_level="high")
    assert applied(rules) == ["A"]
    assert applied(load(rule("A", "a", level="high"), filter_("any")).filter(min_level="high")) == ["A"]


def test_a_filter_that_waits_lets_its_rules_wait() -> None:
    waiting = filter_("[a]", detection="s: {User|expand: '%admins%'}")
    rules = load(rule("A", "a"), rule("B", "b"), waiting)
    assert [(one.state, one.placeholders) for one in rules] == [("needs-values", ("admins",)), ("ready", ())]
    assert rules.report().counts["needs-values"] == 2
    assert [one.state for one in load(rule("A", "a"), waiting, placeholders={"admins": "adm"})] == ["ready"]


def test_a_bad_filter_hides_no_rule() -> None:
    with pytest.raises(RuleErrors, match="unknown-modifier"):
        load(rule("A", "a"), filter_("[a]", detection="s: {User|starts: x}"))
    rules = load(rule("A", "a"), filter_("[a]", detection="s: {User|starts: x}"), on_error="skip")
    assert applied(rules) == []
    assert [(entry.kind, entry.state) for entry in rules.report().rules] == [("rule", "ready"), ("filter", "invalid")]
