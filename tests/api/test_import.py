"""Importing the package is cheap, and its names are what it says."""

import subprocess
import sys
from pathlib import Path

import sigtrawl

HEAVY = ("polars", "pyarrow", "sigma", "yaml", "typer", "rich", "ahocorasick")

RULE = """
title: Netcat
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: nc.exe
  condition: selection
"""


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_import_loads_nothing_heavy() -> None:
    loaded = run("import sys, sigtrawl; print(*sys.modules)").split()
    assert not set(HEAVY) & set(loaded)


def test_import_takes_less_than_fifty_milliseconds() -> None:
    code = "import time; t = time.perf_counter(); import sigtrawl; print(time.perf_counter() - t)"
    assert min(float(run(code)) for _ in range(5)) < 0.050


def test_all_agrees_with_what_is_there() -> None:
    assert list(sigtrawl.__all__) == sorted(sigtrawl.__all__)
    assert dir(sigtrawl) == sorted(sigtrawl.__all__)
    for name in sigtrawl.__all__:
        assert getattr(sigtrawl, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(sigtrawl, "hit")


def heavy_after(code: str) -> set[str]:
    return set(HEAVY) & set(run(f"import sys, sigtrawl\n{code}\nprint(*sys.modules)").split())


def test_a_compiled_file_loads_nothing_heavy(tmp_path: Path) -> None:
    path = tmp_path / "rules.sigc"
    sigtrawl.compile(sigtrawl.rules_from_yaml(RULE)).save(path)
    assert heavy_after(f"assert len(sigtrawl.RuleSet.load({str(path)!r})) == 1") == set()


def test_matching_in_memory_loads_no_yaml_and_no_rules(tmp_path: Path) -> None:
    path = tmp_path / "rules.sigc"
    sigtrawl.compile(sigtrawl.rules_from_yaml(RULE)).save(path)
    code = f"""
import polars
data = polars.DataFrame({{"Channel": ["Microsoft-Windows-Sysmon/Operational"], "EventID": [1], "Image": ["nc.exe"]}})
assert len(sigtrawl.RuleSet.load({str(path)!r}).match(data).to_polars()) == 1"""
    assert heavy_after(code) == {"polars"}


def test_light_parts_of_rules_and_schemas_load_nothing_heavy() -> None:
    code = "from sigtrawl import schemas; from sigtrawl.rules import files, selection; schemas.builtin(); schemas.native()"
    assert heavy_after(code) == set()
