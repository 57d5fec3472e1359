"""The metadata that matching, selecting and reporting depend on, checked before pySigma sees it.

Its supported versions answer a mistyped level or tag with anything between a clean error and an AttributeError from inside. What
decides whether a rule runs and how its matches are labelled is therefore checked here, with the same message under each version;
all other metadata is left to pySigma.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sigtrawl.rules.literals import shorten
from sigtrawl.rules.selection import LEVELS, STATUSES


class Complaint(NamedTuple):
    """Something that is wrong with a rule: a code, the key it concerns, what it is, and what to do."""

    code: str
    key: str
    message: str
    hint: str | None = None


def check_metadata(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[Complaint]]:
    """Check the keys; a refused one is replaced by its plainest valid value, so that the others can still be read."""
    clean = dict(raw)
    complaints: list[Complaint] = []
    for key, (check, instead) in _CHECKS.items():
        # `tags:` with nothing behind it is the same as no tags.
        if key in raw and raw[key] is None and key != "logsource":
            del clean[key]
        elif (key in raw or key == "logsource") and (complaint := check(raw.get(key))) is not None:
            complaints.append(complaint)
            clean[key] = instead
    return clean, complaints


def _id(value: Any) -> Complaint | None:
    try:
        UUID(value)
    except (ValueError, AttributeError, TypeError):
        return Complaint("bad-id", "id", f"{shorten(value)} is no UUID", "make one with: python -m uuid")
    return None


def _among(key: str, choices: tuple[str, ...]) -> Callable[[Any], Complaint | None]:
    def check(value: Any) -> Complaint | None:
        if isinstance(value, str) and value.lower() in choices:
            return None
        return Complaint(f"bad-{key}", key, f"there is no {key} {shorten(value)}", f"choose from {', '.join(choices)}")

    return check


def _tags(value: Any) -> Complaint | None:
    if not isinstance(value, list):
        return Complaint("bad-tags", "tags", f"tags are a list, not {shorten(value)}", "put '- ' before each")
    for tag in value:
        if not isinstance(tag, str) or "." not in tag:
            return Complaint("bad-tags", "tags", f"{shorten(tag)} is no tag", "write namespace.name, such as attack.t1059")
    return None


def _logsource(value: Any) -> Complaint | None:
    attributes = ("product", "category", "service")
    hint = f"state at least one of {', '.join(attributes)}"
    if not isinstance(value, dict):
        told = "the rule has no log source" if value is None else f"the log source is a mapping, not {shorten(value)}"
        return Complaint("bad-logsource", "logsource", told, hint)
    stated = [name for name in attributes if value.get(name) is not None]
    for name in stated:
        if not isinstance(value[name], str) or not value[name].strip():
            return Complaint(
                "bad-logsource", "logsource", f"the {name} is text, not {shorten(value[name])}", "name it, or leave it out"
            )
    return None if stated else Complaint("bad-logsource", "logsource", "the log source is empty", hint)


_CHECKS: dict[str, tuple[Callable[[Any], Complaint | None], Any]] = {
    "id": (_id, None),
    "level": (_among("level", LEVELS), "medium"),
    "status": (_among("status", STATUSES), "test"),
    "tags": (_tags, []),
    "logsource": (_logsource, {"product": "any"}),
}
