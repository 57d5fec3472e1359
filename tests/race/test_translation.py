"""Rules in the words of peers: the same rows as the reference evaluator finds, for every operation."""

import json

import polars as pl
import pytest

import sigtrawl as st
from race.conditions import Texts, UntranslatableError, condition, pattern_of
from race.to_polars import Dialect as PolarsDialect
from race.to_polars import expression, kinds
from race.to_sql import Dialect as SqlDialect
from race.to_sql import where
from sigtrawl import reference
from sigtrawl.plan import Plan

EVENTS = pl.DataFrame(
    {
        "Image": ["C:\\Tools\\NC.exe", "C:\\nc.exe.bak", "c:\\tools\\50%_x.exe", None, "", "C:\\Tools\\nc.exe"],
        "CommandLine": ["nc -LVP 1", "a+b (c) [d] 'e'", 'say "50%_" C:\\x', "", "c:\\tools\\nc.exe", "plain"],
        "ProcessId": [4, 400, 44, 7, 8, None],
        "Signed": ["true", "TRUE", "false", "", None, "x"],
    }
)

DETECTIONS = {
    "contains": "CommandLine|contains: ['-lvp', 'A+B (C) [D]', '50%_']",
    "endswith": "Image|endswith: ['\\nc.exe', '\\50%_x.exe']",
    "startswith": "Image|startswith: 'c:\\tools'",
    "equals": "Image: 'C:\\tools\\nc.exe'",
    "nothing": "Image: ''",
    "cased": "Image|cased|endswith: 'NC.exe'",
    "like": "Image: '?:\\*\\nc.*'",
    "regex": "CommandLine|re: '-LVP\\s+[0-9]'",
    "regex with flags": "CommandLine|re|i: '^PLAIN$'",
    "number": "ProcessId: 4",
    "more": "ProcessId|gte: 44",
    "boolean": "Signed: true",
    "null": "Image: null",
    "exists": "Image|exists: true",
    "another field": "Image|fieldref: CommandLine",
    "a missing field": "Nowhere: x",
    "a missing field that may be null": "Nowhere: null",
    "quote": 'CommandLine|contains: "e"',
}


def plan_of(detection: str, condition_: str = "s") -> Plan:
    text = f"title: T\nlogsource: {{category: process_creation}}\ndetection:\n  s:\n    {detection}\n  condition: {condition_}\n"
    return st.rules_from_yaml(text).plan()


def reference_rows(plan: Plan) -> list[int]:
    return [row for row, _ in reference.evaluate(json.loads(plan.to_json()), EVENTS, mapping=None, schema_none=True)]


@pytest.mark.parametrize("dialect", ["regex", "any", "lower"])
@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("name", DETECTIONS)
def test_polars_finds_the_same_rows(name: str, negated: bool, dialect: PolarsDialect) -> None:
    plan = plan_of(DETECTIONS[name], "not s" if negated else "s")
    true = expression(condition(plan, 0, kinds(EVENTS.schema)), dialect)
    assert EVENTS.select(true.arg_true()).to_series().to_list() == reference_rows(plan)


def test_keywords_ask_every_column() -> None:
    text = "title: T\nlogsource: {category: process_creation}\ndetection:\n  k: ['nc', 44]\n  condition: k\n"
    plan = st.rules_from_yaml(text).plan()
    true = expression(condition(plan, 0, kinds(EVENTS.schema)), "regex")
    assert EVENTS.select(true.arg_true()).to_series().to_list() == reference_rows(plan) != []


def test_texts_on_one_column_become_one_question() -> None:
    plan = plan_of("CommandLine|contains: [a, b]\n  t:\n    CommandLine|endswith: c", "s or t")
    tree = condition(plan, 0, kinds(EVENTS.schema))
    assert isinstance(tree, Texts)
    assert [predicate.value for predicate in tree.predicates] == ["a", "b", "c"]


def test_what_a_peer_has_no_words_for_is_told() -> None:
    plan = plan_of("Image|cidr: 10.0.0.0/8")
    tree = condition(plan, 0, kinds(EVENTS.schema))
    with pytest.raises(UntranslatableError, match="cidr on Image"):
        expression(tree, "regex")
    with pytest.raises(UntranslatableError, match="cidr on Image"):
        where(tree, "ilike")


@pytest.mark.parametrize(
    ("name", "dialect", "sql"),
    [
        ("endswith", "ilike",
         "coalesce(\"Image\"::VARCHAR ILIKE '%\\nc.exe' OR \"Image\"::VARCHAR ILIKE '%\\50!%!_x.exe' ESCAPE '!', false)"),
        ("cased", "lower", "coalesce(ends_with(\"Image\"::VARCHAR, 'NC.exe'), false)"),
        ("equals", "clickhouse", "coalesce(lower(toString(\"Image\")) = 'c:\\\\tools\\\\nc.exe', false)"),
        ("quote", "clickhouse", "coalesce(multiSearchAnyCaseInsensitive(toString(\"CommandLine\"), ['e']), false)"),
        ("null", "lower", 'coalesce("Image" IS NULL, false)'),
        ("more", "ilike", 'coalesce(TRY_CAST("ProcessId"::VARCHAR AS DOUBLE) >= 44, false)'),
        ("a missing field", "ilike", "false"),
        ("a missing field that may be null", "ilike", "true"),
    ],
)  # fmt: skip
def test_sql(name: str, dialect: SqlDialect, sql: str) -> None:
    assert where(condition(plan_of(DETECTIONS[name]), 0, kinds(EVENTS.schema)), dialect) == sql


def test_a_pattern_keeps_what_is_escaped_in_it() -> None:
    (predicate,) = plan_of(r"Image: 'a\*b?c*d'").predicates
    assert pattern_of(predicate, lambda text: text) == r"(?is:\Aa*b.c.*d\z)"
