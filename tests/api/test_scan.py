"""`scan`, `check` and `RuleSet.match`: what they take, what they give, what they refuse."""

import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import sigtrawl as st
from sigtrawl.errors import InputError, NothingToRun, SchemaError, UsageError
from sigtrawl.matches import COLUMNS

PAIRS = [("Netcat", 0), ("Netcat", 3), ("Any program from D", 3)]
WHOLE_SCHEMA = {
    "rule_id": pl.String(),
    "rule_title": pl.String(),
    "level": pl.String(),
    "author": pl.String(),
    "tags": pl.List(pl.String),
    "file": pl.String(),
    "row_group": pl.Int32(),
    "row": pl.Int64(),
    "time": pl.Datetime("us", "UTC"),
}


def pairs(matches: st.Matches) -> list[tuple[str, int]]:
    return list(matches.to_polars().select("rule_title", "row").iter_rows())


def test_a_match_has_the_documented_columns(events: Path, ruleset: st.RuleSet) -> None:
    found = st.scan(events, ruleset).to_polars()
    assert tuple(found.columns) == COLUMNS
    assert {name: found.schema[name] for name in WHOLE_SCHEMA} == WHOLE_SCHEMA
    first = found.row(0, named=True)
    event = first.pop("event")
    assert first == {
        "rule_id": "e31033fc-33f0-4020-9a16-faf9b31cbf08",
        "rule_title": "Netcat",
        "level": "high",
        "author": "frack113",
        "tags": ["attack.command-and-control", "attack.t1095"],
        "file": str(events),
        "row_group": 0,
        "row": 0,
        "time": datetime(2024, 5, 1, 10, 0, 0, 250_000, tzinfo=UTC),
    }
    assert event["Image"] == r"C:\t\nc.exe"
    assert "_source" not in event
    assert found["row_group"].to_list() == [0, 1, 1]


def test_matches_are_ordered_by_file_row_and_rule(events: Path, ruleset: st.RuleSet) -> None:
    assert pairs(st.scan(events, ruleset)) == PAIRS


@pytest.mark.parametrize(
    "as_given", [str, Path, lambda path: [path], lambda path: path.parent, lambda path: f"{path.parent}/*.parquet"]
)
def test_paths_folders_and_globs(events: Path, ruleset: st.RuleSet, as_given: Any) -> None:
    assert pairs(st.scan(as_given(events), ruleset)) == PAIRS


@pytest.mark.parametrize(
    "as_given",
    [lambda frame: frame, lambda frame: frame.to_arrow(), lambda frame: frame.to_arrow().combine_chunks().to_batches()[0]],
)
def test_data_in_memory(frame: pl.DataFrame, ruleset: st.RuleSet, as_given: Any) -> None:
    found = ruleset.match(as_given(frame))
    assert pairs(found) == PAIRS
    assert found.to_polars()["file"].null_count() == 3
    assert found.to_polars()["row_group"].null_count() == 3
    assert pairs(st.scan(as_given(frame), ruleset)) == PAIRS


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("all", ["Channel", "EventID", "UtcTime", "Image", "CommandLine"]),
        (["CommandLine", "_source"], ["CommandLine", "_source"]),
    ],
)
def test_columns_choose_the_event(events: Path, ruleset: st.RuleSet, columns: Any, expected: list[str]) -> None:
    event = st.scan(events, ruleset, columns=columns).to_polars().schema["event"]
    assert isinstance(event, pl.Struct)
    assert [field.name for field in event.fields] == expected


def test_used_columns_are_those_that_rules_read(events: Path, ruleset: st.RuleSet) -> None:
    event = st.scan(events, ruleset, columns="used").to_polars().schema["event"]
    assert isinstance(event, pl.Struct)
    names = [field.name for field in event.fields]
    assert "Image" in names
    assert "CommandLine" not in names


def test_the_report_counts_every_rule_and_input(events: Path, ruleset: st.RuleSet) -> None:
    matches = st.scan(events, ruleset)
    matches.collect()
    report = matches.report
    assert report.complete
    assert report.matches == 3
    assert report.rows == 4
    assert report.input_states() == {"whole": 1}
    assert report.rule_states() == {"runs": 2, "no-log-source": 1}
    assert [rule.matches for rule in report.rules] == [2, 1, 0]
    assert report.inputs[0].schema == "windows"
    assert report.unread == ()
    assert matches.progress().matches == 3
    assert matches.progress().rows == matches.progress().rows_total == 4


def test_check_reads_no_row_and_says_the_same(events: Path, frame: pl.DataFrame, ruleset: st.RuleSet) -> None:
    report = st.check(events, ruleset)
    assert report.rule_states() == {"runs": 2, "no-log-source": 1}
    assert report.matches == 0
    assert report.inputs[0].rows == 4
    assert report.able()
    for schema in (frame, frame.to_arrow(), frame.to_arrow().schema, frame.schema):
        assert st.check(schema, ruleset).rule_states() == report.rule_states()


def test_schema_none_runs_every_rule_on_every_row(ruleset: st.RuleSet) -> None:
    data = pl.DataFrame({"Image": ["x", r"D:\nc.exe"]})
    assert pairs(ruleset.match(data, schema="none")) == [
        ("four.yml", 0),
        ("Netcat", 1),
        ("Any program from D", 1),
    ]


def test_a_rule_without_an_id_is_named_by_its_path(ruleset: st.RuleSet) -> None:
    found = ruleset.match(pl.DataFrame({"Image": ["x"]}), schema="none").to_polars()
    assert found["rule_id"].to_list() == [None]
    assert found["rule_title"].to_list() == ["four.yml"]


def test_a_log_source_alone_says_what_every_row_is(ruleset: st.RuleSet) -> None:
    data = pl.DataFrame({"Image": ["x", r"D:\nc.exe"]})
    assert pairs(ruleset.match(data, logsource="product=linux")) == [("four.yml", 0)]
    windows = {"product": "windows", "category": "process_creation"}
    assert pairs(ruleset.match(data, logsource=windows)) == [("Netcat", 1), ("Any program from D", 1)]


def test_scan_refuses_what_match_reports(events: Path, frame: pl.DataFrame, ruleset: st.RuleSet) -> None:
    asserted = "product=macos"
    idle = ruleset.match(frame, logsource=asserted)
    assert len(idle) == 0
    assert idle.report.rule_states() == {"no-log-source": 3}
    for given in (events, frame):
        with pytest.raises(NothingToRun, match=r"no.*rule"):
            st.scan(given, ruleset, logsource=asserted)


def test_a_table_that_nobody_recognises(ruleset: st.RuleSet) -> None:
    with pytest.raises(SchemaError, match="no schema mapping recognises this table"):
        ruleset.match(pl.DataFrame({"Foo": ["x"]}))


def test_paths_that_lead_nowhere(tmp_path: Path, ruleset: st.RuleSet) -> None:
    with pytest.raises(InputError, match=r"nowhere\.parquet"):
        st.scan(tmp_path / "nowhere.parquet", ruleset)


@pytest.mark.parametrize("given", [None, 3, {"Image": ["x"]}, [pa.array([1])], pl.LazyFrame({"Image": ["x"]})])
def test_what_is_neither_path_nor_data(ruleset: st.RuleSet, given: Any) -> None:
    with pytest.raises(TypeError):
        st.scan(given, ruleset)


def test_rules_that_were_not_compiled(events: Path, rules: st.Rules, frame: pl.DataFrame) -> None:
    wrong: Any = rules
    for verb in (st.scan, st.check):
        for given in (events, frame):
            with pytest.raises(TypeError, match="rules are compiled first"):
                verb(given, wrong)
    paths: Any = "rules.yml"
    with pytest.raises(TypeError, match=r"can be compiled, not a builtins\.str"):
        st.compile(paths)


def test_one_column_is_no_table(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    for given in (frame["Image"], frame["Image"].to_arrow()):
        with pytest.raises(TypeError, match="cannot be read as a table of events"):
            ruleset.match(given)
    with pytest.raises(TypeError, match=r"is no Arrow data: use its own frame\.sigtrawl\.match"):
        ruleset.match(frame.lazy())


def test_no_rules_are_nothing_to_run_on_files_and_in_memory(events: Path, frame: pl.DataFrame) -> None:
    nothing = st.compile(st.Plan((), ()))
    for given in (events, frame):
        with pytest.raises(NothingToRun):
            st.scan(given, nothing)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "no input given"),
        ("", "an input has an empty name"),
        ([""], "an input has an empty name"),
        ("\udcff.parquet", "is no UTF-8"),
    ],
)
def test_paths_that_cannot_be_ones(ruleset: st.RuleSet, given: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        st.scan(given, ruleset)


def test_an_unknown_engine(events: Path, ruleset: st.RuleSet) -> None:
    with pytest.raises(UsageError, match="engine must be"):
        st.scan(events, ruleset, engine="other")  # type: ignore[arg-type]


def test_a_file_that_is_no_parquet_stops_nothing(events: Path, ruleset: st.RuleSet) -> None:
    events.with_name("broken.parquet").write_bytes(b"PAR1 not really")
    matches = st.scan(events.parent, ruleset)
    assert pairs(matches) == PAIRS
    (broken,) = matches.report.unread
    assert broken.file is not None
    assert broken.file.endswith("broken.parquet")
    assert broken.state == "failed"
    assert broken.reason


def test_data_that_cannot_be_read_is_an_error_and_no_empty_answer() -> None:
    keys = pa.map_(pa.struct({"x": pa.int64()}), pa.string())
    data = pa.table({"m": pa.array([[({"x": 1}, "a")]], keys)})
    rules = st.rules_from_yaml("title: t\nlogsource: {category: test}\ndetection: {s: {m.k: a}, condition: s}\n")
    with pytest.raises(InputError, match="map keys are no text"):
        st.compile(rules).match(data, schema="none").collect()


def test_looking_through_many_files_can_be_interrupted(tmp_path: Path, frame: pl.DataFrame, ruleset: st.RuleSet) -> None:
    first = tmp_path / "0.parquet"
    frame.write_parquet(first)
    for number in range(1, 20_000):
        (tmp_path / f"{number}.parquet").hardlink_to(first)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for look in (st.check, st.scan):
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(KeyboardInterrupt):
                look(tmp_path, ruleset)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_pipe_is_a_failed_input(events: Path, ruleset: st.RuleSet) -> None:
    pipe = events.parent / "pipe.parquet"
    os.mkfifo(pipe)
    matches = st.scan([events, pipe], ruleset).collect()
    assert len(matches) == 3
    assert [(entry.state, entry.reason) for entry in matches.report.inputs][1] == ("failed", "not a regular file")


def test_a_panic_is_told_by_its_error_alone(
    ruleset: st.RuleSet, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = pa.array([0, 9], pa.int8())
    broken = pa.record_batch({"Image": pa.DictionaryArray.from_arrays(keys, pa.array(["x"]), safe=False)})
    for debug, said in (("", False), ("1", True)):
        monkeypatch.setenv("SIGTRAWL_DEBUG", debug)
        with pytest.raises(InputError, match="internal error: index out of bounds"):
            ruleset.match(broken, schema="none").collect()
        assert ("panicked" in capfd.readouterr().err) is said
