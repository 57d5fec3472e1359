"""Events made for every rule of the public corpus: one that satisfies it, and for each of its leaves those that narrowly do not.

`generated/` makes them from the lowered rules: near misses, the field's column removed, its value null, empty, with its case
flipped, with a newline in it. The core and the reference evaluator must agree on all of them. Of lists with more than 20 values
as many are drawn, by a fixed seed; ``SIGTRAWL_WHOLE=1`` (`make test-full`) takes every leaf, and judges every event by all rules.
"""

import json
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.generated.events import KINDS, Event, RuleEvents, leaves
from tests.conformance.generated.judging import chunks, judge, part_of, table_of
from tests.conformance.generated.texts import Frozen

import sigtrawl as st

WHOLE = os.environ.get("SIGTRAWL_WHOLE") == "1"
MOST = None if WHOLE else 20
BY_ALL = None if WHOLE else 12_000
"""How many events are judged by all rules, not only by those that have events in the same table."""

UNSATISFIABLE = {
    # The whole value is the word, and it holds a GUID: one text cannot be both.
    "rules/windows/process_creation/proc_creation_win_xwizard_runwizard_com_object_exec.yml",
}

PLACEHOLDERS = (
    *("Admins_Workstations", "Administrators", "Approved_Inviters", "ApprovedUserUpn", "DC-MACHINE-NAME", "DomainControllers"),
    *("HomeTenantID", "Important_AppIds", "KNOWN_LOCATION", "Known_Location", "Legitimate_Countries", "Legitimate_IP_Ranges"),
    *("ServerSystems", "UnApprovedDevice", "UnApprovedIp", "UnLegitCountries", "Workstations", "dc_ip_addresses"),
    *("dc_machine_accounts", "domain_controller_hostnames", "internal_domains", "known_cdcs", "legit_ips"),
    *("legtimate_identifiers", "userdomain"),
)


@dataclass(slots=True)
class Generated:
    """All events, each once.

    Attributes:
        plan: The rules, those with placeholders included.
        events: The distinct events.
        made: (rule, kind, whether the leaf is a filter's, event) for each event of each leaf; an event by its place.
        removed: The same for events without a column: (rule, the column, event).
        unsatisfiable: Paths of the rules that no event was found for.
    """

    plan: dict[str, Any]
    events: list[Event] = field(default_factory=list)
    made: list[tuple[int, str, bool, int]] = field(default_factory=list)
    removed: list[tuple[int, str, int]] = field(default_factory=list)
    unsatisfiable: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def generated(shared: Path) -> Generated:
    # Machine accounts end in a dollar sign, and a rule asks for one that does.
    values = {name: [f"{name} one$", f"{name} *$"] for name in PLACEHOLDERS}
    rules = st.load_rules(shared / "sigma", on_error="skip", placeholders=values)
    made = Generated(json.loads(st.compile(rules).plan().to_json()))
    predicates = [Frozen(predicate) for predicate in made.plan["predicates"]]
    places: dict[tuple[tuple[str, str | None], ...], int] = {}

    def place_of(event: Event) -> int:
        place = places.setdefault(tuple(sorted(event.items())), len(places))
        if place == len(made.events):
            made.events.append(event)
        return place

    for number, rule in enumerate(made.plan["rules"]):
        rng = random.Random(f"{rule['path']} 20261124")  # noqa: S311 - a fixed draw
        maker = RuleEvents(rule["condition"], predicates, rng)
        satisfying = maker.satisfying()
        if satisfying is None:
            made.unsatisfiable.add(rule["path"])
            satisfying = {}
        else:
            made.made.append((number, "satisfies", False, place_of(satisfying)))
        for leaf in leaves(rule["condition"], MOST, rng):
            for one in maker.of_leaf(leaf, satisfying):
                if one.removed is None:
                    made.made.append((number, one.kind, one.filters, place_of(one.event)))
                else:
                    made.removed.append((number, one.removed, place_of(one.event)))
    return made


def disagreements(plan: dict[str, Any], events: list[Event]) -> tuple[list[str], set[tuple[int, int]]]:
    """Tell the events that the engines judge differently, and give the core's (row, rule) pairs."""
    core, reference = judge(plan, table_of(events))
    paths = {int(rule["id"]): rule["path"] for rule in plan["rules"]}
    told = [
        f"{'core' if pair in core else 'reference'} alone: {paths[pair[1]]} matches {events[pair[0]]}"
        for pair in sorted(core ^ reference)
    ]
    return told, core


def test_the_placeholders_have_values(generated: Generated) -> None:
    assert len(PLACEHOLDERS) == 25
    assert (len(generated.plan["rules"]), len(generated.plan["waiting"])) == (3_780, 0)


def test_every_rule_has_an_event_that_satisfies_it(generated: Generated) -> None:
    assert generated.unsatisfiable == UNSATISFIABLE


def test_events_by_their_own_rules(generated: Generated) -> None:
    owners: dict[int, set[int]] = {}
    for rule, _, _, event in generated.made:
        owners.setdefault(event, set()).add(rule)
    matched: set[tuple[int, int]] = set()
    told: list[str] = []
    for numbers in chunks(owners, generated.events):
        rules = sorted({rule for number in numbers for rule in owners[number]})
        found, core = disagreements(part_of(generated.plan, rules), [generated.events[number] for number in numbers])
        told += found
        matched |= {(numbers[row], rule) for row, rule in core if rule in owners[numbers[row]]}
    assert told == []

    # What was made is what it claims to be, or the agreement above would say little.
    counts: Counter[tuple[str, bool]] = Counter()
    true: Counter[tuple[str, bool]] = Counter()
    for rule, kind, filters, event in generated.made:
        counts[kind, filters] += 1
        true[kind, filters] += (event, rule) in matched
    shares = {what: true[what] / number for what, number in counts.items()}
    assert {kind for kind, _ in counts} == {"satisfies", *KINDS} - {"removed"}
    assert shares["satisfies", False] == 1
    assert shares["holds", False] > 0.99
    assert shares["case flipped", False] > 0.95  # all but regular expressions and what stands beside them
    assert all(shares[kind, False] < 0.02 for kind in ("near miss", "null", "empty"))
    assert shares["holds", True] < 0.05  # the filter keeps the rule from matching
    assert shares["near miss", True] > 0.8


def test_events_without_the_column(generated: Generated) -> None:
    groups: dict[str, dict[int, set[int]]] = {}
    for rule, column, event in generated.removed:
        groups.setdefault(column, {}).setdefault(event, set()).add(rule)
    told: list[str] = []
    for column, owners in groups.items():
        for numbers in chunks(owners, generated.events):
            events = [generated.events[number] for number in numbers]
            assert not any(column in event for event in events)
            rules = sorted({rule for number in numbers for rule in owners[number]})
            told += disagreements(part_of(generated.plan, rules), events)[0]
    assert told == []
    assert len(groups) > 350


def test_events_by_all_rules(generated: Generated) -> None:
    numbers = list(range(len(generated.events)))
    if BY_ALL is not None:
        numbers = random.Random(20261124).sample(numbers, BY_ALL)  # noqa: S311 - a fixed draw
    everything = part_of(generated.plan, list(range(len(generated.plan["rules"]))))
    told: list[str] = []
    matches = 0
    for some in chunks(numbers, generated.events):
        found, core = disagreements(everything, [generated.events[number] for number in some])
        told += found
        matches += len(core)
    assert told == []
    assert matches > len(numbers)
