"""Filters: conditions that are ANDed to rules, so that one piece of tuning serves many of them.

A filter is applied while rules are loaded, and from then on there is no filter: nothing after this knows of it. The condition is
ANDed as it is written, which is what pySigma does; a filter that takes matches away therefore says ``not selection``, and one
without any ``not`` gets a warning, because the example in the specification reads the other way round. Its condition is
lowered by itself, so its identifiers and the rule's never meet.

Under pySigma pipelines a rule goes through them together with its filters, as one rule (`rules.pipelines.joining`): a pipeline
that renames the fields of some log sources renames the filter's there, and there only, and what a step adds is added once.

A filter that waits for placeholder values lets the rules wait that it would be applied to: without it they would match more
than somebody decided they should.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sigtrawl.errors import RuleError
from sigtrawl.plan import LogSource, Node, all_of
from sigtrawl.rules import compat
from sigtrawl.rules.detections import lower_detection
from sigtrawl.rules.documents import Document
from sigtrawl.rules.literals import shorten
from sigtrawl.rules.names import canonical_name
from sigtrawl.rules.outline import same_form
from sigtrawl.rules.placeholders import Values
from sigtrawl.rules.rule import NEEDS_VALUES, READY, Gatherer, Rule, refuse_repeated, warn_of_readings

if TYPE_CHECKING:
    from sigtrawl.rules.pipelines import Pipelines
    from sigtrawl.rules.pipelines.joining import Section

ANY = "any"
_RULES_HINT = "name rules by id or name, or write 'rules: any' for all of this log source"


@dataclass(frozen=True, slots=True)
class Filter:
    """One usable filter.

    Attributes:
        id: Its UUID in canonical form, or None.
        title: Its title.
        logsource: It is applied only to rules whose log source has every attribute that this one states.
        rules: The rules that it names, by id or name; None is all of the log source.
        path: Its file, relative to the folder that was searched.
        file: Its file, as the caller can open it.
        state: ``ready`` or ``needs-values``.
        condition: What is ANDed to a rule; None while it waits.
        placeholders: The placeholders that it waits for.
        warnings: What its author should look at.
        raw: The mapping that it was read from.
    """

    id: str | None
    title: str
    logsource: LogSource
    rules: tuple[str, ...] | None
    path: str
    file: str
    state: str
    condition: Node | None = field(repr=False)
    placeholders: tuple[str, ...]
    warnings: tuple[RuleError, ...] = field(repr=False)
    raw: Mapping[str, Any] = field(repr=False)

    def names(self, id_: str | None, name: str | None) -> bool:
        """Whether it names a rule of this id and name."""
        if self.rules is None:
            return True
        return any(known is not None and canonical_name(known) in self.rules for known in (id_, name))

    def covers(self, source: LogSource) -> bool:
        """Whether a rule of this log source is within its own."""
        mine = self.logsource
        return (
            (mine.product is None or mine.product == source.product)
            and (mine.category is None or mine.category == source.category)
            and (mine.service is None or mine.service == source.service)
        )


def read_filter(document: Document, path: str, file: str, given: Values) -> tuple[Filter | None, list[RuleError]]:
    """Make the filter of a document that has a ``filter``, or say everything that is wrong with it."""
    raw = document.content
    told = Gatherer(raw, file)
    warn_of_readings(document, told, "filter")
    refuse_repeated(document, told)
    meta, complaints = compat.read_metadata({key: value for key, value in raw.items() if key != "filter"})
    for complaint in complaints:
        told.error(complaint.code, complaint.message, complaint.key, complaint.hint)
    section = raw["filter"]
    if not isinstance(section, dict):
        told.error("filter-form", f"a filter is a mapping with rules and a condition, not {shorten(section)}", "filter")
        return None, told.errors
    names = _rules(section, told)
    condition = section.get("condition")
    if isinstance(condition, list):
        told.error("filter-condition", "a filter has one condition", "condition", "link its parts with 'and' or 'or'")
        return None, told.errors
    detection = {key: value for key, value in section.items() if key != "rules"}
    before = len(told.errors)
    lowering = lower_detection(detection, given, told.error)
    if len(told.errors) == before and (form := compat.check_form(detection)) is not None:
        told.error(form.code, form.message, "filter", form.hint)
    if told.errors or meta is None:
        return None, told.errors
    for name in lowering.unused:
        told.warning("unused-identifier", "the condition does not refer to this detection", name)
    if isinstance(condition, str) and "not" not in condition.replace("(", " ").split():
        told.warning(
            "filter-without-not",
            "the condition is ANDed as it is written, so rules then match only what it describes",
            "condition",
            "write 'not' before it if it describes what is fine",
        )
    source = meta.logsource
    made = Filter(
        id=str(meta.id) if meta.id is not None else None,
        title=meta.title,
        logsource=LogSource(source.product, source.category, source.service),
        rules=names,
        path=path,
        file=file,
        state=NEEDS_VALUES if lowering.missing else READY,
        condition=lowering.node,
        placeholders=lowering.missing,
        warnings=tuple(told.warnings),
        raw=raw,
    )
    return made, []


def _rules(section: Mapping[str, Any], told: Gatherer) -> tuple[str, ...] | None:
    """Read which rules are meant; None is all of them."""
    named = section.get("rules")
    if isinstance(named, str):
        named = [named]
    if isinstance(named, list) and len(named) == 1 and isinstance(named[0], str) and named[0].lower() == ANY:
        return None
    if named is None:
        told.error("filter-rules", "the filter does not say which rules it is for", "rules", _RULES_HINT)
    elif not isinstance(named, list) or not named:
        told.error("filter-rules", f"rules are a list of ids and names, not {shorten(named)}", "rules", _RULES_HINT)
    else:
        for name in named:
            if not isinstance(name, str) or not name.strip():
                told.error("filter-rules", f"{shorten(name)} is neither an id nor a name", "rules", _RULES_HINT)
        return tuple(canonical_name(name) for name in named if isinstance(name, str))
    return ()


def apply_filters(rules: list[Rule], filters: list[Filter]) -> list[Rule]:
    """AND to each rule the conditions of the filters that are for it."""
    return [_filtered(rule, filters) for rule in rules] if filters else rules


def _filtered(rule: Rule, filters: list[Filter]) -> Rule:
    mine = _for(rule, filters)
    return _anded(rule, mine, [(one.condition, one.placeholders) for one in mine])


@dataclass(frozen=True, slots=True)
class Through:
    """What became of a rule in the pipelines.

    Attributes:
        rule: The rule with its filters; None if it was refused.
        errors: Why.
        thinned: Filters of which the pipelines dropped a part, and the names of the detections that it was in.
    """

    rule: Rule | None
    errors: tuple[RuleError, ...] = ()
    thinned: tuple[tuple[Filter, str], ...] = ()


def through(rule: Rule, filters: list[Filter], pipelines: "Pipelines", given: Values) -> Through:
    """Send a rule through the pipelines, together with the filters that are for it."""
    from sigtrawl.rules.pipelines import apply

    mine = _for(rule, filters)
    before = _anded(rule, mine, [(one.condition, one.placeholders) for one in mine])
    told = Gatherer(rule.raw, rule.file)
    meta, _ = compat.read_metadata(rule.raw)
    if meta is None:
        raise TypeError(f"a rule whose metadata cannot be read was kept: {rule.title!r}")
    applied = apply(pipelines, meta, rule.raw["detection"], rule.conditions, given, told.error, sections(rule, filters))
    if applied is None or told.errors:
        return Through(None, tuple(told.errors))
    made = replace(
        before,
        condition=applied.node,
        placeholders=applied.missing,
        state=NEEDS_VALUES if applied.missing else READY,
        logsource=applied.logsource,
        worded=not applied.reworded and same_form(before.condition, applied.node),
    )
    return Through(made, (), tuple((mine[number], names) for number, names in applied.thinned))


def sections(rule: Rule, filters: list[Filter]) -> "list[Section]":
    """Give the filters that are for a rule as they go through the pipelines with it."""
    mine = _for(rule, filters)
    return [(one.title, {key: value for key, value in one.raw["filter"].items() if key != "rules"}) for one in mine]


def thinned(one: Filter, names: str, rules: list[Rule]) -> RuleError:
    """Warn of a filter of which pipelines dropped a part, so that it takes away what it does not say."""
    others = f" and in {len(rules) - 1:,} more" if len(rules) > 1 else ""
    told = f"in {rules[0].title!r}{others} the pipelines drop a part of it ({names}), so it covers other events than it says"
    hint = "keep its fields, or say it without them"
    return RuleError("filter-thinned", told, one.file, one.id, one.title, names.partition(",")[0], hint, READY)


def _for(rule: Rule, filters: list[Filter]) -> list[Filter]:
    return [one for one in filters if one.covers(rule.stated) and one.names(rule.id, rule.name)]


def _anded(rule: Rule, mine: list[Filter], parts: list[tuple[Node | None, tuple[str, ...]]]) -> Rule:
    if not mine:
        return rule
    missing = tuple(dict.fromkeys((*rule.placeholders, *(name for _, names in parts for name in names))))
    nodes = [rule.condition, *(node for node, _ in parts)]
    whole = [node for node in nodes if node is not None]
    return replace(
        rule,
        condition=None if missing else all_of(whole),
        placeholders=missing,
        state=NEEDS_VALUES if missing else rule.state,
        filters=tuple(one.title for one in mine),
    )


def unused(one: Filter, rules: list[Rule], known: frozenset[str], *, left_out: bool) -> RuleError | None:
    """Warn of a filter that was applied to nothing.

    Args:
        one: The filter.
        rules: All rules that were read.
        known: The ids and names of rules that the selection left out, to which it may be applied in another run.
        left_out: Whether the selection left out some rule.
    """
    named = [rule for rule in rules if one.names(rule.id, rule.name)]
    if any(one.covers(rule.stated) for rule in named):
        return None
    if (one.rules is None and left_out) or any(name in known for name in one.rules or ()):
        return None
    if one.rules is not None and named:
        told = f"the log source of {named[0].title!r} is not within that of the filter"
        hint = "a filter covers rules that have every attribute of its log source"
    elif one.rules is None:
        told, hint = "no rule is within its log source", "is the log source the one that the rules state?"
    else:
        told = f"none of the rules that it names is loaded: {', '.join(one.rules)}"
        hint = "load the rules together with their filters"
    return RuleError("filter-unused", f"it was applied to no rule: {told}", one.file, one.id, one.title, "rules", hint, READY)
