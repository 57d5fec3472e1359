"""A rule as it was loaded: metadata, state, and the lowered condition.

A `Rule` is a plain frozen record, so that it can be filtered, pickled and shown without pySigma. It keeps its raw mapping,
because two rules with one id are the same rule only if their whole content is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sigtrawl.errors import RuleError
from sigtrawl.plan import LogSource, Node, RuleEntry
from sigtrawl.rules import compat
from sigtrawl.rules.detections import lower_detection
from sigtrawl.rules.documents import Document
from sigtrawl.rules.outline import parts_of
from sigtrawl.rules.placeholders import Values

READY, NEEDS_VALUES, UNSUPPORTED, INVALID = "ready", "needs-values", "unsupported", "invalid"
STATES = (READY, NEEDS_VALUES, UNSUPPORTED, INVALID)


@dataclass(frozen=True, slots=True)
class Rule:
    """One usable Sigma rule.

    Attributes:
        id: Its UUID in canonical form, or None.
        title: Its title.
        name: The name by which correlations refer to it.
        status: Its status, lower case.
        level: Its level, lower case.
        author: Its author.
        date: When it was written, ``YYYY-MM-DD``.
        modified: When it was last changed.
        description: What it is about.
        references: Where more is told.
        falsepositives: What else may look like it.
        tags: Its tags.
        logsource: The events that it is about, as pipelines have it if there are any.
        path: Its file, relative to the folder that was searched.
        file: Its file, as the caller can open it.
        state: ``ready`` or ``needs-values``.
        conditions: The text of its conditions; several are alternatives.
        condition: The lowered condition; None while it waits.
        placeholders: The placeholders that it waits for.
        warnings: What its author should look at.
        raw: The mapping that it was read from.
        filters: The titles of the filters that were applied to it.
        worded: Whether the lowered condition still has the form of the written one; a pipeline may have changed it.
    """

    id: str | None
    title: str
    name: str | None
    status: str | None
    level: str | None
    author: str | None
    date: str | None
    modified: str | None
    description: str | None
    references: tuple[str, ...]
    falsepositives: tuple[str, ...]
    tags: tuple[str, ...]
    logsource: LogSource
    path: str
    file: str
    state: str
    conditions: tuple[str, ...]
    condition: Node | None = field(repr=False)
    placeholders: tuple[str, ...]
    warnings: tuple[RuleError, ...] = field(repr=False)
    raw: Mapping[str, Any] = field(repr=False)
    filters: tuple[str, ...] = ()
    worded: bool = field(default=True, repr=False)

    @property
    def stated(self) -> LogSource:
        """The log source as it is written, before any pipeline."""
        source = self.raw["logsource"]
        return LogSource(source.get("product"), source.get("category"), source.get("service"))

    def entry(self) -> RuleEntry:
        """Give what a Plan holds of the rule."""
        return RuleEntry(
            id=self.id,
            title=self.title,
            name=self.name,
            status=self.status,
            level=self.level,
            author=self.author,
            tags=self.tags,
            logsource=self.logsource,
            path=self.path,
            condition=self.condition,
            placeholders=self.placeholders,
            parts=self._parts(),
        )

    def _parts(self) -> Mapping[str, Any] | None:
        if self.condition is None or not self.worded:
            return None
        return parts_of(self.raw["detection"], self.conditions, self.filters)


class Gatherer:
    """Collects what is wrong with one document, under its name and place."""

    def __init__(self, raw: Mapping[str, Any], file: str) -> None:
        self.file = file
        self.id = raw["id"] if isinstance(raw.get("id"), str) else None
        self.title = raw["title"] if isinstance(raw.get("title"), str) else None
        self.errors: list[RuleError] = []
        self.warnings: list[RuleError] = []

    def error(self, code: str, message: str, place: str | None, hint: str | None = None, state: str = INVALID) -> None:
        """Note a reason why the document cannot be used."""
        self.errors.append(RuleError(code, message, self.file, self.id, self.title, place or None, hint, state))

    def warning(self, code: str, message: str, place: str | None, hint: str | None = None) -> None:
        """Note something that its author should look at."""
        self.warnings.append(RuleError(code, message, self.file, self.id, self.title, place, hint, READY))


def read_rule(document: Document, path: str, file: str, given: Values) -> tuple[Rule | None, list[RuleError]]:
    """Make the rule of a document whose content is a mapping, or say everything that is wrong with it.

    Pipelines come later (`filters.through`): a rule goes through them together with its filters, which must be known first.
    """
    raw = document.content
    told = Gatherer(raw, file)
    warn_of_readings(document, told)
    refuse_repeated(document, told)
    if (kind := _other_kind(raw)) is not None:
        told.error(*kind, UNSUPPORTED)
        return None, told.errors
    meta, complaints = compat.read_metadata(raw)
    for complaint in complaints:
        told.error(complaint.code, complaint.message, complaint.key, complaint.hint)
    before = len(told.errors)
    if "detection" in raw:
        lowering = lower_detection(raw["detection"], given, told.error)
    else:
        told.error("no-detection", "the rule has no detection", "detection", "is this a Sigma rule?")
        return None, told.errors
    if len(told.errors) == before and (form := compat.check_form(raw["detection"])) is not None:
        told.error(form.code, form.message, form.key, form.hint)
    if told.errors or meta is None:
        return None, told.errors
    for name in lowering.unused:
        told.warning("unused-identifier", "no condition refers to this detection", name)
    rule = Rule(
        id=str(meta.id) if meta.id is not None else None,
        title=meta.title,
        name=meta.name,
        status=meta.status.name.lower() if meta.status else None,
        level=meta.level.name.lower() if meta.level else None,
        author=meta.author,
        date=_day(meta.date),
        modified=_day(meta.modified),
        description=meta.description,
        references=tuple(meta.references or ()),
        falsepositives=tuple(meta.falsepositives or ()),
        tags=tuple(f"{tag.namespace}.{tag.name}" for tag in meta.tags),
        logsource=LogSource(meta.logsource.product, meta.logsource.category, meta.logsource.service),
        path=path,
        file=file,
        state=NEEDS_VALUES if lowering.missing else READY,
        conditions=lowering.conditions,
        condition=lowering.node,
        placeholders=lowering.missing,
        warnings=tuple(told.warnings),
        raw=raw,
    )
    return rule, []


def refuse_repeated(document: Document, told: Gatherer) -> None:
    """Say which keys stand twice in a mapping: of two values YAML would take one without a word."""
    for place in document.repeated:
        told.error("duplicate-key", f"the key {place[-1]!r} stands twice in one mapping", ".".join(place))


def _day(moment: date | None) -> str | None:
    """Write a date; of a time only its day."""
    return moment.isoformat()[:10] if moment else None


def _other_kind(raw: Mapping[str, Any]) -> tuple[str, str, str, str] | None:
    """Recognise documents that are nothing of today's Sigma: code, message, key and hint."""
    if "action" in raw:
        hint = "repeat the shared keys in each document"
        return "collection-action", "collections with 'action' were removed from Sigma", "action", hint
    return None


def warn_of_readings(document: Document, told: Gatherer, section: str = "detection") -> None:
    """Warn where a value of the detection is not what its text says."""
    for place, reading in document.readings.items():
        if place[0] == section:
            told.warning("yaml-reading", reading, ".".join(place[1:]), "quote it if the text is meant, or write it as it is read")
