"""The rules' own regression events, one table a log source: each test holds, and the matrix of all matches is exact."""

from pathlib import Path

import polars as pl
import pytest
from tests.engines import ENGINES, Engine

import sigtrawl as st


@pytest.fixture(scope="module", params=ENGINES)
def found(request: pytest.FixtureRequest, shared: Path, corpus: st.RuleSet) -> pl.DataFrame:
    """All matches: table, rule, row."""
    engine: Engine = request.param
    tables = sorted((shared / "regression").glob("windows__*.parquet"))
    return pl.concat(
        st.scan(table, corpus, columns=[], engine=engine).to_polars().select(pl.lit(table.name).alias("table"), "rule_id", "row")
        for table in tables
    )


def test_the_matrix_is_exact(shared: Path, found: pl.DataFrame) -> None:
    matrix = pl.read_parquet(shared / "regression" / "matrix.parquet").select("table", "rule_id", "row")
    assert sorted(found.rows()) == sorted(matrix.rows())
    assert found.height == 352


def test_every_test_holds(shared: Path, found: pl.DataFrame) -> None:
    sources: dict[str, list[str]] = {
        table: pl.read_parquet(shared / "regression" / table, columns=["_source_file"])["_source_file"].to_list()
        for table in found["table"].unique()
    }
    matched = [(rule, sources[table][row]) for table, rule, row in found.rows()]
    tests = pl.read_parquet(shared / "regression" / "expected.parquet")
    failing = [
        (rule, source)
        for rule, source, least in tests.select("rule_id", "source_file", "match_count").iter_rows()
        if matched.count((rule, source)) < (1 if least is None else least)
    ]
    assert failing == []
    assert tests.height == 202
