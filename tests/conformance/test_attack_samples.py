"""All public rules on real events of many kinds in one table: every expected match, and no other, from either engine."""

from pathlib import Path

import polars as pl
import pytest
from tests.engines import ENGINES, Engine

import sigtrawl as st


@pytest.mark.parametrize("engine", ENGINES)
def test_exactly_the_expected_matches(shared: Path, corpus: st.RuleSet, engine: Engine) -> None:
    expected = pl.read_parquet(shared / "attack_samples.expected.parquet").select("rule_id", "row").rows()
    matches = st.scan(shared / "attack_samples.parquet", corpus, columns=[], engine=engine)
    found = matches.to_polars().select("rule_id", "row").rows()
    assert sorted(found) == sorted(expected)
    assert len(found) == 1548
    assert matches.report.matches == 1548
    assert matches.report.complete
    assert matches.report.input_states() == {"whole": 1}


def test_data_in_memory_matches_alike(shared: Path, corpus: st.RuleSet) -> None:
    path = shared / "attack_samples.parquet"
    scanned = st.scan(path, corpus).to_polars()
    matched = corpus.match(pl.read_parquet(path)).to_polars()
    assert matched.drop("file", "row_group").equals(scanned.drop("file", "row_group"))
