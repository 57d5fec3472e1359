"""What the public rules of every category can do on each family, on the largest table that the mapping speaks of.

The table stands in the documentation, and here are the fields because of which rules are inert there: they are what a schema
truly lacks. `SIGTRAWL_UPDATE_GOLDEN=1` writes both anew; without it a number that has changed fails the test.
"""

import os
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from tests.schemas.everything import everything

import sigtrawl as st
from sigtrawl import schemas
from sigtrawl.report import RuleReport

README = Path(__file__).parents[2] / "python" / "sigtrawl" / "schemas" / "README.md"
GOLDEN = Path(__file__).parent / "golden" / "inert-fields.txt"
BEGIN, END = "<!-- categories: begin -->\n", "<!-- categories: end -->\n"

FAMILIES = ("defender", "asim", "ecs", "ocsf", "cim")
"""Those whose names are not Sigma's own."""

ANY_PRODUCT = frozenset({"antivirus", "dns", "firewall", "proxy", "webserver"})
"""Categories of rules that state no product."""


@pytest.fixture(scope="module")
def rules(shared: Path) -> st.RuleSet:
    """The public rules that state a category which endpoints, resolvers and proxies tell."""
    plan = st.compile(st.load_rules(shared / "sigma", on_error="skip")).plan()
    kept = [
        rule
        for rule in plan.rules
        if rule.logsource.service is None
        and rule.logsource.category is not None
        and (rule.logsource.product in {"windows", "linux", "macos"} or rule.logsource.category in ANY_PRODUCT)
    ]
    return st.compile(replace(plan, rules=tuple(kept), waiting=()))


@pytest.fixture(scope="module")
def states(rules: st.RuleSet) -> dict[str, tuple[RuleReport, ...]]:
    """Family → what `check` says of each rule."""
    known = {mapping.name: mapping for mapping in schemas.builtin()}
    return {
        family: st.check(everything(known[family], nested=family in {"ecs", "ocsf", "defender"}), rules, schema=family).rules
        for family in FAMILIES
    }


def sources(rules: st.RuleSet) -> list[str]:
    """Give each rule's product and category, as the table names them."""
    return [" ".join(filter(None, (rule.logsource.product, rule.logsource.category))) for rule in rules.plan().rules]


def table_of(rules: st.RuleSet, states: dict[str, tuple[RuleReport, ...]]) -> str:
    """Write the table: of each category the rules that run, are partial, are inert; a dash where no row is of the category."""
    lines = [f"| rules | number | {' | '.join(f'`{family}`' for family in FAMILIES)} |", "|---|---:|" + "---:|" * len(FAMILIES)]
    totals = Counter(sources(rules))
    for source, total in sorted(totals.items(), key=lambda entry: (-entry[1], entry[0])):
        cells = []
        for family in FAMILIES:
            pairs = zip(sources(rules), states[family], strict=True)
            counts = Counter(state.state for other, state in pairs if other == source)
            able = " / ".join(f"{counts[state]:,}" for state in ("runs", "partial", "inert"))
            cells.append("-" if counts["no-log-source"] == total else able)
        lines.append(f"| {source} | {total:,} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def inert_fields(rules: st.RuleSet, states: dict[str, tuple[RuleReport, ...]]) -> str:
    """List for each family and category the fields that its inert rules lack, with the number of rules."""
    lines = []
    for family in FAMILIES:
        lacking: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for source, state in zip(sources(rules), states[family], strict=True):
            if state.state == "inert":
                lacking[source].update(state.missing)
        for source, fields in sorted(lacking.items()):
            listed = ", ".join(f"{field} {count}" for field, count in sorted(fields.items()))
            lines.append(f"{family}: {source}: {listed}")
    return "\n".join(lines) + "\n"


def test_the_documentation_has_these_numbers(rules: st.RuleSet, states: dict[str, tuple[RuleReport, ...]]) -> None:
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    expected = f"{before}{BEGIN}{table_of(rules, states)}{END}{after}"
    if os.environ.get("SIGTRAWL_UPDATE_GOLDEN"):
        README.write_text(expected, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == expected


def test_rules_are_inert_only_for_what_is_listed(rules: st.RuleSet, states: dict[str, tuple[RuleReport, ...]]) -> None:
    if os.environ.get("SIGTRAWL_UPDATE_GOLDEN"):
        GOLDEN.write_text(inert_fields(rules, states), encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == inert_fields(rules, states)


def test_every_rule_of_process_creation_can_run_somewhere(rules: st.RuleSet, states: dict[str, tuple[RuleReport, ...]]) -> None:
    for family in FAMILIES:
        pairs = zip(sources(rules), states[family], strict=True)
        assert not [state for source, state in pairs if source == "windows process_creation" and state.state == "no-log-source"]
