"""A document with a ``correlation`` → `Correlation`, as far as it can be read alone.

What it refers to is looked up when everything is loaded (`references`). All of it is read by our own code: the supported lines of
pySigma know different types and conditions, and neither takes the ranges that the specification shows (``gt: 100, lte: 200``).
pySigma still judges the metadata.
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as member
from fractions import Fraction
from typing import Any

from sigtrawl.correlation.entry import COMPARISONS, COUNTS, NUMERIC, TEMPORAL, TYPES, Terms
from sigtrawl.correlation.measures import comparison
from sigtrawl.correlation.numbers import MAX_DIGITS
from sigtrawl.errors import RuleError
from sigtrawl.rules import compat
from sigtrawl.rules.conditions import ConditionError
from sigtrawl.rules.documents import Document
from sigtrawl.rules.extended import names_of, read_terms
from sigtrawl.rules.literals import canonical, shorten
from sigtrawl.rules.names import canonical_name
from sigtrawl.rules.rule import READY, Gatherer, refuse_repeated, warn_of_readings

_MEMBERS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate")
_TIMESPAN = re.compile(r"([0-9]{1,9})([smhdwMy])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_629_746, "y": 31_556_952}
_TIMESPAN_HINT = "write a number and a unit, such as 90m; units are s, m, h, d, w, M (month) and y"
_CONDITION_HINT = "write a comparison and a number, such as 'gte: 10'"
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_MOST_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Correlation:
    """One usable correlation; what it refers to is known by name here.

    Attributes:
        id: Its UUID in canonical form, or None.
        title: Its title.
        name: The name by which other correlations refer to it.
        status: Its status, lower case.
        level: Its level, lower case.
        author: Its author.
        tags: Its tags, lower case.
        path: Its file, relative to the folder that was searched.
        file: Its file, as the caller can open it.
        type: Which of the eight types it is.
        rules: The rules and correlations that it refers to, by id or name as written.
        group_by: The fields or aliases whose values are the group.
        aliases: Alias → rule as written → field.
        timespan: The length of a window, in seconds.
        condition: Comparison and decimal text; all must hold. Empty where ``terms`` say the condition.
        field: The field or fields whose values are looked at.
        percentile: Decimal text, for ``value_percentile``.
        terms: The extended condition.
        generate: Whether the matches of its rules are put out as well.
        raw: The mapping that it was read from.
        warnings: What its author should look at.
        state: ``ready`` or ``needs-values``; known when its rules are.
        placeholders: What its rules wait for.
    """

    id: str | None
    title: str
    name: str | None
    status: str | None
    level: str | None
    author: str | None
    tags: tuple[str, ...]
    path: str
    file: str
    type: str
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    aliases: Mapping[str, Mapping[str, str]]
    timespan: int
    condition: tuple[tuple[str, str], ...]
    field: tuple[str, ...]
    percentile: str | None
    terms: Terms
    generate: bool
    raw: Mapping[str, Any] = member(repr=False)
    warnings: tuple[RuleError, ...] = member(default=(), repr=False)
    state: str = READY
    placeholders: tuple[str, ...] = ()


def read_correlation(document: Document, path: str, file: str) -> tuple[Correlation | None, list[RuleError]]:
    """Make the correlation of a document that has one, or say everything that is wrong with it."""
    raw = document.content
    told = Gatherer(raw, file)
    warn_of_readings(document, told, "correlation")
    refuse_repeated(document, told)
    # pySigma knows no document without log source but its own correlations, which its two lines read differently.
    stub = {"logsource": {"product": "any"}}
    meta, complaints = compat.read_metadata({**{key: value for key, value in raw.items() if key != "correlation"}, **stub})
    for complaint in complaints:
        told.error(complaint.code, complaint.message, complaint.key, complaint.hint)
    section = raw["correlation"]
    if not isinstance(section, dict):
        told.error("correlation-form", f"a correlation is a mapping, not {shorten(section)}", "correlation")
        return None, told.errors
    read = _Section(section, told)
    generate = read.generate(raw)
    if told.errors or meta is None:
        return None, told.errors
    made = Correlation(
        id=str(meta.id) if meta.id is not None else None,
        title=meta.title,
        name=meta.name,
        status=meta.status.name.lower() if meta.status else None,
        level=meta.level.name.lower() if meta.level else None,
        author=meta.author,
        tags=tuple(f"{tag.namespace}.{tag.name}" for tag in meta.tags),
        path=path,
        file=file,
        type=read.type,
        rules=read.rules,
        group_by=read.group_by,
        aliases=read.aliases,
        timespan=read.timespan,
        condition=read.condition,
        field=read.field,
        percentile=read.percentile,
        terms=read.terms,
        generate=generate,
        raw=raw,
        warnings=tuple(told.warnings),
    )
    return made, []


class _Section:
    """The members of ``correlation``, each read by itself, so that an author sees all that is wrong at once."""

    def __init__(self, raw: Mapping[str, Any], told: Gatherer) -> None:
        self.raw = raw
        self.told = told
        self.field: tuple[str, ...] = ()
        self.percentile: str | None = None
        self.condition: tuple[tuple[str, str], ...] = ()
        self.terms: Terms = ()
        self._unknown_members()
        self.type = self._type()
        self.timespan = self._timespan()
        self.group_by = self._names("group-by", "correlation-group-by", "fields")
        self.rules = self._rules()
        self.aliases = self._aliases()
        self._read_condition()

    def _unknown_members(self) -> None:
        for key in self.raw:
            if key not in _MEMBERS:
                hint = f"the members are {', '.join(_MEMBERS)}"
                if key == "field":
                    hint = "the field stands in the condition"
                elif near := difflib.get_close_matches(str(key), _MEMBERS, 1):
                    hint = f"did you mean {near[0]!r}?"
                self.told.error("correlation-form", f"a correlation has no {str(key)!r}", f"correlation.{key}", hint)

    def _type(self) -> str:
        kind = self.raw.get("type")
        if isinstance(kind, str) and kind in TYPES:
            return kind
        told = "the correlation has no type" if kind is None else f"there is no type of correlation {shorten(kind)}"
        near = difflib.get_close_matches(kind, TYPES, 1) if isinstance(kind, str) else []
        hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(TYPES)}"
        self.told.error("correlation-type", told, "type", hint)
        return ""

    def _timespan(self) -> int:
        span = self.raw.get("timespan")
        if span is None:
            self.told.error("correlation-timespan", "the correlation has no timespan", "timespan", _TIMESPAN_HINT)
            return 0
        found = _TIMESPAN.fullmatch(span) if isinstance(span, str) else None
        if found is None or not int(found.group(1)):
            self.told.error("correlation-timespan", f"{shorten(span)} is no timespan", "timespan", _TIMESPAN_HINT)
            return 0
        return int(found.group(1)) * _SECONDS[found.group(2)]

    def _names(self, key: str, code: str, what: str) -> tuple[str, ...]:
        """Read a list of names, or one."""
        named = self.raw.get(key)
        if named is None:
            return ()
        several = [named] if isinstance(named, str) else named
        if not isinstance(several, list) or not all(isinstance(name, str) and name for name in several):
            self.told.error(code, f"{key} is a list of {what}, not {shorten(named)}", key)
            return ()
        return tuple(dict.fromkeys(several))

    def _rules(self) -> tuple[str, ...]:
        names = self._names("rules", "correlation-rules", "ids and names")
        condition = self.raw.get("condition")
        if not names and self.type in TEMPORAL and isinstance(condition, str) and self.raw.get("rules") is None:
            return names_of(condition)
        if not names:
            hint = "list the ids or names of rules or correlations under 'rules'"
            self.told.error("correlation-rules", "the correlation refers to no rule", "rules", hint)
        elif len(names) == 1 and self.type in TEMPORAL:
            hint = "name at least two, or use event_count"
            self.told.warning("correlation-one-rule", f"{self.type} is about several rules, and this names one", "rules", hint)
        return names

    def _aliases(self) -> Mapping[str, Mapping[str, str]]:
        aliases = self.raw.get("aliases")
        if aliases is None:
            return {}
        read: dict[str, Mapping[str, str]] = {}
        hint = "write alias, then rule: field for each of the rules"
        if not isinstance(aliases, dict):
            self.told.error("correlation-aliases", f"aliases are a mapping, not {shorten(aliases)}", "aliases", hint)
            return read
        known = {canonical_name(name) for name in self.rules}
        for alias, fields in aliases.items():
            place = f"aliases.{alias}"
            if not isinstance(fields, dict) or not all(isinstance(name, str) and name for name in fields.values()):
                self.told.error("correlation-aliases", f"an alias maps rules to fields, not {shorten(fields)}", place, hint)
                continue
            by_rule = {canonical_name(str(rule)): name for rule, name in fields.items()}
            for rule in by_rule:
                if rule not in known:
                    told = f"the alias speaks of {rule!r}, which is none of the rules of this correlation"
                    self.told.error("correlation-aliases", told, place, f"its rules are {', '.join(self.rules) or 'none'}")
            for rule in self.rules:
                if canonical_name(rule) not in by_rule:
                    told = f"the alias names no field for the rule {rule!r}"
                    self.told.error("correlation-aliases", told, place, hint)
            read[str(alias)] = by_rule
            if alias not in self.group_by and alias not in _fields(self.raw.get("condition")):
                self.told.warning("correlation-unused-alias", "nothing uses the alias", place, "name it under group-by")
        return read

    def _read_condition(self) -> None:
        condition = self.raw.get("condition")
        if condition is None and self.type in TEMPORAL:
            self.condition = (("gte", str(len(self.rules))),)
        elif condition is None:
            self.told.error("correlation-condition", "the correlation has no condition", "condition", _CONDITION_HINT)
        elif isinstance(condition, str):
            self._extended(condition)
        elif isinstance(condition, dict):
            self._comparisons(condition)
        else:
            told = f"a condition is a mapping or, for temporal types, text, not {shorten(condition)}"
            self.told.error("correlation-condition", told, "condition", _CONDITION_HINT)

    def _extended(self, text: str) -> None:
        if self.type not in TEMPORAL:
            told = f"a condition over names of rules is for temporal and temporal_ordered, not for {self.type or 'this type'}"
            self.told.error("correlation-condition", told, "condition", _CONDITION_HINT)
            return
        try:
            self.terms, missing = read_terms(text, self.rules)
        except ConditionError as error:
            self.told.error(error.code, str(error), "condition", error.hint)
            return
        if missing:
            told = f"the condition does not refer to {', '.join(missing)}"
            hint = "take it out of 'rules', or say in the condition what it is for"
            self.told.error("correlation-condition", told, "condition", hint)

    def _comparisons(self, condition: Mapping[Any, Any]) -> None:
        for key in condition:
            if key not in (*COMPARISONS, "field", "percentile"):
                near = difflib.get_close_matches(str(key), COMPARISONS, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"the comparisons are {', '.join(COMPARISONS)}"
                self.told.error("correlation-condition", f"there is no comparison {str(key)!r}", f"condition.{key}", hint)
        read = []
        for key in COMPARISONS:
            if key in condition:
                number = _number(condition[key])
                if number is None:
                    told = f"a condition compares with a number, not with {shorten(condition[key])}"
                    self.told.error("correlation-condition", told, f"condition.{key}")
                else:
                    read.append((key, number))
        if not any(key in condition for key in COMPARISONS):
            self.told.error("correlation-condition", "the condition compares nothing", "condition", _CONDITION_HINT)
        elif not _possible(read):
            self.told.error("correlation-condition", "no number satisfies all of the condition", "condition")
        elif self.type in COUNTS and self.rules and not self._countable(read):
            most = f" to {len(self.rules)}" if self.type in TEMPORAL else ""
            told = f"{self.type} counts whole numbers from {self._least}{most}, and none of them satisfies the condition"
            self.told.warning("correlation-never", told, "condition", "compare with another number")
        self.condition = tuple(read)
        self._field(condition)
        self._percentile(condition)

    @property
    def _least(self) -> int:
        """The least that a window can hold, which begins at an event; it may be one without the value that is counted."""
        return 0 if self.type == "value_count" else 1

    def _countable(self, condition: list[tuple[str, str]]) -> bool:
        """Whether a count satisfies all comparisons; if one does, one next to a threshold or to an end does."""
        most = len(self.rules) if self.type in TEMPORAL else None
        holds = comparison([(how, Fraction(value)) for how, value in condition])
        near = [math.floor(Fraction(value)) + step for _, value in condition for step in (-1, 0, 1, 2)]
        counts = (self._least, *near, *(() if most is None else (most,)))
        return any(count >= self._least and (most is None or count <= most) and holds(count, 1) for count in counts)

    def _field(self, condition: Mapping[Any, Any]) -> None:
        fields = _fields(condition)
        wanted = self.type == "value_count" or self.type in NUMERIC
        if "field" not in condition:
            if wanted:
                hint = "add 'field: NAME' to the condition"
                self.told.error("correlation-field", f"{self.type} does not say the values of which field", "condition", hint)
        elif not fields:
            told = f"the field is a name, not {shorten(condition['field'])}"
            self.told.error("correlation-field", told, "condition.field")
        elif not wanted and self.type:
            hint = "use value_count to count the values of a field" if self.type == "event_count" else "take it out"
            self.told.error("correlation-field", f"{self.type} looks at no field", "condition.field", hint)
        elif len(fields) > 1 and self.type in NUMERIC:
            self.told.error("correlation-field", f"{self.type} is about the values of one field", "condition.field")
        self.field = fields

    def _percentile(self, condition: Mapping[Any, Any]) -> None:
        if self.type == "value_percentile":
            if "percentile" not in condition:
                hint = "add 'percentile: 95' to the condition, or another number from 0 to 100"
                self.told.error("correlation-percentile", "the correlation does not say which percentile", "condition", hint)
                return
            number = _number(condition["percentile"])
            if number is None or not 0 <= Fraction(number) <= _MOST_PERCENT:
                told = f"a percentile is a number from 0 to 100, not {shorten(condition['percentile'])}"
                self.told.error("correlation-percentile", told, "condition.percentile")
            self.percentile = number
        elif "percentile" in condition and self.type:
            told = f"{self.type} has no percentile"
            self.told.error("correlation-percentile", told, "condition.percentile", "use value_percentile, or take it out")

    def generate(self, document: Mapping[str, Any]) -> bool:
        """Read ``generate``, which the specification shows beside ``correlation`` and pySigma reads inside."""
        for place, value in (("correlation.generate", self.raw.get("generate")), ("generate", document.get("generate"))):
            if value is not None and not isinstance(value, bool):
                self.told.error("correlation-generate", f"generate is true or false, not {shorten(value)}", place)
            elif value:
                return True
        return False


def _fields(condition: Any) -> tuple[str, ...]:
    """Give the fields that a condition names, if they are names."""
    named = condition.get("field") if isinstance(condition, dict) else None
    several: Iterable[Any] = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    several = list(several)
    return tuple(dict.fromkeys(several)) if several and all(isinstance(name, str) and name for name in several) else ()


def _number(value: Any) -> str | None:
    """Write a threshold as exact decimal text; text that is a number counts as one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return canonical(value)
    if isinstance(value, str) and len(value) <= MAX_DIGITS and _DECIMAL.fullmatch(value):
        return value
    return None


def _possible(condition: list[tuple[str, str]]) -> bool:
    """Whether some number satisfies all comparisons; only ranges can be empty."""
    low = max((Fraction(value) for how, value in condition if how in {"gt", "gte", "eq"}), default=None)
    high = min((Fraction(value) for how, value in condition if how in {"lt", "lte", "eq"}), default=None)
    if low is None or high is None or low < high:
        return True
    open_ends = any(Fraction(value) == low for how, value in condition if how in {"gt", "lt", "neq"})
    return low == high and not open_ends
