"""Generated rules on generated tables: the core and the reference evaluator give the same answer, row by row.

The two share the lowering of rules and nothing else. What is generated is in `nasty`; every draw is fixed by a seed, so that a
failure here is a failure everywhere. A difference that was found becomes a vector in `tests/vectors` once it is settled.
"""

import json
from typing import Any

import polars as pl
import pyarrow as pa
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from tests.conformance import nasty
from tests.engines import Engine

import sigtrawl
from sigtrawl.plan import Plan, PlanBuilder, RuleEntry
from sigtrawl.reference import RegexNotTranslatableError, run
from sigtrawl.rules.detections import lower_detection

NAMES = ["f", "g", "h", "s.a", "a.b", "m.k"]

FIXED = settings(
    deadline=None,
    database=None,
    derandomize=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def plan_of(detections: list[dict[str, Any]]) -> tuple[Plan, list[dict[str, Any]]]:
    """Lower detections; those that are refused (wildcards in base64 and the like) are left out."""
    builder = PlanBuilder()
    kept: list[dict[str, Any]] = []
    for detection in detections:
        node = lower_detection(detection, {}, lambda *_: None).node
        if node is not None:
            builder.add(RuleEntry(id=str(len(kept)), title="generated", condition=node))
            kept.append(detection)
    return builder.build(), kept


def differences(detections: list[dict[str, Any]], table: pa.Table) -> list[str]:
    """Tell every row on which the engines disagree, and whether they disagree on what cannot be evaluated."""
    plan, kept = plan_of(detections)
    try:
        reference = run(json.loads(plan.to_json()), pl.DataFrame(table), mapping=None, schema_none=True)
    except RegexNotTranslatableError:
        return []
    matches = sigtrawl.compile(plan).match(table, schema="none", columns=[], threads=1)
    core = {(row, int(rule)) for row, rule in matches.to_polars().select("row", "rule_id").iter_rows()}
    told = [
        f"{'core' if (row, rule) in core else 'reference'} alone: {kept[rule]} matches {table.slice(row, 1).to_pylist()}"
        for row, rule in sorted(core ^ set(reference.matches))
    ]
    for entry, state in zip(matches.report.rules, reference.states, strict=True):
        if (entry.state, entry.lost, entry.missing) != (state.state, state.lost, state.missing):
            told.append(f"core says {entry}, reference says {state}")
    return told


@seed(20260805)
@settings(FIXED, max_examples=250)
@given(st.data())
def test_generated_rules_on_generated_tables(data: st.DataObject) -> None:
    table, pool = data.draw(nasty.tables())
    detections = data.draw(st.lists(nasty.detections(pool), min_size=1, max_size=5))
    flat = [name for name in table.column_names if name in NAMES]
    # Drawing costs more than comparing: each draw is used with every field on every column.
    for turn in range(len(NAMES)):
        names = {name: NAMES[(place + turn) % len(NAMES)] for place, name in enumerate(flat)}
        turned = table.rename_columns([names.get(name, name) for name in table.column_names])
        assert differences(detections, turned) == []


def _found(rules: sigtrawl.RuleSet, table: pa.Table, engine: Engine) -> set[tuple[int, int]]:
    matches = rules.match(table, schema="none", columns=[], threads=1, engine=engine).to_polars()
    return {(row, int(rule)) for row, rule in matches.select("row", "rule_id").iter_rows()}


@seed(20261201)
@settings(FIXED, max_examples=80)
@given(st.data())
def test_the_ways_of_the_sieve_on_many_rows(data: st.DataObject) -> None:
    """The rows of a small table again and again, in any order: a small table is only examined, whatever is asked for."""
    table, pool = data.draw(nasty.tables())
    plan, _ = plan_of(data.draw(st.lists(nasty.detections(pool), min_size=1, max_size=5)))
    rules = sigtrawl.compile(plan)
    expected = _found(rules, table, "automaton")
    searching: tuple[Engine, ...] = ("search", "values")
    for engine in searching:
        assert _found(rules, table, engine) == expected
    order = data.draw(st.randoms(use_true_random=False)).choices(range(table.num_rows), k=600)
    try:
        many = table.take(pa.array(order))
    except pa.ArrowNotImplementedError:  # no rows can be taken of a type that is drawn
        return
    repeated = {(place, rule) for place, row in enumerate(order) for found, rule in expected if found == row}
    ways: tuple[Engine, ...] = ("core", *searching)
    for engine in ways:
        assert _found(rules, many, engine) == repeated
    for size in (1, 7, 100):
        assert _found(rules, pa.Table.from_batches(many.to_batches(size), many.schema), "core") == repeated
