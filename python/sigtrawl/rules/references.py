"""Who refers to whom: correlations, tied to their rules when everything is loaded.

References go across files and in any order, so they are looked up at the end. Whatever refers to something that is not there, is
bad itself, or leads back to where it began, is invalid, and so is all that refers to it: each gets an error that names the other.

A correlation that was selected needs its rules, selected or not. The loader keeps unselected documents aside, and those that are
needed are read here; they are matched, and their matches are not put out.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sigtrawl.correlation.entry import CorrelationEntry, Reference
from sigtrawl.errors import RuleError
from sigtrawl.rules.correlations import Correlation
from sigtrawl.rules.names import Directory, canonical_name
from sigtrawl.rules.rule import NEEDS_VALUES, READY, Rule
from sigtrawl.rules.selection import Selection

Document: TypeAlias = Rule | Correlation


@dataclass(slots=True)
class Resolved:
    """What resolving gives.

    Attributes:
        correlations: Those that are usable, each after all that it refers to.
        bad: Those that are not, each with the reasons.
    """

    correlations: list[Correlation] = field(default_factory=list)
    bad: list[tuple[Correlation, list[RuleError]]] = field(default_factory=list)


def resolve(rules: Sequence[Rule], correlations: Sequence[Correlation], refused: Mapping[str, str]) -> Resolved:
    """Tie correlations to what they refer to.

    Args:
        rules: All usable rules.
        correlations: All readable correlations.
        refused: Ids and names of documents that are bad, each with what it is called in a message.
    """
    return _Resolver(rules, correlations, refused).run(correlations)


class _Resolver:
    def __init__(self, rules: Sequence[Rule], correlations: Sequence[Correlation], refused: Mapping[str, str]) -> None:
        self.directory: Directory[Document] = Directory([*rules, *correlations])
        self.refused = refused
        self.result = Resolved()
        self.settled: dict[int, bool] = {}
        self.open: list[Correlation] = []

    def run(self, correlations: Sequence[Correlation]) -> Resolved:
        for one in correlations:
            self._settle(one)
        return self.result

    def _settle(self, one: Correlation) -> bool:
        """Resolve a correlation after all that it refers to; false if it is not usable."""
        if id(one) in self.settled:
            return self.settled[id(one)]
        self.open.append(one)
        complaints = [self._complaint(one, name) for name in one.rules]
        self.open.pop()
        errors = [error for error in (*complaints, *self._named_twice(one)) if error is not None]
        self.settled[id(one)] = not errors
        if errors:
            self.result.bad.append((one, errors))
        else:
            self.result.correlations.append(self._with_state(one))
        return not errors

    def _complaint(self, one: Correlation, name: str) -> RuleError | None:
        """Say what is wrong with a reference."""

        def error(code: str, message: str, hint: str | None = None) -> RuleError:
            return RuleError(code, message, one.file, one.id, one.title, "rules", hint)

        found = self.directory.find(name)
        if not found:
            if (bad := self.refused.get(canonical_name(name))) is not None:
                return error("bad-reference", f"it refers to {bad}, which cannot be used", "repair that first")
            near = difflib.get_close_matches(name, self.directory.names(), 1)
            hint = f"did you mean {near[0]!r}?" if near else "load the rule together with the correlation; give its id or name"
            return error("unknown-rule", f"there is no rule {name!r}", hint)
        if len(found) > 1:
            files = " and ".join(f"{document.title!r} in {document.file}" for document in found[:2])
            return error("ambiguous-rule", f"{name!r} is the name of {len(found)} rules: {files}", "refer to it by its id")
        target = found[0]
        if not isinstance(target, Correlation):
            return None
        if any(target is other for other in self.open):
            place = next(number for number, other in enumerate(self.open) if other is target)
            chain = " → ".join(repr(other.title) for other in (*self.open[place:], target))
            return error("correlation-cycle", f"it refers to itself: {chain}", "take one of the references out")
        if not self._settle(target):
            return error("bad-reference", f"it refers to {target.title!r}, which cannot be used", "repair that first")
        return None

    def _named_twice(self, one: Correlation) -> Iterator[RuleError]:
        """Complain of a rule that is named by its id and by its name: it would be two rules, and one event two."""
        first: dict[int, str] = {}
        for name in one.rules:
            for target in self.directory.find(name)[:1]:
                before = first.setdefault(id(target), name)
                if before != name:
                    told = f"{before!r} and {name!r} are one rule: {target.title!r}"
                    yield RuleError("correlation-rules", told, one.file, one.id, one.title, "rules", "name it once")

    def _with_state(self, one: Correlation) -> Correlation:
        known: list[Document] = [self._current(self.directory.find(name)[0]) for name in one.rules]
        missing = tuple(dict.fromkeys(name for document in known for name in document.placeholders))
        return replace(one, placeholders=missing, state=NEEDS_VALUES if missing else READY)

    def _current(self, document: Document) -> Document:
        """Give a correlation as it was resolved, with its state."""
        if isinstance(document, Correlation):
            return next(one for one in self.result.correlations if one.raw is document.raw)
        return document


def closure(wanted: Iterable[Correlation], pool: Sequence[Document]) -> list[Document]:
    """Give everything that correlations need, without themselves, in the order of the pool."""
    directory = Directory(pool)
    needed: set[int] = set()
    waiting = list(wanted)
    while waiting:
        for name in waiting.pop().rules:
            for document in directory.find(name):
                if id(document) not in needed:
                    needed.add(id(document))
                    if isinstance(document, Correlation):
                        waiting.append(document)
    return [document for document in pool if id(document) in needed]


def matched_for(correlations: Iterable[Correlation], pool: Sequence[Document]) -> list[Document]:
    """Give what is matched because correlations need it: nothing for one that waits, which does not run."""
    return closure((one for one in correlations if one.state == READY), pool)


def on_selected_sources(one: Correlation, pool: Sequence[Document], selection: Selection) -> bool:
    """Whether one of a correlation's rules has the log source that is asked for; it has none of its own."""
    if not selection.logsource:
        return True
    rules = [document for document in closure([one], pool) if isinstance(document, Rule)]
    return any(selection.takes_source(rule.raw) for rule in rules)


def lowered(
    correlations: Sequence[Correlation], rules: Sequence[Rule], place_of: Callable[[Rule], int | None]
) -> list[CorrelationEntry]:
    """Give what a Plan holds of correlations, which stand after all that they refer to."""
    directory: Directory[Document] = Directory([*rules, *correlations])
    places = {id(one): place for place, one in enumerate(correlations)}
    return [_entry(one, directory, place_of, places) for one in correlations]


def _entry(
    one: Correlation, directory: Directory[Document], place_of: Callable[[Rule], int | None], places: Mapping[int, int]
) -> CorrelationEntry:
    references = []
    for name in one.rules if one.state == READY else ():
        target = directory.find(name)[0]
        group_by, looked_at = (tuple(_field(one, stated, name) for stated in several) for several in (one.group_by, one.field))
        if isinstance(target, Rule):
            references.append(Reference(place_of(target), None, group_by, looked_at))
        else:
            by_rule = _by_rule(target, group_by, looked_at, directory, place_of)
            references.append(Reference(None, places[id(target)], group_by, looked_at, by_rule))
    return CorrelationEntry(
        id=one.id,
        title=one.title,
        name=one.name,
        status=one.status,
        level=one.level,
        author=one.author,
        tags=one.tags,
        path=one.path,
        type=one.type,
        references=tuple(references),
        timespan=one.timespan,
        condition=one.condition,
        field=one.field,
        percentile=one.percentile,
        terms=one.terms,
        generate=one.generate,
        placeholders=one.placeholders,
    )


def _by_rule(
    target: Correlation,
    group_by: tuple[str, ...],
    looked_at: tuple[str, ...],
    directory: Directory[Document],
    place_of: Callable[[Rule], int | None],
) -> tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...]:
    """Give, for the rules whose events a correlation's results may look like, what fields are called there, if otherwise."""
    stated = (*group_by, *looked_at)
    found: dict[int, tuple[str, ...]] = {}
    for rule, names in _in_events(target, stated, directory, set()):
        if (place := place_of(rule)) is not None:
            found.setdefault(place, names)  # a rule that is reached in two ways has its fields by the first of them
    split = len(group_by)
    return tuple((place, names[:split], names[split:]) for place, names in found.items() if names != stated)


def _in_events(
    one: Correlation, names: tuple[str, ...], directory: Directory[Document], seen: set[tuple[int, tuple[str, ...]]]
) -> Iterator[tuple[Rule, tuple[str, ...]]]:
    """Follow names through the aliases of a correlation, and of those inside it, to the rules; no way twice."""
    if (id(one), names) in seen:
        return
    seen.add((id(one), names))
    for reference in one.rules:
        target = directory.find(reference)[0]
        own = tuple(_field(one, name, reference) for name in names)
        if isinstance(target, Rule):
            yield target, own
        else:
            yield from _in_events(target, own, directory, seen)


def _field(one: Correlation, stated: str, rule: str) -> str:
    """Give the field that a name stands for in the events of a rule."""
    alias = one.aliases.get(stated)
    return stated if alias is None else alias[canonical_name(rule)]
