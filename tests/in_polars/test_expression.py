"""``RuleSet.expr`` in every place where polars takes an expression."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import sigtrawl as st
from sigtrawl.errors import SchemaError, UsageError

NETCAT, PROGRAM = "e31033fc-33f0-4020-9a16-faf9b31cbf08", "502b42de-4306-40b4-9596-6f590c81f073"
POLARS: tuple[Any, ...] = ("in-memory", "streaming")


@pytest.mark.parametrize("engine", POLARS)
def test_it_answers_for_each_row(ruleset: st.RuleSet, frame: pl.DataFrame, engine: Any) -> None:
    query = frame.lazy().select(ruleset.expr(), ruleset.expr("count"), ruleset.expr("rules"))
    assert query.collect_schema() == {"any": pl.Boolean(), "count": pl.UInt32(), "rules": pl.List(pl.String())}
    found = query.collect(engine=engine)
    assert found.rows() == [(True, 1, [NETCAT]), (False, 0, []), (False, 0, []), (True, 2, [NETCAT, PROGRAM])]
    assert found.schema == query.collect_schema()


@pytest.mark.parametrize("engine", POLARS)
def test_it_keeps_the_columns_of_the_frame(ruleset: st.RuleSet, frame: pl.DataFrame, engine: Any) -> None:
    wide = frame.lazy().with_columns(ruleset.expr("count"), found=ruleset.expr()).collect(engine=engine)
    assert wide.drop("count", "found").equals(frame)
    assert frame.lazy().filter(ruleset.expr("count") > 1).collect(engine=engine).equals(frame[3])
    assert frame.lazy().filter(~ruleset.expr()).collect(engine=engine).equals(frame[1:3])
    grouped = frame.lazy().group_by(ruleset.expr()).agg(pl.len()).sort("any").collect(engine=engine)
    assert grouped.rows() == [(False, 2), (True, 2)]
    # Over slices, gathers and several chunks.
    pieces = pl.concat([frame[2:], frame[:2], frame[::-1]], rechunk=False)
    assert pieces.select(ruleset.expr("count"))["count"].to_list() == [0, 2, 1, 0, 2, 0, 0, 1]
    assert frame.clear().filter(ruleset.expr()).equals(frame.clear())


def test_it_is_pushed_down_into_the_scan(ruleset: st.RuleSet, frame: pl.DataFrame, events: Path, tmp_path: Path) -> None:
    # With the schema said, what the rules read and what is selected; without it, what tells schemas apart as well.
    for schema, columns in (("windows", "4/6"), (None, "5/6")):
        query = pl.scan_parquet(events).filter(ruleset.expr(schema=schema)).select("CommandLine")
        for engine in POLARS:
            plan = query.explain(engine=engine)
            assert "FILTER" not in plan
            assert "SELECTION: " in plan
            assert f"PROJECT {columns} COLUMNS" in plan
            assert query.collect(engine=engine)["CommandLine"].to_list() == ["a", "d"]
    pl.scan_parquet(events).filter(ruleset.expr()).sink_parquet(tmp_path / "found.parquet")
    assert pl.read_parquet(tmp_path / "found.parquet").equals(frame[[0, 3]])


def test_a_large_frame_in_chunks_of_all_sizes(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    many = pl.concat([frame] * 50_000, rechunk=True)
    cut = pl.concat([many[:7], many[7:100_001], many[100_001:]], rechunk=False)
    mixed = cut.with_columns(many["Image"].rechunk(), cut["CommandLine"])
    for events in (many, cut, mixed):
        assert events.select(ruleset.expr("count"))["count"].to_list() == [1, 0, 0, 2] * 50_000
        found = events.lazy().filter(ruleset.expr()).select(pl.len()).collect(engine="streaming")
        assert found.item() == 100_000


def test_columns_may_be_named(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    other = frame.rename({"Image": "Path"})
    renamed = ["Channel", "EventID", pl.col("Path").alias("Image")]
    assert other.select(ruleset.expr("count", columns=renamed))["count"].to_list() == [1, 0, 0, 2]
    literal = ["Channel", "EventID", pl.lit("C:\\nc.exe").alias("Image")]
    assert other.select(ruleset.expr("count", columns=literal))["count"].to_list() == [1] * 4
    assert frame.select(ruleset.expr(columns=pl.all()))["any"].to_list() == [True, False, False, True]


def test_schema_logsource_and_level(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    images = frame.select("Image")
    asserted = "product=windows,category=process_creation"
    assert images.select(ruleset.expr("count", logsource=asserted))["count"].to_list() == [1, 0, 0, 2]
    # Without log sources, the rule for Linux reads every row as well.
    assert images.with_columns(Image=pl.lit("x")).select(ruleset.expr("count", schema="none"))["count"].to_list() == [1] * 4
    assert frame.select(ruleset.expr("count", schema="windows"))["count"].to_list() == [1, 0, 0, 2]
    assert frame.select(ruleset.expr("rules", min_level="high"))["rules"].to_list() == [[NETCAT], [], [], [NETCAT]]
    assert frame.select(ruleset.expr(min_level="critical"))["any"].to_list() == [False] * 4


def test_keywords_read_all_columns(frame: pl.DataFrame) -> None:
    text = (
        "title: Word\nlogsource: {product: windows, category: process_creation}\n"
        "detection:\n  words: ['NOTEPAD', 'no such thing']\n  condition: words\n"
    )
    rules = st.compile(st.rules_from_yaml(text))
    assert frame.select(rules.expr())["any"].to_list() == [False, True, False, False]


def test_a_field_finds_a_column_that_is_written_otherwise(frame: pl.DataFrame) -> None:
    text = "title: Name\nlogsource: {category: x}\ndetection:\n  sel: {Provider_Name: a, ThreatName: b}\n  condition: sel\n"
    rules = st.compile(st.rules_from_yaml(text))
    odd = pl.DataFrame({"Provider@Name": ["a", "a"], "Threat Name": ["b", "c"]})
    assert odd.select(rules.expr(schema="none"))["any"].to_list() == [True, False]
    assert odd.lazy().sigtrawl.match(rules, schema="none", columns=[]).collect().height == 1  # type: ignore[attr-defined]
    assert frame.height == 4


def test_nested_and_null_columns(frame: pl.DataFrame) -> None:
    text = (
        "title: Inside\nlogsource: {category: x}\ndetection:\n  sel: {s.a: '1'}\n  none: {n: null}\n  condition: sel and none\n"
    )
    rules = st.compile(st.rules_from_yaml(text))
    nested = pl.DataFrame({"s": [{"a": 1, "z": None}, {"a": 2, "z": None}], "n": [None, None], "l": [[None], []]})
    assert nested.select(rules.expr(schema="none"))["any"].to_list() == [True, False]
    assert frame.height == 4


def test_errors_are_told(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    with pytest.raises(UsageError, match="there is no answer 'which'; ask for any, count or rules"):
        ruleset.expr("which")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="min_level"):
        ruleset.expr(min_level="terrible")
    with pytest.raises(SchemaError, match="there is no schema 'windos'"):
        ruleset.expr(schema="windos")
    with pytest.raises(pl.exceptions.ComputeError, match="no schema mapping recognises this table"):
        frame.select("CommandLine").select(ruleset.expr())
    with pytest.raises(pl.exceptions.ComputeError, match="none of those that the rules read is in the frame"):
        frame.select(other="CommandLine").select(ruleset.expr(schema="none"))
    # After an error everything is as before.
    assert frame.select(ruleset.expr())["any"].sum() == 2


def test_it_travels(ruleset: st.RuleSet, frame: pl.DataFrame, tmp_path: Path) -> None:
    """A plan that was serialised here runs in a process that has never seen the rules."""
    plan = tmp_path / "plan.bin"
    frame.write_parquet(tmp_path / "events.parquet")
    plan.write_bytes(pl.scan_parquet(tmp_path / "events.parquet").select(ruleset.expr("count")).serialize())
    code = "import sys, polars; print(polars.LazyFrame.deserialize(sys.argv[1]).collect()['count'].to_list())"
    done = subprocess.run([sys.executable, "-c", code, plan], check=True, capture_output=True, text=True, env=os.environ)
    assert done.stdout == "[1, 0, 0, 2]\n"


@pytest.mark.parametrize("engine", POLARS)
def test_it_agrees_with_a_match(shared: Path, engine: Any) -> None:
    rules = st.compile(st.load_rules(shared / "sigma" / "rules" / "windows", on_error="skip")).without_correlations()
    events = pl.read_parquet(shared / "attack_samples.parquet")
    matches = rules.match(events, columns=[]).to_polars()
    expected = [0] * events.height
    for row, count in matches.group_by("row").len().rows():
        expected[row] = count
    found = events.lazy().select(rules.expr("count"), rules.expr(), rules.expr("rules")).collect(engine=engine)
    assert found["count"].to_list() == expected
    assert found["any"].to_list() == [count > 0 for count in expected]
    ids = matches.sort("row", maintain_order=True).select(pl.coalesce("rule_id", "rule_title").alias("name"))["name"]
    assert found["rules"].explode(empty_as_null=False).to_list() == ids.to_list()
