"""`sigtrawl.toml` and ``-p`` on the command line: what is used, what is said of it, and every message about a bad one."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.cli.test_messages import agrees

# Name → the file; what is wrong with it is in the golden file of that name.
BAD: dict[str, str] = {
    "syntax": 'schemas = ["a.yml"]\ninputs = [\n  {glob "a"}\n]\n',
    "unknown-key": 'schema = ["a.yml"]\n',
    "unknown-input-key": '[[inputs]]\nglob = "a"\nshema = "windows"\n',
    "schemas-no-list": 'schemas = "a.yml"\n',
    "schema-no-text": "schemas = [5]\n",
    "schema-missing": 'schemas = ["own.yml", "nowhere.yml"]\n',
    "schema-twice": 'schemas = ["own.yml", "other.yml"]\n',
    "pipelines-no-list": "pipelines = {}\n",
    "pipeline-empty": 'pipelines = [""]\n',
    "inputs-no-list": '[inputs]\nglob = "a"\n',
    "input-no-table": 'inputs = ["a"]\n',
    "glob-missing": '[[inputs]]\nschema = "windows"\n',
    "glob-no-text": '[[inputs]]\nglob = ["a"]\nschema = "none"\n',
    "glob-wrong": '[[inputs]]\nglob = "a**/b"\nschema = "none"\n',
    "glob-up-again": '[[inputs]]\nglob = "*/../b"\nschema = "none"\n',
    "glob-twice": '[[inputs]]\nglob = "a/*"\nschema = "none"\n\n[[inputs]]\nglob = "./a//*"\nschema = "windows"\n',
    "says-nothing": '[[inputs]]\nglob = "a"\n',
    "input-schema-unknown": '[[inputs]]\nglob = "a"\nschema = "none"\n\n[[inputs]]\nglob = "b"\nschema = "window"\n',
    "input-schema-file-missing": '[[inputs]]\nglob = "a"\nschema = "x/own.yml"\n',
    "input-schema-no-text": '[[inputs]]\nglob = "a"\nschema = true\n',
    "logsource-wrong": '[[inputs]]\nglob = "a"\nlogsource = "windows"\n',
    "logsource-unknown-part": '[[inputs]]\nglob = "a"\nlogsource = {produkt = "windows"}\n',
    "logsource-no-text": '[[inputs]]\nglob = "a"\nlogsource = {product = 5}\n',
    "logsource-empty": '[[inputs]]\nglob = "a"\nlogsource = {}\n',
    "logsource-no-table": '[[inputs]]\nglob = "a"\nlogsource = 2024-05-01\n',
}

OWN = "name: own\nrecognise: {all: [src]}\nroutes: [{logsource: {category: firewall}}]\n"
PIPELINE = "name: to exe\ntransformations: [{type: field_name_mapping, mapping: {Image: exe}}]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a lake whose columns no schema knows, and with mappings and a pipeline."""
    (tmp_path / "lake" / "edr").mkdir(parents=True)
    pl.DataFrame({"exe": [r"C:\t\nc.exe", "x"], "Image": ["x", r"C:\t\nc.exe"]}).write_parquet(
        tmp_path / "lake" / "edr" / "a.parquet"
    )
    (tmp_path / "own.yml").write_text(OWN)
    (tmp_path / "other.yml").write_text(OWN.replace("src", "dst"))
    (tmp_path / "malformed.yml").write_text("name: x\nrecognise: {all: [a]}\nrouts: []\n")
    (tmp_path / "exe.yml").write_text(PIPELINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_clear_message(name: str, run: Any, rules: Path, events: Path, folder: Path) -> None:
    Path("sigtrawl.toml").write_text(BAD[name])
    result = run("check", events, "-r", rules)
    assert (result.status, result.out) == (3, "")
    agrees(f"config-{name}", result.err, folder)


def test_a_malformed_mapping_is_told_with_its_reason(run: Any, rules: Path, events: Path, folder: Path) -> None:
    assert folder.is_dir()
    Path("sigtrawl.toml").write_text('schemas = ["malformed.yml"]')
    result = run("check", events, "-r", rules)
    assert result.status == 3
    assert result.err.startswith("error: sigtrawl.toml: schemas[1]: malformed.yml: ")
    assert "'routs'" in result.err


def test_files_that_cannot_be_read(run: Any, rules: Path, events: Path, folder: Path) -> None:
    result = run("check", events, "-r", rules, "--config", "nowhere.toml")
    assert result.status == 3
    agrees("config-missing", result.err, folder)
    Path("latin.toml").write_bytes(b"schemas = ['\xe4']")
    result = run("check", events, "-r", rules, "--config", "latin.toml")
    assert result.status == 3
    agrees("config-not-utf8", result.err, folder)
    result = run("check", events, "-r", rules, "--config", "latin.toml", "--no-config")
    assert result.status == 3
    agrees("config-and-none", result.err, folder)


NONE = '[[inputs]]\nglob = "lake/edr"\nschema = "none"\n'


def test_it_is_found_here_and_above_and_told(run: Any, rules: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("scan", "lake", "-r", rules).status == 3
    Path("sigtrawl.toml").write_text(NONE)
    monkeypatch.chdir(folder / "lake" / "edr")
    result = run("scan", "a.parquet", "-r", rules / "netcat.yml")
    assert (result.status, len(result.out.splitlines())) == (0, 1)
    assert result.err.splitlines()[0] == "using ../../sigtrawl.toml"
    quiet = run("scan", "a.parquet", "-r", rules / "netcat.yml", "-q")
    assert (quiet.out, quiet.err) == (result.out, "")
    assert run("scan", "a.parquet", "-r", rules / "netcat.yml", "--no-config").status == 3
    (folder / "other.toml").write_text(NONE.replace("lake/edr", "nowhere"))
    assert run("scan", "a.parquet", "-r", rules / "netcat.yml", "--config", "../../other.toml").status == 3


def test_what_the_command_line_says_goes_before(run: Any, rules: Path, folder: Path) -> None:
    assert folder.is_dir()
    Path("sigtrawl.toml").write_text(NONE.replace('"none"', '"windows"'))
    result = run("check", "lake", "-r", rules / "netcat.yml", "--schema", "none", "--format", "json")
    assert json.loads(result.out)["rules"][0]["state"] == "partial"
    assert run("check", "lake", "-r", rules / "netcat.yml", "--format", "json").status == 3


def test_entries_without_effect_are_warned_of(run: Any, rules: Path, folder: Path) -> None:
    text = (
        NONE + '\n[[inputs]]\nglob = "lake/*/*.parquet"\nschema = "none"\n\n[[inputs]]\nglob = "lake/edd/**"\nschema = "none"\n'
    )
    Path("sigtrawl.toml").write_text(text)
    for command in (("scan",), ("check",), ("scan", "--dry-run")):
        result = run(*command, "lake", "-r", rules / "netcat.yml", "-q")
        assert result.status == 0
        agrees("config-no-effect", result.err, folder)
    # Also where nothing runs because of it, which is when it matters most.
    Path("sigtrawl.toml").write_text(NONE.replace("lake/edr", "lake/edd"))
    result = run("scan", "lake", "-r", rules / "netcat.yml")
    assert result.status == 3
    agrees("config-no-effect-nothing-to-run", result.err, folder)


def test_a_pipeline_renames_fields(run: Any, rules: Path, folder: Path) -> None:
    assert folder.is_dir()
    scan = ("scan", "lake", "-r", rules / "netcat.yml", "--schema", "none", "--columns", "exe", "-q")
    assert json.loads(run(*scan).out)["row"] == 1
    result = run(*scan, "-p", "exe.yml")
    assert (json.loads(result.out)["row"], result.err) == (0, "")
    checked = run("check", "lake", "-r", rules / "netcat.yml", "--schema", "none", "-p", "exe.yml", "--format", "json")
    assert json.loads(checked.out)["rules"][0]["missing"] == ["CommandLine"]
    shown = run("show", "Netcat", "-r", rules, "-p", "exe.yml")
    assert r"exe endswith '\nc.exe'" in shown.out


def test_pipelines_of_the_configuration(run: Any, rules: Path, folder: Path) -> None:
    (folder / "p").mkdir()
    (folder / "p" / "a.yml").write_text(PIPELINE.replace("Image: exe", "Image: other"))
    Path("sigtrawl.toml").write_text('pipelines = ["exe.yml"]\n' + NONE)
    scan = ("scan", "lake", "-r", rules / "netcat.yml", "-q")
    assert json.loads(run(*scan).out)["row"] == 0
    assert run(*scan, "-p", "p").status == 3  # what -p names stands in place of the file's: there is no column `other`
    assert json.loads(run(*scan, "--no-config", "--schema", "none").out)["row"] == 1


def test_a_compiled_file_has_its_pipelines_in_it(run: Any, rules: Path, folder: Path) -> None:
    compiled = run("compile", rules / "netcat.yml", "-o", "rules.stc", "-p", "exe.yml")
    assert compiled.status == 0
    scan = ("scan", "lake", "-r", "rules.stc", "--schema", "none", "-q")
    assert json.loads(run(*scan).out)["row"] == 0
    result = run(*scan, "-p", "exe.yml")
    assert result.status == 3
    agrees("pipeline-on-compiled", result.err, folder)
    Path("sigtrawl.toml").write_text('pipelines = ["exe.yml"]\n')
    result = run(*scan)
    assert json.loads(result.out)["row"] == 0
    agrees("config-pipelines-on-compiled", result.err, folder)
    import sigtrawl as st

    assert st.RuleSet.load("rules.stc").load_report()["pipelines"] == ["exe.yml"]


REFUSE = """\
transformations:
  - type: rule_failure
    message: no such data
    rule_conditions: [{type: contains_field, field: CommandLine}]
"""
PIPELINES = {
    "unknown": "ecs_window",
    "missing": "nowhere.yml",
    "empty-folder": "./empty",
    "malformed": "bad.yml",
    "syntax": "syntax.yml",
}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_bad_pipeline_is_one_clear_message(
    name: str, run: Any, rules: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = dict.fromkeys(("ecs_windows", "splunk_windows", "sysmon"), lambda: None)
    monkeypatch.setattr("sigtrawl.rules.pipelines.finding.installed", lambda: known)
    (folder / "empty").mkdir()
    Path("bad.yml").write_text("transformations:\n  - type: field_name_mapping\n    maping: {a: b}\n")
    Path("syntax.yml").write_text("transformations:\n  - type: [\n")
    result = run("scan", "lake", "-r", rules, "-p", PIPELINES[name])
    assert (result.status, result.out) == (3, "")
    if name == "malformed":  # the reason is pySigma's, in its own words
        assert result.err.startswith("error: bad.yml is no pipeline: Error in processing rule 1: Error in transformation: ")
        return
    agrees(f"pipeline-{name}", result.err, folder)


def test_rules_that_a_pipeline_refuses(run: Any, rules: Path, folder: Path) -> None:
    Path("refuse.yml").write_text(REFUSE)
    result = run("scan", "lake", "-r", rules, "--schema", "none", "-p", "refuse.yml")
    assert result.status == 2
    agrees("pipeline-refuses", result.err, folder)
    result = run("rules", rules, "-p", "refuse.yml", "--skip-bad-rules", "--format", "json")
    assert result.status == 0
    assert {row["title"]: row["state"] for row in json.loads(result.out)}["Netcat"] == "unsupported"


def test_steps_without_effect_are_warned_of(run: Any, rules: Path, folder: Path) -> None:
    Path("query.yml").write_text(PIPELINE + "postprocessing: [{type: embed, prefix: a}]\nfinalizers: [{type: concat}]\n")
    result = run("scan", "lake", "-r", rules / "netcat.yml", "--schema", "none", "-p", "query.yml", "-q")
    assert result.status == 0
    agrees("pipeline-without-effect", result.err, folder)


THIN = """\
title: Known tools
logsource: {category: process_creation}
filter:
  rules: any
  ok: {Parent|endswith: x.exe, User: root}
  condition: not ok
"""
DROPS = """\
transformations:
  - type: drop_detection_item
    field_name_conditions: [{type: include_fields, fields: [User]}]
"""


def test_a_filter_that_loses_a_part_is_warned_of(run: Any, rules: Path, folder: Path) -> None:
    Path("drops.yml").write_text(DROPS)
    Path("thin.yml").write_text(THIN)
    result = run("scan", "lake", "-r", rules / "netcat.yml", "-r", "thin.yml", "--schema", "none", "-p", "drops.yml", "-q")
    assert result.status == 0
    agrees("pipeline-thins-filter", result.err, folder)
