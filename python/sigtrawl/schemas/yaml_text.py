"""YAML text of a schema mapping → plain data, with a complaint where YAML would be silent."""

from typing import Any

import yaml

from sigtrawl.schemas.places import Place

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Where libyaml is there it reads several times as fast."""


def read_yaml(text: str, source: str) -> Any:
    """Read YAML text.

    Raises:
        SchemaError: It is none, or a mapping in it holds a key twice; the message names the file and the place.
    """
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a safe loader, see below
    except (yaml.YAMLError, ValueError) as error:
        raise Place(source).error(f"not readable as YAML: {error}") from error


class _UniqueKeyLoader(_SafeLoader):  # type: ignore[misc]
    """PyYAML's safe loader, which would let the last of two like keys win, made to refuse the second."""


def _unique_mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key.start_mark)
        if key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key.value!r}", key.start_mark)
        seen.add(key.value)
    made: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return made


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
