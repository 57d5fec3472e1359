"""What the public rules on process creation can do on each schema: the documentation's table, made from the rules themselves.

`SIGTRAWL_UPDATE_GOLDEN=1` writes the table anew; without it a number that has changed fails the test. Rules may be inert only
because of fields that the schema truly lacks, so the fields are listed here one by one.
"""

import os
from collections import Counter
from pathlib import Path

import pytest
from tests.schemas.samples_windows import FULL, Sample

import sigtrawl as st
from sigtrawl.report import RuleReport

README = Path(__file__).parents[2] / "python" / "sigtrawl" / "schemas" / "README.md"
BEGIN, END = "<!-- states: begin -->\n", "<!-- states: end -->\n"


@pytest.fixture(scope="module")
def states(creations: st.RuleSet) -> dict[str, tuple[RuleReport, ...]]:
    """Sample → what `check` says of each rule."""
    found = {}
    for sample in FULL:
        report = st.check(sample.table(), creations)
        assert [entry.schema for entry in report.inputs] == [sample.mapping]
        found[sample.name] = report.rules
    return found


def table_of(states: dict[str, tuple[RuleReport, ...]]) -> str:
    """Write the table as it stands in the documentation."""
    lines = ["| table | schema | runs | partial | inert | fields that the inert rules lack |", "|---|---|---:|---:|---:|---|"]
    for sample in FULL:
        counts = Counter(rule.state for rule in states[sample.name])
        lacking = ", ".join(f"{field} ({count})" for field, count in lacks(states[sample.name]).items()) or "none"
        numbers = " | ".join(f"{counts[state]:,}" for state in ("runs", "partial", "inert"))
        lines.append(f"| {sample.name} | `{sample.mapping}` | {numbers} | {lacking} |")
    return "\n".join(lines) + "\n"


def lacks(rules: tuple[RuleReport, ...]) -> dict[str, int]:
    """Count the inert rules that lack each field, the most frequent first."""
    counts = Counter(field for rule in rules if rule.state == "inert" for field in rule.missing)
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def test_the_documentation_has_these_numbers(states: dict[str, tuple[RuleReport, ...]]) -> None:
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    expected = f"{before}{BEGIN}{table_of(states)}{END}{after}"
    if os.environ.get("SIGTRAWL_UPDATE_GOLDEN"):
        README.write_text(expected, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == expected


_OF_4688 = {
    "OriginalFileName": 51,
    "ParentCommandLine": 45,
    "Product": 19,
    "Description": 18,
    "User": 16,
    "Company": 12,
    "Hashes": 6,
    "CurrentDirectory": 5,
    "FileVersion": 3,
    "LogonId": 3,
    "ParentUser": 3,
    "GrandParentImage": 1,
}

LACKING: dict[str, dict[str, int]] = {
    "Security 4688 in the event log": _OF_4688,
    "Security 4688 alone": _OF_4688,
    # Two rules ask for nothing but an IMPHASH, which Defender does not tell.
    "Defender DeviceProcessEvents": {"CurrentDirectory": 4, "Hashes": 2},
    "OCSF Process Activity": {"Product": 3},
    "Splunk CIM Endpoint.Processes": {
        "Description": 9,
        "Company": 8,
        "Product": 8,
        "LogonId": 3,
        "ParentUser": 3,
        "FileVersion": 2,
    },
}
"""Sample → the fields that its schema has no column for → the inert rules that lack them; of other samples none is inert."""


@pytest.mark.parametrize("sample", FULL, ids=lambda sample: sample.name)
def test_rules_are_inert_only_for_what_the_schema_lacks(sample: Sample, states: dict[str, tuple[RuleReport, ...]]) -> None:
    rules = states[sample.name]
    assert lacks(rules) == LACKING.get(sample.name, {})
    assert not [rule for rule in rules if rule.state == "no-log-source"]


def test_no_rule_is_inert_for_what_every_schema_has(states: dict[str, tuple[RuleReport, ...]]) -> None:
    always = {"Image", "CommandLine", "ParentImage"}
    assert [(name, rule.missing) for name, rules in states.items() for rule in rules if always & set(rule.missing)] == []
