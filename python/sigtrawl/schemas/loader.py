"""Users' own schema mappings: from a file or from text, and next to the ones that come with the package."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from sigtrawl.errors import SchemaError
from sigtrawl.schemas.document import read_document
from sigtrawl.schemas.extending import FindBase, beside, without_files
from sigtrawl.schemas.model import Mapping
from sigtrawl.schemas.places import Place
from sigtrawl.schemas.shipped import builtin


def load_mapping(path: str | PathLike[str]) -> Mapping:
    """Read a mapping from a YAML file.

    Raises:
        SchemaError: The file cannot be read or is not a mapping, or what it extends is none; the message names the file and
            the place.
    """
    return _load(Path(path), ())


def read_mapping(text: str, source: str = "<text>") -> Mapping:
    """Read a mapping from YAML text, which may extend a built-in mapping but no file.

    Args:
        text: The YAML document.
        source: What error messages call it, usually a file name.

    Raises:
        SchemaError: The text is not a mapping.
    """
    return _read(text, source, without_files(builtin()))


def refuse_known_names(mapping: Mapping, known: Sequence[Mapping]) -> None:
    """Refuse a mapping that is called like one of those that are known.

    Raises:
        SchemaError: Its name or one of its aliases is taken; the message names its file and the place.
    """
    taken = {name: other.name for other in known for name in (other.name, *other.aliases)}
    places = {mapping.name: Place(mapping.source, "name")}
    places |= {alias: Place(mapping.source, f"aliases[{number}]") for number, alias in enumerate(mapping.aliases, start=1)}
    for name, place in places.items():
        if name in taken:
            whose = "of a known schema" if taken[name] == name else f"of the known schema {taken[name]!r}"
            raise place.error(f"{name!r} is a name {whose} already; choose another (and 'extends: {name}' builds on that one)")


def _load(path: Path, opened: tuple[Path, ...]) -> Mapping:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read: {error}"
        raise SchemaError(message) from error
    return _read(text, str(path), beside(path, opened, builtin(), _load))


def _read(text: str, source: str, find_base: FindBase) -> Mapping:
    from sigtrawl.schemas.yaml_text import read_yaml  # YAML is loaded for those who bring some

    return read_document(read_yaml(text, source), source, find_base)
