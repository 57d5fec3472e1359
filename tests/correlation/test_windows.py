"""Windows: by hand where the definition has corners, and against a plain reading of it for generated events."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.correlation.naive import SECOND, Event, naive_windows

from sigtrawl.correlation.entry import TYPES, CorrelationEntry, Reference, Terms
from sigtrawl.correlation.windows import Group, windows


def correlation(kind: str, *condition: tuple[str, str], kinds: int = 1, span: int = 10, **more: object) -> CorrelationEntry:
    members: dict[str, object] = {"field": ("f",) if kind.startswith("value") else (), **more}
    return CorrelationEntry(
        id=None, title="T", name=None, status=None, level=None, author=None, tags=(), path=None, type=kind,
        references=tuple(Reference(place, None) for place in range(kinds)), timespan=span, condition=condition, **members,  # type: ignore[arg-type]
    )  # fmt: skip


def found(entry: CorrelationEntry, rows: Sequence[Event]) -> list[tuple[int, int]]:
    first = [place == 0 or rows[place - 1].event != row.event for place, row in enumerate(rows)]
    group = Group([row.time for row in rows], [row.reference for row in rows], first, [row.value for row in rows])
    return list(windows(entry, group))


def at(*seconds: float, references: str = "", values: Sequence[str | None] = ()) -> list[Event]:
    return [
        Event(
            round(second * SECOND),
            int(references[place]) if references else 0,
            place,
            values[place] if values else None,
        )
        for place, second in enumerate(seconds)
    ]


def test_both_ends_belong_to_the_window() -> None:
    entry = correlation("event_count", ("gte", "2"))
    assert found(entry, at(0, 10)) == [(0, 2)]
    assert found(entry, at(0, 10.000001)) == []


def test_a_window_holds_what_is_beyond_the_number_asked_for_and_results_do_not_overlap() -> None:
    entry = correlation("event_count", ("gte", "2"))
    assert found(entry, at(0, 1, 2, 9, 11, 12)) == [(0, 4), (4, 6)]


def test_a_window_that_fails_gives_way_to_the_one_of_the_next_event() -> None:
    entry = correlation("event_count", ("gte", "3"))
    assert found(entry, at(0, 9, 11, 12)) == [(1, 4)]


def test_events_of_one_time_are_never_torn_apart() -> None:
    assert found(correlation("event_count", ("eq", "1")), at(5, 5, 20)) == [(2, 3)]
    assert found(correlation("event_count", ("lte", "1")), at(5, 5, 20)) == [(2, 3)]


def test_ranges() -> None:
    entry = correlation("event_count", ("gt", "1"), ("lte", "3"))
    assert found(entry, at(0, 1, 2, 3)) == [(1, 4)]  # four are too many, the window of the second holds three
    assert found(correlation("event_count", ("neq", "4")), at(0, 1, 2, 3)) == [(1, 4)]
    assert found(correlation("event_count", ("gt", "1.5")), at(0, 1)) == [(0, 2)]


def test_an_event_that_several_rules_match_is_one_event() -> None:
    rows = [Event(0, 0, 7, "5"), Event(0, 1, 7, "5")]
    assert found(correlation("event_count", ("gte", "2"), kinds=2), rows) == []
    assert found(correlation("value_sum", ("gte", "6"), kinds=2), rows) == []
    assert found(correlation("value_sum", ("gte", "5"), kinds=2), rows) == [(0, 2)]
    assert found(correlation("temporal", ("gte", "2"), kinds=2), rows) == [(0, 2)]
    assert found(correlation("temporal_ordered", ("gte", "2"), kinds=2), rows) == [(0, 2)]


def test_values_are_counted_once_and_null_is_none() -> None:
    entry = correlation("value_count", ("gte", "2"))
    assert found(entry, at(0, 1, 2, values=["a", "a", None])) == []
    assert found(entry, at(0, 1, 2, values=["a", "A", None])) == [(0, 3)]
    assert found(correlation("value_count", ("lt", "1")), at(0, values=[None])) == [(0, 1)]


def test_order_counts_and_equal_times_are_ordered_either_way() -> None:
    entry = correlation("temporal_ordered", ("gte", "2"), kinds=2)
    assert found(entry, at(0, 1, references="01")) == [(0, 2)]
    assert found(entry, at(0, 1, references="10")) == []
    assert found(entry, at(1, 1, references="10")) == [(0, 2)]
    assert found(entry, at(0, 1, 2, references="101")) == [(0, 3)]
    assert found(correlation("temporal", ("gte", "2"), kinds=2), at(0, 1, references="10")) == [(0, 2)]


def test_part_of_the_rules_in_order() -> None:
    entry = correlation("temporal_ordered", ("gte", "2"), kinds=3)
    assert found(entry, at(0, 1, references="02")) == [(0, 2)]
    assert found(entry, at(0, 1, references="21")) == []
    assert found(correlation("temporal_ordered", ("lt", "2"), kinds=2), at(0, 1, references="10")) == [(0, 2)]


def test_extended_conditions() -> None:
    a_and_not_b: Terms = (((0,), (1,)),)
    entry = correlation("temporal", kinds=2, terms=a_and_not_b)
    assert found(entry, at(0, 1, references="01")) == []
    assert found(entry, at(0, 1, references="00")) == [(0, 2)]
    assert found(entry, at(0, 20, references="10")) == [(1, 2)]
    either_then_c: Terms = (((0, 2), ()), ((1, 2), ()))
    entry = correlation("temporal_ordered", kinds=3, terms=either_then_c)
    assert found(entry, at(0, 1, references="12")) == [(0, 2)]
    assert found(entry, at(0, 1, references="21")) == []


def test_numbers_are_exact() -> None:
    big = str(2**53)
    assert found(correlation("value_sum", ("eq", str(2**53 + 1))), at(0, 1, values=[big, "1"])) == [(0, 2)]
    assert found(correlation("value_sum", ("eq", "0.3")), at(0, 1, values=["0.1", "0.2"])) == [(0, 2)]
    assert found(correlation("value_avg", ("gt", "0.333")), at(0, 1, 2, values=["0", "0", "1"])) == [(0, 3)]
    assert found(correlation("value_avg", ("gte", "0.33334")), at(0, 1, 2, values=["0", "0", "0.5"])) == [(2, 3)]
    assert found(correlation("value_sum", ("gte", "1000")), at(0, values=["1e3"])) == [(0, 1)]


def test_what_is_no_number_is_left_out() -> None:
    entry = correlation("value_avg", ("lt", "10"))
    assert found(entry, at(0, 1, 2, values=["x", None, "9"])) == [(0, 3)]
    assert found(entry, at(0, 1, values=["x", None])) == []
    assert found(correlation("value_sum", ("lt", "1")), at(0, values=["1e999"])) == []


def test_percentiles_are_interpolated() -> None:
    values = ["1", "2", "3", "4"]
    assert found(correlation("value_median", ("eq", "2.5")), at(0, 1, 2, 3, values=values)) == [(0, 4)]
    entry = correlation("value_percentile", ("eq", "3.85"), percentile="95")
    assert found(entry, at(0, 1, 2, 3, values=values)) == [(0, 4)]
    assert found(correlation("value_percentile", ("eq", "4"), percentile="100"), at(0, 1, values=["4", "1"])) == [(0, 2)]
    assert found(correlation("value_percentile", ("eq", "1"), percentile="0"), at(0, 1, values=["4", "1"])) == [(0, 2)]


CONDITIONS = st.one_of(
    st.tuples(
        st.tuples(st.sampled_from(["gt", "gte", "lt", "lte", "eq", "neq"]), st.sampled_from(["0", "1", "2", "2.5", "3", "4"]))
    ),
    st.just((("gte", "2"), ("lt", "4"))),
)
TERMS = st.sets(st.sampled_from([((0,), (1,)), ((0, 1), ()), ((1, 2), (0,)), ((), (2,)), ((0, 2), ())]), min_size=1, max_size=3)


@st.composite
def groups(draw: st.DrawFn) -> list[Event]:
    rows: list[Event] = []
    moment = 0
    for event in range(draw(st.integers(0, 12))):
        moment += draw(st.sampled_from([0, 1, 1, 2, 5, 6, 30])) * SECOND
        value = draw(st.sampled_from([None, "0", "1", "2", "2.5", "-3", "many"]))
        for reference in sorted(draw(st.sets(st.integers(0, 2), min_size=1, max_size=2))):
            rows.append(Event(moment, reference, event, value))
    return rows


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_as_the_definition_says(kind: str, data: st.DataObject) -> None:
    rows = data.draw(groups())
    more = {"percentile": data.draw(st.sampled_from(["0", "25", "50", "99.5", "100"]))} if kind == "value_percentile" else {}
    entry = correlation(kind, *data.draw(CONDITIONS), kinds=3, span=data.draw(st.sampled_from([1, 5, 10])), **more)
    assert found(entry, rows) == list(naive_windows(entry, rows))


@pytest.mark.parametrize("kind", ["temporal", "temporal_ordered"])
@settings(max_examples=200, deadline=None)
@given(rows=groups(), terms=TERMS)
def test_extended_as_the_definition_says(
    kind: str, rows: list[Event], terms: set[tuple[tuple[int, ...], tuple[int, ...]]]
) -> None:
    entry = correlation(kind, kinds=3, span=5, terms=tuple(sorted(terms)))
    assert found(entry, rows) == list(naive_windows(entry, rows))


@pytest.mark.parametrize("kind", TYPES)
def test_a_large_group_takes_no_square_of_its_size(kind: str) -> None:
    """Windows of ten thousand events that never satisfy the condition: a search that begins anew would look at 10^9 of them."""
    count = 100_000
    entry = correlation(kind, ("gt", str(10**12)), kinds=3, span=10)
    rows = [Event(place * 1_000, place % 3, place, str(place * 7919 % 1_000)) for place in range(count)]
    begun = time.process_time()
    assert found(entry, rows) == []
    assert time.process_time() - begun < 60
