"""Tables of sources outside Windows: each is recognised as what it is, and public rules find in it what they are written for."""

from collections.abc import Sequence
from itertools import compress
from pathlib import Path

import pytest
from tests.schemas import samples_windows
from tests.schemas.corpus import Corpus, outside_windows
from tests.schemas.sample import Sample, paths
from tests.schemas.samples_cloud import SAMPLES

import sigtrawl
from sigtrawl import schemas
from sigtrawl.plan import Plan

each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


@pytest.fixture(scope="module")
def corpus(shared: Path) -> Corpus:
    return outside_windows(shared)


def pairs(matches: sigtrawl.Matches) -> Sequence[tuple[str, int]]:
    return matches.to_polars().select("rule_id", "row").rows()


@each_sample
def test_is_recognised(sample: Sample) -> None:
    mapping, reason = schemas.recognise(schemas.builtin(), paths(sample.shape))
    assert mapping is not None, reason
    assert (mapping.name, reason) == (sample.mapping, f"has the columns {sample.reason}")


@each_sample
def test_is_mistaken_for_nothing_else(sample: Sample) -> None:
    """A mapping that also fits has fewer of its columns here: no choice hangs on the names of mappings."""
    columns = paths(sample.shape)
    present = {
        mapping.name: sum(name in columns for name in (*mapping.recognise_all, *mapping.recognise_any))
        for mapping in schemas.builtin()
        if schemas.recognise([mapping], columns)[0] is not None
    }
    best = present.pop(sample.mapping)
    assert all(count < best for count in present.values()), present


def test_there_is_a_sample_of_every_mapping() -> None:
    windows = {sample.mapping for sample in samples_windows.SAMPLES}
    assert {sample.mapping for sample in SAMPLES} | windows == {mapping.name for mapping in schemas.builtin()}


@each_sample
def test_public_rules_match(sample: Sample, corpus: Corpus) -> None:
    table = sample.table()
    core = corpus.ruleset.match(table, columns=[], threads=1)
    entry = core.report.inputs[0]
    assert (entry.schema, entry.schema_reason) == (sample.mapping, f"has the columns {sample.reason}")
    found = pairs(core)
    wanted = {rule: list(rows) for rule, rows in sample.matches.items()}
    assert {rule: [row for known, row in found if known == rule] for rule in sample.matches} == wanted
    fitting = [entry.state != "no-log-source" for entry in core.report.rules]
    concerned = sigtrawl.compile(Plan(corpus.plan.predicates, tuple(compress(corpus.plan.rules, fitting))))
    reference = sigtrawl.scan(table, concerned, engine="reference", columns=[]).collect()
    assert pairs(reference) == found
    assert reference.report.rules == tuple(compress(core.report.rules, fitting))


def test_sysmon_for_linux_by_name(corpus: Corpus) -> None:
    """Without columns of syslog the table looks like one of Windows, and Linux rules are said to have no rows there."""
    (sample,) = (sample for sample in SAMPLES if sample.mapping == "sysmon_linux")
    table = sample.table().drop_columns(["SYSLOG_IDENTIFIER", "syslog_facility"])
    table = table.append_column("Channel", [["Linux-Sysmon/Operational"] * len(table)])
    linux = sigtrawl.compile(Plan(corpus.plan.predicates, tuple(rule for rule in corpus.plan.rules if rule.id in sample.matches)))
    taken_for_windows = linux.match(table)
    assert taken_for_windows.report.inputs[0].schema == "windows"
    assert taken_for_windows.report.rule_states() == {"no-log-source": 3}
    named = linux.match(table, schema="sysmon_linux")
    assert sorted(pairs(named)) == sorted((rule, row) for rule, rows in sample.matches.items() for row in rows)
