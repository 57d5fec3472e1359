"""Explaining a match of a scan: its rule, its file and its row are in it."""

import operator
from collections.abc import Mapping
from typing import Any

from sigtrawl.errors import UsageError
from sigtrawl.explanation.ask import explain_rule
from sigtrawl.explanation.find import of_events
from sigtrawl.explanation.model import Explanation
from sigtrawl.matches import Origin
from sigtrawl.plan import Plan, RuleEntry


def explain_match(origin: Origin, match: Mapping[str, Any]) -> Explanation:
    """Explain a match, given as a row of `sigtrawl.Matches`.

    Raises:
        UsageError: It is no match, one of another rule set, or a correlation's result.
    """
    if origin.asked.key is not None:
        raise UsageError("matches with a key do not know the row that they are of; match again without it to explain one")
    plan = origin.ruleset.plan()
    for name in ("rule_title", "row"):
        if name not in match:
            raise UsageError(f"this is no match: it has no {name!r}; give a row of the matches, or its number")
    row = number_of(match["row"])
    if row is None:
        raise UsageError(f"this is no match: its 'row' is {match['row']!r}, and must be an integer")
    return explain_rule(plan, _rule_of(plan, match), origin.events, origin.asked, row, match.get("file"))


def number_of(value: object) -> int | None:
    """Read an integer, also one of another library; None for anything else, and for truth values, which Python counts with."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def _rule_of(plan: Plan, match: Mapping[str, Any]) -> RuleEntry:
    """Find the rule; one without an id is told by its file or its title, as in the match."""
    identifier, title = match.get("rule_id"), match["rule_title"]
    for entry in plan.rules:
        if identifier == entry.id and (identifier or title == (entry.path or entry.title)):
            return entry
    raise UsageError(of_events(plan, identifier or title) or f"no rule of these matches is {identifier or title!r}")
