"""``engine="reference"`` gives the same frame as the core: rows, order, types, report."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import sigtrawl as st
from sigtrawl.errors import InputError


def both(events: Any, ruleset: st.RuleSet, **options: Any) -> st.Matches:
    core = st.scan(events, ruleset, **options).collect()
    reference = st.scan(events, ruleset, engine="reference", **options).collect()
    assert reference.to_polars().equals(core.to_polars())
    assert reference.to_polars().schema == core.to_polars().schema
    assert reference.to_arrow().to_pylist() == core.to_arrow().to_pylist()
    assert reference.report.rules == core.report.rules
    assert reference.report.inputs == core.report.inputs
    assert reference.report.matches == core.report.matches
    return core


@pytest.mark.parametrize("columns", ["all", "used", ["CommandLine", "_source"]])
def test_files(events: Path, ruleset: st.RuleSet, columns: Any) -> None:
    assert len(both(events, ruleset, columns=columns)) == 3


def test_memory(frame: pl.DataFrame, ruleset: st.RuleSet) -> None:
    assert len(both(frame, ruleset)) == 3
    assert len(both(frame.head(0), ruleset)) == 0


def test_no_schema(ruleset: st.RuleSet) -> None:
    data = pl.DataFrame({"Image": ["x", r"D:\nc.exe"]})
    assert len(both(data, ruleset, schema="none")) == 3
    assert len(both(data, ruleset, logsource="product=linux")) == 1


def test_several_files_and_partitions(tmp_path: Path, frame: pl.DataFrame, ruleset: st.RuleSet) -> None:
    for host in ("a%20b", "c"):
        folder = tmp_path / "lake" / f"host={host}"
        folder.mkdir(parents=True)
        frame.write_parquet(folder / "e.parquet", row_group_size=3)
    assert len(both(tmp_path / "lake", ruleset)) == 6
    found = both(tmp_path / "lake", ruleset, columns=["host", "Image"]).to_polars()
    assert found["event"].struct.field("host").to_list() == ["a b"] * 3 + ["c"] * 3
    both(str(tmp_path / "lake" / "*" / "*.parquet"), ruleset)


def test_the_path_wins_over_a_column_of_its_name(tmp_path: Path, frame: pl.DataFrame, ruleset: st.RuleSet) -> None:
    other, same = tmp_path / "Channel=Security" / "EventID=1", tmp_path / "EventID=7" / "EventID=1"
    for folder in (other, same):
        folder.mkdir(parents=True)
        frame.write_parquet(folder / "x.parquet")
    matches = both(tmp_path, ruleset)
    assert {Path(file).parent for file in matches.to_polars()["file"]} == {same}


@pytest.mark.parametrize("given", ["", "*", "**", "Image=D%3A%5Cnc.exe", "Image=D%3A%5Cnc.exe/x.parquet"])
def test_a_file_is_the_same_however_it_is_reached(given: str, tmp_path: Path, ruleset: st.RuleSet) -> None:
    folder = tmp_path / "Image=D%3A%5Cnc.exe"
    folder.mkdir()
    pl.DataFrame({"Image": ["x"]}).write_parquet(folder / "x.parquet")
    assert len(both(str(tmp_path / given), ruleset, schema="none")) == 2


def test_a_producer_that_fails_is_an_input_error(frame: pl.DataFrame, ruleset: st.RuleSet) -> None:
    table = frame.to_arrow()

    def batches() -> Iterator[pa.RecordBatch]:
        yield from table.to_batches()
        raise ValueError("the wire was cut")

    with pytest.raises(InputError, match="the wire was cut"):
        ruleset.match(pa.RecordBatchReader.from_batches(table.schema, batches()), engine="reference")


def test_written_like_the_core(events: Path, ruleset: st.RuleSet, tmp_path: Path) -> None:
    for suffix in ("jsonl", "csv", "parquet"):
        core, reference = tmp_path / f"core.{suffix}", tmp_path / f"reference.{suffix}"
        st.scan(events, ruleset).write(core)
        st.scan(events, ruleset, engine="reference").write(reference)
        if suffix == "parquet":
            assert pl.read_parquet(core).equals(pl.read_parquet(reference))
        else:
            assert core.read_bytes() == reference.read_bytes()
