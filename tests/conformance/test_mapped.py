"""Joins, prefixes, choices among elements, needs and times on generated mappings and tables.

The core and the reference evaluator give the same answer; what time an event has is compared with a plain reading of its own.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.conformance import mapped
from tests.engines import ENGINES

import sigtrawl
from sigtrawl import _native, schemas
from sigtrawl.plan import LogSource, PlanBuilder, RuleEntry
from sigtrawl.reference import run
from sigtrawl.rules.detections import lower_detection


def plan_of(rules: list[tuple[str | None, dict[str, Any]]]) -> Any:
    builder = PlanBuilder()
    for number, (category, detection) in enumerate(rules):
        node = lower_detection(detection, {}, lambda *_: None).node
        builder.add(RuleEntry(id=str(number), title="generated", logsource=LogSource(category=category), condition=node))
    return builder.build()


@seed(20261124)
@settings(max_examples=300, deadline=None, database=None)
@given(mapped.mappings(), mapped.tables(), st.lists(mapped.rules(), min_size=1, max_size=12))
def test_generated_mappings(
    mapping: dict[str, Any], tables: tuple[pa.Table, pa.Table], rules: list[tuple[str | None, dict[str, Any]]]
) -> None:
    table, plain = tables
    plan = plan_of(rules)
    read = schemas.read_mapping(json.dumps(mapping))
    reference = run(json.loads(plan.to_json()), pl.DataFrame(plain), mapping=read)
    options = json.dumps({"mappings": [read.to_dict()], "schema": "mapped", "columns": [], "threads": 1}).encode()
    stream = _native.match_data(_native.RuleSet(plan.to_json()), table, options)
    core: set[tuple[int, int]] = set()
    while (batch := stream.next_batch()) is not None:
        core |= {(row, int(rule)) for row, rule in pl.DataFrame(batch).select("row", "rule_id").iter_rows()}
    report = json.loads(stream.report())
    told = [
        f"{'core' if (row, rule) in core else 'reference'} alone: {rules[rule]} matches {table.slice(row, 1).to_pylist()}"
        for row, rule in sorted(core ^ set(reference.matches))
    ]
    told += [
        f"{rule}: core says {entry}, reference says {state}"
        for rule, entry, state in zip(rules, report["rules"], reference.states, strict=True)
        if (entry["state"], tuple(entry["lost"]), tuple(entry["missing"])) != (state.state, state.lost, state.missing)
    ]
    assert told == [], mapping
    unreadable = {entry["column"]: entry["values"] for entry in report["not_evaluable"]}
    if all(entry["state"] in {"runs", "partial"} for entry in report["rules"]):
        assert unreadable == {entry.column: entry.values for entry in reference.not_evaluable}, mapping


MICROSECONDS: dict[str, Fraction] = {"s": Fraction(10**6), "ms": Fraction(10**3), "us": Fraction(1), "ns": Fraction(1, 1000)}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(value: Any, unit: str | None) -> datetime | None:
    """Read one value as DESIGN.md says, with exact fractions."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    number = None
    if unit is not None and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", str(value)):
        number = Fraction(str(value)) * MICROSECONDS[unit]
    if number is not None:
        try:
            return EPOCH + timedelta(microseconds=number.__floor__())
        except OverflowError:
            return None
    if isinstance(value, str) and re.match(r"[0-9]{4}-", value):
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found
    return None


@seed(20261125)
@settings(max_examples=300, deadline=None, database=None)
@given(mapped.times(), st.sampled_from(["at", "_at", "meta.at"]))
def test_generated_times(drawn: tuple[str | None, pa.Array], name: str) -> None:
    unit, array = drawn
    nested = {"meta": pa.StructArray.from_arrays([array], ["at"])}
    table = pa.table({"f": pa.array(["x"] * len(array)), **(nested if name == "meta.at" else {name: array})})
    entry = name if unit is None else {"column": name, "unit": unit}
    mapping = {"name": "timed", "recognise": {"all": ["f"]}, "own_names": True, "time": [entry]}
    mapping["routes"] = [{"logsource": {"category": "a"}}]
    plan = plan_of([("a", {"sel": {"f": "x"}, "condition": "sel"})])
    options = json.dumps({"mappings": [mapping], "schema": "timed", "columns": ["f"], "threads": 1}).encode()
    stream = _native.match_data(_native.RuleSet(plan.to_json()), table, options)
    frames = []
    while (batch := stream.next_batch()) is not None:
        frames.append(pl.DataFrame(batch))
    rows = [cell if isinstance(cell, list) else [cell] for cell in pl.Series(array).to_list()]
    read = [[moment(value, unit) for value in row if value is not None] for row in rows]
    expected = [next((time for time in row if time is not None), None) for row in read]
    assert pl.concat(frames)["time"].to_list() == expected
    report = json.loads(stream.report())
    assert report["unreadable_times"] == sum(bool(row) and not any(row) for row in read)
    assert report["inputs"][0]["time"] == [name]


OWN = """
name: own
recognise: {all: [exe]}
time: [{column: meta.at, unit: ms}]
fields: {Image: exe, Key: {join: [exe, meta.name], with: ':'}}
routes: [{logsource: {category: process_creation}}]
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_of_ones_own_reads_nested_times_under_both_engines(tmp_path: Path, engine: Any) -> None:
    (tmp_path / "own.yml").write_text(OWN)
    meta = {"at": 1_500, "name": "n"}
    pl.DataFrame({"exe": ["a", "b"], "meta": [meta, {**meta, "at": None}]}).write_parquet(tmp_path / "t.parquet")
    rule = "title: T\nlogsource: {category: process_creation}\ndetection: {sel: {Key|endswith: ':n'}, condition: sel}"
    ruleset = sigtrawl.compile(sigtrawl.rules_from_yaml(rule))
    matches = sigtrawl.scan(tmp_path / "t.parquet", ruleset, schema=tmp_path / "own.yml", columns=["exe"], engine=engine)
    frame = matches.to_polars()
    assert frame["time"].to_list() == [EPOCH + timedelta(seconds=1.5), None]
    assert frame["event"].to_list() == [{"exe": "a"}, {"exe": "b"}]
    assert matches.report.inputs[0].time == ("meta.at",)
