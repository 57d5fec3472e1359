"""Fewer columns give the same matches: for every schema that is known, with rules that match its sample."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.schemas import samples_windows
from tests.schemas.corpus import outside_windows
from tests.schemas.sample import Sample
from tests.schemas.samples_cloud import SAMPLES
from tests.sql.conftest import RULES

import sigtrawl as st
from sigtrawl.errors import InputError, SchemaError, UsageError
from sigtrawl.report import InputReport, ScanReport
from sigtrawl.request import request
from sigtrawl.ruleset import match_in_memory
from sigtrawl.sql import call_text, columns_to_read, matches_of, quoted, row_function
from sigtrawl.subset import only

pa = pytest.importorskip("pyarrow")

ON_ANY_WINDOWS = """
title: Any text
logsource: {product: windows}
detection:
  selection:
    - Image|contains: e
    - CommandLine|contains: e
    - EventID: 4688
    - User: null
  condition: selection
---
"""


def _both(ruleset: st.RuleSet, table: Any) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Match the whole table, and those of its columns that are said to be needed."""
    asked = request(columns=[])
    names, less = columns_to_read(ruleset, table.schema, asked)
    return (
        match_in_memory(ruleset, table, asked).to_polars(),
        match_in_memory(ruleset, table.select(names), less).to_polars(),
        names,
    )


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_on_what_other_sources_write(sample: Sample, shared: Path) -> None:
    plan = outside_windows(shared).plan
    ruleset = st.compile(only(plan, [place for place, rule in enumerate(plan.rules) if rule.id in sample.matches]))
    table = sample.table()
    whole, narrow, names = _both(ruleset, table)
    assert narrow.equals(whole)
    pairs = {(rule, row) for rule, rows in sample.matches.items() for row in rows}
    assert set(whole.select("rule_id", "row").iter_rows()) == pairs
    assert names == [name for name in table.column_names if name in names]
    function = row_function(ruleset, table.schema, "rules")
    answers = function(*(table.column(name) for name in function.schema.names)).to_pylist()
    assert {(rule, row) for row, rules in enumerate(answers) for rule in rules} == pairs
    assert set(function.schema.names) <= set(names)


@pytest.mark.parametrize("sample", samples_windows.SAMPLES, ids=lambda sample: sample.name)
def test_on_what_windows_writes(sample: samples_windows.Sample) -> None:
    """These tables have no rows: rules are in the same state, for the same reasons, and times come from the same columns."""
    table = sample.table().to_arrow()
    rules = st.compile(st.rules_from_yaml(ON_ANY_WINDOWS + RULES))
    names, less = columns_to_read(rules, table.schema, request(columns=[]))
    whole = match_in_memory(rules, table, request(columns=[])).report
    narrow = match_in_memory(rules, table.select(names), less).report
    function = row_function(rules, table.schema, "any").scanner.report
    assert whole.inputs[0].schema == narrow.inputs[0].schema == function.inputs[0].schema == sample.mapping
    assert whole.inputs[0].time == narrow.inputs[0].time
    told = [
        [(rule.state, rule.lost, rule.missing, rule.any_product) for rule in report.rules] for report in (whole, narrow, function)
    ]
    assert told[0] == told[1] == told[2]


def test_the_time_and_the_key_are_read_with_what_the_rules_read(ruleset: st.RuleSet, events: Any) -> None:
    names, less = columns_to_read(ruleset, events.schema, request(columns="used", key=["id"]))
    assert names == ["id", "Channel", "EventID", "UtcTime", "Image", "CommandLine", "User"]
    assert less.schema == "windows"
    names, less = columns_to_read(ruleset, events.schema, request(columns=["Computer"]))
    assert names == ["Channel", "EventID", "UtcTime", "Computer", "Image", "CommandLine", "User"]
    names, less = columns_to_read(ruleset, events.schema, request(key=["id"]))
    assert names == events.column_names


def test_a_mapping_of_the_users_own_is_held_against_the_whole_table(tmp_path: Path, ruleset: st.RuleSet, events: Any) -> None:
    mapping = tmp_path / "own.yml"
    mapping.write_text(
        json.dumps(
            {
                "name": "own",
                "title": "Own",
                "recognise": {"all": ["Image"]},
                "fields": {"Image": "Image", "User": "User", "CommandLine": "CommandLine", "OriginalFileName": "Computer"},
                "routes": [{"logsource": {"category": "process_creation", "product": "windows"}}],
            }
        )
    )
    names, less = columns_to_read(ruleset, events.schema, request(schema=mapping, columns=[]))
    assert "Computer" not in names
    assert len(match_in_memory(ruleset, events.select(names), less)) == 6
    function = row_function(ruleset, events.schema, "count", schema=mapping)
    assert function.schema.names == ["Image", "CommandLine", "User"]
    without = pa.schema([field for field in events.schema if field.name != "Computer"])
    for call in (
        lambda: columns_to_read(ruleset, without, request(schema=mapping, columns=[])),
        lambda: row_function(ruleset, without, "any", schema=mapping),
    ):
        with pytest.raises(SchemaError, match="Computer"):
            call()


def test_a_time_inside_of_a_column_is_read(tmp_path: Path, ruleset: st.RuleSet, events: Any) -> None:
    mapping = tmp_path / "own.yml"
    own = {"name": "own", "title": "Own", "recognise": {"all": ["Image"]}, "time": ["meta.when"], "own_names": True}
    mapping.write_text(json.dumps({**own, "routes": [{"logsource": {"category": "process_creation", "product": "windows"}}]}))
    when = pa.array([{"when": text} for text in events.column("UtcTime").to_pylist()], pa.struct([("when", pa.string())]))
    table = events.append_column("meta", when)
    names, less = columns_to_read(ruleset, table.schema, request(schema=mapping, columns=[]))
    assert names == ["Image", "CommandLine", "User", "meta"]
    found = match_in_memory(ruleset, table.select(names), less).to_polars()
    assert found.height == 6
    assert found["time"].null_count() == 0


def test_rules_that_read_nothing_still_get_a_column_that_tells_the_rows(events: Any) -> None:
    rules = st.compile(st.rules_from_yaml("title: x\nlogsource: {category: x}\ndetection: {a: {Nope: null}, condition: a}"))
    events = events.select(["id", "Image"])
    names, less = columns_to_read(rules, events.schema, request(schema="none", columns=[]))
    assert names == ["id"]
    assert len(match_in_memory(rules, events.select(names), less)) == events.num_rows
    function = row_function(rules, events.schema, "any", schema="none")
    assert function.schema.names == ["id"]
    assert function(events.column("id")).to_pylist() == [True] * events.num_rows


def test_two_columns_of_one_name_are_refused(ruleset: st.RuleSet) -> None:
    with pytest.raises(UsageError, match="two columns have the name a"):
        columns_to_read(ruleset, pa.schema([("a", pa.string()), ("a", pa.string())]), request(schema="none"))


def test_what_was_not_read_to_its_end_is_no_result(ruleset: st.RuleSet, events: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = request(key=["id"])
    assert matches_of(ruleset, events, asked).num_rows == 6
    cut = InputReport(None, "part", "the stream was cut", "windows", None, 6, 3, 0, 0, {})
    monkeypatch.setattr(ScanReport, "unread", property(lambda _: (cut,)))
    with pytest.raises(InputError, match="not all of the input was read: the stream was cut"):
        matches_of(ruleset, events, asked)


@pytest.mark.parametrize(
    ("function", "call"),
    [("sigtrawl", 'sigtrawl("a", "B c")'), ("Rules", '"Rules"("a", "B c")'), ('x "y"', '"x ""y"""("a", "B c")')],
)
def test_calls_are_quoted_where_it_matters(function: str, call: str) -> None:
    assert call_text(function, ["a", "B c"]) == call
    assert quoted('a "b" c') == '"a ""b"" c"'
