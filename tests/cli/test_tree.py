"""The tree of commands: every option has help, no short flag means two things, every command says what it is for."""

from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from sigtrawl.cli.app import app

WORDS = {
    "scan": {"--rules", "--schema", "--logsource", "--min-level", "--level", "--status", "--include-tag", "--exclude-tag",
             "--for-logsource",
             "--placeholder", "--placeholders", "--output", "--format", "--columns", "--summary", "--skip-bad-rules",
             "--fail-on-match", "--threads", "--engine", "--quiet", "--no-color", "--dry-run", "--strict"},
    "check": {"--rules", "--schema", "--logsource", "--strict", "--format"},
    "explain": {"--row", "--rule", "--file", "--schema", "--logsource", "--format"},
    "compile": {"--output", "--skip-bad-rules", "--placeholder"},
    "rules": {"--format", "--min-level"},
    "show": {"--rules"},
    "bench": {"--rules", "--runs", "--threads", "--json", "--generate", "--rows", "--seed", "--compression", "--mixed"},
}  # fmt: skip


def commands() -> Iterator[tuple[str, Any]]:
    tree: Any = get_command(app)
    yield "", tree
    yield from tree.commands.items()


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_and_every_parameter_has_help(name: str, command: Any) -> None:
    assert command.help, name
    for parameter in command.params:
        if parameter.name == "help":
            continue
        assert parameter.help, f"{name} {parameter.name}"
        assert parameter.help.endswith("."), f"{name} {parameter.name}: {parameter.help}"


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_no_flag_stands_for_two_options(name: str, command: Any) -> None:
    flags = [flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)]
    assert len(flags) == len(set(flags)), name


def test_a_short_flag_means_the_same_everywhere() -> None:
    meanings: dict[str, set[str]] = {}
    for _, command in commands():
        for parameter in command.params:
            for flag in parameter.opts:
                if flag.startswith("-") and not flag.startswith("--"):
                    meanings.setdefault(flag, set()).add(max(parameter.opts, key=len))
    assert all(len(longs) == 1 for longs in meanings.values()), meanings


@pytest.mark.parametrize("name", WORDS)
def test_the_documented_options_are_there(name: str) -> None:
    command = dict(commands())[name]
    assert WORDS[name] <= {flag for parameter in command.params for flag in parameter.opts}
