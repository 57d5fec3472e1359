"""``check`` in depth: one screen for people, one object for programs, and what differs between files."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.cli.conftest import frame
from tests.cli.test_messages import agrees

PARTIAL = """\
title: Programs of administrators that the vendor calls otherwise, or that somebody has renamed
id: 55555555-4306-40b4-9596-6f590c81f073
level: critical
logsource: {category: process_creation, product: windows}
detection:
  selection:
    - CommandLine|contains: x
    - OriginalFileName: psexec.exe
  filter:
    ParentImage|endswith: '\\\\explorer.exe'
  condition: selection and not filter
"""
ZEEK = """\
title: Zeek
logsource: {product: zeek, service: dns}
detection:
  selection:
    query: x
  condition: selection
"""


@pytest.fixture
def drifting(tmp_path: Path, rules: Path) -> Path:
    """Give a folder of three files, one from before a column was renamed, one that is none, and one that is no event file."""
    (rules / "partial.yml").write_text(PARTIAL)
    (rules / "zeek.yml").write_text(ZEEK)
    lake = tmp_path / "lake"
    lake.mkdir()
    for name in ("a", "b"):
        frame([r"C:\t\nc.exe"] * 2).write_parquet(lake / f"{name}.parquet")
    old = frame([r"C:\t\nc.exe"]).rename({"CommandLine": "commandline"})
    old.with_columns(pl.col("EventID").cast(pl.String), originalfilename=pl.lit("x")).write_parquet(lake / "old.parquet")
    (lake / "notes.txt").write_text("x")
    return lake


@pytest.mark.parametrize("width", [80, 120])
def test_one_screen(run: Any, rules: Path, drifting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.chdir(tmp_path)
    result = run("check", drifting.name, "-r", rules, "--format", "table")
    assert (result.status, result.err) == (0, "")
    lines = [line.rstrip() for line in result.out.splitlines()]
    assert max(map(len, lines)) <= width
    agrees(f"check-{width}", "\n".join([*lines, ""]), tmp_path)


def test_the_table_is_limited_and_strict_is_not(run: Any, rules: Path, drifting: Path) -> None:
    old = drifting / "old.parquet"
    limited = run("check", old, "-r", rules, "--format", "table", "--limit", "1")
    assert "… and 2 more; --limit 0 shows all" in limited.out
    assert "Netcat" not in limited.out
    strict = run("check", old, "-r", rules, "--format", "table", "--limit", "1", "--strict")
    assert strict.status == 2
    for title in ("Never", "Netcat", "Programs of administrators"):
        assert title in strict.out
    assert "Never (no column answers OriginalFileName (did you mean originalfilename?))" in strict.err


def test_strict_is_the_same_in_a_scan(run: Any, rules: Path, drifting: Path) -> None:
    old = drifting / "old.parquet"
    result = run("scan", old, "-r", rules, "--strict")
    assert (result.status, result.out) == (2, "")
    assert result.err == run("check", old, "-r", rules, "--strict", "--format", "csv", "-q").err


def test_json_is_one_object(run: Any, rules: Path, drifting: Path) -> None:
    document = json.loads(run("check", drifting, "-r", rules, "--format", "json").out)
    assert list(document) == ["totals", "logsources", "inputs", "groups", "rules", "correlations"]
    totals = document["totals"]
    assert totals["rules"] == {"runs": 2, "partial": 1, "inert": 1, "no-log-source": 2}
    assert totals["inputs"] == {"whole": 3, "part": 0, "failed": 0, "nothing-to-run": 0, "ignored": 1}
    assert (totals["waiting"], totals["skipped"], totals["rows"]) == (1, 0, 5)
    assert document["logsources"] == [
        {"product": "windows", "category": "process_creation", "service": None}
        | {"runs": 2, "partial": 1, "inert": 1, "no-log-source": 0},
        {"product": "linux", "category": "process_creation", "service": None}
        | {"runs": 0, "partial": 0, "inert": 0, "no-log-source": 1},
        {"product": "zeek", "category": None, "service": "dns"} | {"runs": 0, "partial": 0, "inert": 0, "no-log-source": 1},
    ]
    assert sum(sum(entry[state] for state in totals["rules"]) for entry in document["logsources"]) == 6
    assert len(document["rules"]) == 6 + totals["waiting"]
    new, old = document["groups"]
    assert (new["files"], old["files"], new["added"], new["removed"]) == (2, 1, [], [])
    assert (old["added"], old["removed"]) == (["commandline", "originalfilename"], ["CommandLine"])
    assert [(change["column"], change["before"]) for change in old["changed"]] == [("EventID", "Int64")]
    assert old["near"] == {"CommandLine": "commandline", "OriginalFileName": "originalfilename"}
    states = {row["title"].split()[0]: row["groups"] for row in document["rules"]}
    assert states == {
        "Netcat": ["runs", "partial"],
        "Whoami": None,
        "Programs": ["partial", "inert"],
        "Never": None,
        "On": None,
        "Zeek": None,
        "Admins": None,
    }
    waiting = document["rules"][-1]
    assert (waiting["title"], waiting["state"], waiting["placeholders"]) == ("Admins", "needs-values", ["admins"])
    assert [list(row) for row in document["rules"]] == [list(waiting)] * 7


UNTAKEN = pl.DataFrame(
    {"process.executable": ["x"], "event.category": ["process"], "event.type": ["start"], "OriginalFileName": ["x"]}
)


def test_a_column_that_the_schema_does_not_take_is_told(
    run: Any, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table has the field's column, and the schema reads such tables by other names."""
    monkeypatch.setenv("COLUMNS", "160")
    table = tmp_path / "process.parquet"
    UNTAKEN.write_parquet(table)
    untaken = "the schema does not take the column of that name here"
    strict = run("check", table, "-r", rules, "--format", "table", "--strict")
    assert strict.status == 2
    assert f"Never (no column answers OriginalFileName ({untaken}))" in strict.err
    (row,) = (line for line in strict.out.splitlines() if line.startswith("OriginalFileName"))
    assert row.endswith(untaken)
    document = json.loads(run("check", table, "-r", rules, "--format", "json").out)
    (never,) = (rule for rule in document["rules"] if rule["title"] == "Never")
    assert (never["state"], never["near"]) == ("inert", {"OriginalFileName": "OriginalFileName"})


def test_groups_are_told_of_it_too(run: Any, rules: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    UNTAKEN.drop("OriginalFileName").write_parquet(lake / "a.parquet")
    UNTAKEN.drop("OriginalFileName").write_parquet(lake / "b.parquet")
    UNTAKEN.write_parquet(lake / "c.parquet")
    told = run("check", lake, "-r", rules, "--format", "table").out
    assert "its schema does not take the column OriginalFileName for that field" in " ".join(told.split())


def test_csv_has_one_row_a_rule(run: Any, rules: Path, drifting: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("check", drifting / "old.parquet", "-r", rules, "--format", "csv").out)))
    assert len(rows) == 7
    waiting = rows[-1]
    assert {name: text for name, text in waiting.items() if text} == {
        "state": "needs-values",
        "level": "medium",
        "title": "Admins",
        "id": "11111111-4306-40b4-9596-6f590c81f073",
        "file": "waiting.yml",
        "product": "windows",
        "category": "process_creation",
        "placeholders": "admins",
    }
    never = next(row for row in rows if row["title"] == "Never")
    assert never == {
        "state": "inert",
        "level": "high",
        "title": "Never",
        "id": "33333333-4306-40b4-9596-6f590c81f073",
        "file": "inert.yml",
        "product": "windows",
        "category": "process_creation",
        "service": "",
        "missing": "OriginalFileName",
        "near": "OriginalFileName=originalfilename",
        "lost": "",
        "any_product": "False",
        "groups": "",
        "placeholders": "",
    }


def test_a_table_that_does_not_tell_its_product(run: Any, rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "asim.parquet"
    pl.DataFrame({"TargetProcessCommandLine": ["x"], "TargetProcessName": ["x"]}).write_parquet(path)
    said = (
        "The events do not tell their product, so 4 rules for linux, windows can run on all of them; "
        "--logsource category=process_creation,product=... says what they are\n"
    )
    assert said in run("check", path, "-r", rules, "--format", "table").out
    assert said in run("check", path, "-r", rules, "--format", "csv").err
    narrowed = run("check", path, "-r", rules, "--format", "csv", "--logsource", "category=process_creation,product=linux")
    assert "do not tell" not in narrowed.err
    assert {row["state"] for row in csv.DictReader(io.StringIO(narrowed.out))} == {"runs", "no-log-source", "needs-values"}


def test_bad_rules_that_are_skipped_are_listed_even_if_quiet(run: Any, rules: Path, bad_rule: Path, events: Path) -> None:
    for command in (("check", events, "-r", rules, "-r", bad_rule), ("scan", events, "-r", rules, "-r", bad_rule)):
        result = run(*command, "--skip-bad-rules", "-q")
        assert result.status == 0
        assert result.err.startswith("warning: skipped: ")
        assert "Image|endwith" in result.err
    assert "skipped" not in run("show", "netcat", "-r", rules, "-r", bad_rule).err


def test_one_rule_is_one_rule(run: Any, rules: Path) -> None:
    assert run("rules", rules / "netcat.yml").err == "1 rule: 1 ready\n"
