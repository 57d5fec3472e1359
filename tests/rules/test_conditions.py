"""The condition language: precedence, selectors, names, and how it refuses."""

from collections.abc import Mapping

import pytest

from sigtrawl.plan import And, Node, Not, Or
from sigtrawl.rules.conditions import MAX_NESTING, ConditionError, parse_condition

# Leaves are numbers here: what a detection looks for is no concern of the condition.
NAMES: Mapping[str, Node] = {
    "sel": 0, "sel_a": 1, "sel_b": 2, "notsel": 3, "flt-1": 4, "_hidden": 5, "1": 6, "all": 7, "or_else": 8, "android": 9,
}  # fmt: skip


def parse(text: str) -> Node:
    return parse_condition(text, NAMES, set())


MEANINGS: list[tuple[str, Node]] = [
    ("sel", 0),
    ("not sel", Not(0)),
    ("not not sel", 0),
    ("not not not sel", Not(0)),
    ("notsel", 3),
    ("not notsel", Not(3)),
    ("flt-1", 4),
    ("or_else or android", Or((8, 9))),
    ("sel and sel_a and sel_b", And((0, 1, 2))),
    ("sel or sel_a and sel_b", Or((0, And((1, 2))))),
    ("sel and sel_a or sel_b", Or((And((0, 1)), 2))),
    ("(sel or sel_a) and sel_b", And((Or((0, 1)), 2))),
    ("not sel and sel_a", And((Not(0), 1))),
    ("not (sel and sel_a)", Not(And((0, 1)))),
    ("not sel or not sel_a", Or((Not(0), Not(1)))),
    ("1 of sel*", Or((0, 1, 2))),
    ("any of sel_*", Or((1, 2))),
    ("all of sel_*", And((1, 2))),
    ("not 1 of sel_*", Not(Or((1, 2)))),
    ("1 of *_b", 2),
    ("1 of s*_a", 1),
    ("1 of sel", 0),
    ("all of them", And((0, 1, 2, 3, 4, 6, 7, 8, 9))),
    ("1 of *", Or((0, 1, 2, 3, 4, 6, 7, 8, 9))),
    ("1 of _*", 5),
    ("_hidden", 5),
    ("1 and all", And((6, 7))),
    ("1 of flt-*", 4),
    ("(((sel)))", 0),
    ("(sel)and(sel_a)", And((0, 1))),
    (" sel\n  and\tsel_a ", And((0, 1))),
]


@pytest.mark.parametrize(("text", "expected"), MEANINGS)
def test_meaning(text: str, expected: Node) -> None:
    assert parse(text) == expected


REFUSALS: list[tuple[str, str, str | None]] = [
    ("", "condition-syntax", None),
    ("  ", "condition-syntax", None),
    ("sel and", "condition-syntax", None),
    ("and sel", "condition-syntax", None),
    ("not", "condition-syntax", None),
    ("sel sel_a", "condition-syntax", None),
    ("(sel", "condition-syntax", None),
    ("sel)", "condition-syntax", None),
    ("()", "condition-syntax", None),
    ("1 of", "condition-syntax", None),
    ("1 of (sel*)", "condition-syntax", None),
    ("2 of sel*", "condition-syntax", None),
    ("sel*", "condition-syntax", "1 of sel*"),
    ("them", "condition-syntax", "1 of them"),
    ("sel AND sel_a", "condition-case", "'and'"),
    ("NOT sel", "condition-case", "'not'"),
    ("sel Or sel_a", "condition-case", "'or'"),
    ("1 OF sel*", "condition-case", "'of'"),
    ("ALL of them", "condition-case", "all of"),
    ("sell", "unknown-identifier", "did you mean 'sel'?"),
    ("Sel", "unknown-identifier", "did you mean 'sel'?"),
    ("1 of filter_*", "empty-selector", None),
    ("1 of sel_z*", "empty-selector", None),
    ("sel | count() > 5", "condition-aggregation", "event_count"),
    ("sel | count(User) by Host > 5", "condition-aggregation", "value_count"),
    ("sel | sum(Size) > 5", "condition-aggregation", "value_sum"),
    ("sel | near sel_a", "condition-aggregation", "temporal"),
    ("(" * (MAX_NESTING + 1) + "sel" + ")" * (MAX_NESTING + 1), "condition-nesting", None),
    ("(" * 100_000, "condition-nesting", None),
]


@pytest.mark.parametrize(("text", "code", "hint"), REFUSALS, ids=[text[:20] for text, _, _ in REFUSALS])
def test_refusal(text: str, code: str, hint: str | None) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert caught.value.code == code
    assert hint is None or hint in (caught.value.hint or "")


def test_many_negations_need_no_stack() -> None:
    assert parse("not " * 100_001 + "sel") == Not(0)


def test_hidden_names_alone_are_nothing_to_select() -> None:
    with pytest.raises(ConditionError, match="selects no identifier"):
        parse_condition("1 of them", {"_a": 0}, set())


def test_used_names_are_noted() -> None:
    used: set[str] = set()
    parse_condition("sel and not 1 of sel_*", NAMES, used)
    assert used == {"sel", "sel_a", "sel_b"}
