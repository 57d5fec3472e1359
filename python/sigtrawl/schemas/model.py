"""What a schema mapping is, once it has been read: frozen records and their plain-data form.

The records are what Python code reads; `to_dict` is what crosses to the core. Its form is the YAML file's own, so
there is one format to document, and a mapping that was written out can be read again.
"""

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

Value: TypeAlias = str | int | None
"""One value of a route's `when`: a text (with ``*`` and ``?``), a number, or None for missing or null."""


@dataclass(frozen=True, slots=True)
class Answer:
    r"""Where the value of a Sigma field comes from.

    Attributes:
        columns: The first of these that is not null in a row answers. None at all: nothing answers.
        values: Rule text → texts of the column that are accepted as well, under equality.
        hex: A number of a rule is also accepted as ``0x…``.
        bare: ``endswith '\x'`` also accepts the whole value ``x``.
        hashes: Algorithm → the column that holds its digests, for columns that split what Sysmon packs into ``Hashes``.
    """

    columns: tuple[str, ...] = ()
    values: AnyMapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    hex: bool = False
    bare: bool = False
    hashes: AnyMapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def to_plain(self) -> list[str] | dict[str, Any]:
        """Give the shortest form of the file format: a list of columns, or a mapping where there are readings."""
        plain: dict[str, Any] = {}
        if self.values:
            plain["values"] = {text: list(accepted) for text, accepted in self.values.items()}
        if self.hex:
            plain["hex"] = True
        if self.bare:
            plain["bare"] = True
        if self.hashes:
            plain["hashes"] = dict(self.hashes)
        return {"columns": list(self.columns), **plain} if plain else list(self.columns)


@dataclass(frozen=True, slots=True)
class LogSource:
    """A (product, category, service) triple; ``product`` may be ``*``, which stands for any."""

    product: str | None = None
    category: str | None = None
    service: str | None = None

    def to_dict(self) -> dict[str, str]:
        """Give the stated parts."""
        parts = {"product": self.product, "category": self.category, "service": self.service}
        return {name: value for name, value in parts.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Route:
    """Rows that are a log source.

    Attributes:
        logsource: What the rows are.
        when: Column → values; every column must agree with one of its values. Empty: every row.
        view: The view through which rules of this category read the rows.
    """

    logsource: LogSource
    when: AnyMapping[str, tuple[Value, ...]] = field(default_factory=lambda: MappingProxyType({}))
    view: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the file format."""
        plain: dict[str, Any] = {"logsource": self.logsource.to_dict()}
        if self.when:
            plain["when"] = {column: list(values) for column, values in self.when.items()}
        if self.view is not None:
            plain["view"] = self.view
        return plain


@dataclass(frozen=True, slots=True)
class Mapping:
    """One schema mapping.

    Attributes:
        name: How users name it.
        title: One line for people.
        recognise_all: Columns that a table of this schema all has.
        recognise_any: Columns of which it has at least one (no columns: no such demand).
        time: Columns of which the first readable one is the event's time.
        own_names: Whether a field that is not listed is answered by the column of its own name.
        fields: Sigma field → answer.
        views: Name → answers laid over `fields`.
        routes: Which rows are which log source.
    """

    name: str
    title: str
    recognise_all: tuple[str, ...]
    recognise_any: tuple[str, ...]
    time: tuple[str, ...]
    own_names: bool
    fields: AnyMapping[str, Answer]
    views: AnyMapping[str, AnyMapping[str, Answer]]
    routes: tuple[Route, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the mapping as plain data, in the file format: what the core reads."""
        return {
            "name": self.name,
            "title": self.title,
            "recognise": {"all": list(self.recognise_all), "any": list(self.recognise_any)},
            "time": list(self.time),
            "own_names": self.own_names,
            "fields": {name: answer.to_plain() for name, answer in self.fields.items()},
            "views": {
                view: {name: answer.to_plain() for name, answer in answers.items()} for view, answers in self.views.items()
            },
            "routes": [route.to_dict() for route in self.routes],
        }
