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
class TimeColumn:
    """Where an event's time may stand.

    Attributes:
        column: The path of a column with timestamps or ISO 8601 text, or with numbers if there is a unit.
        unit: What numbers count since 1970: ``s``, ``ms``, ``us`` or ``ns``. Without one a number is no time.
    """

    column: str
    unit: str | None = None

    def to_plain(self) -> str | dict[str, str]:
        """Give the file format."""
        return self.column if self.unit is None else {"column": self.column, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class Answer:
    r"""Where the value of a Sigma field comes from.

    Attributes:
        columns: The first of these that is not null in a row answers. None at all: nothing answers.
        join: Instead of `columns`: the texts of these, put together, are the value.
        separator: What stands between them (``with`` in the file).
        needs: The joined columns without which nothing answers; none stated: the first.
        values: Rule text → texts of the column that are accepted as well, under equality.
        prefixes: Beginning of a rule's text → other spellings of it that are accepted as well.
        hex: A number of a rule is also accepted as ``0x…``.
        bare: ``endswith '\x'`` also accepts the whole value ``x``.
        hashes: Algorithm → the column that holds its digests, for columns that split what Sysmon packs into ``Hashes``.
    """

    columns: tuple[str, ...] = ()
    values: AnyMapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    hex: bool = False
    bare: bool = False
    hashes: AnyMapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    join: tuple[str, ...] = ()
    separator: str = ""
    prefixes: AnyMapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    needs: tuple[str, ...] = ()

    def needed(self) -> tuple[str, ...]:
        """List the joined columns without which nothing answers."""
        return self.needs or self.join[:1]

    def named(self) -> tuple[str, ...]:
        """List every column that is named here."""
        return (*self.columns, *self.join, *self.hashes.values())

    def to_plain(self) -> list[str] | dict[str, Any]:
        """Give the shortest form of the file format: a list of columns, or a mapping where there are readings."""
        plain: dict[str, Any] = {}
        if self.join:
            plain["join"], plain["with"] = list(self.join), self.separator
        if self.needs:
            plain["needs"] = list(self.needs)
        if self.values:
            plain["values"] = {text: list(accepted) for text, accepted in self.values.items()}
        if self.prefixes:
            plain["prefixes"] = {text: list(accepted) for text, accepted in self.prefixes.items()}
        if self.hex:
            plain["hex"] = True
        if self.bare:
            plain["bare"] = True
        if self.hashes:
            plain["hashes"] = dict(self.hashes)
        if not plain:
            return list(self.columns)
        return plain if self.join else {"columns": list(self.columns), **plain}


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
        needs: Columns without which a table has no such rows.
    """

    logsource: LogSource
    when: AnyMapping[str, tuple[Value, ...]] = field(default_factory=lambda: MappingProxyType({}))
    view: str | None = None
    needs: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the file format."""
        plain: dict[str, Any] = {"logsource": self.logsource.to_dict()}
        if self.when:
            plain["when"] = {column: list(values) for column, values in self.when.items()}
        if self.view is not None:
            plain["view"] = self.view
        if self.needs:
            plain["needs"] = list(self.needs)
        return plain


@dataclass(frozen=True, slots=True)
class Demand:
    """What a mapping's own file says of columns, so that a mistyped name can be told from a table that lacks one.

    Attributes:
        place: Where it stands, such as ``fields.Image``.
        columns: The columns that are named there; at least one of them should be in some table.
        needs: It is demanded only where some table has all columns of one of these lists.
    """

    place: str
    columns: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...] = ((),)

    def to_dict(self) -> dict[str, Any]:
        """Give what crosses to the core."""
        return {"place": self.place, "columns": list(self.columns), "needs": [list(columns) for columns in self.needs]}


@dataclass(frozen=True, slots=True)
class Mapping:
    """One schema mapping.

    Attributes:
        name: How users name it.
        aliases: What else they may call it.
        title: One line for people.
        recognise_all: Columns that a table of this schema all has.
        recognise_any: Columns of which it has at least one (no columns: no such demand).
        recognise_none: Columns of which it has none.
        time: Columns of which the first readable one is the event's time.
        own_names: Whether a field that is not listed is answered by the column of its own name.
        fields: Sigma field → answer.
        views: Name → answers laid over `fields`.
        routes: Which rows are which log source.
        source: What error messages call the file.
        demands: What that file says of columns, without what it takes over by ``extends``.
    """

    name: str
    title: str
    recognise_all: tuple[str, ...]
    recognise_any: tuple[str, ...]
    time: tuple[TimeColumn, ...]
    own_names: bool
    fields: AnyMapping[str, Answer]
    views: AnyMapping[str, AnyMapping[str, Answer]]
    routes: tuple[Route, ...]
    aliases: tuple[str, ...] = ()
    recognise_none: tuple[str, ...] = ()
    source: str = field(default="", compare=False, repr=False)
    demands: tuple[Demand, ...] = field(default=(), compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the mapping as plain data, in the file format: what the core reads."""
        return {
            "name": self.name,
            "aliases": list(self.aliases),
            "title": self.title,
            "recognise": {
                "all": list(self.recognise_all),
                "any": list(self.recognise_any),
                "none": list(self.recognise_none),
            },
            "time": [column.to_plain() for column in self.time],
            "own_names": self.own_names,
            "fields": {name: answer.to_plain() for name, answer in self.fields.items()},
            "views": {
                view: {name: answer.to_plain() for name, answer in answers.items()} for view, answers in self.views.items()
            },
            "routes": [route.to_dict() for route in self.routes],
        }
