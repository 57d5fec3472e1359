"""Finding the one rule that is meant."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Protocol, TypeVar

from sigtrawl.correlation.entry import CorrelationEntry
from sigtrawl.errors import UsageError
from sigtrawl.plan import Plan, RuleEntry

SHOWN_CHOICES = 5


class Entry(Protocol):
    """What rules and correlations are called by."""

    @property
    def id(self) -> str | None:
        """Its id."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def name(self) -> str | None:
        """The name by which correlations refer to it."""

    @property
    def path(self) -> str | None:
        """Its file."""


_Entry = TypeVar("_Entry", bound=Entry)


def find_rule(plan: Plan, wanted: str) -> RuleEntry:
    """Find a rule, also a waiting one; see `find_entry`.

    Raises:
        UsageError: There is none, several, or a correlation is meant.
    """
    entries: tuple[RuleEntry | CorrelationEntry, ...] = (*plan.rules, *plan.waiting, *plan.correlations)
    entry = find_entry(entries, wanted)
    if isinstance(entry, CorrelationEntry):
        raise UsageError(_of_events(entry, plan))
    return entry


def of_events(plan: Plan, wanted: str) -> str | None:
    """Say why a correlation is not explained, if an id or a title is one's."""
    named = (entry for entry in plan.correlations if wanted in {entry.id, entry.title})
    return next((_of_events(entry, plan) for entry in named), None)


def _of_events(entry: CorrelationEntry, plan: Plan) -> str:
    rules = ", ".join(plan.rules[one.rule].title for one in entry.references if one.rule is not None)
    through = f"; explain a rule that it refers to ({rules})" if rules else ""
    return f"{entry.title!r} is a correlation: its result is about many events, which its column `correlated` lists{through}"


def find_entry(entries: Sequence[_Entry], wanted: str) -> _Entry:
    """Find an entry by its id or the beginning of it, its title or a part of it, its name, or its file.

    Raises:
        UsageError: There is none, or several.
    """
    text = wanted.casefold()
    for found in (
        [entry for entry in entries if _is(entry, text, wanted)],
        [entry for entry in entries if (entry.id or "").startswith(text)],
        [entry for entry in entries if text in entry.title.casefold()],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{wanted!r} means {_some(found)}; give one id")
    known = {word.casefold(): word for entry in entries for word in (entry.title, entry.name, entry.id) if word}
    close = get_close_matches(text, known, n=1)
    guess = f" (did you mean {known[close[0]]!r}?)" if close else ""
    raise UsageError(f"no rule is {wanted!r} by id or by title{guess}; sigtrawl rules lists the rules")


def only_rule(plan: Plan) -> RuleEntry:
    """Give the rule of a Plan that holds one.

    Raises:
        UsageError: It holds none, or several.
    """
    entries = (*plan.rules, *plan.waiting)
    if len(entries) != 1:
        if not entries:
            raise UsageError("there is no rule to explain")
        raise UsageError(f"one rule can be explained, and these are {_some(entries)}; name it by id or title (rule=…, --rule)")
    return entries[0]


def _is(entry: Entry, folded: str, wanted: str) -> bool:
    return folded in {(entry.id or "").casefold(), entry.title.casefold()} or wanted in {entry.path, entry.name}


def _some(entries: Sequence[Entry]) -> str:
    some = "; ".join(f"{entry.id or entry.path} ({entry.title})" for entry in entries[:SHOWN_CHOICES])
    more = f"; and {len(entries) - SHOWN_CHOICES:,} more" if len(entries) > SHOWN_CHOICES else ""
    return f"{len(entries):,} rules: {some}{more}"
