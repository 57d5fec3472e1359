"""How a mapping names a place in a table: dotted steps, and a choice among the elements of a list.

``process.file.hashes[algorithm=SHA-256|SHA256].value`` is read into its parts here, once for the loader (which refuses what
is malformed) and for whoever looks the place up in a table. Which dots are steps and which belong to a name only the table
can tell, so a part's name is left as it is written.
"""

import re
from dataclasses import dataclass
from typing import Final

_PART: Final = re.compile(r"([^\[\]]+)(?:\[([^\[\]=]+)=([^\[\]]+)\])?")
_HELP: Final = "a choice among the elements of a list is written list[member=text|other text].rest"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which elements of a list are meant.

    Attributes:
        member: The member of an element that is looked at, by its path.
        texts: Elements are chosen if its text is one of these, in any case.
    """

    member: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathPart:
    """Dotted steps, and the choice among the elements to which they lead, if there is one."""

    name: str
    choice: Choice | None = None


def parse_path(text: str) -> tuple[PathPart, ...]:
    """Read a path; only its last part may be without a choice.

    Raises:
        ValueError: The text is malformed; the message says how a choice is written.
    """
    if "[" not in text and "]" not in text:
        return (PathPart(text),)
    parts: list[PathPart] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            raise _malformed(text)
        name, member, texts = found.groups()
        at = found.end()
        if member is None:
            parts.append(PathPart(name))
            break
        parts.append(PathPart(name, Choice(member, tuple(texts.split("|")))))
        if at < len(text):
            if text[at] != "." or at + 1 == len(text):
                raise _malformed(text)
            at += 1
    if at < len(text) or not all(_well_formed(part) for part in parts):
        raise _malformed(text)
    return tuple(parts)


def _well_formed(part: PathPart) -> bool:
    if part.choice is None:
        return True
    texts = (part.choice.member, *part.choice.texts)
    return not part.name.endswith(".") and all(text and text == text.strip() for text in texts)


def _malformed(text: str) -> ValueError:
    return ValueError(f"{text!r} is no path to a column; {_HELP}")
