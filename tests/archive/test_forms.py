"""The same events in the forms of other products: a rule finds the same rows wherever the form has its fields.

What a form lacks is not passed over: how many rules are partial or inert in each form is stated here. Sysmon's own rows in a
table of the event log are what everything is compared with.
"""

from collections import Counter
from typing import NamedTuple

import polars as pl
import pytest
from tests.archive.seeds import sysmon
from tests.engines import ENGINES, Engine

import sigtrawl as st
from sigtrawl.archive.forms import FORMS, Form, render
from sigtrawl.archive.nesting import nest

SCHEMAS: dict[Form, str] = {
    "sysmon": "windows",
    "asim": "asim",
    "security_4688": "security",
    "defender": "defender",
    "ecs": "ecs",
    "ecs_nested": "ecs",
    "ocsf": "ocsf",
    "cim": "cim",
}
"""As what each form is recognised."""

STATES: dict[Form, dict[str, int]] = {
    "sysmon": {"runs": 1406, "partial": 3, "inert": 6},
    "asim": {"runs": 1412, "partial": 3},
    "security_4688": {"runs": 632, "partial": 667, "inert": 116},
    "defender": {"runs": 1372, "partial": 37, "inert": 6},
    "ecs": {"runs": 1413, "partial": 2},
    "ecs_nested": {"runs": 1413, "partial": 2},
    "ocsf": {"runs": 1358, "partial": 54, "inert": 3},
    "cim": {"runs": 1304, "partial": 91, "inert": 20},
}
"""Of the 1,415 public rules on process creations of Windows, how many are in each state on an archive in each form."""


class Found(NamedTuple):
    """What the rules find in one form."""

    schemas: set[str | None]
    states: list[str]
    missing: list[tuple[str, ...]]
    rows: dict[int, set[int]]


def find(table: pl.DataFrame, rules: st.RuleSet, engine: Engine) -> Found:
    """Match a table with routing on, as what it is recognised."""
    matches = rules.match(table, columns=[], engine=engine)
    places = {rule.id: place for place, rule in enumerate(rules.plan().rules)}
    rows: dict[int, set[int]] = {}
    for rule, row in matches.to_polars().select("rule_id", "row").iter_rows():
        rows.setdefault(places[rule], set()).add(row)
    report = matches.report
    told = report.rules
    return Found({entry.schema for entry in report.inputs}, [r.state for r in told], [r.missing for r in told], rows)


@pytest.fixture(scope="module")
def baseline(creations: st.RuleSet, seed_events: pl.DataFrame) -> Found:
    return find(sysmon(seed_events), creations, "core")


def test_most_rules_match_a_seed(baseline: Found) -> None:
    assert len(baseline.rows) >= 1380
    assert Counter(baseline.states)["runs"] >= 1405


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("form", FORMS)
def test_a_rule_finds_the_same_rows_where_its_fields_exist(
    form: Form, engine: Engine, creations: st.RuleSet, seed_events: pl.DataFrame, baseline: Found
) -> None:
    found = find(render(seed_events, form), creations, engine)
    assert found.schemas == {SCHEMAS[form]}
    whole = [place for place, state in enumerate(found.states) if state == baseline.states[place] == "runs"]
    differing = {
        creations.plan().rules[place].title: sorted(found.rows.get(place, set()) ^ baseline.rows.get(place, set()))
        for place in whole
        if found.rows.get(place, set()) != baseline.rows.get(place, set())
    }
    assert differing == {}
    assert Counter(found.states) == STATES[form]
    assert not any(place in found.rows for place, state in enumerate(found.states) if state in {"inert", "no-log-source"})


@pytest.mark.parametrize("form", FORMS)
def test_a_form_has_as_many_rows_and_its_own_columns(form: Form, seed_events: pl.DataFrame) -> None:
    assert render(seed_events, form).height == seed_events.height
    assert render(seed_events.clear(), form).schema == render(seed_events, form).schema


def test_values_are_those_of_the_product(seed_events: pl.DataFrame) -> None:
    digest = "0123456789ABCDEF0123456789ABCDEF"
    event = seed_events.head(1).with_columns(
        Image=pl.lit("C:\\Windows\\System32\\cmd.exe"),
        User=pl.lit("NT AUTHORITY\\SYSTEM"),
        IntegrityLevel=pl.lit("System"),
        ProcessId=pl.lit("6700"),
        LogonId=pl.lit("0x3e7"),
        MD5=pl.lit(digest),
        SHA1=pl.lit(None, pl.String),
    )
    security = render(event, "security_4688").row(0, named=True)
    assert (security["NewProcessId"], security["MandatoryLabel"]) == ("0x1a2c", "S-1-16-16384")
    defender = render(event, "defender").row(0, named=True)
    assert (defender["AccountDomain"], defender["AccountName"], defender["LogonId"]) == ("NT AUTHORITY", "SYSTEM", 999)
    assert (defender["FileName"], defender["MD5"]) == ("cmd.exe", digest)
    ecs = render(event, "ecs_nested").row(0, named=True)
    assert (ecs["process"]["hash"]["md5"], ecs["process"]["name"], ecs["user"]["name"]) == (digest, "cmd.exe", "SYSTEM")
    ocsf = render(event, "ocsf").row(0, named=True)
    assert {"algorithm": "MD5", "algorithm_id": 1, "value": digest} in ocsf["process"]["file"]["hashes"]
    assert (ocsf["time"], ocsf["process"]["pid"]) == (1_767_571_200_000, 6700)
    cim = render(event, "cim").row(0, named=True)
    assert (cim["_time"], cim["user"]) == (1_767_571_200.0, "NT AUTHORITY\\SYSTEM")
    assert cim["process_hash"].startswith(f"MD5={digest}")


def test_hexadecimal_ids_have_no_leading_zeros(seed_events: pl.DataFrame) -> None:
    ids = pl.DataFrame({"ProcessId": ["0", "4", "16", "65535", "4294967295"]})
    events = pl.concat([seed_events.drop("ProcessId").head(5), ids], how="horizontal")
    assert render(events, "security_4688")["NewProcessId"].to_list() == ["0x0", "0x4", "0x10", "0xffff", "0xffffffff"]


def test_a_form_that_does_not_exist_is_refused(seed_events: pl.DataFrame) -> None:
    with pytest.raises(ValueError, match="there is no form 'ces' \\(forms: sysmon, asim,"):
        render(seed_events, "ces")  # type: ignore[arg-type]


def test_nesting() -> None:
    flat = pl.DataFrame({"a.b": [1], "c": [2], "a.d.e": [3]})
    assert nest(flat).row(0) == ({"b": 1, "d": {"e": 3}}, 2)


@pytest.mark.parametrize(
    ("names", "message"), [(["a", "a.b"], "goes through 'a'"), (["a.b", "a"], "is a column and the beginning")]
)
def test_a_column_that_is_also_a_struct_is_refused(names: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        nest(pl.DataFrame(schema=names))
