"""Reading the parts of a schema mapping, and the places that its error messages name."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from sigtrawl.errors import SchemaError
from sigtrawl.schemas.paths import parse_path


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file we are reading."""

    source: str
    path: str = ""

    def __truediv__(self, step: str | int) -> "Place":
        """Step into a key, or into the n-th item of a list."""
        if isinstance(step, int):
            return Place(self.source, f"{self.path}[{step}]")
        return Place(self.source, f"{self.path}.{step}" if self.path else step)

    def error(self, message: str) -> SchemaError:
        """Make the error that names this place."""
        return SchemaError(f"{self.source}: {self.path}: {message}" if self.path else f"{self.source}: {message}")

    def mapping(self, plain: Any) -> dict[str, Any]:
        """Take a mapping with free text keys; nothing at all is an empty one."""
        if plain is None:
            return {}
        if not isinstance(plain, dict):
            raise self.error(f"must be a mapping, not {kind(plain)}")
        for key in plain:
            if not isinstance(key, str) or not key:
                raise self.error(f"the key {key!r} must be non-empty text (quote it if YAML reads it otherwise)")
        return plain

    def table(self, plain: Any, known: AbstractSet[str], required: AbstractSet[str] = frozenset()) -> dict[str, Any]:
        """Take a mapping whose keys are all known and among which the required ones are."""
        if not isinstance(plain, dict):
            raise self.error(f"must be a mapping, not {kind(plain)}")
        table = self.mapping(plain)
        for key in table:
            if key not in known:
                raise self.error(f"unknown key {key!r} (known: {', '.join(sorted(known))})")
        for key in sorted(required):
            if key not in table:
                raise self.error(f"the key {key!r} is missing")
        return table


def read_text(plain: Any, place: Place) -> str:
    """Take non-empty text."""
    if not isinstance(plain, str) or not plain:
        raise place.error(f"must be non-empty text, not {kind(plain)}")
    return plain


def read_list(plain: Any, place: Place, read: Callable[[Any, Place], str]) -> tuple[str, ...]:
    """Take a list of texts, each read by a function, no two of them alike; nothing at all is an empty one."""
    if plain is None:
        return ()
    if not isinstance(plain, list):
        raise place.error(f"must be a list of texts, not {kind(plain)}")
    texts: list[str] = []
    for number, item in enumerate(plain, start=1):
        text = read(item, place / number)
        if text in texts:
            raise (place / number).error(f"{text!r} is listed twice")
        texts.append(text)
    return tuple(texts)


def read_texts(plain: Any, place: Place) -> tuple[str, ...]:
    """Take a list of non-empty texts, no two of them alike; nothing at all is an empty one."""
    return read_list(plain, place, read_text)


def read_column(plain: Any, place: Place) -> str:
    """Take the path of a column."""
    text = read_text(plain, place)
    try:
        parse_path(text)
    except ValueError as error:
        raise place.error(str(error)) from error
    return text


def read_columns(plain: Any, place: Place) -> tuple[str, ...]:
    """Take a list of paths of columns, no two of them alike; nothing at all is an empty one."""
    return read_list(plain, place, read_column)


def read_bool(plain: Any, place: Place) -> bool:
    """Take true or false."""
    if not isinstance(plain, bool):
        raise place.error(f"must be true or false, not {plain!r}")
    return plain


def kind(plain: Any) -> str:
    """Say what a YAML value is, in the words of people who write YAML."""
    if plain is None:
        return "nothing"
    if isinstance(plain, dict):
        return "a mapping"
    return "a list" if isinstance(plain, list) else repr(plain)
