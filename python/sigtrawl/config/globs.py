"""Globs, as the inputs of a scan read them.

``*`` and ``?`` stay inside one name, ``[ab]`` and ``[!a-c]`` are one character, ``**`` is any number of folders, and what matches
a folder stands for everything below it. `fnmatch` was rejected: its ``*`` crosses folders.
"""

import re
from functools import lru_cache


def matches(glob: str, path: str) -> bool:
    """Tell whether a glob stands for a path or for a folder that it lies in.

    Raises:
        ValueError: It is no glob.
    """
    parts = _parts(glob)
    names = path.split("/")
    return any(_match(parts, tuple(names[:count])) for count in range(1, len(names) + 1))


def problem(glob: str) -> str | None:
    """Say what is wrong with a glob, or None."""
    try:
        _parts(glob)
    except ValueError as error:
        return str(error)
    return None


@lru_cache(maxsize=256)
def _parts(glob: str) -> tuple[re.Pattern[str] | None, ...]:
    """Compile each part of a glob; None stands for ``**``."""
    return tuple(None if part == "**" else _compile(part) for part in glob.split("/"))


def _compile(part: str) -> re.Pattern[str]:
    if "**" in part:
        raise ValueError("** is a folder of its own, as in a/**/b")
    pattern, place = "", 0
    while place < len(part):
        letter = part[place]
        place += 1
        if letter == "*":
            pattern += ".*"
        elif letter == "?":
            pattern += "."
        elif letter == "[":
            negated = part.startswith("!", place)
            start = place + negated
            end = part.find("]", start + 1)  # a bracket that comes first is one of the characters
            if end < 0:
                raise ValueError("a '[' is never closed; [[] is the character itself")
            # A hyphen between two characters is a range; all else that `re` would read is escaped.
            inner = re.sub(r"(.)-(.)|(.)", _one_of, part[start:end], flags=re.DOTALL)
            nothing = "." if negated else "(?!)"
            pattern += f"[{'^' * negated}{inner}]" if inner else nothing
            place = end + 1
        else:
            pattern += re.escape(letter)
    return re.compile(pattern, re.DOTALL)


def _one_of(found: re.Match[str]) -> str:
    low, high, single = found.groups()
    if single is not None:
        return re.escape(single)
    # A range the wrong way round holds nothing, where `re` would refuse it.
    return f"{re.escape(low)}-{re.escape(high)}" if low <= high else ""


def _match(parts: tuple[re.Pattern[str] | None, ...], names: tuple[str, ...]) -> bool:
    if not parts:
        return not names
    if parts[0] is None:
        return any(_match(parts[1:], names[skipped:]) for skipped in range(len(names) + 1))
    return bool(names) and parts[0].fullmatch(names[0]) is not None and _match(parts[1:], names[1:])
