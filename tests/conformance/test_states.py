"""What the two engines say of a rule before they run it: its state, what it lost, which fields are missing.

All public rules on the attack samples' columns, and on fixed random subsets of them: the more columns are gone, the more states
there are.
"""

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
        if (told.state, told.lost, told.missing) != (state.state, state.lost, state.missing)
    ]
    assert differing == []
