"""Numbers in text form, against exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigtrawl.reference.numbers import canonical, holds, read_number

ASCII = st.characters(max_codepoint=127)
NUMBERS = st.from_regex(r"-?[0-9]{1,30}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True, alphabet=ASCII)


def compare(left: str, right: str) -> int:
    first, second = read_number(left), read_number(right)
    assert first is not None
    assert second is not None
    return first.compare(second)


@given(NUMBERS, NUMBERS)
def test_order_is_that_of_fractions(left: str, right: str) -> None:
    first, second = Fraction(left), Fraction(right)
    assert compare(left, right) == (first > second) - (first < second)


@given(st.integers(), st.integers(-3, 3))
def test_neighbours_stay_apart(number: int, distance: int) -> None:
    assert compare(str(number), str(number + distance)) == (distance < 0) - (distance > 0)


@pytest.mark.parametrize(
    ("small", "big"),
    [
        ("9007199254740992", "9007199254740993"),
        ("1e-400", "1e-399"),
        ("-1e999999999", "1e-999999999"),
        ("-0.5", "-0.25"),
        ("0", "1e-" + "9" * 5000),
        ("1", "1e" + "9" * 5000),
    ],
)
def test_order(small: str, big: str) -> None:
    assert compare(small, big) == -1
    assert compare(big, small) == 1


@pytest.mark.parametrize(
    ("left", "right"), [("0", "-0"), ("0e9", "0.000"), ("1.50", "1.5"), ("1e3", "1000"), ("0005", "5"), ("12e-1", "1.2")]
)
def test_equal(left: str, right: str) -> None:
    assert compare(left, right) == 0


@pytest.mark.parametrize("text", ["", "-", "+5", "0x10", "5 ", " 5", "5\n", "1.", ".5", "1e", "1e+", "NaN", "inf", "1_000", "१"])
def test_what_is_no_number(text: str) -> None:
    assert read_number(text) is None


def test_comparisons() -> None:
    orders = {"eq": [0], "lt": [-1], "lte": [-1, 0], "gt": [1], "gte": [0, 1]}
    for comparison, holding in orders.items():
        assert [order for order in (-1, 0, 1) if holds(comparison, order)] == holding
    with pytest.raises(ValueError, match="no comparison"):
        holds("near", 0)


def test_canonical() -> None:
    assert [canonical(text) for text in ("5.00", "5.50", "500", "0.00")] == ["5", "5.5", "500", "0"]
