"""What the command line says when something is wrong: whole messages, kept in files that a person can read.

``SIGTRAWL_UPDATE_GOLDEN=1`` writes the files anew; the difference is then reviewed like any other.
"""

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

GOLDEN = Path(__file__).parent / "golden"


def agrees(name: str, text: str, tmp_path: Path) -> None:
    """Compare with a golden file, the temporary folder apart."""
    text = text.replace(str(tmp_path), "<tmp>")
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("SIGTRAWL_UPDATE_GOLDEN") == "1":
        path.write_text(text)
    assert text == path.read_text()


CASES: dict[str, tuple[int, tuple[str, ...]]] = {
    "no-rules-option": (3, ("scan", "{events}")),
    "unknown-option": (3, ("scan", "{events}", "-r", "{rules}", "--min-lvel", "high")),
    "unknown-command": (3, ("scam",)),
    "unknown-level": (3, ("scan", "{events}", "-r", "{rules}", "--min-level", "hihg")),
    "rules-path-missing": (3, ("scan", "{events}", "-r", "{tmp}/nowhere")),
    "rules-folder-empty": (3, ("scan", "{events}", "-r", "{tmp}/empty")),
    "no-rule-left": (3, ("scan", "{events}", "-r", "{rules}", "--level", "critical")),
    "bad-rule": (2, ("scan", "{events}", "-r", "{rules}", "-r", "{bad}")),
    "foreign-compiled-file": (3, ("scan", "{events}", "-r", "{events}")),
    "unknown-schema": (3, ("scan", "{events}", "-r", "{rules}", "--schema", "window")),
    "wrong-logsource": (3, ("scan", "{events}", "-r", "{rules}", "--logsource", "windows")),
    "wrong-placeholder": (3, ("scan", "{events}", "-r", "{rules}", "--placeholder", "admins")),
    "placeholders-file-missing": (3, ("scan", "{events}", "-r", "{rules}", "--placeholders", "{tmp}/p.yml")),
    "output-without-suffix": (3, ("scan", "{events}", "-r", "{rules}", "-o", "{tmp}/matches")),
    "output-into-a-folder": (3, ("scan", "{events}", "-r", "{rules}", "-o", "{tmp}")),
    "output-into-no-folder": (3, ("scan", "{events}", "-r", "{rules}", "-o", "{tmp}/no/m.csv")),
    "output-as-table": (3, ("scan", "{events}", "-r", "{rules}", "-o", "{tmp}/m.csv", "--format", "table")),
    "parquet-on-stdout": (3, ("scan", "{events}", "-r", "{rules}", "--format", "parquet")),
    "empty-columns": (3, ("scan", "{events}", "-r", "{rules}", "--columns", ",")),
    "events-missing": (3, ("scan", "{tmp}/nowhere.parquet", "-r", "{rules}")),
    "events-folder-empty": (3, ("scan", "{tmp}/empty", "-r", "{rules}")),
    "events-glob-empty": (3, ("scan", "{tmp}/*.parq", "-r", "{rules}")),
    "table-not-recognised": (3, ("scan", "{tmp}/other.parquet", "-r", "{rules}")),
    "nothing-to-run": (3, ("scan", "{events}", "-r", "{rules}/linux.yml")),
    "strict": (2, ("scan", "{events}", "-r", "{rules}", "--strict")),
    "unknown-rule": (3, ("show", "nothing", "-r", "{rules}")),
    "bench-nothing": (3, ("bench",)),
    "bench-no-rules": (3, ("bench", "{events}")),
    "bench-two-things": (3, ("bench", "{events}", "--generate", "{tmp}/made.parquet")),
    "bench-nothing-to-run": (3, ("bench", "{events}", "-r", "{rules}/linux.yml")),
    "bench-events-missing": (3, ("bench", "{tmp}/nowhere.parquet", "-r", "{rules}")),
    "bench-nowhere-to-write": (5, ("bench", "--generate", "{tmp}/no/made.parquet", "--rows", "10")),
    "check-nothing-to-run": (3, ("check", "{events}", "-r", "{rules}/linux.yml")),
}

MAPPING = """\
name: own
recognise: {all: [EventID]}
time: [UtcTime]
fields: {Image: exe}
routes:
  - logsource: {category: process_creation}
"""
MAPPINGS = {
    "mapping-unknown-key": MAPPING.replace("time:", "times:"),
    "mapping-duplicate-key": MAPPING.replace("{Image: exe}", "{Image: exe, Image: path}"),
    "mapping-name-taken": MAPPING.replace("name: own", "name: windows"),
    "mapping-extends-itself": "name: own\nextends: own.yml\n",
    "mapping-extends-unknown": "name: own\nextends: window\n",
    "mapping-bad-path": MAPPING.replace("Image: exe", "Image: 'files[0].path'"),
    "mapping-bad-unit": MAPPING.replace("[UtcTime]", "[{column: UtcTime, unit: seconds}]"),
    "mapping-join-of-one": MAPPING.replace("Image: exe", "Image: {join: [exe], with: ''}"),
    "mapping-column-in-no-input": MAPPING.replace("Image: exe", "Image: image"),
    "mapping-time-in-no-input": MAPPING.replace("Image: exe", "Image: Image").replace("UtcTime", "Zeit"),
}


@pytest.mark.parametrize("command", ["scan", "check"])
@pytest.mark.parametrize("name", MAPPINGS)
def test_a_mapping_that_is_wrong_or_does_not_fit(
    name: str, command: str, run: Any, rules: Path, events: Path, tmp_path: Path
) -> None:
    (tmp_path / "own.yml").write_text(MAPPINGS[name])
    result = run(command, str(events), "-r", str(rules), "--schema", str(tmp_path / "own.yml"))
    assert (result.out, result.status) == ("", 3)
    agrees(name, result.err, tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_an_error_is_one_clear_message(name: str, run: Any, rules: Path, bad_rule: Path, events: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    pl.DataFrame({"Foo": ["x"], "Channel": ["y"]}).write_parquet(tmp_path / "other.parquet")
    status, arguments = CASES[name]
    places = {"events": events, "rules": rules, "bad": bad_rule, "tmp": tmp_path}
    result = run(*(argument.format(**places) for argument in arguments))
    assert "Traceback" not in result.err
    assert result.out == "" or arguments[0] == "check"
    agrees(name, result.err, tmp_path)
    assert result.status == status
