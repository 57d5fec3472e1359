"""A table's folder, given where files are: what was deleted does not match, and what cannot read it says so."""

import sys
from pathlib import Path

import deltalake
import polars as pl
import pytest
from tests.api.conftest import frame, rules, ruleset

import sigtrawl as st

__all__ = ["frame", "rules", "ruleset"]


@pytest.fixture
def table(frame: pl.DataFrame, tmp_path: Path) -> Path:
    """A Delta table from which the first event was deleted."""
    path = tmp_path / "table"
    deltalake.write_deltalake(path, frame.to_arrow())
    deltalake.DeltaTable(path).delete("CommandLine = 'a'")
    return path


def test_a_folder_is_read_as_the_table_that_it_is(ruleset: st.RuleSet, table: Path) -> None:
    found = st.scan(table, ruleset, key=["CommandLine"]).to_polars()
    assert found["CommandLine"].to_list() == ["d", "d"]
    assert st.check(table, ruleset).rule_states() == {"runs": 2, "no-log-source": 1}


def test_without_its_library_it_is_refused(ruleset: st.RuleSet, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)
    monkeypatch.delitem(sys.modules, "sigtrawl.delta", raising=False)
    with pytest.raises(ImportError, match=r"sigtrawl\.delta needs deltalake: pip install 'sigtrawl\[delta\]'"):
        st.scan(table, ruleset)


def test_a_file_of_a_table_is_no_archive(ruleset: st.RuleSet, table: Path) -> None:
    file = next(table.glob("*.parquet"))
    with pytest.raises(st.errors.InputError, match="is a Delta table"):
        st.scan(file, ruleset)
