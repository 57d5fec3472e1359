"""The public rules over real events: every expected match, and no other."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from sigtrawl import schemas
from sigtrawl.errors import RuleErrors
from sigtrawl.plan import Plan
from sigtrawl.reference import RegexNotTranslatableError, evaluate, run
from sigtrawl.rules import load_rules, rules_from_yaml


def plain(plan: Plan) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(plan.to_json())
    return read


@pytest.fixture(scope="module")
def plan(shared: Path) -> dict[str, Any]:
    return plain(load_rules(shared / "sigma", on_error="skip").plan())


def matches(plan: dict[str, Any], table: Path) -> set[tuple[str, int]]:
    frame = pl.read_parquet(table)
    mapping, reason = schemas.recognise(schemas.builtin(), frame.columns)
    assert mapping is not None, reason
    return {(plan["rules"][rule]["id"], row) for row, rule in evaluate(plan, frame, mapping=mapping)}


def test_attack_samples(shared: Path, plan: dict[str, Any]) -> None:
    expected = set(pl.read_parquet(shared / "attack_samples.expected.parquet").select("rule_id", "row").iter_rows())
    assert matches(plan, shared / "attack_samples.parquet") == expected
    assert len(expected) == 1548


def test_every_rule_that_is_there_has_a_state(shared: Path, plan: dict[str, Any]) -> None:
    frame = pl.read_parquet(shared / "attack_samples.parquet")
    evaluation = run(plan, frame, mapping=schemas.builtin()[0])
    assert len(evaluation.states) == len(plan["rules"])
    found = {rule for _, rule in evaluation.matches}
    assert {evaluation.states[rule].state for rule in found} <= {"runs", "partial"}
    assert evaluation.not_evaluable == []


def test_regression_tables(shared: Path, plan: dict[str, Any]) -> None:
    matrix = pl.read_parquet(shared / "regression" / "matrix.parquet")
    found = {
        (table.name, rule, row)
        for table in sorted((shared / "regression").glob("windows__*.parquet"))
        for rule, row in matches(plan, table)
    }
    assert found == set(matrix.select("table", "rule_id", "row").iter_rows())
    assert len(found) == 352


def test_regression_tests(shared: Path, plan: dict[str, Any]) -> None:
    counts: dict[tuple[str, str], int] = {}
    for table in sorted((shared / "regression").glob("windows__*.parquet")):
        sources = pl.read_parquet(table, columns=["_source_file"])["_source_file"].to_list()
        for rule, row in matches(plan, table):
            counts[rule, sources[row]] = counts.get((rule, sources[row]), 0) + 1
    tests = pl.read_parquet(shared / "regression" / "expected.parquet")
    failing = [
        (rule, source)
        for rule, source, least in tests.select("rule_id", "source_file", "match_count").iter_rows()
        if counts.get((rule, source), 0) < (1 if least is None else least)
    ]
    assert failing == []
    assert tests.height == 202


def test_vectors(shared: Path) -> None:
    differing = [
        vector["id"] for vector in json.loads((shared / "vectors.json").read_text()) if answer(vector) != vector["expect"]
    ]
    assert differing == []


def answer(vector: dict[str, Any]) -> bool | str:
    rule = {"title": vector["id"], "logsource": {"category": "test"}, "detection": vector["detection"]}
    frame = pl.DataFrame([vector["event"] | {"_row": 0}])
    try:
        plan = rules_from_yaml(yaml.safe_dump(rule, allow_unicode=True)).plan()
        return bool(evaluate(plain(plan), frame, mapping=None, schema_none=True))
    except (RuleErrors, RegexNotTranslatableError):
        return "error"
