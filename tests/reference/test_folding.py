"""Simple case folding, against the classes that Unicode defines and against another implementation."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigtrawl.reference.folding import fold, fold_char, fold_classes


@pytest.mark.parametrize(
    ("char", "folded"),
    [
        ("K", "k"),
        ("\u212a", "k"),  # kelvin sign
        ("\u017f", "s"),  # long s
        ("\u1e9e", "ß"),
        ("ß", "ß"),
        ("\u0130", "\u0130"),  # full folding only
        ("\u0131", "\u0131"),
        ("\u03c2", "\u03c3"),
        ("\u00b5", "\u03bc"),  # micro sign
        ("\ufb05", "\ufb06"),
        ("\u1fd3", "\u0390"),
        ("\u1fe3", "\u03b0"),
        ("\u1f88", "\u1f80"),
        ("\u1fbc", "\u1fb3"),
        ("\u1fcc", "\u1fc3"),
        ("\u1ffc", "\u1ff3"),
        ("\uab70", "\u13a0"),  # Cherokee folds to its capitals
        ("\u13f8", "\u13f0"),
        ("\ua7cb", "\u0264"),
        ("\u1c89", "\u1c8a"),
        ("\U00010d50", "\U00010d70"),
        ("\U00016ea0", "\U00016ebb"),
        ("\U0001e900", "\U0001e922"),
    ],
)
def test_known_foldings(char: str, folded: str) -> None:
    assert fold_char(char) == folded
    assert fold(f"x{char}X") == f"x{folded}x"


def test_classes() -> None:
    classes = fold_classes()
    assert classes["s"] == {"s", "S", "\u017f"}
    assert classes["\u03b8"] == {"\u03b8", "\u0398", "\u03d1", "\u03f4"}
    assert "1" not in classes
    assert "\u0130" not in classes
    assert classes["i"] == {"i", "I"}


def test_no_code_point_folds_further() -> None:
    for members in set(fold_classes().values()):
        assert len({fold_char(char) for char in members}) == 1


def test_another_implementation_agrees() -> None:
    """Rust's `regex`, carried by polars, is asked of everything but Unicode 17, which it does not know yet."""
    pairs = [
        (char, fold_char(char))
        for char in map(chr, range(0x1E944))
        if fold_char(char) != char and not (0x16EA0 <= ord(char) <= 0x16ED3 or char in "\ua7ce\ua7d2\ua7d4")
    ]
    frame = pl.DataFrame({"char": [char for char, _ in pairs], "folded": [f"(?i)^{folded}$" for _, folded in pairs]})
    disagreeing = [char for char, pattern in frame.iter_rows() if not pl.Series([char]).str.contains(pattern).item()]
    assert disagreeing == []


def test_another_implementation_folds_nothing_more() -> None:
    """What `regex` finds in a class besides the character itself must be in ours; checked over the whole range at once."""
    chars = [chr(code) for code in range(0x20, 0x1E944) if not 0xD800 <= code <= 0xDFFF]
    series = pl.Series(chars)
    for probe in "aiks\u03b8\u03c3\u00b5\u00e5\u00df\u0390\u03c9":
        found = set(series.filter(series.str.contains(f"(?i)^{probe}$")))
        assert found == fold_classes().get(probe, {probe}), probe


@given(st.text())
def test_folding_keeps_length_and_is_stable(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_ascii_path_is_the_tables_answer(text: str) -> None:
    assert fold(text) == "".join(map(fold_char, text))
