"""The function under all engines, without any engine: what the driver decides, and what a worker does."""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.clusters.common import KEY, RULES, SMALL_RULES, compiled, in_order

import sigtrawl as st
from sigtrawl import workers
from sigtrawl.batches import JOINED_ROWS, joined
from sigtrawl.errors import InputError, NothingToRun, SchemaError, UsageError
from sigtrawl.workers import Work, asking, packed, portable, prepare

CORRELATION = """\
title: Many
id: 66666666-4306-40b4-9596-6f590c81f073
correlation:
  type: event_count
  rules: [55555555-4306-40b4-9596-6f590c81f073]
  timespan: 5m
  condition: {gte: 2}
---
"""
SMALL_SCHEMA = pa.schema({"A": pa.string(), "id": pa.int64()})


def planned(ruleset: st.RuleSet, whole: pa.Schema, **options: Any) -> Work:
    asked = asking("a test", **{"schema": None, "logsource": None, "columns": "all", "key": KEY, **options})
    return prepare(ruleset, whole, asked, "a test")


def small_work(small: st.RuleSet, schema: pa.Schema = SMALL_SCHEMA) -> Work:
    return planned(small, schema, schema="none", key=["id"])


def found(work: Work, ruleset: st.RuleSet, batches: Iterable[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(portable(work)(batches, lambda: packed(ruleset)), schema=work.output)


def batch(**columns: Any) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(values) for name, values in columns.items()})


def ids(matches: pa.Table) -> list[Any]:
    ids: list[Any] = matches["id"].to_pylist()
    return ids


@pytest.fixture(autouse=True)
def forget() -> None:
    """Let each test begin as a process that has seen no rules."""
    workers._BOUND.clear()


@pytest.fixture
def table(events: Path) -> pa.Table:
    return pq.read_table(events)


@pytest.mark.parametrize("rows", [100, 3_000, 10_000, 20_000])
def test_matches_are_those_of_the_scan(table: pa.Table, ruleset: st.RuleSet, expected: pl.DataFrame, rows: int) -> None:
    work = planned(ruleset, table.schema)
    assert work.output.equals(pa.schema(st.scan(table, ruleset, key=KEY)))
    assert in_order(found(work, ruleset, table.to_batches(max_chunksize=rows))).equals(expected)


def test_an_event_holds_what_was_asked_for(table: pa.Table, ruleset: st.RuleSet, narrow: pl.DataFrame) -> None:
    work = planned(ruleset, table.schema, columns=["Image"])
    sent = table.select(work.schema.names).to_batches()
    assert in_order(found(work, ruleset, sent)).equals(narrow)
    work = planned(ruleset, table.schema, columns=[])
    assert "event" not in work.output.names
    assert in_order(found(work, ruleset, table.select(work.schema.names).to_batches())).equals(narrow.drop("event"))


def test_only_columns_that_are_needed_travel(table: pa.Table, events: Path) -> None:
    rules = compiled(RULES.split("---")[0])
    work = planned(rules, table.schema, columns="used")
    # The routes ask for channel and event id, the match for its time.
    assert set(work.schema.names) == {*KEY, "Image", "Channel", "EventID", "UtcTime"}
    assert json.loads(work.options)["schema"] == "windows"
    wanted = st.scan(events, rules, key=KEY, columns="used").to_polars()
    assert in_order(found(work, rules, table.select(work.schema.names).to_batches())).equals(in_order(wanted))


def test_columns_are_kept_without_which_the_table_would_be_another(small: st.RuleSet) -> None:
    """With a log source alone the columns of no known schema are Sigma's. Without `Channel` these would be a firewall's."""
    text = ["A", "src_ip", "dst_ip", "dst_port", "timestamp"]
    alike = pa.schema([*((name, pa.string()) for name in text), ("id", pa.int64())])
    whole = alike.append(pa.field("Channel", pa.string())).append(pa.field("more", pa.string()))
    options: dict[str, Any] = {"logsource": "product=windows", "key": ["id"], "columns": text}
    assert planned(small, alike, **options).schema.names == alike.names
    work = planned(small, whole, **options)
    assert work.schema.names == whole.names
    rows = pa.record_batch([*(["a"] for _ in text), [1], ["a"], ["a"]], schema=whole)
    assert found(work, small, [rows])["time"].to_pylist() == [None]


def test_a_schema_of_the_user_travels_with_the_work(tmp_path: Path, small: st.RuleSet) -> None:
    own = tmp_path / "own.yml"
    own.write_text(
        "name: own\nrecognise: {all: [letter]}\ntime: [at]\nfields: {A: letter, B: other}\n"
        "routes: [{logsource: {product: windows}}]\n"
    )
    schema = pa.schema({"letter": pa.string(), "other": pa.string(), "at": pa.timestamp("us", "UTC"), "id": pa.int64()})
    work = planned(small, schema, schema=own, columns="used", key=["id"])
    assert work.schema.names == ["letter", "at", "id"]
    rows = pa.record_batch([["a", "b"], pa.array([1, 2], pa.timestamp("us", "UTC")), [1, 2]], schema=work.schema)
    matches = found(pickle.loads(pickle.dumps(work)), small, [rows])  # noqa: S301 - our own
    assert ids(matches) == [1]
    assert matches["time"].null_count == 0


@pytest.mark.parametrize(
    ("form", "as_kept"),
    [
        ("large", lambda text: text.cast(pa.large_string())),
        ("view", lambda text: pa.array(text.to_pylist(), pa.string_view())),
        ("dictionary", lambda text: text.dictionary_encode()),
        ("plain", lambda text: text),
    ],
)
def test_text_is_taken_however_it_is_kept(small: st.RuleSet, form: str, as_kept: Callable[[pa.Array], pa.Array]) -> None:
    del form
    work = small_work(small)
    other = pa.record_batch({"id": pa.array([3, 4]), "A": as_kept(pa.array(["a", "b"]))})  # the order of columns differs, too
    assert ids(found(work, small, [batch(A=["a"], id=[1]), other, batch(A=["a"], id=[5])])) == [1, 3, 5]


def test_other_forms_of_the_same_values_are_taken(small: st.RuleSet) -> None:
    plain = {
        "l": pa.list_(pa.field("element", pa.string(), nullable=False)),
        "s": pa.struct([pa.field("x", pa.timestamp("us", "UTC")), pa.field("y", pa.binary())]),
        "m": pa.map_(pa.string(), pa.list_(pa.string())),
        "t": pa.timestamp("us", "UTC"),
        "n": pa.float64(),
    }
    other = {
        "l": pa.large_list(pa.string_view()),
        "s": pa.struct([pa.field("x", pa.timestamp("us", "Asia/Tokyo")), pa.field("y", pa.large_binary())]),
        "m": pa.map_(pa.large_string(), pa.list_(pa.field("q", pa.large_string()))),
        "t": pa.timestamp("us", "Asia/Tokyo"),
        "n": pa.null(),
    }
    values = {"l": ["q"], "s": {"x": 0, "y": b"z"}, "m": [("k", ["v"])], "t": 1_000_000, "n": None}
    rows = [
        pa.record_batch({"A": ["a"], "id": [number], **{name: pa.array([values[name]], kind) for name, kind in kinds.items()}})
        for number, kinds in enumerate((plain, other))
    ]
    matches = found(small_work(small, rows[0].schema), small, rows)
    first, second = matches["event"].to_pylist()
    assert {**first, "id": None} == {**second, "id": None}
    assert first["l"] == ["q"]


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (batch(A=["a"]), "a batch lacks the column id, which the table has"),
        (batch(A=["a"], id=[1], more=[1]), "a batch has the column more, which the table lacks"),
        (batch(A=["a"], id=["1"]), "the column id is string in a batch and int64 in the table: cast it to one type before"),
        (batch(A=["a"], id=[1.5]), "the column id is double in a batch and int64 in the table"),
        (batch(A=[{"x": 1}], id=[1]), "the column A is struct<x: int64> in a batch and string in the table"),
    ],
)
def test_a_schema_that_changes_is_named(small: st.RuleSet, second: pa.RecordBatch, says: str) -> None:
    with pytest.raises(InputError) as raised:
        found(small_work(small), small, [batch(A=["a"], id=[1]), second])
    assert str(raised.value).startswith(says)


def test_members_of_a_struct_are_compared_too(small: st.RuleSet) -> None:
    work = small_work(small, batch(A=["a"], id=[1], s=[{"x": 1}]).schema)
    with pytest.raises(InputError, match="the column s is struct<y: int64> in a batch and struct<x: int64> in the table"):
        found(work, small, [batch(A=["a"], id=[1], s=[{"y": 1}])])


def test_text_that_is_none_is_named(small: st.RuleSet) -> None:
    offsets, values = pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xffa")
    broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, values])
    with pytest.raises(InputError, match="the column A cannot be read: Invalid UTF8"):
        found(small_work(small), small, [pa.record_batch({"A": broken, "id": [1]})])


def test_empty_batches_say_nothing(small: st.RuleSet) -> None:
    nothing = pa.record_batch({})
    work = small_work(small)
    assert found(work, small, []).num_rows == 0
    assert found(work, small, [nothing, batch(A=["b"], id=[1]).slice(1)]).schema == work.output


def test_small_batches_are_put_together() -> None:
    large = batch(id=list(range(JOINED_ROWS)))
    small = [batch(id=[number]) for number in range(5)]
    assert [rows.num_rows for rows in joined([*small, large, large, *small])] == [JOINED_ROWS + 5, JOINED_ROWS, 5]
    assert next(iter(joined([large]))) is large
    other = batch(id=["text"])
    assert [rows.num_rows for rows in joined([*small, other, *small])] == [5, 1, 5]


def test_rules_are_fetched_once_a_process(small: st.RuleSet, ruleset: st.RuleSet, table: pa.Table) -> None:
    fetched: list[int] = []

    def fetch() -> bytes:
        fetched.append(1)
        return packed(small)

    work = small_work(small)
    for _ in range(3):
        list(portable(work)([batch(A=["a"], id=[1])], fetch))
    assert len(fetched) == 1
    list(portable(work)([], fetch))
    other = small_work(small, pa.schema({"A": pa.string(), "id": pa.string()}))
    list(portable(other)([batch(A=["a"], id=["1"])], fetch))
    assert len(fetched) == 2
    assert planned(ruleset, table.schema).digest not in {work.digest, other.digest}


def test_a_process_keeps_the_last_few(small: st.RuleSet) -> None:
    works = [small_work(small, pa.schema({"A": pa.string(), "id": pa.int64(), f"c{number}": pa.int64()})) for number in range(12)]
    for work in works:
        workers.bound(work, lambda: packed(small))
    assert list(workers._BOUND) == [work.digest for work in works[-workers.KEPT :]]
    workers.bound(works[-workers.KEPT], pytest.fail)
    assert next(reversed(workers._BOUND)) == works[-workers.KEPT].digest


def test_what_travels_is_small(ruleset: st.RuleSet, table: pa.Table) -> None:
    work = planned(ruleset, table.schema)
    assert len(pickle.dumps(work)) < 10_000


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"key": None}, UsageError, "the rows of a test have no number, so nothing would tell which event a match is of"),
        ({"key": []}, UsageError, "the rows of a test have no number"),
        ({"key": ["nope"]}, UsageError, "no input has a column nope"),
        ({"schema": "nope"}, SchemaError, "there is no schema 'nope'"),
        ({"schema": None}, SchemaError, "no schema mapping recognises this table"),
        (
            {"schema": None, "logsource": "product=linux"},
            NothingToRun,
            "not one rule can run on a test with these columns: 1 no-log",
        ),
    ],
)
def test_what_cannot_work_is_said_on_the_driver(
    small: st.RuleSet, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as raised:
        planned(small, SMALL_SCHEMA, **{"schema": "none", "key": ["id"], **options})
    assert str(raised.value).startswith(says)


def test_columns_of_one_name_are_refused(small: st.RuleSet) -> None:
    schema = pa.schema([pa.field("A", pa.string()), pa.field("id", pa.int64()), pa.field("id", pa.string())])
    with pytest.raises(UsageError, match="a test has several columns id: rename or drop all but one"):
        small_work(small, schema)


def test_rules_that_are_not_compiled_are_refused() -> None:
    rules: Any = st.rules_from_yaml(SMALL_RULES)
    with pytest.raises(TypeError, match="rules are compiled first"):
        small_work(rules)


def test_correlations_are_refused() -> None:
    with pytest.raises(UsageError, match="these rules hold correlations"):
        small_work(compiled(CORRELATION + SMALL_RULES))


def test_a_worker_without_the_package(small: st.RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    run = portable(small_work(small))
    monkeypatch.setitem(sys.modules, "sigtrawl.workers", None)
    with pytest.raises(ImportError) as raised:
        run([], lambda: b"")
    assert str(raised.value).startswith(
        f"the worker with {sys.executable} cannot import sigtrawl: install sigtrawl=={st.__version__}"
    )
    assert "\n" not in str(raised.value)


def test_a_worker_with_another_version(small: st.RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    run = portable(small_work(small))
    monkeypatch.setattr(st, "__version__", "0.0.1", raising=False)
    with pytest.raises(ImportError, match=r"has Sigtrawl 0\.0\.1, and the driver .*: install the same on both"):
        run([], lambda: b"")


@pytest.mark.parametrize(("engine", "module"), [("spark", "pyspark.sql"), ("ray", "ray"), ("daft", "daft"), ("dask", "dask")])
def test_an_absent_extra_is_one_line(small: st.RuleSet, engine: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = import_module(f"sigtrawl.{engine}")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError) as raised:
        adapter.match(object(), small, key=["id"])
    said = str(raised.value)
    assert said.startswith(f"sigtrawl.{engine} needs {module.partition('.')[0]}: pip install 'sigtrawl[{engine}]'")
    assert "\n" not in said


def test_adapters_import_no_engine() -> None:
    """What is not used is not imported, not even pyarrow."""
    code = (
        "import sys, sigtrawl.spark, sigtrawl.ray, sigtrawl.daft, sigtrawl.dask\n"
        "print(sorted({'pyspark', 'ray', 'daft', 'dask', 'pandas', 'pyarrow', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
