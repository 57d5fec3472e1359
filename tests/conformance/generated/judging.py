"""Generated events as tables, and the two engines' judgement of them.

Events are judged many at a time. Those that have the same fields go into one table, so that a table holds few columns that are
not in an event; where a column must be missing altogether, the table is made of events that all lack it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import polars as pl
import pyarrow as pa
from tests.conformance.generated.events import Event

import sigtrawl as st
from sigtrawl.plan import Plan
from sigtrawl.reference import run

Pairs: TypeAlias = set[tuple[int, int]]

ROWS = 16_000
"""Rows of a table."""


def table_of(events: list[Event]) -> pa.Table:
    """Make a table of text columns, one for each field that some event has."""
    names = sorted({name for event in events for name in event})
    columns = {name: pa.array([event.get(name) for event in events], pa.string()) for name in names}
    return pa.table(columns) if columns else pa.table({"nothing": pa.nulls(len(events), pa.string())})


def chunks(numbers: Iterable[int], events: list[Event], rows: int = ROWS) -> Iterator[list[int]]:
    """Cut events, given by their places, into tables' worth; those with the same fields stay together."""
    ordered = sorted(numbers, key=lambda number: sorted(events[number]))
    for start in range(0, len(ordered), rows):
        yield ordered[start : start + rows]


def part_of(plan: Mapping[str, Any], rules: list[int]) -> dict[str, Any]:
    """Make a Plan of some of a Plan's rules, with the predicates that they use."""
    places: dict[int, int] = {}

    def renumbered(node: Any) -> Any:
        if isinstance(node, int):
            return places.setdefault(node, len(places))
        ((kind, inside),) = node.items()
        return {kind: renumbered(inside) if kind == "not" else [renumbered(child) for child in inside]}

    chosen = [
        {**plan["rules"][rule], "id": str(rule), "condition": renumbered(plan["rules"][rule]["condition"])} for rule in rules
    ]
    return {**plan, "predicates": [plan["predicates"][place] for place in places], "rules": chosen, "waiting": []}


def judge(plan: Mapping[str, Any], table: pa.Table) -> tuple[Pairs, Pairs]:
    """Give the (row, rule) pairs of the core and of the reference evaluator; a rule is its id, a number."""
    compiled = st.compile(Plan.from_json(json.dumps(plan)))
    found = compiled.match(table, schema="none", columns=[]).to_polars()
    core = {(row, int(rule)) for row, rule in found.select("row", "rule_id").iter_rows()}
    ids = [int(rule["id"]) for rule in plan["rules"]]
    reference = run(plan, pl.DataFrame(table), mapping=None, schema_none=True)
    return core, {(row, ids[rule]) for row, rule in reference.matches}
