"""What a correlation can do on the inputs, and whether they can tell the time.

Its state follows from those of its rules: ``runs`` if all run in full; ``no-log-source`` if none has its log source there;
``inert`` if it can give no result whatever the others match; ``partial`` otherwise. Fields that no column answers make one
``partial``, because its events are then grouped otherwise than it says, and ``inert`` if they are what it counts.
"""

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from sigtrawl.correlation.entry import TEMPORAL, CorrelationEntry, rules_of
from sigtrawl.correlation.measures import comparison
from sigtrawl.correlation.missing import Missing
from sigtrawl.errors import SchemaError
from sigtrawl.plan import Plan

_ABLE = frozenset({"runs", "partial"})
_READABLE = frozenset({"whole", "part"})
NAMED = 5
"""So many inputs without a time are named in an error before the rest is only counted."""


def states(correlations: Sequence[CorrelationEntry], rules: Sequence[str]) -> list[str | None]:
    """Give the state of each correlation, by the states of the rules; None for one that waits for placeholders."""
    found: list[str | None] = []
    for entry in correlations:
        mine = [rules[one.rule] if one.rule is not None else found[one.correlation or 0] for one in entry.references]
        found.append(None if entry.waits else _state(entry, [state or "inert" for state in mine]))
    return found


def _state(entry: CorrelationEntry, mine: Sequence[str]) -> str:
    if all(state == "runs" for state in mine):
        return "runs"
    if all(state == "no-log-source" for state in mine):
        return "no-log-source"
    able = {place for place, state in enumerate(mine) if state in _ABLE}
    return "partial" if _possible(entry, able) else "inert"


def _possible(entry: CorrelationEntry, able: set[int]) -> bool:
    """Whether matches of these references alone can satisfy a condition."""
    if entry.type not in TEMPORAL:
        return bool(able)
    if entry.terms:
        return any(able.issuperset(there) for there, _ in entry.terms) and bool(able)
    holds = comparison([(how, Fraction(value)) for how, value in entry.condition])
    return any(holds(count, 1) for count in range(1, len(able) + 1))


def demand_time(plan: Plan, report: bytes, states_on: Callable[[Sequence[int], str | None], Sequence[str]]) -> None:
    """Refuse a correlation where it would lose events, because a table on which its rules can run does not tell the time.

    Args:
        plan: The rules.
        report: What binding said of the inputs.
        states_on: Gives the states of some rules, by their places, on one input.

    Raises:
        SchemaError: There is such a table.
    """
    timeless = [one for one in json.loads(report)["inputs"] if one["state"] in _READABLE and not one.get("time")]
    for number, entry in enumerate(plan.correlations):
        if entry.waits or not timeless:
            continue
        mine = sorted(rules_of(number, plan.correlations))
        found = [one["file"] or "the data" for one in timeless if _ABLE.intersection(states_on(mine, one["file"]))]
        if found:
            more = f" and {len(found) - NAMED:,} more inputs" if len(found) > NAMED else ""
            raise SchemaError(
                f"the correlation {entry.title!r} goes by the time of events, and no column tells it in "
                f"{', '.join(found[:NAMED])}{more}; name the column under 'time' in a schema mapping (--schema FILE), "
                "or leave the correlation out"
            )


def told(plan: Plan, report: bytes, missing: Sequence[Missing]) -> bytes:
    """Add to a report what it says of each correlation before any of its events is known."""
    raw = json.loads(report)
    raw["correlations"] = correlation_reports(plan, rule_states(report), missing)
    return json.dumps(raw).encode()


def correlation_reports(plan: Plan, rules: Sequence[str], missing: Sequence[Missing]) -> list[dict[str, Any]]:
    """Give the members of `sigtrawl.report.CorrelationReport`, with nothing counted yet."""
    nothing = dict.fromkeys(("results", "events", "without_time", "not_numbers"), 0)
    return [
        {
            "id": entry.id,
            "title": entry.title,
            "state": _with_fields(state, lost) or "needs-values",
            "silent": entry.silent,
            "missing": list(lost.fields),
            "near": dict(lost.near),
            **nothing,
        }
        for entry, state, lost in zip(plan.correlations, states(plan.correlations, rules), missing, strict=True)
    ]


def _with_fields(state: str | None, lost: Missing) -> str | None:
    if state not in _ABLE or not lost.fields:
        return state
    return "inert" if lost.value else "partial"


def rule_states(report: bytes) -> list[str]:
    """Read the states of the rules out of the core's report."""
    return [rule["state"] for rule in json.loads(report)["rules"]]
