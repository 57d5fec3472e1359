"""`sigtrawl.daft.match`, on Daft's own runner and, in a process of its own, on Ray's."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from tests.clusters import common
from tests.clusters.common import KEY

import sigtrawl as st

with pytest.MonkeyPatch.context() as _patch:  # its makers would be told that it was imported
    _patch.setenv("DO_NOT_TRACK", "1")
    _patch.setenv("DAFT_ANALYTICS_ENABLED", "0")
    import daft

import sigtrawl.daft
from sigtrawl.errors import InputError, UsageError

HOME = str(Path(st.__file__).parent.parent)


@pytest.fixture
def frame(events: Path) -> daft.DataFrame:
    return daft.read_parquet(str(events))


def small_matches(frame: daft.DataFrame, small: st.RuleSet, key: str = "id") -> list[Any]:
    found: list[Any] = sigtrawl.daft.match(frame, small, schema="none", key=[key]).to_arrow()[key].to_pylist()
    return found


def test_matches_are_those_of_the_scan(frame: daft.DataFrame, ruleset: st.RuleSet, expected: pl.DataFrame) -> None:
    common.same_as_scan(lambda **options: sigtrawl.daft.match(frame, ruleset, **options).to_arrow(), expected)


def test_an_event_holds_what_was_asked_for(frame: daft.DataFrame, ruleset: st.RuleSet, narrow: pl.DataFrame) -> None:
    common.same_as_scan(lambda **options: sigtrawl.daft.match(frame, ruleset, **options).to_arrow(), narrow, columns=["Image"])
    without = sigtrawl.daft.match(frame, ruleset, key=KEY, columns=[])
    assert "event" not in without.column_names
    assert common.pairs(without.to_arrow()) == common.pairs(narrow)


def test_the_documented_example_runs(events: Path, ruleset: st.RuleSet, expected: pl.DataFrame, tmp_path: Path) -> None:
    ruleset.save(tmp_path / "windows.rules")
    (example,) = common.examples(sigtrawl.daft)
    for name, path in (
        ("windows.rules", tmp_path / "windows.rules"),
        ("events/*.parquet", events / "*.parquet"),
        ("matches", tmp_path),
    ):
        example = example.replace(f'"{name}"', repr(str(path)))
    exec(example, {})  # noqa: S102 - it is our own
    assert common.pairs(pl.read_parquet(tmp_path / "*.parquet")) == common.pairs(expected)


def test_parts_may_be_empty(frame: daft.DataFrame, ruleset: st.RuleSet, expected: pl.DataFrame) -> None:
    none = sigtrawl.daft.match(frame.where(daft.col("RecordID") < 0), ruleset, key=KEY).to_arrow()
    assert (none.num_rows, none.column_names) == (0, expected.columns)


def test_a_row_may_match_several_rules_or_none(small: st.RuleSet) -> None:
    twice = st.compile(st.rules_from_yaml(common.SMALL_RULES + "---\n" + common.SMALL_RULES.replace("55555555", "66666666")))
    rows = daft.from_pydict({"A": ["b", "a", None, "xa", "b"], "id": [1, 2, 3, 4, 5]})
    assert small_matches(rows, small) == [2, 4]
    assert small_matches(rows, twice) == [2, 2, 4, 4]
    assert small_matches(daft.from_pydict({"A": ["b"], "id": [1]}), small) == []


def test_columns_may_have_any_names(small: st.RuleSet) -> None:
    assert small_matches(daft.from_pydict({"A": ["a"], "a.b": [7], "e f": [1], "c`d": [2]}), small, "a.b") == [7]


def test_text_that_is_none_fails_the_query(small: st.RuleSet) -> None:
    offsets, values = pa.py_buffer(bytes([0] * 8 + [2] + [0] * 7)), pa.py_buffer(b"\xffa")
    broken = pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, values])
    with pytest.raises(InputError, match="the column A cannot be read: Invalid UTF8"):
        small_matches(daft.from_arrow(pa.table({"A": broken, "id": [1]})), small)


def test_objects_of_python_are_named(small: st.RuleSet) -> None:
    with pytest.raises(UsageError, match="the column x holds Python objects, which rules cannot read"):
        small_matches(daft.from_pydict({"A": ["a"], "id": [1], "x": [object()]}), small)


@pytest.mark.parametrize("key", [None, []])
def test_a_key_is_demanded(small: st.RuleSet, key: Any) -> None:
    with pytest.raises(UsageError, match="the rows of a Daft frame have no number"):
        sigtrawl.daft.match(daft.from_pydict({"A": ["a"]}), small, schema="none", key=key)


ON_RAY = """\
import sys
import ray
ray.init(num_cpus=2, include_dashboard=False, object_store_memory=200 * 2**20, log_to_driver=False, _node_ip_address="127.0.0.1")
import daft
daft.set_runner_ray(noop_if_initialized=True)
import sigtrawl as st
import sigtrawl.daft

frame = daft.read_parquet(sys.argv[1]).into_partitions(3)
matches = sigtrawl.daft.match(frame, st.RuleSet.load(sys.argv[2]), key=["Computer", "RecordID"])
print("matches:", matches.count_rows())
"""


def test_the_runner_of_ray(events: Path, ruleset: st.RuleSet, expected: pl.DataFrame, tmp_path: Path) -> None:
    """In a process of its own, because one process has one runner."""
    pytest.importorskip("ray", reason="daft[ray] is not installed")
    ruleset.save(tmp_path / "windows.rules")
    quiet = {"PYTHONPATH": HOME, "RAY_USAGE_STATS_ENABLED": "0", "DO_NOT_TRACK": "1", "DAFT_ANALYTICS_ENABLED": "0"}
    done = subprocess.run(
        [sys.executable, "-c", ON_RAY, str(events), str(tmp_path / "windows.rules")],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"matches: {expected.height}" in done.stdout
