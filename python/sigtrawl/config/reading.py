"""Reading ``sigtrawl.toml``, strictly: a mistyped key must not turn into inputs that are read wrongly without a word.

Every key is known or refused, every value has its one type, and each refusal names the file and the place in it.
"""

import glob as globbing
import os
import posixpath
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sigtrawl.config import globs
from sigtrawl.config.model import Config, InputSettings
from sigtrawl.errors import ConfigError, SchemaError, UsageError

if TYPE_CHECKING:
    from sigtrawl.schemas import Mapping as Schema

FILE_NAME = "sigtrawl.toml"

_KEYS = ("schemas", "pipelines", "inputs")
_INPUT_KEYS = ("glob", "schema", "logsource")
_YAML = (".yml", ".yaml")


def find_config(folder: Path | None = None) -> Path | None:
    """Look for ``sigtrawl.toml`` in a folder (the current one) and those above it; the nearest is taken."""
    here = (folder or Path()).absolute()
    for steps, candidate in enumerate((here, *here.parents)):
        if os.path.isfile(candidate / FILE_NAME):  # noqa: PTH113 - a folder that may not be looked into is passed over
            # Told as a person would write it: from here, upwards.
            return Path(*[".."] * steps, FILE_NAME) if folder is None else candidate / FILE_NAME
    return None


def load_config(path: str | os.PathLike[str]) -> Config:
    """Read a configuration file.

    Paths in it are relative to its folder. A schema of ``schemas`` is one more mapping to recognise tables by; a pipeline is a
    file or folder if it is written with a ``/`` or ends in ``.yml``, and otherwise the name of an installed one.

    Args:
        path: The file, by whatever name.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; the message names the file and the place.
    """
    top = _Place(str(path))
    try:
        plain = tomllib.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise top.error(f"it cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise top.error(f"it is not UTF-8: byte {error.start + 1} cannot be read") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise top.error(f"it is no TOML: {error}") from None
    return _Reader(Path(path)).config(top, plain)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in which file we are reading."""

    file: str
    path: str = ""

    def __truediv__(self, step: str | int) -> "_Place":
        if isinstance(step, int):
            return _Place(self.file, f"{self.path}[{step}]")
        return _Place(self.file, f"{self.path}.{step}" if self.path else step)

    def error(self, message: str) -> ConfigError:
        return ConfigError(f"{self.file}: {self.path}: {message}" if self.path else f"{self.file}: {message}")

    def text(self, plain: Any) -> str:
        if not isinstance(plain, str):
            raise self.error(f"must be text, not {_kind(plain)}")
        if not plain:
            raise self.error("the text is empty")
        return plain

    def entries(self, plain: Any, of: str) -> list[tuple["_Place", Any]]:
        if not isinstance(plain, list):
            raise self.error(f"must be {of}, not {_kind(plain)}")
        return [(self / number, entry) for number, entry in enumerate(plain, start=1)]

    def known(self, plain: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        for key in plain:
            if key not in keys:
                raise self.error(f"there is no key {key!r}{_guess(key, keys)}; the keys are {', '.join(keys)}")


class _Reader:
    """Gathers what the file says; schemas are known before the inputs that name them are read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.absolute().parent
        self.mappings: dict[str, Schema] = {}

    def config(self, top: _Place, plain: Mapping[str, Any]) -> Config:
        top.known(plain, _KEYS)
        for place, entry in (top / "schemas").entries(plain.get("schemas", []), "a list of files"):
            self._mapping(place.text(entry), place)
        pipelines = (top / "pipelines").entries(plain.get("pipelines", []), "a list of names, files and folders")
        read_pipelines = tuple(self._pipeline(place.text(entry)) for place, entry in pipelines)
        inputs: list[InputSettings] = []
        for place, entry in (top / "inputs").entries(plain.get("inputs", []), "a list of tables, each under [[inputs]]"):
            settings = self._input(entry, place)
            for number, other in enumerate(inputs, start=1):
                if other.pattern == settings.pattern:
                    told = f"the glob {settings.glob!r} stands in inputs[{number}] already, which is taken first"
                    raise (place / "glob").error(told)
            inputs.append(settings)
        return Config(self.path, tuple(self.mappings.values()), read_pipelines, tuple(inputs))

    def _mapping(self, name: str, place: _Place) -> "Schema":
        from sigtrawl.schemas import builtin, load_mapping, refuse_known_names

        path = self.path.parent / name
        if not path.exists():
            raise place.error(f"there is no file {name} in the folder of this one")
        try:
            mapping = load_mapping(path)
            if self.mappings.get(mapping.name) != mapping:  # one file may be named in several places
                refuse_known_names(mapping, (*builtin(), *self.mappings.values()))
        except SchemaError as error:
            raise place.error(str(error)) from None
        self.mappings[mapping.name] = mapping
        return mapping

    def _pipeline(self, name: str) -> str | Path:
        return self.folder / name if "/" in name or name.endswith(_YAML) else name

    def _input(self, plain: Any, place: _Place) -> InputSettings:
        if not isinstance(plain, dict):
            raise place.error(f"must be a table, not {_kind(plain)}")
        place.known(plain, _INPUT_KEYS)
        if "glob" not in plain:
            raise place.error("the key 'glob' is missing: it says which files are meant")
        if len(plain) == 1:
            raise place.error("it says nothing of its files: give a schema, a logsource, or both")
        written = (place / "glob").text(plain["glob"])
        schema = self._schema(plain["schema"], place / "schema") if "schema" in plain else None
        logsource = _logsource(plain["logsource"], place / "logsource") if "logsource" in plain else None
        return InputSettings(written, self._pattern(written, place / "glob"), schema, logsource)

    def _pattern(self, written: str, place: _Place) -> str:
        """Write a glob from the root: folders above it are literal, whatever characters are in their names."""
        if (problem := globs.problem(written)) is not None:
            raise place.error(f"{written!r} is no glob: {problem}")
        parts = written.split("/")
        wild = next((number for number, part in enumerate(parts) if any(letter in part for letter in "*?[")), len(parts))
        if ".." in parts[wild:]:
            raise place.error(f"{written!r} goes up again after a wildcard; write .. at the beginning only")
        return posixpath.normpath(posixpath.join(globbing.escape(self.folder.as_posix()), written))

    def _schema(self, plain: Any, place: _Place) -> str:
        """Give the name of a schema: a known one, or one in a file."""
        from sigtrawl.schemas import builtin

        name = place.text(plain)
        mappings = (*builtin(), *self.mappings.values())
        known = {"none": "none"} | {alias: mapping.name for mapping in mappings for alias in (mapping.name, *mapping.aliases)}
        if name in known:
            return known[name]
        if name.endswith(_YAML) or "/" in name:
            return self._mapping(name, place).name
        names = sorted({*known.values()} - {"none"})
        told = f"there is no schema {name!r}{_guess(name, tuple(known))}; the known ones are {', '.join(names)} and none"
        raise place.error(f"{told}, and a file ending in .yml is read as a schema mapping")


def _logsource(plain: Any, place: _Place) -> dict[str, str | None]:
    from sigtrawl.request import read_logsource

    if not isinstance(plain, str | dict):
        raise place.error(f"must be text such as 'category=dns' or a table, not {_kind(plain)}")
    if isinstance(plain, dict):
        for key, value in plain.items():
            (place / key).text(value)
    try:
        return read_logsource(plain)
    except UsageError as error:
        raise place.error(str(error)) from None


def _guess(word: str, choices: tuple[str, ...]) -> str:
    close = get_close_matches(word, choices, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _kind(plain: Any) -> str:
    """Name the type of a value as TOML does."""
    names: dict[type, str] = {str: "text", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(plain), "a time")
