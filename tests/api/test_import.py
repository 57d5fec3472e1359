"""Importing the package is cheap, and its names are what it says."""

import subprocess
import sys

import sigtrawl

HEAVY = ("polars", "pyarrow", "sigma", "yaml", "typer", "rich", "ahocorasick")


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
