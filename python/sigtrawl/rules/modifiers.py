"""What each modifier does to a value: one function each, in one table.

A key is a field and modifiers, applied from left to right. Each function takes one value and gives its alternatives; what it
does not take is an error that names the modifier. ``all`` and ``neq`` concern the item as a whole, so `detections` reads them.
"""

import difflib
import ipaddress
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

from sigtrawl.rules import regexes, text
from sigtrawl.rules.encodings import base64_text, base64_windows, dash_variants, to_bytes
from sigtrawl.rules.placeholders import Values, fill_regex, fill_text
from sigtrawl.rules.text import STAR, Placeholder
from sigtrawl.rules.values import (
    NAMES,
    Boolean,
    Cidr,
    Exists,
    FieldRef,
    ItemError,
    Null,
    Number,
    Regex,
    Text,
    TimePart,
    Value,
)


@dataclass(frozen=True, slots=True)
class Item:
    """What the modifiers of one detection item share.

    Attributes:
        field: The item's field; None for keywords.
        given: The values of placeholders.
        missing: Names of placeholders that have none, gathered on the way.
    """

    field: str | None
    given: Values
    missing: dict[str, None]


Modifier = Callable[[Value, Item], list[Value]]

LISTWISE = frozenset({"all", "neq"})
_FIRST = frozenset({"re", "cidr", "exists"})
_FLAGS = {"i": "i", "ignorecase": "i", "m": "m", "multiline": "m", "s": "s", "dotall": "s"}
_CHANGES_VALUE_TO_TEXT = "quote the value if text is meant"


@lru_cache(maxsize=4096)
def parse_key(key: str) -> tuple[str | None, tuple[str, ...]]:
    """Split a key into its field (None: keywords) and modifiers.

    Raises:
        ItemError: A modifier does not exist, or cannot stand where it does.
    """
    name, *modifiers = key.split("|")
    for place, modifier in enumerate(modifiers):
        if modifier not in TABLE and modifier not in LISTWISE:
            near = difflib.get_close_matches(modifier.lower(), [*TABLE, *LISTWISE], 1)
            raise ItemError(
                "unknown-modifier",
                f"there is no modifier {modifier!r}" if modifier else "a modifier is missing after '|'",
                f"did you mean {near[0]!r}?" if near else None,
            )
        if place and modifier in _FIRST:
            raise ItemError(
                "misplaced-modifier",
                f"the modifier {modifier!r} must be the first, and here {modifiers[place - 1]!r} precedes it",
                f"write '{'|'.join([name, modifier, *modifiers[:place]])}' if that is what is meant",
            )
    return name or None, tuple(modifiers)


def _misfit(modifier: str, value: Value, takes: str, hint: str | None = None) -> ItemError:
    code = "value-type" if isinstance(value, Text | Number | Boolean | Null) else "misplaced-modifier"
    return ItemError(code, f"the modifier {modifier!r} takes {takes}, not {NAMES[type(value)]}", hint)


def _anchor(modifier: str, *, before: bool, after: bool) -> Modifier:
    """Make contains (a star on both sides), startswith (after) or endswith (before)."""

    def apply(value: Value, _item: Item) -> list[Value]:
        if isinstance(value, Text):
            parts = ((STAR,) if before else ()) + value.parts + ((STAR,) if after else ())
            return [replace(value, parts=parts, anchored=True)]
        if isinstance(value, FieldRef):
            # `contains` is both at once, here as with stars.
            return [replace(value, starts=value.starts or after, ends=value.ends or before)]
        if isinstance(value, Regex):
            if before and after:
                return [value]
            group = _group(value)
            return [replace(value, pattern=rf"{group}\z" if before else rf"\A{group}")]
        raise _misfit(modifier, value, "text, a regular expression or a field reference", _CHANGES_VALUE_TO_TEXT)

    return apply


def _group(value: Regex) -> str:
    """Group an expression, so that what stands beside it applies to all of its alternatives."""
    group = f"(?:{value.pattern})"
    if regexes.problem(group, value.flags) is None or regexes.problem(value.pattern, value.flags) is not None:
        return group
    # Under `(?x)` it may end in a comment, which would swallow the bracket.
    return f"(?:{value.pattern}\n)"


def _on_text(modifier: str, change: Callable[[Text], list[Text]]) -> Modifier:
    """Make a modifier that takes text alone."""

    def apply(value: Value, _item: Item) -> list[Value]:
        if not isinstance(value, Text):
            hint = _CHANGES_VALUE_TO_TEXT if isinstance(value, Number | Boolean) else None
            raise _misfit(modifier, value, "text", hint)
        return list(change(value))

    return apply


def _cased(value: Value, _item: Item) -> list[Value]:
    if isinstance(value, Text | FieldRef):
        return [replace(value, cased=True)]
    hint = "a regular expression minds case already" if isinstance(value, Regex) else None
    raise _misfit("cased", value, "text or a field reference", hint)


def _exists(value: Value, item: Item) -> list[Value]:
    if item.field is None:
        raise ItemError("keyword-type", "the modifier 'exists' needs a field")
    if isinstance(value, Boolean):
        return [Exists(value.value)]
    raise ItemError("value-type", f"the modifier 'exists' takes true or false, not {NAMES[type(value)]}")


def _re(raw: Value, _item: Item) -> list[Value]:
    # `detections` hands over the raw text as one literal: backslashes and stars in it are the expression's own.
    if isinstance(raw, Text):
        return [Regex(text.literal(raw.parts) or "")]
    raise _misfit("re", raw, "text", _CHANGES_VALUE_TO_TEXT)


def _flag(modifier: str) -> Modifier:
    def apply(value: Value, _item: Item) -> list[Value]:
        if not isinstance(value, Regex):
            raise ItemError("misplaced-modifier", f"the modifier {modifier!r} must follow 're'")
        return [replace(value, flags="".join(sorted({*value.flags, _FLAGS[modifier]})))]

    return apply


def _cidr(value: Value, _item: Item) -> list[Value]:
    written = text.literal(value.parts) if isinstance(value, Text) else None
    if not isinstance(value, Text):
        raise _misfit("cidr", value, "text")
    if written is None or "%" in written:
        raise ItemError("bad-network", "this is no network: wildcards and zones have no place in it")
    try:
        return [Cidr(str(ipaddress.ip_network(written)))]
    except ValueError as error:
        hint = None
        # The address may be right and only have bits beyond its prefix.
        with suppress(ValueError):
            hint = f"write {ipaddress.ip_network(written, strict=False)}"
        raise ItemError("bad-network", f"this is no network: {error}", hint) from None


def _compare(cmp: str) -> Modifier:
    def apply(value: Value, item: Item) -> list[Value]:
        if item.field is None:
            raise ItemError("keyword-type", f"the modifier {cmp!r} needs a field")
        if isinstance(value, Number | TimePart) and value.cmp == "eq":
            return [replace(value, cmp=cmp)]
        if isinstance(value, Number | TimePart):
            two = f"write '{item.field}|{value.cmp}' and '{item.field}|{cmp}' as two entries"
            raise ItemError("misplaced-modifier", f"the modifier {cmp!r} cannot follow {value.cmp!r}", two)
        hint = "write the number without quotes" if isinstance(value, Text) else None
        raise _misfit(cmp, value, "a number", hint)

    return apply


def _time_part(part: str) -> Modifier:
    def apply(value: Value, item: Item) -> list[Value]:
        if item.field is None:
            raise ItemError("keyword-type", f"the modifier {part!r} needs a field")
        if isinstance(value, Number) and value.cmp == "eq" and value.value == value.value // 1:
            return [TimePart(part, int(value.value))]
        if isinstance(value, Number) and value.cmp != "eq":
            hint = f"write '{item.field}|{part}|{value.cmp}'"
            raise ItemError("misplaced-modifier", f"the modifier {part!r} must precede {value.cmp!r}", hint)
        raise ItemError("value-type", f"the modifier {part!r} takes an integer, not {NAMES[type(value)]}")

    return apply


def _fieldref(value: Value, item: Item) -> list[Value]:
    if item.field is None:
        raise ItemError("keyword-type", "the modifier 'fieldref' needs a field")
    if not isinstance(value, Text):
        raise _misfit("fieldref", value, "the name of a field")
    # A placeholder without a value stands in the name as it is written.
    waits = any(isinstance(part, Placeholder) for part in value.parts)
    name = text.literal(tuple(f"%{part.name}%" if isinstance(part, Placeholder) else part for part in value.parts))
    if not name:
        if value.anchored:
            hint = "contains, startswith and endswith stand after fieldref"
            raise ItemError("misplaced-modifier", "the modifier 'fieldref' takes the name of a field as it is", hint)
        raise ItemError("value-type", "the name of a field has no wildcard in it and is not empty")
    return [FieldRef(name, cased=value.cased, waiting=waits)]


def _expand(value: Value, item: Item) -> list[Value]:
    if isinstance(value, Text):
        variants = fill_text(text.find_placeholders(value.parts), item.given, item.missing)
        return [replace(value, parts=parts) for parts in variants]
    if isinstance(value, Regex):
        patterns, waiting = fill_regex(value.pattern, item.given, item.missing)
        return [replace(value, pattern=pattern, waiting=waiting) for pattern in patterns]
    raise _misfit("expand", value, "text or a regular expression", _CHANGES_VALUE_TO_TEXT)


TABLE: Mapping[str, Modifier] = {
    "contains": _anchor("contains", before=True, after=True),
    "startswith": _anchor("startswith", before=False, after=True),
    "endswith": _anchor("endswith", before=True, after=False),
    "cased": _cased,
    "exists": _exists,
    "re": _re,
    **{name: _flag(name) for name in _FLAGS},
    "base64": _on_text("base64", base64_text),
    "base64offset": _on_text("base64offset", base64_windows),
    "wide": _on_text("wide", lambda value: to_bytes(value, "wide", "utf-16-le")),
    "utf16le": _on_text("utf16le", lambda value: to_bytes(value, "utf16le", "utf-16-le")),
    "utf16be": _on_text("utf16be", lambda value: to_bytes(value, "utf16be", "utf-16-be")),
    "utf16": _on_text("utf16", lambda value: to_bytes(value, "utf16", "utf-16-le", bom=True)),
    "windash": _on_text("windash", dash_variants),
    "cidr": _cidr,
    **{cmp: _compare(cmp) for cmp in ("lt", "lte", "gt", "gte")},
    **{part: _time_part(part) for part in ("minute", "hour", "day", "week", "month", "year")},
    "fieldref": _fieldref,
    "expand": _expand,
}
