"""Routing, views and value readings on generated mixed tables: the core and the reference evaluator give the same answer.

Recognised schemas, with and without an asserted log source, and the assertion alone.
"""

import json
from typing import Any

import polars as pl
import pyarrow as pa
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.conformance import routed

import sigtrawl
from sigtrawl import schemas
from sigtrawl.plan import LogSource, PlanBuilder, RuleEntry
from sigtrawl.reference import run
from sigtrawl.rules.detections import lower_detection


def facts(rule: Any) -> tuple[Any, ...]:
    return rule.state, rule.lost, rule.missing, dict(rule.near), rule.any_product


@seed(20260805)
@settings(max_examples=200, deadline=None, database=None)
@given(
    routed.tables(),
    st.lists(routed.rules(), min_size=1, max_size=12),
    st.none() | st.none() | routed.sources(["windows", "linux", None]).filter(lambda source: any(source.values())),
)
def test_generated_rules_on_generated_events(
    table: pa.Table, rules: list[tuple[dict[str, str | None], dict[str, Any]]], asserted: dict[str, str | None] | None
) -> None:
    builder = PlanBuilder()
    for number, (source, detection) in enumerate(rules):
        node = lower_detection(detection, {}, lambda *_: None).node
        builder.add(RuleEntry(id=str(number), title="generated", logsource=LogSource(**source), condition=node))
    plan = builder.build()
    mapping, reason = schemas.recognise(schemas.builtin(), table.column_names)
    assert mapping is not None, reason
    reference = run(json.loads(plan.to_json()), pl.DataFrame(table), mapping=mapping, logsource=asserted)
    matches = sigtrawl.compile(plan).match(table, logsource=asserted, columns=[], threads=1)
    core = {(row, int(rule)) for row, rule in matches.to_polars().select("row", "rule_id").iter_rows()}
    told = [
        f"{'core' if (row, rule) in core else 'reference'} alone: {rules[rule]} matches {table.slice(row, 1).to_pylist()}"
        for row, rule in sorted(core ^ set(reference.matches))
    ]
    told += [
        f"{rule}: core says {entry}, reference says {state}"
        for rule, entry, state in zip(rules, matches.report.rules, reference.states, strict=True)
        if facts(entry) != facts(state)
    ]
    assert told == []
