"""Which rules a command works with: what the user typed, understood, loaded and compiled.

``-r`` takes rule files, folders, and one compiled file. A compiled file goes to the core as it is; only a filter makes us
parse its Plan, choose, and compile again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import sigtrawl
from sigtrawl.cli.options import Level, Status
from sigtrawl.cli.render.screen import Screen
from sigtrawl.compiled import is_compiled
from sigtrawl.errors import ConfigError, InputError, RuleError, UsageError
from sigtrawl.plan import Plan, RuleEntry
from sigtrawl.rules import Rules
from sigtrawl.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user said about rules."""

    paths: tuple[Path, ...]
    filters: Mapping[str, Any]
    placeholders: Mapping[str, Sequence[str]]
    skip_bad: bool

    @classmethod
    def of(
        cls,
        paths: Sequence[Path],
        min_level: Level | None,
        levels: Sequence[Level] | None,
        statuses: Sequence[Status] | None,
        include_tags: Sequence[str] | None,
        exclude_tags: Sequence[str] | None,
        placeholders: Sequence[str] | None,
        placeholder_files: Sequence[Path] | None,
        skip_bad: bool,
    ) -> "Selection":
        """Gather the options that all commands over rules share."""
        filters = {
            "min_level": min_level and min_level.value,
            "levels": [level.value for level in levels or ()],
            "statuses": [status.value for status in statuses or ()],
            "include_tags": list(include_tags or ()),
            "exclude_tags": list(exclude_tags or ()),
        }
        given = {name: value for name, value in filters.items() if value}
        return cls(tuple(paths), given, read_placeholders(placeholders or (), placeholder_files or ()), skip_bad)


class Loaded:
    """A compiled rule set, and what is known of the rules that are not in it."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset

    @cached_property
    def plan(self) -> Plan:
        """The Plan; parsed when somebody asks for titles."""
        return self.ruleset.plan()

    @property
    def entries(self) -> tuple[RuleEntry, ...]:
        """The rules that can run, in their order."""
        return self.plan.rules

    @property
    def waiting(self) -> int:
        """How many rules wait for placeholder values."""
        return len(self.plan.waiting)

    @property
    def skipped(self) -> int:
        """How many rules were bad and skipped."""
        return 0


def read_placeholders(pairs: Sequence[str], files: Sequence[Path]) -> dict[str, list[str]]:
    """Read ``NAME=VALUE`` options and YAML files into one mapping.

    Raises:
        ConfigError: A file is no mapping of names to lists.
        InputError: A file cannot be read.
        UsageError: An option has no ``=``.
    """
    values: defaultdict[str, list[str]] = defaultdict(list)
    for path in files:
        for name, listed in _placeholder_file(path).items():
            values[name] += listed
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise UsageError(f"--placeholder {pair!r} has no '='; write --placeholder name=value")
        values[name].append(value)
    return dict(values)


def _placeholder_file(path: Path) -> dict[str, list[str]]:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"--placeholders {path} cannot be read: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"--placeholders {path} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"--placeholders {path} must map names to lists of values")
    result: dict[str, list[str]] = {}
    for name, listed in content.items():
        scalars = listed if isinstance(listed, list) else [listed]
        if any(isinstance(value, (dict, list)) or value is None for value in scalars):
            raise ConfigError(f"--placeholders {path}: {name} must be a value or a list of values")
        result[str(name)] = [str(value) for value in scalars]
    return result
