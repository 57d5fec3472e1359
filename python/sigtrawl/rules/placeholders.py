r"""Placeholders: ``%name%`` under ``expand``, and the values that a user gives for them.

A value is text that somebody keeps in a list of host or account names. It is literal, so a backslash in ``DOMAIN\user`` needs
no care, but ``*`` and ``?`` are wildcards, because ``DC-*`` is what such lists hold. Several placeholders in one text combine.
"""

import itertools
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from sigtrawl.errors import UsageError
from sigtrawl.rules import regexes, text
from sigtrawl.rules.literals import canonical
from sigtrawl.rules.text import Parts, Placeholder
from sigtrawl.rules.values import ItemError

Values: TypeAlias = Mapping[str, tuple[str, ...]]

# Lists of hosts may be long; their products with each other are never meant to be.
_MAX_COMBINATIONS = 100_000
PLACEHOLDER = re.compile(r"%([^%\\]+)%")
IN_REGEX = {"*": "(?s:.*)", "?": "(?s:.)"}


def read_values(raw: Mapping[str, Any] | None) -> dict[str, tuple[str, ...]]:
    """Check the placeholder values that a caller gives: name → one value or a list of them.

    Raises:
        UsageError: It is no mapping from names to texts or numbers.
    """
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise UsageError(f"placeholders are a mapping from names to values, not {type(raw).__name__}")
    read = {_name(name): tuple(_values(name, value)) for name, value in raw.items()}
    # An empty list is no value: the rule goes on waiting instead of never matching.
    return {name: values for name, values in read.items() if values}


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip("%"):
        raise UsageError(f"{name!r} is no name of a placeholder")
    return name.strip("%")


def _values(name: str, value: Any) -> Iterable[str]:
    several = value if isinstance(value, list | tuple | set | frozenset) else [value]
    for one in sorted(several, key=str) if isinstance(several, set | frozenset) else several:
        if isinstance(one, str):
            yield one
        elif isinstance(one, int | float) and not isinstance(one, bool) and (told := canonical(one)) is not None:
            yield told
        else:
            raise UsageError(f"the placeholder {name!r} has the value {one!r}, and only texts and numbers can be one")


def fill_text(parts: Parts, given: Values, missing: dict[str, None]) -> list[Parts]:
    """Replace placeholders by their values; those without one stay and are noted in ``missing``."""
    choices: list[tuple[Parts, ...]] = []
    for part in parts:
        if not isinstance(part, Placeholder):
            choices.append(((part,),))
        elif part.name in given:
            choices.append(tuple(text.parse_listed(value) for value in given[part.name]))
        else:
            missing.setdefault(part.name)
            choices.append(((part,),))
    _bound(choices)
    return [text.join(tuple(itertools.chain.from_iterable(choice))) for choice in itertools.product(*choices)]


def fill_regex(pattern: str, given: Values, missing: dict[str, None]) -> tuple[list[str], bool]:
    """Replace placeholders in a regular expression; the flag says whether some still wait."""
    choices: list[tuple[str, ...]] = []
    place, waiting = 0, False
    for match in PLACEHOLDER.finditer(pattern):
        choices.append((pattern[place : match.start()],))
        place = match.end()
        name = match.group(1)
        if name in given:
            choices.append(tuple(_as_regex(value) for value in given[name]))
        else:
            missing.setdefault(name)
            waiting = True
            choices.append((match.group(),))
    choices.append((pattern[place:],))
    _bound(choices)
    return ["".join(choice) for choice in itertools.product(*choices)], waiting


def _as_regex(value: str) -> str:
    """Write a listed value as a regular expression; grouped, so that a quantifier after it applies to all of it."""
    inner = "".join(
        part if token else regexes.escape(part)
        for part, token in ((IN_REGEX.get(piece, piece), piece in IN_REGEX) for piece in re.split(r"([*?])", value))
    )
    return f"(?:{inner})"


def _bound(choices: list[tuple[Any, ...]]) -> None:
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > _MAX_COMBINATIONS:
        raise ItemError("placeholder-limit", f"its placeholders combine to {count:,} values, more than {_MAX_COMBINATIONS:,}")
