"""What documents call each other by: ids and names, in one namespace.

An id is a UUID and compared as such; a name is compared as it is written. Rules and correlations share the namespace, because a
correlation may refer to either. A name that two documents have refers to nothing: which one was meant is not ours to guess.
"""

from collections.abc import Iterable, Mapping
from typing import Generic, Protocol, TypeVar
from uuid import UUID


class Named(Protocol):
    """Whatever has an id and a name."""

    @property
    def id(self) -> str | None:
        """The UUID in canonical form, or None."""

    @property
    def name(self) -> str | None:
        """The name, or None."""


T = TypeVar("T", bound=Named)


def canonical_name(text: str) -> str:
    """Write an id as ids are compared; a name stays as it is."""
    try:
        return str(UUID(text))
    except ValueError:
        return text


def names_in(raw: Mapping[str, object]) -> list[str]:
    """Give the id and the name of a document that was not read further."""
    return [canonical_name(value) for key in ("id", "name") if isinstance(value := raw.get(key), str)]


class Directory(Generic[T]):
    """Documents by id and name."""

    def __init__(self, documents: Iterable[T]) -> None:
        self._known: dict[str, list[T]] = {}
        for document in documents:
            # One that is called by its own id too is still one document.
            for name in dict.fromkeys(canonical_name(text) for text in (document.id, document.name) if text):
                self._known.setdefault(name, []).append(document)

    def names(self) -> list[str]:
        """Give all names."""
        return list(self._known)

    def find(self, name: str) -> list[T]:
        """Give all documents that a reference may mean."""
        return self._known.get(canonical_name(name), [])
