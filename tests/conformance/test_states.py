"""What the two engines say of a rule before they run it: its state, what it lost, which fields are missing.

All public rules on the attack samples' columns, and on fixed random subsets of them: the more columns are gone, the more states
there are.
"""

import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import sigtrawl as st
from sigtrawl import schemas
from sigtrawl.reference import bind

ASIM = [
    *("TargetProcessCommandLine", "TargetProcessName", "ActingProcessName", "ParentProcessName", "ActingProcessCommandLine"),
    *("TargetProcessFileOriginalName", "TargetUsername", "TargetProcessIntegrityLevel", "TargetProcessMD5", "TargetProcessId"),
    *("DvcOs", "EventType", "Image"),
]


@pytest.mark.parametrize("share", [1.0, 0.9, 0.5, 0.1])
@pytest.mark.parametrize("schema", ["windows", "asim_process_create", "none"])
def test_states(shared: Path, corpus: st.RuleSet, corpus_plan: dict[str, Any], schema: str, share: float) -> None:
    columns = pl.read_parquet_schema(shared / "attack_samples.parquet")
    names = ASIM if schema == "asim_process_create" else list(columns)
    draw = random.Random(f"{schema} {share}")  # noqa: S311 - to be the same every time
    kept = {name: columns.get(name, pl.String()) for name in names if draw.random() < share}
    mapping = next((known for known in schemas.builtin() if schema in {known.name, *known.aliases}), None)
    core = st.check(pl.DataFrame(schema=kept), corpus, schema=schema).rules
    reference = bind(corpus_plan, kept, mapping=mapping, schema_none=schema == "none")
    differing = [
        (rule["title"], told, state)
        for rule, told, state in zip(corpus_plan["rules"], core, reference, strict=True)
        if facts(told) != facts(state)
    ]
    assert differing == []


def facts(rule: Any) -> tuple[Any, ...]:
    return rule.state, rule.lost, rule.missing, dict(rule.near), rule.any_product


def rewritten(name: str, draw: random.Random) -> str:
    """Write a name as another tool would: in another case, with a space in it, with an ``@``."""
    name = draw.choice([name, name.lower(), name.upper(), name.swapcase()])
    if "_" in name[1:] and draw.random() < 0.5:
        name = name[0] + name[1:].replace("_", "@", 1)
    return f"{name[:3]} {name[3:]}" if draw.random() < 0.2 else name


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("schema", ["windows", "asim_process_create", "none"])
def test_near_columns(shared: Path, corpus: st.RuleSet, corpus_plan: dict[str, Any], schema: str, number: int) -> None:
    columns = pl.read_parquet_schema(shared / "attack_samples.parquet")
    names = ASIM if schema == "asim_process_create" else list(columns)
    draw = random.Random(f"{schema} {number}")  # noqa: S311 - to be the same every time
    kept: dict[str, Any] = {rewritten(name, draw): columns.get(name, pl.String()) for name in names if draw.random() < 0.8}
    kept |= {"Channel": pl.String(), "EventID": pl.Int64(), "_image": pl.String()}
    kept["Nested"] = pl.Struct({"Image": pl.List(pl.Struct({"Path": pl.String()})), "commandline": pl.String()})
    mapping = next((known for known in schemas.builtin() if schema in {known.name, *known.aliases}), None)
    core = st.check(pl.DataFrame(schema=kept), corpus, schema=schema).rules
    reference = bind(corpus_plan, kept, mapping=mapping, schema_none=schema == "none")
    assert [facts(rule) for rule in core] == [facts(rule) for rule in reference]
    assert sum(bool(rule.near) for rule in core) > 100
    for rule in core:
        assert set(rule.near) <= set(rule.missing)
        assert all(column.partition(".")[0] in kept and not column.startswith("_") for column in rule.near.values())


def test_near_columns_inside_structs() -> None:
    nested = pl.Struct({"Parent": pl.List(pl.Struct({"Image": pl.String()}))})
    kept: dict[str, Any] = {"Process": nested, "PROCESS": pl.String(), "command line": pl.String(), "_Gone": pl.String()}
    text = """\
title: t
logsource: {category: test}
detection:
  sel:
    process.parent.image: x
    process: x
    CommandLine: x
    gone: x
  condition: sel
"""
    rules = st.rules_from_yaml(text)
    near = {"CommandLine": "command line", "process": "Process", "process.parent.image": "Process.Parent.Image"}
    (core,) = st.check(pl.DataFrame(schema=kept), st.compile(rules), schema="none").rules
    (reference,) = bind(json.loads(rules.plan().to_json()), kept, mapping=None, schema_none=True)
    assert dict(core.near) == dict(reference.near) == near
