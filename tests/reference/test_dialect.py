"""The translation of regular expressions, against Rust's own `regex`, which polars carries."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigtrawl.reference.cursor import RegexNotTranslatableError
from sigtrawl.reference.dialect import translate

TEXTS = [
    "", "a", "b", "A", "ab", "aab", "abc", "xaby", "a\n", "\na", "a\nb", "a b", "a\u00a0b", "a\x1cb", "a_b", "a-b",
    "[:", "]", "}", "é", "E\u0301", "\u017f", "K", "K", "İ", "\u0131", "I", "i", "ß", "ẞ", "SS", "٣", "²", "Ⅷ", "ⓐ", "\u200d",
    "à la", "\\", "a\\b", "^", "$", "#", "a#", ".", "x.y", "\u2028", "\x85", "\t", "\r\n", "a\rb", "0", "9",
    "10.1.2.3", "foo bar", "FOO", "\U0001f600",
]  # fmt: skip

PATTERNS = [
    "a", "^a$", "(?m)^a$", "(?m)^b", "(?m)a$", r"\Aa\z", "a|b", "a||b", "()", "(a)(b)", "(?:ab)+", "(?P<x>a)(?<y>b)",
    "a*+", "a**", "a+?b", "a??b", "a{2}", "a{1,}b", "a{0,1}b", "a{ 2 }", ".", "(?s).", "a.b", "(?s)a.b", "^.$",
    "(?s)^.$", r"\d", r"^\d$", r"\D", r"^\w$", r"^\W$", r"^\s$", r"^\S$", r"a\sb", r"\bla\b", r"\Bb", r"\b", r"\B",
    r"\b{start}a", r"b\b{end}", r"\b{start-half}a", r"\b{end-half}", r"\<a", r"b\>", "[a-c]", "[^a]", "^[^a]$",
    "[]a]", "[^]a]", "[-a]", "[a-]", "[a-c-e]", "[--b]", r"[\]\\]", r"[\d\s]", r"^[^\w\s]$", "[[:alpha:]]",
    "[[:^alpha:]]", "^[[:word:][:space:]]$", "[[:foo:]]", "[:alpha:]", "[a-c&&b-z]", r"^[\w&&[^\d]]$", "[a-c--b]",
    "[a-c~~b-d]", "[a[bc]]", "[^a[bc]]", "(?i)k", "(?i)s", "(?i)ß", "(?i)i", "(?i)[i]", "(?i)[^k]", "^(?i)[^k]$",
    "(?i)[h-j]", "(?i)foo", "(?i:f)oo", "(?i)f(?-i)OO", "(?i)f(?-i:oo)", "a(?i)B|C", "(?x) a b # remark",
    "(?x)a\n#x\nb", r"(?x)a\ b", "(?x)[a b]", r"(?x)a\#", "(?x)a +", "(?U)a+", "(?i-s)a.b", r"\x41", r"\x{e9}",
    r"\u00e9", r"\u{e9}", r"\U0001f600", r"\t", r"\\", r"\.", r"\-", r"\/", r"\#", r"\ ", r"\"", r"\pL", r"^\p{L}$",
    r"^\PL$", r"\p{Lu}", r"\p{Nd}", r"^\p{Uppercase_Letter}$", r"(?i)\p{Lu}", "^$", "$", "^", "$^", "(a|b)*c",
    r"(?i)\w", r"(?i)[[:upper:]]", r"a{0}", "]", "}", r"\{", "^a?^", r"\d{1,3}\.\d{1,3}", "[0-9]{1,3}", "é", "[é-ë]",
    r"[\x00-\x20]", r"[\n]", "(?s-i)A.", r"\a|\f|\v|\r", r"(?:a|b)??c", r"^(?:\W)$", "(?im)^A$", "[&]", "[a&b]",
    "[a~b]",
]  # fmt: skip

REFUSED = [
    "(", ")", "a)", "[", "[]", "[[]", "[a", "*", "+a", "?", "{", "a{", "a{2", "a{,2}", "a{2,1}", "|*", "(*a)", "(?",
    "(?i", "(?z)a", "(?<a", "(?^i:a)", "\\", r"\q", r"\e", r"\Z", r"\h", r"\R", r"\0", r"\é", r"\x4", r"\x{110000}",
    r"\x{}", r"[\b]", r"[b-a]", r"[\d-z]", r"\p{Nope}",
]  # fmt: skip

UNSUPPORTED = ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", r"(a)\1", "(?-u)a", "(?R)a$", r"\p{Greek}"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_same_texts_match(pattern: str) -> None:
    series = pl.Series(TEXTS)
    expected = series.filter(series.str.contains(pattern)).to_list()
    ours = translate(pattern)
    assert [text for text in TEXTS if ours.search(text)] == expected


@pytest.mark.parametrize("flags", ["i", "m", "s", "im", "ims"])
@pytest.mark.parametrize("pattern", ["^A.B$", "a.b", "^b", "K", "[^A]"])
def test_flags(pattern: str, flags: str) -> None:
    series = pl.Series(TEXTS)
    expected = series.filter(series.str.contains(f"(?{flags}){pattern}")).to_list()
    ours = translate(pattern, flags)
    assert [text for text in TEXTS if ours.search(text)] == expected


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_is_malformed_is_refused_by_both(pattern: str) -> None:
    with pytest.raises(RegexNotTranslatableError):
        translate(pattern)
    with pytest.raises(pl.exceptions.ComputeError):
        pl.Series(["a"]).str.contains(pattern)


@pytest.mark.parametrize("pattern", UNSUPPORTED)
def test_what_cannot_be_said_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(RegexNotTranslatableError, match=r"at [0-9]+: "):
        translate(pattern)


ATOMS = st.sampled_from(["a", "b", ".", r"\w", r"\s", r"\d", "[ab]", "[^a]", "^", "$", r"\b", "(?i:k)", r"\n", " ", "_"])


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        ATOMS,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map("".join),
            st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
            st.tuples(inner, st.sampled_from(["*", "+", "?", "{1,2}", "*?"])).map(lambda pair: f"({pair[0]}){pair[1]}"),
            inner.map(lambda part: f"(?s-m:{part})"),
        ),
        max_leaves=8,
    ),
    st.lists(st.text(alphabet="abkK_\n \u0301\u212a1", max_size=6), min_size=1, max_size=6),
)
def test_generated_patterns(pattern: str, texts: list[str]) -> None:
    ours = translate(pattern)
    assert [ours.search(text) is not None for text in texts] == pl.Series(texts).str.contains(pattern).to_list()
