"""Fields of correlations that no column answers.

A rule whose field is missing is told so by binding. A correlation groups and counts by fields that no rule need ask about, and a
mistyped one would be null in every event: all of them one group, or nothing to count. So binding is asked about them too, by
rules that test nothing but whether such a field is there, each with the log source of a rule whose events it is read from.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sigtrawl.correlation.entry import CorrelationEntry, rules_of
from sigtrawl.plan import LogSource, Plan, PlanBuilder, Predicate, RuleEntry

Check = Callable[[bytes], bytes]
"""Binds the rules of a Plan's JSON to the inputs of a scan, and gives the report's."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What of a correlation's fields no column answers.

    Attributes:
        fields: The names, sorted.
        near: Of some of them, the column that is most likely meant.
        value: Whether the looked-at values are missing from all of its events, so that there is nothing to count.
    """

    fields: tuple[str, ...] = ()
    near: Mapping[str, str] = field(default_factory=dict)
    value: bool = False


def missing_fields(plan: Plan, check: Check) -> list[Missing]:
    """Give for each correlation of a Plan what is missing on all inputs together."""
    asked: dict[tuple[LogSource, str], int] = {}
    builder = PlanBuilder()
    for entry in plan.correlations:
        for rule, _, names in _reads(entry, plan):
            for name in names:
                source = plan.rules[rule].logsource
                if (source, name) not in asked:
                    asked[source, name] = len(asked)
                    builder.add(RuleEntry(None, name, logsource=source, condition=Predicate(name, "exists")))
    if not asked:
        return [Missing()] * len(plan.correlations)
    told = json.loads(check(builder.build().to_json()))["rules"]
    states = {key: told[place] for key, place in asked.items()}
    return [_missing(entry, plan, states) for entry in plan.correlations]


def _reads(entry: CorrelationEntry, plan: Plan) -> Iterator[tuple[int, bool, tuple[str, ...]]]:
    """Give the rules in whose events a correlation reads fields, whether it looks at them or groups by them, and their names."""
    for one in entry.references:
        inner = (one.rule,) if one.rule is not None else rules_of(one.correlation or 0, plan.correlations)
        for rule in inner:
            group_by, looked_at = one.in_events_of(rule)
            yield rule, False, group_by
            yield rule, True, looked_at


def _missing(entry: CorrelationEntry, plan: Plan, states: Mapping[tuple[LogSource, str], Mapping[str, object]]) -> Missing:
    fields: dict[str, str | None] = {}
    there: list[bool] = []
    for rule, looked_at, names in _reads(entry, plan):
        told: Sequence[Mapping[str, object]] = [states[plan.rules[rule].logsource, name] for name in names]
        lost = [state["state"] == "inert" for state in told]
        for name, state, gone in zip(names, told, lost, strict=True):
            if gone:
                near = state.get("near")
                fields[name] = near.get(name) if isinstance(near, Mapping) else None
        if looked_at and names:
            there.append(not any(lost))
    near_columns = {name: column for name, column in sorted(fields.items()) if column is not None}
    return Missing(tuple(sorted(fields)), near_columns, value=bool(there) and not any(there))
