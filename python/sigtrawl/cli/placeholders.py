"""Placeholder values as the command line takes them: ``NAME=VALUE``, and YAML files of names and lists."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from sigtrawl.errors import ConfigError, InputError, UsageError


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
