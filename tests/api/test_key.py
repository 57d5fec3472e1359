"""``key``: columns of the events in the place of file, row group and row."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from tests.engines import Engine

import sigtrawl as st
from sigtrawl.errors import UsageError

HEAD = ["rule_id", "rule_title", "level", "author", "tags"]
CORRELATED = """\
title: Netcat
name: netcat
id: e31033fc-33f0-4020-9a16-faf9b31cbf08
level: high
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: ['\\nc.exe', '\\ncat.exe']
  condition: selection
---
title: Twice
id: 502b42de-4306-40b4-9596-6f590c81f073
correlation:
  type: event_count
  rules: [netcat]
  group-by: [Channel]
  timespan: 1h
  condition: {gte: 2}
  generate: true
"""


@pytest.mark.parametrize("engine", ["core", "automaton", "reference"])
@pytest.mark.parametrize("columns", ["all", "used", [], ["CommandLine"]])
def test_the_key_stands_in_the_place_of_the_row(
    ruleset: st.RuleSet, frame: pl.DataFrame, events: Path, engine: Engine, columns: Sequence[str]
) -> None:
    key = ["_source", "CommandLine", "EventID"]
    plain = ruleset.match(frame, columns=columns, engine=engine).to_polars()
    for matches in (
        ruleset.match(frame, key=key, columns=columns, engine=engine),
        st.scan(events, ruleset, key=key, columns=columns, engine=engine),
    ):
        found = matches.to_polars()
        assert found.columns == [*HEAD, *key, "time", "event"]
        assert found.select(key).rows() == [("x", "a", 1), ("x", "d", 1), ("x", "d", 1)]
        assert found.drop(key).equals(plain.drop("file", "row_group", "row"))


def test_a_key_may_be_a_folders(ruleset: st.RuleSet, frame: pl.DataFrame, tmp_path: Path) -> None:
    for day in (1, 2):
        (tmp_path / f"day={day}").mkdir()
        frame.write_parquet(tmp_path / f"day={day}" / "events.parquet")
    found = st.scan(tmp_path, ruleset, key="day").to_polars()
    assert found["day"].to_list() == ["1"] * 3 + ["2"] * 3


def test_a_key_that_one_input_lacks_is_null_there(ruleset: st.RuleSet, frame: pl.DataFrame, tmp_path: Path) -> None:
    frame.with_columns(id=pl.lit(7)).write_parquet(tmp_path / "a.parquet")
    frame.write_parquet(tmp_path / "b.parquet")
    assert st.scan(tmp_path, ruleset, key=["id"]).to_polars()["id"].to_list() == [7] * 3 + [None] * 3


@pytest.mark.parametrize("from_file", [True, False])
def test_results_of_correlations_have_the_key_of_their_last_event(frame: pl.DataFrame, events: Path, from_file: bool) -> None:
    rules = st.compile(st.rules_from_yaml(CORRELATED))

    def matched(key: list[str] | None) -> pl.DataFrame:
        return (st.scan(events, rules, key=key) if from_file else rules.match(frame, key=key)).to_polars()

    plain, found = matched(None), matched(["CommandLine"])
    assert plain["rule_title"].to_list() == ["Netcat", "Netcat", "Twice"]
    assert found.columns == [*HEAD, "CommandLine", "time", "event", "correlated"]
    assert found["CommandLine"].to_list() == ["a", "d", "d"]
    assert found.drop("CommandLine", "correlated").equals(plain.drop("file", "row_group", "row", "correlated"))
    with pytest.raises(UsageError, match="no input has a column Nothing"):
        matched(["Nothing"])
    with pytest.raises(UsageError, match="a match has a column of that name itself"):
        (rules.match(frame.with_columns(level=1), key=["level"]) if not from_file else matched(["level"]))


def test_a_key_that_cannot_be_one(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    for key, told in (
        (["Commandline"], "no input has a column Commandline; did you mean CommandLine"),
        ([], "the key names no column"),
        (["Image", "Image"], "the key names the column Image twice"),
        (["level"], "the key cannot hold the column level, because a match has a column of that name itself"),
        ([1], "key must be the names of columns"),
    ):
        with pytest.raises(UsageError, match=told):
            ruleset.match(frame.with_columns(level=1), key=key)  # type: ignore[arg-type]


def test_matches_with_a_key_do_not_know_their_row(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    matches = ruleset.match(frame, key=["CommandLine"])
    with pytest.raises(UsageError, match="match again without it"):
        matches.explain(0)


def test_an_empty_table_of_text_has_the_columns(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    matches = ruleset.match(frame.clear(), key=["CommandLine"])
    assert b"".join(matches.encoded("csv")).decode().split(",") == [*HEAD, "CommandLine", "time", "event\n"]
