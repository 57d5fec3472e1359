"""``frame.sigtrawl`` and ``scan_parquet``: frames of matches, eager and lazy."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import sigtrawl as st
from sigtrawl.errors import InputError, NothingToRun, SchemaError, UsageError

POLARS: tuple[Any, ...] = ("in-memory", "streaming")
PLACE = ("file", "row_group", "row")


def _of(frame: Any) -> Any:
    """The namespace, which type checkers know nothing of."""
    return frame.sigtrawl


@pytest.mark.parametrize(
    "order", ["import polars, sigtrawl", "import sigtrawl, polars", "import sigtrawl; import polars.selectors"]
)
def test_the_namespace_is_there_whoever_comes_first(order: str) -> None:
    asks = "print(*(hasattr(kind, 'sigtrawl') for kind in (pl.DataFrame, pl.LazyFrame)), pl.__loader__)"
    code = f"{order}; import polars as pl; {asks}"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("True True ")
    assert "sigtrawl" not in done.stdout  # the module looks as it does without us


def test_to_import_sigtrawl_does_not_import_polars() -> None:
    code = "import sys, sigtrawl; sigtrawl.RuleSet; print('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"


@pytest.mark.parametrize("engine", POLARS)
def test_a_frame_of_matches(ruleset: st.RuleSet, frame: pl.DataFrame, events: Path, engine: Any) -> None:
    expected = ruleset.match(frame).to_polars()
    assert _of(frame).match(ruleset).equals(expected)
    for lazy in (frame.lazy(), pl.scan_parquet(events), pl.concat([frame.lazy()[:1], frame.lazy()[1:]])):
        matches = _of(lazy).match(ruleset)
        assert matches.collect_schema() == expected.schema
        assert matches.collect(engine=engine).equals(expected)
        assert matches.filter(pl.col("row") > 0).select("level").collect(engine=engine)["level"].to_list() == ["high", "low"]
        keyed = _of(lazy).match(ruleset, key=["CommandLine"]).select("rule_title", "CommandLine").collect(engine=engine)
        assert keyed.rows() == [("Netcat", "a"), ("Netcat", "d"), ("Any program from D", "d")]
    assert _of(frame).any(ruleset).equals(frame[[0, 3]])
    assert _of(frame.lazy()).any(ruleset, min_level="high").collect(engine=engine).equals(frame[[0, 3]])


@pytest.mark.parametrize("columns", ["used", [], ["CommandLine", "_source"]])
def test_a_lazy_frame_is_asked_for_what_is_needed(ruleset: st.RuleSet, frame: pl.DataFrame, columns: Any) -> None:
    asked: list[list[str] | None] = []

    def source(with_columns: list[str] | None, predicate: Any, n_rows: int | None, batch_size: int | None) -> Any:
        del predicate, n_rows, batch_size
        asked.append(with_columns)
        yield frame if with_columns is None else frame.select(with_columns)

    lazy = pl.io.plugins.register_io_source(source, schema=frame.schema)
    found = _of(lazy).match(ruleset, columns=columns).collect()
    assert found.equals(ruleset.match(frame, columns=columns).to_polars())
    wanted = {"Channel", "EventID", "UtcTime", "Image", *([] if columns == "used" else columns)}
    assert set(asked[-1] or frame.columns) == wanted


@pytest.mark.parametrize("engine", POLARS)
def test_scan_parquet_is_a_scan(ruleset: st.RuleSet, events: Path, engine: Any) -> None:
    expected = st.scan(events, ruleset).to_polars()
    lazy = st.scan_parquet(events, ruleset)
    assert lazy.collect_schema() == expected.schema
    assert lazy.collect(engine=engine).equals(expected)
    assert lazy.collect(engine=engine).equals(expected)  # a query runs as often as it likes
    for columns in (["row"], ["event", "rule_id"], ["time", "file"]):
        assert lazy.select(columns).collect(engine=engine).equals(expected.select(columns))
    assert lazy.select(pl.len()).collect(engine=engine).item() == 3
    assert lazy.head(1).collect(engine=engine).equals(expected.head(1))
    for predicate in (
        pl.col("level") == "high",
        (pl.col("level") == "high") & (pl.col("row") > 0),
        pl.col("tags").list.contains("attack.t1095"),
        pl.col("rule_title").str.contains("program"),
        pl.col("event").struct.field("CommandLine") == "d",
        pl.col("level") == "no such level",
    ):
        assert lazy.filter(predicate).collect(engine=engine).equals(expected.filter(predicate))
        only = lazy.filter(predicate).select("row").head(1)
        assert only.collect(engine=engine).equals(expected.filter(predicate).select("row").head(1))
    assert st.scan_parquet([events], ruleset, key=["CommandLine"]).collect(engine=engine)["CommandLine"].to_list() == [
        "a",
        "d",
        "d",
    ]


def test_a_predicate_over_rules_leaves_rules_out(ruleset: st.RuleSet, events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sigtrawl import api

    seen: list[tuple[int, Any]] = []
    real = api.scan_paths

    def noted(rules: st.RuleSet, paths: list[str], asked: Any) -> Any:
        seen.append((len(rules), asked.columns))
        return real(rules, paths, asked)

    monkeypatch.setattr(api, "scan_paths", noted)
    lazy = st.scan_parquet(events, ruleset)
    lazy.filter(pl.col("level") == "high").select("row").collect()
    lazy.filter(pl.col("row") > 0).collect()
    lazy.filter(pl.col("level") == "none").collect()
    assert seen == [(3, "all"), (1, ()), (3, "all")]


def test_what_was_not_read_is_no_quiet_end(ruleset: st.RuleSet, frame: pl.DataFrame, tmp_path: Path) -> None:
    frame.write_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 this is none PAR1")
    query = st.scan_parquet(tmp_path, ruleset).select("row")
    with pytest.raises(Exception, match=r"not all of the input was read: .*b\.parquet"):
        query.collect()
    # A limit that is reached before has all that was asked for.
    assert query.head(2).collect().height == 2


def test_errors_come_before_the_query_runs(ruleset: st.RuleSet, frame: pl.DataFrame, tmp_path: Path) -> None:
    frame.select("CommandLine").write_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="no such file or folder"):
        st.scan_parquet(tmp_path / "nothing", ruleset)
    with pytest.raises(NothingToRun):
        st.scan_parquet(tmp_path / "other.parquet", ruleset)
    with pytest.raises(TypeError, match=r"use ruleset\.match\(data\)"):
        st.scan_parquet(frame, ruleset)
    with pytest.raises(SchemaError, match="no schema mapping recognises"):
        _of(frame.lazy().select("CommandLine")).match(ruleset)
    with pytest.raises(UsageError, match="no input has a column nothing"):
        _of(frame.lazy()).match(ruleset, key=["nothing"])
    with pytest.raises(TypeError, match=r"frame\.sigtrawl\.match"):
        st.scan(frame.lazy(), ruleset)


def test_a_failure_of_the_frame_is_the_matches_failure(ruleset: st.RuleSet, frame: pl.DataFrame) -> None:
    def fails(batch: pl.DataFrame) -> pl.DataFrame:
        raise ValueError("the store is gone" + str(batch.height))

    broken = frame.lazy().map_batches(fails, schema=frame.schema)
    with pytest.raises(Exception, match="the store is gone"):
        _of(broken).match(ruleset).collect()


def test_correlations_in_a_lazy_frame(frame: pl.DataFrame, events: Path) -> None:
    from tests.api.test_key import CORRELATED

    rules = st.compile(st.rules_from_yaml(CORRELATED))
    expected = rules.match(frame).to_polars()
    assert _of(frame.lazy()).match(rules).collect().equals(expected)
    # What a correlation groups by is read by no rule.
    apart = frame.with_columns(User=pl.Series(["a", "b", "c", "d"]))
    grouped = st.compile(st.rules_from_yaml(CORRELATED.replace("group-by: [Channel]", "group-by: [User]")))
    assert _of(apart.lazy()).match(grouped, columns="used").collect()["rule_title"].to_list() == ["Netcat", "Netcat"]
    found = st.scan_parquet(events, rules).drop(*PLACE, "correlated").collect()
    assert found.equals(expected.drop(*PLACE, "correlated"))
    assert st.scan_parquet(events, rules).filter(pl.col("rule_title") == "Twice").collect().height == 1
