"""The Makefile on a machine that lacks something: one line that says what, and a stop."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "sh", "make", "find", "sed", "grep", "expand", "env", "python3", "cargo", "cc")


def make(folder: Path, *arguments: str, without: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs make with a path that holds the tools but one."""
    tools = folder / "bin"
    tools.mkdir()
    for name in TOOLS:
        # The interpreter itself: what a version manager puts on the path needs tools that are not here.
        found = sys.executable if name == "python3" else shutil.which(name)
        if name != without and found:
            (tools / name).write_text(f'#!/bin/sh\nexec {found} "$@"\n')
            (tools / name).chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL"}}
    command = [shutil.which("make") or "make", "--no-print-directory", "-C", str(ROOT), *arguments]
    return subprocess.run(
        command, env=environment | {"PATH": str(tools)}, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("target", "without", "said"),
    [
        ("need-python", "python3", "make: Python 3.11 or newer is needed; none was found"),
        ("need-rust", "cargo", "make: cargo is needed"),
        ("need-rust", "cc", "make: a C compiler is needed"),
    ],
)
def test_a_missing_tool_is_one_line(tmp_path: Path, target: str, without: str, said: str) -> None:
    done = make(tmp_path, target, without=without)
    told = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert done.returncode != 0
    assert len(told) == 1
    assert told[0].startswith(said)


def test_an_old_python_is_one_line(tmp_path: Path) -> None:
    old = tmp_path / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)
    done = make(tmp_path, "need-python", f"PYTHON={old}")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0] == f"make: Python 3.11 or newer is needed; {old} is Python 3.9.2"


def test_nothing_is_missing_here(tmp_path: Path) -> None:
    done = make(tmp_path, "need-python", "need-rust")
    assert done.returncode == 0, done.stderr


def test_help_names_the_targets(tmp_path: Path) -> None:
    said = make(tmp_path, "help").stdout
    for target in ("demo", "build", "test", "check", "fmt", "clean"):
        assert f"make {target}" in said
