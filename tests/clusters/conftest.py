"""Two files of events, and what a scan finds in them. The tests of an engine need that engine."""

from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from tests.clusters.common import KEY, RULES, SMALL_RULES, compiled, in_order

import sigtrawl as st
from sigtrawl.archive import generate

ROWS = 10_000
ENGINES = {"spark": "pyspark", "ray": "ray", "daft": "daft", "dask": "dask"}

collect_ignore = [f"test_{name}.py" for name, module in ENGINES.items() if find_spec(module) is None]


@pytest.fixture(scope="session")
def ruleset() -> st.RuleSet:
    return compiled(RULES)


@pytest.fixture(scope="session")
def small() -> st.RuleSet:
    """Give one rule that asks for an ``a`` in the column ``A``."""
    return compiled(SMALL_RULES)


@pytest.fixture(scope="session")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with two files of events, which lack the number of an event in its log and get one."""
    folder = tmp_path_factory.mktemp("lake") / "events"
    folder.mkdir()
    for number in range(2):
        file = folder / f"{number}.parquet"
        generate(file, ROWS, seed=number)
        frame = pl.read_parquet(file).with_row_index("RecordID", offset=number * ROWS).cast({"RecordID": pl.Int64})
        frame.write_parquet(file)
    return folder


@pytest.fixture(scope="session")
def expected(events: Path, ruleset: st.RuleSet) -> pl.DataFrame:
    """Give what one process finds."""
    found = in_order(st.scan(events, ruleset, key=KEY).to_polars())
    assert found["rule_id"].n_unique() == len(ruleset)
    return found


@pytest.fixture(scope="session")
def narrow(events: Path, ruleset: st.RuleSet) -> pl.DataFrame:
    """Give the same with one column of the events."""
    return in_order(st.scan(events, ruleset, key=KEY, columns=["Image"]).to_polars())
