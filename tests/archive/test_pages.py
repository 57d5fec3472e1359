"""The same events however they are kept: writer, codec, kind of page, sizes of pages and row groups, dictionaries.

The core reads files page by page. Its slow twins are its own path through the Arrow reader of the parquet crate and the reference
evaluator, which reads with polars: all three say the same of each file.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.archive.seeds import sysmon

import sigtrawl as st
from sigtrawl import _native, schemas
from sigtrawl.request import request

Reader = Literal["pages", "arrow"]
Found = list[tuple[int, str]]


def arrow(**ways: Any) -> Callable[[pl.DataFrame, Path], None]:
    """Give a way to write with pyarrow."""
    return lambda table, path: pq.write_table(table.to_arrow(), path, **ways)


def polars(**ways: Any) -> Callable[[pl.DataFrame, Path], None]:
    """Give a way to write with polars."""
    return lambda table, path: table.write_parquet(path, **ways)


WAYS = {
    "pyarrow": arrow(),
    "pyarrow, plain": arrow(use_dictionary=False, compression="none"),
    "pyarrow, second version": arrow(data_page_version="2.0", compression="zstd"),
    "pyarrow, second version, plain": arrow(data_page_version="2.0", use_dictionary=False, compression="gzip"),
    "pyarrow, small pages": arrow(data_page_size=1024, write_batch_size=100, compression="lz4"),
    "pyarrow, dictionary runs over": arrow(dictionary_pagesize_limit=4096, data_page_size=65536, compression="brotli"),
    "pyarrow, other encodings": arrow(
        use_dictionary=False, column_encoding=dict.fromkeys(("Image", "CommandLine", "User"), "DELTA_BYTE_ARRAY")
    ),
    "pyarrow, small row groups": arrow(row_group_size=997, compression="zstd"),
    "polars": polars(),
    "polars, snappy": polars(compression="snappy", data_page_size=1024),
    "polars, small row groups": polars(compression="lz4", row_group_size=600),
    "polars, uncompressed": polars(compression="uncompressed", row_group_size=5000),
}


def core(path: Path, rules: st.RuleSet, reader: Reader, schema: str | None = None) -> Found:
    """Give the rows and rules that the core matches by one of its readers."""
    asked = {**json.loads(request(schema=schema, columns=[]).to_json()), "reader": reader}
    stream = _native.scan(rules.native, [str(path)], _native.Options(json.dumps(asked).encode(), schemas.native()))
    found: Found = []
    while (batch := stream.next_batch()) is not None:
        found += pl.DataFrame(batch).select("row", "rule_id").rows()
    report = json.loads(stream.report())
    assert [entry["state"] for entry in report["inputs"]] == ["whole"]
    assert report["rows"] == pl.scan_parquet(path).select(pl.len()).collect().item()
    return sorted(found)


def reference(events: pl.DataFrame | Path, rules: st.RuleSet, schema: str | None = None) -> Found:
    """Give the rows and rules that the reference evaluator matches."""
    if isinstance(events, Path):
        matches = st.scan(events, rules, columns=[], engine="reference", schema=schema)
    else:
        matches = rules.match(events, columns=[], engine="reference")
    return sorted(matches.to_polars().select("row", "rule_id").rows())


@pytest.fixture(scope="module")
def expected(creations: st.RuleSet, seed_events: pl.DataFrame) -> Found:
    return reference(sysmon(seed_events), creations)


@pytest.mark.parametrize("way", WAYS)
def test_however_events_are_written_the_matches_are_those_of_the_reference(
    way: str, creations: st.RuleSet, seed_events: pl.DataFrame, expected: Found, tmp_path: Path
) -> None:
    path = tmp_path / "a.parquet"
    WAYS[way](sysmon(seed_events), path)
    assert len(expected) > 5_000
    for reader in get_args(Reader):
        assert core(path, creations, reader) == expected, reader


SMALL = """
title: first
id: 00000000-0000-4000-8000-000000000001
logsource: {category: test}
detection:
  a: {A|contains: xx}
  b: {B|endswith: "y"}
  c: {A: null}
  n: {N|gte: 3}
  condition: (a and not b) or (c and n)
---
title: second
id: 00000000-0000-4000-8000-000000000002
logsource: {category: test}
detection:
  a: {A: ["", "xxxxxxxxxxxx", "xxxxxxxxxxxxx"]}
  k: ["yz"]
  condition: a or k
"""
TEXTS = some.one_of(some.none(), some.sampled_from(["", "x" * 12, "x" * 13, "XX", "ü"]), some.text("xyzü\U0001f600", max_size=20))


@settings(max_examples=60, deadline=None)
@given(data=some.data())
def test_small_tables_written_at_random(data: some.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = data.draw(some.integers(1, 60))
    column = some.lists(TEXTS, min_size=rows, max_size=rows)
    numbers = some.lists(some.none() | some.integers(-5, 5), min_size=rows, max_size=rows)
    table = pl.DataFrame(
        {"A": data.draw(column), "B": data.draw(column), "N": data.draw(numbers)},
        schema={"A": pl.String, "B": pl.String, "N": data.draw(some.sampled_from([pl.Int64, pl.Int16, pl.Int32]))},
    )
    ways = {
        "use_dictionary": data.draw(some.sampled_from([True, False, ["A", "N"]])),
        "data_page_version": data.draw(some.sampled_from(["1.0", "2.0"])),
        "compression": data.draw(some.sampled_from(["none", "snappy", "gzip", "brotli", "lz4", "zstd"])),
        "data_page_size": data.draw(some.sampled_from([8, 64, 1 << 20])),
        "write_batch_size": data.draw(some.integers(1, 20)),
        "dictionary_pagesize_limit": data.draw(some.sampled_from([16, 1 << 20])),
        "row_group_size": data.draw(some.integers(1, 70)),
    }
    path = tmp_path_factory.mktemp("random") / "a.parquet"
    pq.write_table(table.to_arrow(), path, **ways)
    rules = st.compile(st.rules_from_yaml(SMALL))
    found = core(path, rules, "pages", schema="none")
    assert found == core(path, rules, "arrow", schema="none")
    assert found == reference(path, rules, schema="none")
