"""``bench``: a user's own figures, and events to try it with. What time it took is never asserted."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.cli.test_messages import agrees

import sigtrawl as st
from sigtrawl.benching import Bench, bench
from sigtrawl.cli.render import benched
from sigtrawl.cli.render.screen import Screen
from sigtrawl.cli.selection import Loaded
from sigtrawl.errors import UsageError


def test_figures_as_json(run: Any, rules: Path, events: Path) -> None:
    result = run("bench", events, "-r", rules, "--runs", 2, "--threads", 1, "--json")
    assert result.status == 0
    told = json.loads(result.out)
    assert (told["rules"], told["rows"], told["matches"], told["threads"]) == (4, 4, 3, 1)
    assert told["rule_states"] == {"runs": 2, "inert": 1, "no-log-source": 1}
    assert told["bytes"] == events.stat().st_size
    assert len(told["seconds"]) == 2
    assert told["median_seconds"] == sum(told["seconds"]) / 2 > 0
    assert told["rows_per_second"] == pytest.approx(4 / told["median_seconds"])


def test_figures_as_a_table(run: Any, rules: Path, events: Path, tmp_path: Path) -> None:
    result = run("bench", events, "-r", rules, "--runs", 1, "--no-color")
    assert result.status == 0
    figures = result.out.split("\n\n")[0]  # what the core measures of its own follows
    plain = re.sub(r" +", " ", re.sub(r"[0-9][0-9,.]*(?= |\n|,)", "N", figures))
    agrees("bench", "\n".join(line.rstrip() for line in plain.splitlines()) + "\n", tmp_path)


def test_what_the_core_measures_is_shown(rules: Path, events: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ruleset = st.compile(st.load_rules(rules / "netcat.yml"))
    measured = bench(events, ruleset, runs=1)
    report = replace(measured.report, times={"read": 1.0, "match": 2.5, "verify": 0.5, "emit": 1.5})
    told = Bench((0.5, 1.0, 2.0), report, ((0, 0.25),), 2)
    assert told.shares == {"read": 0.2, "match": 0.5, "verify": 0.1, "emit": 0.3}
    screen = Screen(color=False)
    benched.show(told, Loaded(ruleset), screen)
    shown = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines()) + "\n"
    agrees("bench-measured", shown.replace(f"{report.size / 1e6:,.1f} MB", "N MB"), tmp_path)


def test_a_rule_that_costs_is_told_before_one_that_costs_less(rules: Path, events: Path) -> None:
    from sigtrawl.benching import _costly

    ruleset = st.compile(st.load_rules([rules / "netcat.yml", rules / "whoami.yml"]))
    report = bench(events, ruleset, runs=1).report
    priced = tuple(replace(rule, cost=cost) for rule, cost in zip(report.rules, (0.1, 0.7), strict=True))
    assert _costly(replace(report, rules=priced)) == ((1, 0.7), (0, 0.1))


def test_events_can_be_generated(run: Any, rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    result = run("bench", "--generate", path, "--rows", 3000, "--seed", 5, "--compression", "snappy")
    assert result.status == 0
    assert result.out.startswith(f"{path}: 3,000 events, ")
    assert "  e31033fc-33f0-4020-9a16-faf9b31cbf08: 20 matches planted\n" in result.out
    assert pl.read_parquet(path).height == 3000
    assert run("bench", path, "-r", rules / "netcat.yml", "--runs", 1, "--json").status == 0


def test_mixed_events_can_be_generated(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "mixed.parquet"
    assert run("bench", "--generate", path, "--rows", 2000, "--mixed").status == 0
    assert pl.read_parquet(path)["Channel"].n_unique() > 3


def test_a_file_that_cannot_be_read_has_no_figures(run: Any, rules: Path, events: Path, tmp_path: Path) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    (folder / "whole.parquet").write_bytes(events.read_bytes())
    (folder / "broken.parquet").write_bytes(events.read_bytes()[:-20])
    result = run("bench", folder, "-r", rules, "--runs", 1)
    assert result.status == 3
    assert "broken.parquet was not read to its end, and its time would mean nothing" in result.err


def test_there_must_be_runs_and_files(rules: Path, events: Path) -> None:
    ruleset = st.compile(st.load_rules(rules / "netcat.yml"))
    with pytest.raises(UsageError, match="runs must be a whole number from 1, not 0"):
        bench(events, ruleset, runs=0)
    with pytest.raises(TypeError, match="only files can be measured"):
        bench(pl.read_parquet(events), ruleset)  # type: ignore[arg-type]
