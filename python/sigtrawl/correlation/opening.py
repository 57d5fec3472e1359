"""Beginning a scan of rules among which there are correlations.

The scan has to bring more than the caller will see: the columns that correlations group by. What the caller is to see is fixed
by opening the scan twice, which reads no row; data in memory may be there only once, and is asked for columns so that the
answer is known.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from sigtrawl.request import NO_SCHEMA, Request

if TYPE_CHECKING:
    from sigtrawl.correlation.missing import Missing
    from sigtrawl.matches import Stream
    from sigtrawl.plan import Plan
    from sigtrawl.ruleset import RuleSet

_IN_PLAN = re.compile(rb'"correlations"\s*:')


def correlating(ruleset: "RuleSet") -> "Plan | None":
    """Give the Plan if correlations in it can run, or rules are only there for them; without parsing it where there are none."""
    if _IN_PLAN.search(ruleset.native.plan()) is None:
        return None
    plan = ruleset.plan()
    return plan if any(not entry.waits for entry in plan.correlations) or any(rule.silent for rule in plan.rules) else None


def open_correlated(
    ruleset: "RuleSet",
    asked: Request,
    open_stream: "Callable[[RuleSet, Request], Stream]",
    check: "Callable[[RuleSet], bytes] | None" = None,
    part_states: "Callable[[RuleSet, str], Sequence[str]] | None" = None,
    *,
    twice: bool = True,
) -> "Stream":
    """Open a scan, with the results of correlations behind its matches if there are any.

    Args:
        ruleset: The rules.
        asked: How to scan.
        open_stream: Opens a scan of the rules that it is given.
        check: Gives the core's report of rules on all inputs; None for data in memory, whose columns the scan tells.
        part_states: Gives the states of rules on one file; None for data in memory, which is one input.
        twice: Whether it can be opened twice.

    Raises:
        SchemaError: Nothing tells the time of events that a correlation is about.
        UsageError: The key names a column that is not there, or one that a match has itself.
    """
    plan = correlating(ruleset)
    if plan is None:
        return open_stream(ruleset, asked)
    import polars as pl

    from sigtrawl.correlation.fields import columns_to_ask
    from sigtrawl.correlation.stream import CorrelatedStream
    from sigtrawl.frames import members_of

    rules = _numbered(ruleset)
    also = (*columns_to_ask((entry for entry in plan.correlations if not entry.waits), asked), *(asked.key or ()))
    by_row = replace(asked, also=also, key=None)  # correlations tell events apart by where they lie
    if twice:
        seen = open_stream(rules, asked)
        members: Sequence[str] | None = members_of(pl.Schema(cast("Any", seen)))
        seen.close()
        base = open_stream(rules, by_row)
    else:
        base = open_stream(rules, by_row)
        members = members_of(pl.Schema(cast("Any", base)))
        _demand_key(asked.key or (), members)
        if asked.columns == "all":
            members = [name for name in members if not name.startswith("_")]
        elif not isinstance(asked.columns, str):
            members = list(dict.fromkeys(asked.columns))
    try:
        demand_time_of(plan, base.report(), part_states)
        missing = fields_missing(plan, check or (lambda fields: _check_event(fields, base, asked)))
        everything = members_of(pl.Schema(cast("Any", base)))
        return CorrelatedStream(plan, base, asked, None if members == everything else members, also, missing)
    except BaseException:
        base.close()
        raise


def fields_missing(plan: "Plan", check: "Callable[[RuleSet], bytes]") -> "list[Missing]":
    """Give for each correlation which of its fields no column answers; ``check`` as in `open_correlated`."""
    from sigtrawl.correlation.missing import missing_fields
    from sigtrawl.ruleset import RuleSet

    return missing_fields(plan, lambda fields: check(RuleSet.from_plan(fields)))


def _check_event(fields: "RuleSet", base: "Stream", asked: Request) -> bytes:
    """Bind to the columns that the events of a scan in memory have; what they are read by is known from the whole table."""
    import json

    import polars as pl

    from sigtrawl import _native

    event = pl.Schema(cast("Any", base))["event"]
    columns = pl.Schema({one.name: one.dtype for one in event.fields} if isinstance(event, pl.Struct) else {})
    schema = json.loads(base.report())["inputs"][0]["schema"] or NO_SCHEMA
    return _native.check_schema(fields.native, columns, replace(asked, schema=schema, columns=(), own=(), inputs=()).options())


def part_of(plan: "Plan", rules: Sequence[int]) -> "RuleSet":
    """Compile some of a Plan's rules."""
    from sigtrawl.plan import Plan
    from sigtrawl.ruleset import RuleSet

    return RuleSet.from_plan(Plan(plan.predicates, tuple(plan.rules[place] for place in rules)))


def demand_time_of(plan: "Plan", report: bytes, part_states: "Callable[[RuleSet, str], Sequence[str]] | None") -> None:
    """Refuse tables that do not tell the time of events that a correlation is about; see `open_correlated`.

    Raises:
        SchemaError: There is such a table.
    """
    from sigtrawl.correlation.states import demand_time, rule_states

    def states_on(rules: Sequence[int], file: str | None) -> Sequence[str]:
        if part_states is None or file is None:
            known = rule_states(report)
            return [known[place] for place in rules]
        return part_states(part_of(plan, rules), file)

    demand_time(plan, report, states_on)


def _demand_key(key: Sequence[str], members: Sequence[str]) -> None:
    """Refuse a key that the core was not asked for, as the core would."""
    from sigtrawl.errors import UsageError
    from sigtrawl.matches import COLUMNS, PLACE

    for name in key:
        if name not in members:
            raise UsageError(f"no input has a column {name}")
        if name in COLUMNS and name not in PLACE:
            raise UsageError(f"the key cannot hold the column {name}, because a match has a column of that name itself")


@lru_cache(maxsize=4)
def _numbered(ruleset: "RuleSet") -> "RuleSet":
    """Compile the rules with their places as ids, once for each of the last few rule sets."""
    from sigtrawl.correlation.stream import by_place
    from sigtrawl.ruleset import RuleSet

    return RuleSet.from_plan(by_place(ruleset.plan()))
