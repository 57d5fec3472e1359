"""The README is run: every command and every example of it, in order, in a folder that looks as it does after `make demo`.

`make` targets are not run from here, for they run these tests; that they exist, and that CI runs them, is checked instead.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = "20000"


@dataclass(frozen=True)
class Example:
    """A code block: the line where it begins, its language, its text."""

    line: int
    language: str
    text: str


def examples(name: str) -> list[Example]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [
        Example(text.count("\n", 0, block.start()) + 1, block[1], block[2])
        for block in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


EXAMPLES = examples("README.md")
MAKE = [example for example in EXAMPLES if example.text.startswith("make ")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the environment in `.venv` and what `make demo` leaves in `demo`."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / ".venv").symlink_to(sys.prefix)
    sigtrawl("demo", "--rows", ROWS, "--dir", "demo", cwd=folder)
    return folder


def sigtrawl(*arguments: str, cwd: Path) -> None:
    program = "import sys; from sigtrawl.cli import main; sys.exit(main())"
    subprocess.run([sys.executable, "-c", program, *arguments], cwd=cwd, check=True, capture_output=True)


def run(example: Example, folder: Path) -> subprocess.CompletedProcess[str]:
    if example.language == "python":
        command = [sys.executable, "-W", "error", "-c", example.text]
    else:
        command = ["bash", "-euo", "pipefail", "-c", example.text]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e not in MAKE], ids=lambda example: f"line-{example.line}")
def test_every_example_runs(example: Example, folder: Path) -> None:
    assert example.language in {"sh", "python"}
    done = run(example, folder)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.lower()


def test_the_readme_has_examples_of_all_three_kinds() -> None:
    text = "".join(example.text for example in EXAMPLES)
    assert "sigtrawl scan" in text
    assert "sigtrawl check" in text
    assert "import sigtrawl" in text


def test_it_begins_with_the_two_commands() -> None:
    assert EXAMPLES[0].text == "make demo\nmake test\n"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_target_that_is_named_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", (ROOT / page).read_text()))
    named |= {target for example in examples(page) for target in re.findall(r"^make ([a-z-]+)", example.text, re.MULTILINE)}
    assert named
    assert named <= targets


def test_ci_runs_what_the_readme_says() -> None:
    assert [line.split("#")[0].strip() for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make ")] == [
        "make check",
        "make test",
        "make test-engines",
    ]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "DESIGN.md"])
def test_every_page_that_is_linked_exists(page: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
        assert (ROOT / target).exists(), target
