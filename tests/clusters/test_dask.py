"""`sigtrawl.dask.match`, in threads, in processes and on a cluster of two workers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from distributed import Client, LocalCluster
from tests.clusters import common
from tests.clusters.common import KEY

import sigtrawl as st
import sigtrawl.dask
from sigtrawl.errors import InputError, UsageError

# Dask calls pandas so.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword in")

HOME = str(Path(st.__file__).parent.parent)


@pytest.fixture
def frame(events: Path) -> Any:
    return dd.read_parquet(str(events), dtype_backend="pyarrow").repartition(npartitions=3)


def frame_of(*parts: dict[str, Any]) -> Any:
    """Give a frame that takes itself to be like its first part."""
    frames = [pd.DataFrame(part) for part in parts]
    return dd.from_map(lambda part: part, frames, meta=frames[0].iloc[:0])


def arrow(matches: Any) -> pa.Table:
    return pa.Table.from_pandas(matches.compute(), preserve_index=False).replace_schema_metadata()


def small_matches(frame: Any, small: st.RuleSet) -> list[Any]:
    found: list[Any] = arrow(sigtrawl.dask.match(frame, small, schema="none", key=["id"]))["id"].to_pylist()
    return found


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_matches_are_those_of_the_scan(
    frame: Any, ruleset: st.RuleSet, expected: pl.DataFrame, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", HOME)
    with dask.config.set(scheduler=scheduler):
        common.same_as_scan(lambda **options: arrow(sigtrawl.dask.match(frame, ruleset, **options)), expected)


def test_an_event_holds_what_was_asked_for(frame: Any, ruleset: st.RuleSet, narrow: pl.DataFrame) -> None:
    common.same_as_scan(lambda **options: arrow(sigtrawl.dask.match(frame, ruleset, **options)), narrow, columns=["Image"])
    without = sigtrawl.dask.match(frame, ruleset, key=KEY, columns=[])
    assert "event" not in without.columns
    assert common.pairs(arrow(without)) == common.pairs(narrow)


def test_the_documented_example_runs(events: Path, ruleset: st.RuleSet, expected: pl.DataFrame, tmp_path: Path) -> None:
    ruleset.save(tmp_path / "windows.rules")
    (example,) = common.examples(sigtrawl.dask)
    for name, path in (("windows.rules", tmp_path / "windows.rules"), ("events", events), ("matches", tmp_path)):
        example = example.replace(f'"{name}"', repr(str(path)))
    exec(example, {})  # noqa: S102 - it is our own
    assert common.pairs(pl.read_parquet(tmp_path / "*.parquet")) == common.pairs(expected)


def test_frames_do_not_get_each_others_matches(small: st.RuleSet) -> None:
    one = sigtrawl.dask.match(frame_of({"A": ["a"], "id": [1]}), small, schema="none", key=["id"])
    two = sigtrawl.dask.match(frame_of({"A": ["a"], "id": [2]}), small, schema="none", key=["id"])
    assert arrow(dd.concat([one, two]))["id"].to_pylist() == [1, 2]


def test_parts_may_be_empty(small: st.RuleSet) -> None:
    assert small_matches(frame_of({"A": ["a"], "id": [1]}, {"A": [], "id": []}, {"A": ["b"], "id": [3]}), small) == [1]
    none = sigtrawl.dask.match(frame_of({"A": ["b"], "id": [1]}), small, schema="none", key=["id"])
    assert none.compute().dtypes.to_dict() == none.dtypes.to_dict()


def test_what_pandas_keeps_otherwise(small: st.RuleSet) -> None:
    part = {"A": ["a", "a"], "id": pd.array([1, None], dtype="Int64"), "c": pd.Categorical(["u", None]), "d": [1.5, float("nan")]}
    matches = arrow(sigtrawl.dask.match(frame_of(part), small, schema="none", key=["id"]))
    assert matches["event"].to_pylist() == [{"A": "a", "id": 1, "c": "u", "d": 1.5}, {"A": "a", "id": None, "c": None, "d": None}]


@pytest.mark.parametrize(
    ("second", "says"),
    [
        ({"A": ["a"], "id": [1.5]}, "the column id is double in a batch and int64 in the table: cast it to one type before"),
        ({"A": ["a"]}, "a batch lacks the column id, which the table has"),
        ({"A": ["a"], "id": [1], "more": [1]}, "a batch has the column more, which the table lacks"),
    ],
)
def test_a_schema_that_changes_is_named(small: st.RuleSet, second: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as raised:
        small_matches(frame_of({"A": ["a"], "id": [1]}, second), small)
    assert str(raised.value).startswith(says)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"x": pd.Series([[1], {"y": 2}], dtype=object)}, "the column x holds Python objects, which rules cannot read"),
        ({7: [1, 2]}, "the column 7 has no text as its name: rename it"),
    ],
)
def test_columns_that_say_nothing_are_named(small: st.RuleSet, columns: dict[Any, Any], says: str) -> None:
    with dask.config.set({"dataframe.convert-string": False}), pytest.raises(UsageError) as raised:  # Dask makes text of objects
        small_matches(frame_of({"A": pd.array(["a", "b"], dtype="string"), "id": [1, 2], **columns}), small)
    assert str(raised.value).startswith(says)


def test_a_key_is_demanded(small: st.RuleSet) -> None:
    with pytest.raises(UsageError, match="the rows of a Dask frame have no number"):
        sigtrawl.dask.match(frame_of({"A": ["a"]}), small, schema="none")


@contextmanager
def workers() -> Iterator[Client]:
    """Give a cluster of two processes, which look for packages where this one does."""
    options = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with LocalCluster(n_workers=2, **options) as cluster, Client(cluster) as client:
        yield client


def test_a_cluster(frame: Any, ruleset: st.RuleSet, expected: pl.DataFrame) -> None:
    with workers() as client:
        assert len(client.scheduler_info()["workers"]) == 2
        assert common.pairs(arrow(sigtrawl.dask.match(frame, ruleset, key=KEY))) == common.pairs(expected)


def test_a_worker_without_the_package_says_so(small: st.RuleSet, tmp_path: Path) -> None:
    (tmp_path / "sigtrawl.py").write_text(common.MISSING)

    def hide() -> None:
        import sys

        sys.path.insert(0, str(tmp_path))

    matches = sigtrawl.dask.match(frame_of({"A": ["a"], "id": [1]}), small, schema="none", key=["id"])
    with workers() as client:
        client.run(hide)
        with pytest.raises(ImportError) as raised:
            matches.compute()
    assert common.says_what_is_missing(raised.value)
