"""``check``, ``compile``, ``rules`` and ``show``."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest


def test_version_and_help(run: Any) -> None:
    assert run("--version").out.startswith("sigtrawl ")
    for arguments in ((), ("--help",), ("-h",)):
        result = run(*arguments)
        assert result.status == 0
        for command in ("scan", "check", "explain", "rules", "show", "compile", "demo", "bench"):
            assert command in result.out


def test_check_lists_every_rule_with_its_state(run: Any, rules: Path, events: Path) -> None:
    result = run("check", events, "-r", rules)
    assert result.status == 0
    rows = json.loads(result.out)["rules"]
    states = {row["title"]: row["state"] for row in rows}
    assert states == {"Netcat": "runs", "Whoami": "runs", "Never": "inert", "On Linux": "no-log-source", "Admins": "needs-values"}
    never = next(row for row in rows if row["title"] == "Never")
    assert never["missing"] == ["OriginalFileName"]
    assert f"{events}: 4 rows, schema windows (has the columns Channel, EventID)" in result.err


def test_check_as_a_table_names_what_lost_something(run: Any, rules: Path, events: Path) -> None:
    result = run("check", events, "-r", rules, "--format", "table")
    assert "inert" in result.out
    assert "OriginalFileName" in result.out
    assert "Netcat" not in result.out


def test_check_as_csv(run: Any, rules: Path, events: Path) -> None:
    result = run("check", events, "-r", rules, "--format", "csv", "-q")
    assert len(list(csv.DictReader(io.StringIO(result.out)))) == 5
    assert result.err == ""


def test_check_strict_and_nothing_to_run(run: Any, rules: Path, events: Path) -> None:
    assert run("check", events, "-r", rules, "--strict").status == 2
    assert run("check", events, "-r", rules / "linux.yml").status == 3


def test_compile_writes_what_scan_takes(run: Any, rules: Path, events: Path, tmp_path: Path) -> None:
    path = tmp_path / "rules.st"
    result = run("compile", rules, "-o", path)
    assert result.status == 0
    assert result.err.startswith(f"{path}: 4 rules, 1 waiting for placeholder values; ")
    assert run("scan", events, "-r", path, "-q").out == run("scan", events, "-r", rules, "-q").out
    assert "1 waiting for placeholder values" in run("scan", events, "-r", path).err


def test_compile_refuses_bad_rules(run: Any, bad_rule: Path, rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "rules.st"
    assert run("compile", bad_rule, rules, "-o", path).status == 2
    assert not path.exists()
    assert run("compile", bad_rule, rules, "-o", path, "--skip-bad-rules").status == 0
    assert "1 bad and skipped" in run("scan", tmp_path, "-r", path, "--schema", "none").err or path.exists()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:-100], "is truncated"),
        (lambda data: data[:-1] + b"x", "is damaged"),
        (lambda data: data[:14] + b"\xff\xff" + data[16:], "update Sigtrawl"),
    ],
)
def test_a_damaged_compiled_file(run: Any, rules: Path, events: Path, tmp_path: Path, damage: Any, said: str) -> None:
    path = tmp_path / "rules.st"
    run("compile", rules, "-o", path)
    path.write_bytes(damage(path.read_bytes()))
    result = run("scan", events, "-r", path)
    assert result.status == 3
    assert said in result.err
    assert str(path) in result.err


def test_a_compiled_file_is_taken_alone_and_as_it_is(run: Any, rules: Path, events: Path, tmp_path: Path) -> None:
    path = tmp_path / "rules.st"
    run("compile", rules, "-o", path)
    mixed = run("scan", events, "-r", path, "-r", rules)
    assert (mixed.status, "can only be taken alone" in mixed.err) == (3, True)
    settled = run("scan", events, "-r", path, "--placeholder", "admins=x")
    assert (settled.status, "when it is compiled" in settled.err) == (3, True)


def test_rules_lists_every_state(run: Any, rules: Path, bad_rule: Path) -> None:
    result = run("rules", rules, bad_rule)
    assert result.status == 2
    states = {row["title"]: row["state"] for row in json.loads(result.out)}
    assert states == {
        "Netcat": "ready",
        "Whoami": "ready",
        "Never": "ready",
        "On Linux": "ready",
        "Admins": "needs-values",
        "Bad": "invalid",
    }
    assert "bad.yml" in result.err
    assert run("rules", rules, bad_rule, "--skip-bad-rules").status == 0


def test_rules_in_all_formats_with_filters(run: Any, rules: Path, tmp_path: Path) -> None:
    table = run("rules", rules, "--min-level", "high", "--format", "table")
    assert "Netcat" in table.out
    assert "Whoami" not in table.out
    listed = list(csv.DictReader(io.StringIO(run("rules", rules, "--format", "csv").out)))
    assert listed[0]["logsource"].startswith("product=")
    path = tmp_path / "rules.st"
    run("compile", rules, "-o", path)
    assert {row["title"] for row in json.loads(run("rules", path).out)} == {row["title"] for row in listed}


@pytest.mark.parametrize("wanted", ["e31033fc-33f0-4020-9a16-faf9b31cbf08", "e31033fc", "netcat", "Netc"])
def test_show_finds_a_rule(run: Any, rules: Path, wanted: str) -> None:
    result = run("show", wanted, "-r", rules)
    assert result.status == 0
    for text in ("Netcat", "frack113", "attack.t1095", "product=windows,category=process_creation", "any of", "' -lvp '"):
        assert text in result.out


def test_show_as_json(run: Any, rules: Path) -> None:
    rule = json.loads(run("show", "netcat", "-r", rules, "--json").out)
    assert rule["author"] == "frack113"
    assert rule["condition"]["or"][-1] == {"field": "CommandLine", "op": "contains", "value": " -lvp "}


def test_show_a_waiting_rule(run: Any, rules: Path) -> None:
    assert "admins" in run("show", "11111111", "-r", rules).out


def test_show_what_is_ambiguous(run: Any, rules: Path) -> None:
    result = run("show", "n", "-r", rules)
    assert result.status == 3
    assert "means" in result.err


def test_a_narrow_table_puts_the_id_under_the_title(run: Any, rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identifier = "11111111-1111-4111-8111-111111111111"
    (rules / "named.yml").write_text(
        f"title: Named\nid: {identifier}\nlogsource: {{category: test}}\ndetection:\n  s: {{f: a}}\n  condition: s\n"
    )
    for width, stacked in ((80, True), (200, False)):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = run("rules", rules, "--format", "table").out.splitlines()
        assert any("Named" in line and identifier not in line for line in lines) is stacked
        assert any(identifier in line for line in lines)
