"""Correlations and filters from files of rules to the lines of an output."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.correlation.conftest import MANY, RULES, THEN

from sigtrawl.cli import main

Run = Callable[..., tuple[int, str, str]]
FILTER = """\
title: Known logons
logsource: {product: windows}
filter: {rules: [logon], known: {TargetUserName: bob}, condition: not known}
"""


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        captured = capfdbinary.readouterr()
        return status, captured.out.decode(), captured.err.decode()

    return call


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    for name, text in {"a_then": THEN, "b_many": MANY, "c_rules": RULES, "d_filter": FILTER}.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


@pytest.fixture
def lake(tmp_path: Path, attack: pl.DataFrame) -> Path:
    path = tmp_path / "events.parquet"
    attack.write_parquet(path, row_group_size=3)
    return path


def titles(out: str) -> list[str]:
    return [json.loads(line)["rule_title"] for line in out.splitlines()]


def test_scan_puts_results_after_the_matches(run: Run, rules: Path, lake: Path, tmp_path: Path) -> None:
    status, out, err = run("scan", lake, "-r", rules)
    assert status == 0
    assert titles(out) == ["Cleared", "Failed logons, then one that works"]
    made = json.loads(out.splitlines()[-1])["correlated"]
    assert [(one["file"], one["row"]) for one in made] == [(str(lake), 5), (str(lake), 6)]
    assert "Matches: 2 of 2 rules" in err
    assert "Correlations: Many failed logons 1, Failed logons, then one that works 1" in err
    assert run("scan", lake, "-r", rules, "--engine", "reference")[1] == out
    run("scan", lake, "-r", rules, "-o", tmp_path / "m.parquet")
    assert pl.read_parquet(tmp_path / "m.parquet")["rule_title"].to_list() == titles(out)
    table = run("scan", lake, "-r", rules, "--format", "table")[1]
    assert "Failed logons, then one that works" in table
    written = run("scan", lake, "-r", rules, "--format", "csv")[1]
    assert [row["rule_title"] for row in csv.DictReader(io.StringIO(written))] == titles(out)
    summary = run("scan", lake, "-r", rules, "--summary")[1]
    assert [(row["matches"], row["rule"]) for row in map(json.loads, summary.splitlines())] == [
        (1, "Cleared"),
        (1, "Failed logons, then one that works"),
    ]


@pytest.mark.parametrize(
    "options",
    [[], ["--min-level", "critical"], ["--min-level", "high"], ["--level", "low"], ["--include-tag", "attack.t1110"],
     ["--for-logsource", "service=security"], ["--for-logsource", "product=linux"]],
)  # fmt: skip
def test_a_compiled_file_is_selected_from_as_its_rules_are(
    run: Run, rules: Path, lake: Path, tmp_path: Path, options: list[str]
) -> None:
    assert run("compile", rules, "-o", tmp_path / "r.st")[2].startswith(f"{tmp_path / 'r.st'}: 3 rules, 2 correlations; ")
    status, out, _ = run("scan", lake, "-r", rules, *options, "-q")
    assert run("scan", lake, "-r", tmp_path / "r.st", *options, "-q")[:2] == (status, out)
    if options[-1:] == ["critical"]:
        assert titles(out) == ["Failed logons, then one that works"]
    if options[-1:] == ["attack.t1110"]:
        assert titles(out) == ["Many failed logons"]


def test_check_tells_the_states(run: Run, rules: Path, lake: Path) -> None:
    _, out, err = run("check", lake, "-r", rules, "--format", "csv")
    states = {row["title"]: row["state"] for row in csv.DictReader(io.StringIO(out))}
    assert states["Many failed logons"] == states["Failed logons, then one that works"] == "runs"
    assert "Correlations: 2 can run" in err


def test_lists_and_shows(run: Run, rules: Path) -> None:
    _, out, err = run("rules", rules, "--format", "json")
    kinds = [(row["kind"], row["title"], row["state"]) for row in json.loads(out)]
    assert kinds[3:] == [
        ("filter", "Known logons", "ready"),
        ("correlation", "Many failed logons", "ready"),
        ("correlation", "Failed logons, then one that works", "ready"),
    ]
    assert "3 rules, 1 filter, 2 correlations: 6 ready" in err
    shown = run("show", "Many failed", "-r", rules)[1]
    for part in ("event_count", "10 s", "gte 3", "Failed logon (by TargetUserName)", "only events of another correlation"):
        assert part in shown
    assert json.loads(run("show", "Many failed", "-r", rules, "--json")[1])["timespan"] == 10


def test_an_event_without_a_time_is_warned_of_and_a_table_without_one_refused(run: Run, rules: Path, lake: Path) -> None:
    frame = pl.read_parquet(lake)
    frame.with_columns(
        pl.when(pl.col("EventID") == 4624).then(None).otherwise("TimeCreated_SystemTime").alias("TimeCreated_SystemTime")
    ).write_parquet(lake)
    _, _, err = run("scan", lake, "-r", rules)
    assert "warning: correlation Failed logons, then one that works: 1 match without a time that can be read" in err
    frame.drop("TimeCreated_SystemTime").write_parquet(lake)
    for command in ("scan", "check"):
        status, out, err = run(command, lake, "-r", rules)
        assert (status, out) == (3, "")
        assert f"no column tells it in {lake}; name the column under 'time' in a schema mapping" in err
