"""`Matches`: taken once as a stream, or collected and asked again; written as files; seen by other libraries."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sigtrawl as st
from sigtrawl.errors import OutputError, UsageError
from sigtrawl.matches import COLUMNS, Batch


@pytest.fixture
def matches(events: Path, ruleset: st.RuleSet) -> st.Matches:
    return st.scan(events, ruleset)


def test_collected_matches_can_be_asked_again(matches: st.Matches) -> None:
    first = matches.to_polars()
    assert first.equals(matches.to_polars())
    assert matches.to_arrow().num_rows == len(matches) == len(list(matches)) == 3
    assert bool(matches)
    assert "3 collected" in repr(matches)


def test_batches_are_taken_once(matches: st.Matches) -> None:
    assert "not yet read" in repr(matches)
    assert sum(batch.num_rows for batch in matches.batches()) == 3
    with pytest.raises(RuntimeError, match=r"already given out in batches; scan again, or collect\(\)"):
        matches.to_polars()
    assert matches.report.matches == 3


def test_iteration_gives_dicts(matches: st.Matches) -> None:
    rows = list(iter(matches))
    assert [row["row"] for row in rows] == [0, 3, 3]
    assert set(rows[0]) == set(COLUMNS)


def test_arrow_keeps_the_schema_where_nothing_matches(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    some, none = ruleset.match(frame), ruleset.match(frame.head(0))
    assert len(none) == 0
    assert not none
    assert none.to_arrow().schema == some.to_arrow().schema
    assert none.to_polars().schema == some.to_polars().schema
    schema = some.to_arrow().schema
    assert schema.field("tags").type == pa.list_(pa.string())
    assert schema.field("row_group").type == pa.int32()
    assert schema.field("time").type == pa.timestamp("us", "UTC")


def test_the_stream_protocol(events: Path, ruleset: st.RuleSet) -> None:
    streamed = pa.table(st.scan(events, ruleset))
    kept = st.scan(events, ruleset).collect()
    assert streamed.to_pylist() == pa.table(kept).to_pylist() == kept.to_arrow().to_pylist()
    assert pa.schema(kept).names == list(COLUMNS)
    assert pl.DataFrame(st.scan(events, ruleset)).equals(kept.to_polars())


def test_without_pyarrow_there_is_one_line(matches: st.Matches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"^to_arrow needs pyarrow: pip install 'sigtrawl\[arrow\]'"):
        matches.to_arrow()


def test_write_parquet(matches: st.Matches, events: Path, ruleset: st.RuleSet, tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    assert matches.write(path) == 3
    assert pl.read_parquet(path).equals(st.scan(events, ruleset).to_polars())
    assert pq.read_schema(path).names == list(COLUMNS)
    assert "written to" in repr(matches)


def test_write_json_lines(matches: st.Matches, tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    matches.write(str(path))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["row"] for row in rows] == [0, 3, 3]
    assert rows[0]["event"]["Image"] == r"C:\t\nc.exe"
    assert rows[0]["time"].startswith("2024-05-01T10:00:00.25")
    assert list(rows[0]) == list(COLUMNS)


def test_write_csv(matches: st.Matches, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    matches.write(path)
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert list(rows[0]) == list(COLUMNS)
    assert json.loads(rows[0]["tags"]) == ["attack.command-and-control", "attack.t1095"]
    assert json.loads(rows[0]["event"])["Image"] == r"C:\t\nc.exe"


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_no_match_still_makes_a_file(ruleset: st.RuleSet, frame: pl.DataFrame, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"m.{suffix}"
    assert ruleset.match(frame.head(0)).write(path) == 0
    assert path.exists()
    if suffix == "csv":
        assert path.read_text() == ",".join(COLUMNS) + "\n"


def test_encoded_csv_has_one_header_always(events: Path, ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    header = ",".join(COLUMNS) + "\n"
    assert b"".join(ruleset.match(frame.head(0)).encoded("csv")).decode() == header
    text = b"".join(st.scan(events, ruleset).encoded("csv")).decode()
    assert text.startswith(header)
    assert text.count("rule_title") == 1


def test_format_wins_over_suffix(matches: st.Matches, tmp_path: Path) -> None:
    matches.write(tmp_path / "m.csv", format="jsonl")
    assert (tmp_path / "m.csv").read_text().startswith("{")


def test_collected_matches_are_written_too(matches: st.Matches, tmp_path: Path) -> None:
    matches.collect()
    assert matches.write(tmp_path / "a.csv") == matches.write(tmp_path / "b.csv") == 3
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_a_name_that_says_no_format(matches: st.Matches, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"end the name in \.parquet, \.jsonl or \.csv"):
        matches.write(tmp_path / "m.txt")
    assert len(matches) == 3


def test_a_folder_that_is_not_there(matches: st.Matches, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        matches.write(tmp_path / "no" / "m.csv")


class _Failing:
    """A stream that fails after its first batch."""

    def __init__(self, inner: Any, error: BaseException) -> None:
        self._inner = inner
        self._error = error
        self._given = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def next_batch(self) -> Batch | None:
        if self._given:
            raise self._error
        self._given = True
        batch: Batch | None = self._inner.next_batch()
        return batch


def failing(matches: st.Matches, error: BaseException) -> st.Matches:
    return st.Matches(_Failing(matches._stream, error))


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_ctrl_c_keeps_a_partial_file(matches: st.Matches, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "out" / f"m.{suffix}"
    path.parent.mkdir()
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        failing(matches, KeyboardInterrupt()).write(path)
    assert path.read_text() == "old"
    partial = path.with_name(path.name + ".partial")
    assert {entry.name for entry in path.parent.iterdir()} == {path.name, partial.name}
    if suffix == "parquet":
        assert pl.read_parquet(partial).height > 0
    else:
        assert "Netcat" in partial.read_text()


def test_an_error_keeps_nothing(matches: st.Matches, tmp_path: Path) -> None:
    path = tmp_path / "out" / "m.jsonl"
    path.parent.mkdir()
    with pytest.raises(ZeroDivisionError):
        failing(matches, ZeroDivisionError()).write(path)
    assert list(path.parent.iterdir()) == []


def test_closed_matches_are_no_empty_answer(matches: st.Matches) -> None:
    with matches:
        assert "not yet read" in repr(matches)
    with pytest.raises(RuntimeError, match="these matches were already closed; scan again"):
        len(matches)
    assert "closed" in repr(matches)


def test_what_is_half_taken_and_closed_is_no_whole_answer(matches: st.Matches) -> None:
    stream = matches.batches()
    reader = pa.RecordBatchReader.from_stream(matches._stream)
    assert next(stream).num_rows > 0
    matches.close()
    with pytest.raises(UsageError, match="closed before their end"):
        next(stream)
    with pytest.raises(pa.ArrowInvalid, match="closed before their end"):
        reader.read_all()


@pytest.mark.parametrize("format", ["parquet", "jsonl", "csv"])
def test_types_that_no_file_holds_are_written_as_text(format: Any, tmp_path: Path, ruleset: st.RuleSet) -> None:  # noqa: A002
    kinds = pa.array([0, 1], pa.int8())
    children = [pa.array([7]), pa.array(["seven"])]
    union = pa.UnionArray.from_dense(kinds, pa.array([0, 0], pa.int32()), children, ["n", "s"])
    span = pa.array([pa.MonthDayNano([1, 2, 3]), None])
    data = pa.record_batch(
        {"Image": ["D:\\nc.exe"] * 2, "Union": union, "Nested": pa.StructArray.from_arrays([union], ["u"]), "Span": span}
    )
    path = tmp_path / f"m.{format}"
    assert ruleset.match(data, schema="none").write(path) == 4
    if format == "parquet":
        events = pq.read_table(path)["event"].to_pylist()
    elif format == "jsonl":
        events = [json.loads(line)["event"] for line in path.read_text().splitlines()]
    else:
        events = [json.loads(row["event"]) for row in csv.DictReader(io.StringIO(path.read_text()))]
    assert [event["Union"] for event in events] == ["7", "7", "seven", "seven"]
    assert events[3]["Nested"] == {"u": "seven"}
    assert events[0]["Span"].startswith("1 mon")


def test_collected_matches_outlive_closing(matches: st.Matches) -> None:
    with matches:
        matches.collect()
    assert len(matches) == 3


def test_closing_early_lets_go(matches: st.Matches) -> None:
    with matches:
        next(matches.batches())
    assert not matches.report.complete or matches.report.matches == 3


def test_a_second_interrupt_loses_nothing(matches: st.Matches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        """A writer whose end is interrupted once more."""

        def __init__(self, *arguments: Any) -> None:
            self.inner = writer(*arguments)
            self.again = True

        def write(self, batch: Any) -> None:
            self.inner.write(batch)

        def abort(self, keep_partial: bool) -> None:
            if self.again:
                self.again = False
                raise KeyboardInterrupt
            self.inner.abort(keep_partial)

    from sigtrawl import _native

    writer = _native.Writer
    monkeypatch.setattr(_native, "Writer", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        failing(matches, KeyboardInterrupt()).write(tmp_path / "m.jsonl")
    assert "Netcat" in (tmp_path / "m.jsonl.partial").read_text()
