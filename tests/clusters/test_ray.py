"""`sigtrawl.ray.match`, on a Ray of this machine: two processes that match."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray
import ray.data
from ray import cloudpickle
from ray.exceptions import RayTaskError
from tests.clusters import common
from tests.clusters.common import KEY, in_order, lines

import sigtrawl as st
import sigtrawl.ray
from sigtrawl.errors import UsageError
from sigtrawl.workers import packed

# Ray calls its own settings and pandas so.
pytestmark = pytest.mark.filterwarnings(r"ignore::DeprecationWarning:ray(\..*)?")

HOME = str(Path(st.__file__).parent.parent)


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", HOME)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            object_store_memory=200 * 2**20,
            logging_level=logging.ERROR,
            log_to_driver=False,
            _node_ip_address="127.0.0.1",
        )
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        yield
        ray.shutdown()


@pytest.fixture(scope="module")
def dataset(events: Path) -> ray.data.Dataset:
    table = pq.read_table(events)
    return ray.data.from_arrow([table.slice(start, 7_000) for start in range(0, table.num_rows, 7_000)])


def blocks(*tables: dict[str, Any]) -> ray.data.Dataset:
    return ray.data.from_arrow([pa.table(table) for table in tables])


def arrow(dataset: ray.data.Dataset) -> pa.Table:
    return pa.concat_tables(ray.get(dataset.to_arrow_refs()))


def small_matches(dataset: ray.data.Dataset, small: st.RuleSet) -> list[Any]:
    found: list[Any] = arrow(sigtrawl.ray.match(dataset, small, schema="none", key=["id"]))["id"].to_pylist()
    return sorted(found)


def test_matches_are_those_of_the_scan(dataset: ray.data.Dataset, ruleset: st.RuleSet, expected: pl.DataFrame) -> None:
    common.same_as_scan(lambda **options: arrow(sigtrawl.ray.match(dataset, ruleset, **options)), expected)


def test_an_event_holds_what_was_asked_for(dataset: ray.data.Dataset, ruleset: st.RuleSet, narrow: pl.DataFrame) -> None:
    common.same_as_scan(lambda **options: arrow(sigtrawl.ray.match(dataset, ruleset, **options)), narrow, columns=["Image"])


def test_the_documented_example_runs(
    events: Path, ruleset: st.RuleSet, expected: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruleset.save(tmp_path / "windows.rules")
    monkeypatch.chdir(tmp_path)
    (example,) = common.examples(sigtrawl.ray)
    for folder, path in (("events", events), ("matches", tmp_path / "matches")):
        example = example.replace(f'"{folder}"', repr(str(path)))
    exec(example, {})  # noqa: S102 - it is our own
    assert common.pairs(pl.read_parquet(tmp_path / "matches" / "*.parquet")) == common.pairs(expected)


def test_blocks_without_a_match_have_columns(dataset: ray.data.Dataset, ruleset: st.RuleSet, expected: pl.DataFrame) -> None:
    found = in_order(arrow(sigtrawl.ray.match(dataset.limit(10), ruleset, key=KEY)))
    assert found.schema == expected.schema
    assert common.pairs(found) == [pair for pair in common.pairs(expected) if pair[2] < 10]


def test_blocks_may_be_kept_in_other_forms(small: st.RuleSet) -> None:
    plain = {"A": ["a", "b"], "id": [1, 2]}
    coded = {"A": pa.array(["xa", "b"]).dictionary_encode(), "id": [3, 4]}
    assert small_matches(blocks(plain, {"A": pa.nulls(1), "id": [5]}), small) == [1]
    assert small_matches(blocks(plain).union(ray.data.from_pandas(pd.DataFrame({"A": ["a", None], "id": [6, 7]}))), small) == [
        1,
        6,
    ]
    assert small_matches(blocks(coded), small) == [3]


@pytest.mark.parametrize(
    ("second", "says"),
    [
        ({"A": ["a"]}, "InputError: a batch lacks the column id, which the table has"),
        ({"A": ["a"], "id": [1], "more": [1]}, "InputError: a batch lacks the column more, which the table has"),
    ],
)
def test_a_schema_that_changes_is_named(small: st.RuleSet, second: dict[str, Any], says: str) -> None:
    """Ray takes the columns of all blocks together, so what one has more the others lack."""
    with pytest.raises(RayTaskError) as raised:
        small_matches(blocks({"A": ["a"], "id": [1]}, second), small)
    assert any(says in line for line in lines(raised.value))


def test_text_that_is_none_fails_the_job(small: st.RuleSet) -> None:
    offsets, values = pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xffa")
    broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, values])
    with pytest.raises(RayTaskError) as raised:
        small_matches(blocks({"A": broken, "id": [1]}), small)
    assert any("InputError: the column A cannot be read: Invalid UTF8" in line for line in lines(raised.value))


@pytest.mark.parametrize("values", [[[1], {"x": 1}], [object(), 1]])
def test_objects_of_python_are_named(small: st.RuleSet, values: list[Any]) -> None:
    dataset = ray.data.from_pandas(pd.DataFrame({"A": ["a", "b"], "id": [1, 2], "x": pd.Series(values, dtype=object)}))
    with pytest.raises(UsageError, match=r"column .*x.* holds Python objects, which rules cannot read"):
        small_matches(dataset, small)


def test_a_dataset_of_nothing_is_refused(small: st.RuleSet) -> None:
    with pytest.raises(UsageError, match="this Ray dataset has no columns, or no row to tell them by"):
        small_matches(ray.data.from_items([]), small)


def test_a_key_is_demanded(small: st.RuleSet) -> None:
    with pytest.raises(UsageError, match="the rows of a Ray dataset have no number"):
        sigtrawl.ray.match(blocks({"A": ["a"]}), small, schema="none")


@pytest.fixture
def sent(small: st.RuleSet, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the function that goes to the workers."""
    functions: list[Any] = []
    real = ray.data.Dataset.map_batches

    def spy(self: ray.data.Dataset, function: Any, **options: Any) -> ray.data.Dataset:
        functions.append(function)
        return real(self, function, **options)

    monkeypatch.setattr(ray.data.Dataset, "map_batches", spy)
    sigtrawl.ray.match(blocks({"A": ["a"], "id": [1]}), small, schema="none", key=["id"])
    (function,) = functions
    return function


def test_rules_lie_in_the_object_store(small: st.RuleSet, sent: Any) -> None:
    assert packed(small) not in cloudpickle.dumps(sent)


def test_a_worker_without_the_package_says_so(sent: Any, tmp_path: Path) -> None:
    (tmp_path / "sigtrawl.py").write_text(common.MISSING)

    def on_worker(table: pa.Table) -> int:
        return len(list(sent(table)))

    elsewhere = ray.remote(on_worker).options(runtime_env={"env_vars": {"PYTHONPATH": str(tmp_path)}})
    with pytest.raises(RayTaskError) as raised:
        ray.get(elsewhere.remote(pa.table({"A": ["a"], "id": [1]})))
    assert common.says_what_is_missing(raised.value)
