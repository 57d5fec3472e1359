"""``sigtrawl scan``: where matches go, what is said beside them, how it ends."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def titles(result: Any) -> list[str]:
    return [row["rule_title"] for row in rows(result.out)]


def test_json_lines_on_a_pipe_and_a_summary_beside(run: Any, rules: Path, events: Path) -> None:
    result = run("scan", events, "-r", rules)
    assert result.status == 0
    assert [(row["rule_title"], row["row"]) for row in rows(result.out)] == [("Netcat", 0), ("Whoami", 2), ("Netcat", 3)]
    first, matches, states = result.err.splitlines()
    assert first.startswith("Inputs: 1 read; 4 rows in ")
    assert first.endswith(" rows/s")
    assert matches == "Matches: 3 of 2 rules"
    assert states == ("Rules: 2 ran, 1 could never match here, 1 without their log source here, 1 waiting for placeholder values")


def test_quiet_says_nothing_but_the_matches(run: Any, rules: Path, events: Path) -> None:
    result = run("scan", events, "-r", rules, "-q")
    assert len(rows(result.out)) == 3
    assert result.err == ""


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_output_goes_to_a_file_by_its_suffix(run: Any, rules: Path, events: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"m.{suffix}"
    result = run("scan", events, "-r", rules, "-o", path)
    assert (result.status, result.out) == (0, "")
    if suffix == "parquet":
        found = pl.read_parquet(path)["row"].to_list()
    elif suffix == "jsonl":
        found = [row["row"] for row in rows(path.read_text())]
    else:
        found = [int(row["row"]) for row in csv.DictReader(io.StringIO(path.read_text()))]
    assert found == [0, 2, 3]


def test_format_wins_over_the_suffix(run: Any, rules: Path, events: Path, tmp_path: Path) -> None:
    run("scan", events, "-r", rules, "-o", tmp_path / "m.csv", "--format", "jsonl")
    assert len(rows((tmp_path / "m.csv").read_text())) == 3
    assert run("scan", events, "-r", rules, "--format", "csv").out.startswith("rule_id,rule_title,")


def test_a_table_when_asked_for(run: Any, rules: Path, events: Path) -> None:
    result = run("scan", events, "-r", rules, "--format", "table", "--limit", "2")
    lines = result.out.splitlines()
    assert lines[0].split() == ["Time", "Level", "Rule", "Row", "Event"]
    assert "Netcat" in lines[1]
    assert r"Image: C:\t\nc.exe" in lines[1]
    assert "… and 1 more; --limit 0 shows all" in result.err
    assert "NCAT" not in result.out
    assert "NCAT" in run("scan", events, "-r", rules, "--format", "table", "--limit", "0").out


def test_summary_counts_by_rule(run: Any, rules: Path, events: Path, tmp_path: Path) -> None:
    result = run("scan", events, "-r", rules, "--summary")
    assert [(row["rule"], row["matches"]) for row in rows(result.out)] == [("Netcat", 2), ("Whoami", 1)]
    beside = run("scan", events, "-r", rules, "--summary", "-o", tmp_path / "m.csv")
    assert beside.out == result.out
    assert (tmp_path / "m.csv").read_text().count("\n") == 4
    assert run("scan", events, "-r", rules, "--summary", "--format", "csv").out.startswith("matches,level,rule,id\n2,high,Netcat")
    assert "Netcat" in run("scan", events, "-r", rules, "--summary", "--format", "table").out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--min-level", "high"], {"Netcat"}),
        (["--level", "low"], {"Whoami"}),
        (["--level", "low", "--level", "high"], {"Netcat", "Whoami"}),
        (["--status", "stable"], {"Whoami"}),
        (["--include-tag", "attack.t1033"], {"Whoami"}),
        (["--exclude-tag", "attack.t1033"], {"Netcat"}),
        (["--for-logsource", "category=process_creation", "--level", "high"], {"Netcat"}),
    ],
)
def test_filters_work_on_files_and_on_compiled_files(
    run: Any, rules: Path, events: Path, tmp_path: Path, options: list[str], expected: set[str]
) -> None:
    assert run("compile", rules, "-o", tmp_path / "rules.st", "-q").status == 0
    from_files = run("scan", events, "-r", rules, *options, "-q")
    assert {row["rule_title"] for row in rows(from_files.out)} == expected
    assert run("scan", events, "-r", tmp_path / "rules.st", *options, "-q").out == from_files.out


def test_columns_threads_and_engine(run: Any, rules: Path, events: Path) -> None:
    chosen = run("scan", events, "-r", rules, "--columns", "CommandLine", "--threads", "1")
    assert rows(chosen.out)[0]["event"] == {"CommandLine": r"C:\t\nc.exe -x"}
    used = run("scan", events, "-r", rules, "--columns", "used")
    assert "UtcTime" not in rows(used.out)[0]["event"]
    core = run("scan", events, "-r", rules)
    assert run("scan", events, "-r", rules, "--engine", "reference").out == core.out


def test_placeholders_wake_waiting_rules(run: Any, rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "users.parquet"
    pl.DataFrame(
        {
            "Channel": ["Microsoft-Windows-Sysmon/Operational"] * 2,
            "EventID": [1, 1],
            "Image": ["a", "b"],
            "CommandLine": ["a", "b"],
            "User": ["root", "eve"],
        }
    ).write_parquet(path)
    found = run("scan", path, "-r", rules, "--placeholder", "admins=root", "--placeholder", "admins=adm*")
    assert [row["row"] for row in rows(found.out)] == [0]
    assert "waiting" not in found.err
    (tmp_path / "p.yml").write_text("admins: [eve]\n")
    found = run("scan", path, "-r", rules, "--placeholders", tmp_path / "p.yml")
    assert [row["row"] for row in rows(found.out)] == [1]


def test_bad_rules_stop_before_events_are_read(run: Any, bad_rule: Path, tmp_path: Path) -> None:
    result = run("scan", tmp_path / "nowhere.parquet", "-r", bad_rule)
    assert result.status == 2
    assert "bad.yml" in result.err
    assert "44444444-4306-40b4-9596-6f590c81f073" in result.err
    assert "Image|endwith" in result.err


def test_bad_rules_can_be_skipped_and_are_listed(run: Any, rules: Path, bad_rule: Path, events: Path) -> None:
    result = run("scan", events, "-r", rules, "-r", bad_rule, "--skip-bad-rules")
    assert result.status == 0
    assert len(rows(result.out)) == 3
    assert "skipped: " in result.err
    assert "1 bad and skipped" in result.err


def test_schema_and_logsource_override(run: Any, rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    pl.DataFrame({"Image": ["/bin/nc", r"\nc.exe"], "proc": ["x", r"\whoami.exe"]}).write_parquet(path)
    assert titles(run("scan", path, "-r", rules, "--schema", "none")) == ["On Linux", "Netcat"]
    assert titles(run("scan", path, "-r", rules, "--logsource", "product=linux,category=process_creation")) == ["On Linux"]
    own = tmp_path / "own.yml"
    own.write_text(
        "name: own\ntitle: Ours\nrecognise: {all: [proc]}\ntime: []\nown_names: false\nfields: {Image: proc}\n"
        "routes:\n  - logsource: {product: windows, category: process_creation}\n"
    )
    assert titles(run("scan", path, "-r", rules, "--schema", own)) == ["Whoami"]


def test_an_unread_input_is_named_and_the_rest_is_scanned(run: Any, rules: Path, events: Path) -> None:
    broken = events.with_name("a-broken.parquet")
    broken.write_bytes(b"PAR1 this is no Parquet")
    result = run("scan", broken, events, "-r", rules, "-q")
    assert result.status == 4
    assert len(rows(result.out)) == 3
    assert result.err.startswith(f"error: {broken}: failed: ")
    fails = run("scan", broken, events, "-r", rules, "-q", "--fail-on-match")
    assert fails.status == 4


def test_fail_on_match(run: Any, rules: Path, events: Path) -> None:
    assert run("scan", events, "-r", rules, "--fail-on-match").status == 1
    assert run("scan", events, "-r", rules / "netcat.yml", "--level", "high", "--fail-on-match", "--summary").status == 1
    assert run("scan", events, "-r", rules / "inert.yml", "-r", rules / "linux.yml", "--fail-on-match").status == 3


def test_strict_stops_before_reading(run: Any, rules: Path, events: Path) -> None:
    result = run("scan", events, "-r", rules, "--strict")
    assert (result.status, result.out) == (2, "")
    assert "Never (no column answers OriginalFileName)" in result.err
    assert run("scan", events, "-r", rules / "netcat.yml", "--strict").status == 0


def test_dry_run_reads_nothing(run: Any, rules: Path, events: Path, tmp_path: Path) -> None:
    result = run("scan", events, "-r", rules, "--dry-run", "-o", tmp_path / "m.csv")
    assert result.status == 0
    assert result.out == f"{events}: whole, 4 rows, schema windows, 2 rules to run\n"
    assert "Nothing was read" in result.err
    assert not (tmp_path / "m.csv").exists()


def test_output_that_cannot_be_written(run: Any, rules: Path, events: Path) -> None:
    result = run("scan", events, "-r", rules, "-o", "/proc/sigtrawl.csv", "-q")
    assert result.status == 5
    assert result.err.startswith("error: ")


def test_the_output_never_takes_the_place_of_the_events(run: Any, rules: Path, events: Path, tmp_path: Path) -> None:
    before = events.read_bytes()
    link = tmp_path / "link.parquet"
    link.symlink_to(events)
    for output in (events, link):
        result = run("scan", events, "-r", rules, "-o", output)
        assert (result.status, result.out) == (5, "")
        assert f"cannot write {output}: it is one of the inputs" in result.err
    assert events.read_bytes() == before


def test_the_output_never_takes_the_place_of_a_rule(run: Any, rules: Path, events: Path) -> None:
    rule = rules / "netcat.yml"
    before = rule.read_bytes()
    for given in (rule, rules):
        for result in (
            run("scan", events, "-r", given, "-o", rule, "--format", "csv"),
            run("compile", given, "-o", rule),
        ):
            assert result.status == 3
            assert f"-o {rule} is one of the rules" in result.err
    assert rule.read_bytes() == before


def test_an_empty_path_is_not_the_current_folder(run: Any, rules: Path, events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(rules)
    for arguments in (
        ("scan", events, "-r", ""),
        ("scan", events, "-r", rules, "-o", ""),
        ("compile", "", "-o", "x"),
        ("compile", rules, "-o", ""),
    ):
        result = run(*arguments)
        assert (result.status, result.out) == (3, "")
        assert "the path is empty" in result.err
    result = run("scan", "", "-r", rules)
    assert result.status == 3
    assert "an input has an empty name" in result.err


def test_rules_that_may_not_be_looked_at(run: Any, events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refused)
    result = run("scan", events, "-r", "private/x.yml")
    assert result.status == 3
    assert "private/x.yml cannot be read: Permission denied" in result.err


def test_nothing_to_run_ends_the_same_with_every_option(run: Any, rules: Path, events: Path) -> None:
    for rule in ("linux.yml", "inert.yml"):
        for option in ([], ["--dry-run"], ["--strict"], ["--strict", "--dry-run"]):
            result = run("scan", events, "-r", rules / rule, *option)
            assert result.status == 3
            assert "rule can run on" in result.err


def test_what_would_run_on_an_unread_input_is_not_known(run: Any, rules: Path, events: Path) -> None:
    events.write_bytes(b"PAR1 not really")
    for command in (("scan",), ("scan", "--dry-run"), ("check",)):
        result = run(*command, events, "-r", rules)
        assert result.status == 4
        assert "Rules: 4 not tried, as no input could be opened, 1 waiting for placeholder values" in result.err
        assert "log source" not in result.err
