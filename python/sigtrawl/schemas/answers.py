"""Reading the answers of a schema mapping, and the places that its error messages name."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sigtrawl.errors import SchemaError
from sigtrawl.schemas.model import Answer

_ANSWER_KEYS = frozenset({"columns", "values", "hex", "bare", "hashes"})


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
            raise self.error(f"must be a mapping, not {_kind(plain)}")
        for key in plain:
            if not isinstance(key, str) or not key:
                raise self.error(f"the key {key!r} must be non-empty text (quote it if YAML reads it otherwise)")
        return plain

    def table(self, plain: Any, known: AbstractSet[str], required: AbstractSet[str] = frozenset()) -> dict[str, Any]:
        """Take a mapping whose keys are all known and among which the required ones are."""
        if not isinstance(plain, dict):
            raise self.error(f"must be a mapping, not {_kind(plain)}")
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
        raise place.error(f"must be non-empty text, not {_kind(plain)}")
    return plain


def read_texts(plain: Any, place: Place) -> tuple[str, ...]:
    """Take a list of non-empty texts; nothing at all is an empty one."""
    if plain is None:
        return ()
    if not isinstance(plain, list):
        raise place.error(f"must be a list of texts, not {_kind(plain)}")
    return tuple(read_text(item, place / number) for number, item in enumerate(plain, start=1))


def read_answers(plain: Any, place: Place) -> AnyMapping[str, Answer]:
    """Take a mapping of Sigma fields to answers."""
    return MappingProxyType({name: _read_answer(item, place / name) for name, item in place.mapping(plain).items()})


def _read_answer(plain: Any, place: Place) -> Answer:
    if isinstance(plain, str):
        return Answer(columns=(read_text(plain, place),))
    if isinstance(plain, list):
        return Answer(columns=read_texts(plain, place))
    if plain is None or not isinstance(plain, dict):
        raise place.error(f"must be a column, a list of columns or a mapping, not {_kind(plain)} ([] answers nothing)")
    table = place.table(plain, _ANSWER_KEYS)
    if "columns" not in table and "hashes" not in table:
        raise place.error("needs 'columns' or 'hashes'")
    return Answer(
        columns=_read_columns(table.get("columns"), place / "columns"),
        values=MappingProxyType(
            {
                text: read_texts(accepted, place / "values" / text)
                for text, accepted in (place / "values").mapping(table.get("values")).items()
            }
        ),
        hex=_read_bool(table.get("hex", False), place / "hex"),
        bare=_read_bool(table.get("bare", False), place / "bare"),
        hashes=MappingProxyType(
            {
                algorithm: read_text(column, place / "hashes" / algorithm)
                for algorithm, column in (place / "hashes").mapping(table.get("hashes")).items()
            }
        ),
    )


def _read_columns(plain: Any, place: Place) -> tuple[str, ...]:
    return (plain,) if isinstance(plain, str) and plain else read_texts(plain, place)


def _read_bool(plain: Any, place: Place) -> bool:
    if not isinstance(plain, bool):
        raise place.error(f"must be true or false, not {plain!r}")
    return plain


def _kind(plain: Any) -> str:
    """Say what a YAML value is, in the words of people who write YAML."""
    if plain is None:
        return "nothing"
    if isinstance(plain, dict):
        return "a mapping"
    return "a list" if isinstance(plain, list) else repr(plain)
