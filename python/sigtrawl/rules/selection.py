"""Which rules a caller wants: by level, status, tag and log source.

A selection looks at a rule's raw metadata, so that rules nobody asked for cost no more than their YAML. A rule without a level
counts as informational, the least that it can be; a rule whose metadata cannot be judged is never silently left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sigtrawl.errors import UsageError

LEVELS = ("informational", "low", "medium", "high", "critical")
STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
_ATTRIBUTES = ("product", "category", "service")


@dataclass(frozen=True, slots=True)
class Selection:
    """A checked selection; what is None or empty selects everything."""

    levels: frozenset[str] | None = None
    statuses: frozenset[str] | None = None
    include_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    logsource: tuple[tuple[str, str], ...] = ()

    def takes(self, raw: Mapping[str, Any]) -> bool:
        """Whether a rule with this metadata is wanted."""
        return (
            _among(self.levels, raw.get("level"), LEVELS, "informational")
            and _among(self.statuses, raw.get("status"), STATUSES, None)
            and self._tags(raw.get("tags"))
            and self.takes_source(raw)
        )

    def _tags(self, raw: Any) -> bool:
        if not self.include_tags and not self.exclude_tags:
            return True
        tags = [tag.lower() for tag in raw if isinstance(tag, str)] if isinstance(raw, list | tuple) else []
        if any(fnmatchcase(tag, pattern) for tag in tags for pattern in self.exclude_tags):
            return False
        return not self.include_tags or any(fnmatchcase(tag, pattern) for tag in tags for pattern in self.include_tags)

    def takes_source(self, raw: Mapping[str, Any]) -> bool:
        """Whether a rule with this metadata states the log source that is asked for; what has none is taken."""
        source = raw.get("logsource")
        if not self.logsource or not isinstance(source, Mapping):
            return True
        return all(str(source.get(name, "")).lower() == value for name, value in self.logsource)


def select(
    *,
    min_level: str | None = None,
    level: str | Iterable[str] | None = None,
    status: str | Iterable[str] | None = None,
    include_tags: str | Iterable[str] = (),
    exclude_tags: str | Iterable[str] = (),
    logsource: str | Mapping[str, str] | None = None,
) -> Selection:
    """Check what a caller asks for.

    Raises:
        UsageError: A level, status or attribute does not exist; the message names the choices.
    """
    levels = None if level is None else frozenset(_choice("level", one, LEVELS) for one in _several(level))
    if min_level is not None:
        least = LEVELS.index(_choice("min_level", min_level, LEVELS))
        above = frozenset(LEVELS[least:])
        levels = above if levels is None else levels & above
    return Selection(
        levels=levels,
        statuses=None if status is None else frozenset(_choice("status", one, STATUSES) for one in _several(status)),
        include_tags=tuple(str(tag).lower() for tag in _several(include_tags)),
        exclude_tags=tuple(str(tag).lower() for tag in _several(exclude_tags)),
        logsource=_attributes(logsource),
    )


def _among(wanted: frozenset[str] | None, value: Any, known: tuple[str, ...], default: str | None) -> bool:
    if wanted is None:
        return True
    if value is None:
        return default in wanted
    # What is no level or status goes through, to become an error where the metadata is read.
    return not isinstance(value, str) or value.lower() not in known or value.lower() in wanted


def _several(value: str | Iterable[str]) -> Iterable[str]:
    return (value,) if isinstance(value, str) else value


def _choice(option: str, value: Any, choices: tuple[str, ...]) -> str:
    if isinstance(value, str) and value.lower() in choices:
        return value.lower()
    raise UsageError(f"{option} {value!r} does not exist; choose from {', '.join(choices)}")


def _attributes(raw: str | Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    if raw is None:
        return ()
    if isinstance(raw, str):
        pairs = [(name, value) for name, _, value in (pair.partition("=") for pair in raw.split(","))]
    else:
        pairs = [(str(name), str(value)) for name, value in raw.items()]
    for name, value in pairs:
        if name.strip() not in _ATTRIBUTES or not value.strip():
            raise UsageError(
                f"log source {raw!r} cannot be read; write attributes such as product=windows, of {', '.join(_ATTRIBUTES)}"
            )
    return tuple((name.strip(), value.strip().lower()) for name, value in pairs)
