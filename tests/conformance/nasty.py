r"""Strategies of small rules and small tables that are made to disagree about.

Texts come from one alphabet of trouble: letters whose case folding leaves ASCII (the Kelvin sign, long s, sharp s, dotted I, the
sigmas), backslashes and wildcards, newlines, the dashes of `windash`, digits. Rules take their values from what the table holds,
changed a little (cut, re-cased, a wildcard put in), so that a fair share of them match and most of the rest miss narrowly.
"""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

ALPHABET = "aAbBkKsSxé\u212a\u017fß\u1e9e\u0130i\u03a3\u03c3\u03c2\\\\*?\n \t015-/\u2013\u2014\u2015.:=_"

WORDS = [
    *(
        "",
        "a",
        "K",
        "ks",
        "\\",
        "a\\b",
        "*",
        "?",
        " a ",
        "ss",
        "straße",
        "-a",
        " /b",
        " -a -b",
        "\u2013x",
        "cmd.exe",
        "true",
        "FALSE",
    ),
    *(
        "0",
        "-0",
        "5",
        "05",
        "5.0",
        "5.50",
        "-5",
        "1e3",
        "1E+3",
        "5e-1",
        "1000",
        "0x10",
        "16",
        "4688",
        "NaN",
        "inf",
        "1" + "0" * 40,
    ),
    *("9007199254740992", "9007199254740993", "-9223372036854775808", "18446744073709551615", "1e400", "-1e-400"),
    *("10.1.2.3", "10.1", "010.1.2.3", "192.168.0.255", "::1", "FE80::1", "fe80::1%eth0", "::ffff:10.1.2.3", "1:2:3:4:5:6:7::"),
    *(
        "2026-01-02T05:06:07Z",
        "2026-01-02",
        "2025-12-29 23:59:60",
        "2026-06-30t23:30:00.5-0130",
        "2026-13-01",
        "0001-01-01T00:30+01",
    ),
    *("SUVYIChb", "eElFWCAoWy4=", "YQBiAA", "xZm9vy", "\ufeffa\x00"),
]

FIELDS = ["f", "g", "h", "s", "s.a", "s.b", "l", "l.a", "m.k", "a.b", "absent", "_p"]

words = st.sampled_from(WORDS) | st.text(alphabet=ALPHABET, max_size=7)

_INTEGERS = [
    0,
    1,
    -1,
    5,
    16,
    127,
    -128,
    255,
    1000,
    4688,
    65535,
    2**31 - 1,
    -(2**31),
    2**53 - 1,
    2**53,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
]
_FLOATS = [0.0, -0.0, 5.0, 5.5, -5.0, 0.1, 1e300, -1e300, 1e-7, 1e16, 1e23, 5e-324, 2.0**53, 4688.0, 16.0]
_ODD_FLOATS = [float("nan"), float("inf"), float("-inf")]
_SECONDS = st.sampled_from([0, -1, 1, 951827696, 1767330367, 1767225600, 253402300799, -62135596800]) | st.integers(
    -(10**9), 2 * 10**9
)
_NARROW = st.sampled_from([0, -1, 951827696, 1767330367]) | st.integers(-(10**9), 2 * 10**9)


def _integers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.sampled_from([number for number in _INTEGERS if low <= number <= high]) | st.integers(low, high)


def _timestamps(unit: str, per_second: int) -> st.SearchStrategy[int]:
    seconds = _NARROW if unit == "ns" else _SECONDS
    return st.builds(lambda s, rest: s * per_second + rest % per_second, seconds, st.sampled_from([0, 0, 1, 500_000, 120]))


def _scalars(pool: list[str]) -> st.SearchStrategy[tuple[pa.DataType, st.SearchStrategy[Any]]]:
    """Give Arrow types with the values to fill them with."""
    texts = st.sampled_from(pool)
    floats = st.sampled_from([*_FLOATS, *_ODD_FLOATS]) | st.floats()
    short = st.sampled_from([0.0, -0.0, 5.0, 0.5, 0.1, 1e30, 1e-7, 16777217.0, *_ODD_FLOATS]) | st.floats(width=32)
    cents = st.integers(-(10**6), 10**6).map(lambda n: Decimal(n) / 100) | st.sampled_from(
        [Decimal(5), Decimal("5.50"), Decimal(0)]
    )
    raw = texts.map(str.encode) | st.sampled_from([b"\xff", b"a\xc3", b""])
    kinds: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
        *((kind, texts) for kind in (pa.string(), pa.large_string(), pa.string_view())),
        (pa.dictionary(pa.int32(), pa.string()), texts),
        (pa.dictionary(pa.uint8(), pa.large_string()), texts),
        *((kind, _integers(-128, 127)) for kind in (pa.int8(), pa.int16())),
        (pa.uint16(), _integers(0, 65535)),
        (pa.int32(), _integers(-(2**31), 2**31 - 1)),
        (pa.int64(), _integers(-(2**63), 2**63 - 1)),
        (pa.uint64(), _integers(0, 2**64 - 1) | st.just(2**64 - 1)),
        (pa.float64(), floats),
        (pa.float32(), short),
        (pa.bool_(), st.booleans()),
        (pa.decimal128(12, 2), cents),
        (pa.decimal128(38, 0), st.integers(-(10**30), 10**30).map(Decimal) | st.sampled_from([Decimal(5), Decimal(1000)])),
        *((pa.timestamp(unit, zone), _timestamps(unit, size)) for unit, size, zone in _UNITS),
        (pa.date32(), st.integers(-719162, 2932896) | st.sampled_from([0, 20454, 20451])),
        *((kind, raw) for kind in (pa.binary(), pa.large_binary(), pa.binary_view())),
        (pa.time64("us"), st.integers(0, 86_399_999_999)),
        (pa.duration("ms"), st.integers(0, 1000)),
    ]
    return st.sampled_from(kinds)


_UNITS = [
    ("s", 1, None),
    ("ms", 1_000, "UTC"),
    ("us", 1_000_000, None),
    ("us", 1_000_000, "Europe/Berlin"),
    ("ns", 1_000_000_000, "UTC"),
]


@st.composite
def tables(draw: st.DrawFn) -> tuple[pa.Table, list[str]]:
    """Draw a table, and the words that its texts are made of."""
    pool = draw(st.lists(words, min_size=2, max_size=8))
    pool += [left + right for left, right in pairwise(pool)]
    height = draw(st.integers(1, 6))
    columns: dict[str, pa.Array] = {"_p": pa.array(draw(_cells(st.sampled_from(pool), height)), pa.string())}
    scalars = _scalars(pool)
    for name in ("f", "g", "h", "a.b"):
        if name == "f" or draw(st.booleans()):
            kind, values = draw(scalars)
            columns[name] = pa.array(draw(_cells(values, height)), kind)
    for name in ("s", "l", "m"):
        if draw(st.integers(0, 3)) == 0:
            kind, values = draw(_nested(name, scalars))
            columns[name] = pa.array(draw(_cells(values, height)), kind)
    return pa.table(columns), pool


def _cells(values: st.SearchStrategy[Any], height: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | values | values | values, min_size=height, max_size=height)


def _some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | values | values, max_size=3)


@st.composite
def _nested(draw: st.DrawFn, name: str, scalars: st.SearchStrategy[Any]) -> tuple[pa.DataType, st.SearchStrategy[Any]]:
    kind, values = draw(scalars.filter(lambda found: not pa.types.is_dictionary(found[0])))
    members = st.fixed_dictionaries({"a": st.none() | values, "b": st.none() | _some(values)})
    struct = pa.struct({"a": kind, "b": pa.list_(kind)})
    if name == "s":
        return struct, members
    if name == "m":
        return pa.map_(pa.string(), kind), st.dictionaries(st.sampled_from("kjK"), st.none() | values, max_size=3).map(
            dict.items
        ).map(list)
    shape = draw(st.sampled_from(["list", "large", "fixed", "structs", "deep"]))
    if shape == "fixed":
        return pa.list_(kind, 2), st.lists(st.none() | values, min_size=2, max_size=2)
    if shape == "structs":
        return pa.list_(struct), _some(members)
    if shape == "deep":
        return pa.list_(pa.list_(kind)), _some(_some(values))
    return (pa.large_list(kind) if shape == "large" else pa.list_(kind)), _some(values)


@st.composite
def _value(draw: st.DrawFn, pool: list[str]) -> str:
    """Draw a rule's text: something the table may hold, changed a little."""
    text = draw(st.sampled_from(pool) | words)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text)))
        match draw(st.integers(0, 5)):
            case 0:
                text = text[:place]
            case 1:
                text = text[place:]
            case 2:
                text = text.swapcase() if text.isascii() else text.lower()
            case 3:
                text = text[:place] + draw(st.sampled_from(["*", "?", "**", "?*", "\\*", "\\"])) + text[place:]
            case 4:
                text = text[:place] + draw(st.sampled_from(["*", "?"])) + text[place + 1 :]
            case _:
                text = text.replace("\\", "\\\\")
    return text


_CLASSES = [
    ".",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    r"\d",
    r"\D",
    "[ab]",
    "[^a]",
    "[a-k]",
    "[[:alpha:]]",
    "[^[:punct:]x]",
    r"[\w&&[^a]]",
    r"\p{Lu}",
    r"\P{L}",
]
_SPECIAL = frozenset(r"\.+*?()|[]{}^$#&-~ ")
_LOOKS = ["^", "$", r"\A", r"\z", r"\b", r"\B"]


@st.composite
def _regex(draw: st.DrawFn, pool: list[str], depth: int = 3) -> str:
    """Draw a regular expression; a fair share of what it looks for is in the table."""
    inner = _regex(pool, depth - 1)
    match draw(st.integers(0, 9 if depth else 2)):
        case 0 | 1:
            text = draw(st.sampled_from(pool))[:4]
            return "".join(f"\\{char}" if char in _SPECIAL else char for char in text)
        case 2:
            return draw(st.sampled_from([*_CLASSES, *_LOOKS]))
        case 3 | 4 | 5:
            return draw(inner) + draw(inner)
        case 6:
            return f"(?:{draw(inner)}|{draw(inner)})"
        case 7 | 8:
            return f"({draw(inner)}){draw(st.sampled_from(['*', '+', '?', '{2}', '{1,2}', '*?', '{0}', '{2,}']))}"
        case _:
            return f"(?{draw(st.sampled_from(['i', 's', 'm', 'i-s', 'x', 'U']))}:{draw(inner)})"


_NUMBERS: st.SearchStrategy[Any] = (
    st.sampled_from([*_INTEGERS, *_FLOATS, 2**64 - 1, 10**40]) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
_NETWORKS = [
    "10.0.0.0/8",
    "10.1.2.3/32",
    "192.168.0.0/16",
    "0.0.0.0/0",
    "::/0",
    "fe80::/10",
    "::1/128",
    "::ffff:0:0/96",
    "10.1.2.3",
]
_ENCODED = [
    "base64",
    "base64|contains",
    "base64offset|contains",
    "wide|base64offset|contains",
    "utf16|base64",
    "utf16be",
    "wide|contains",
]


@st.composite
def _item(draw: st.DrawFn, pool: list[str]) -> tuple[str, Any]:
    """Draw one entry of a detection: key and value."""
    field = draw(st.sampled_from(FIELDS[:4]) | st.sampled_from(FIELDS))
    value = _value(pool)
    several = st.lists(value, min_size=1, max_size=3)
    anchor = draw(st.sampled_from(["", "|contains", "|startswith", "|endswith"]))
    match draw(st.integers(0, 13)):
        case 0 | 1 | 2:
            extra = draw(st.sampled_from(["", "", "|cased", "|windash", "|all", "|neq"]))
            return f"{field}{anchor}{extra}", draw(several | value)
        case 3 | 4:
            return f"{field}{anchor}", draw(value)
        case 5 | 6:
            flags = draw(st.sampled_from(["", "", "|i", "|s", "|m", "|i|s"]))
            return f"{field}|re{flags}{anchor}", draw(_regex(pool))
        case 7:
            return f"{field}|{draw(st.sampled_from(['lt', 'lte', 'gt', 'gte']))}", draw(_NUMBERS)
        case 8:
            return field, draw(_NUMBERS | st.booleans() | st.none())
        case 9:
            return f"{field}|exists", draw(st.booleans())
        case 10:
            other = draw(st.sampled_from(FIELDS))
            return f"{field}|fieldref{anchor}{draw(st.sampled_from(['', '', '|cased', '|neq']))}", other
        case 11:
            return f"{field}|cidr", draw(st.sampled_from(_NETWORKS))
        case 12:
            part = draw(st.sampled_from(["minute", "hour", "day", "week", "month", "year"]))
            return f"{field}|{part}{draw(st.sampled_from(['', '|gte', '|lt']))}", draw(
                st.sampled_from([0, 1, 5, 6, 12, 23, 53, 59, 2025, 2026])
            )
        case _:
            return f"{field}|{draw(st.sampled_from(_ENCODED))}", draw(value)


@st.composite
def _keywords(draw: st.DrawFn, pool: list[str]) -> Any:
    several = st.lists(_value(pool) | st.sampled_from([5, 0, 16, 4688, -5, 5.5, True]), min_size=1, max_size=3)
    match draw(st.integers(0, 3)):
        case 0:
            return {"|all": draw(several)}
        case 1:
            return {"|re": draw(_regex(pool))}
        case _:
            return draw(several)


@st.composite
def detections(draw: st.DrawFn, pool: list[str]) -> dict[str, Any]:
    """Draw the detection of a rule."""
    one = st.lists(_item(pool), min_size=1, max_size=2).map(dict)
    kinds = one | one | one | st.lists(one, min_size=1, max_size=2) | _keywords(pool)
    names = ["sel_a", "sel_b", "notsel"][: draw(st.integers(1, 3))]
    return {**{name: draw(kinds) for name in names}, "condition": draw(_condition(names))}


@st.composite
def _condition(draw: st.DrawFn, names: list[str], depth: int = 2) -> str:
    inner = _condition(names, depth - 1)
    match draw(st.integers(0, 7 if depth else 2)):
        case 0 | 1:
            return draw(st.sampled_from(names))
        case 2:
            return draw(st.sampled_from(["1 of them", "all of them", "1 of sel_*", "all of sel*"]))
        case 3 | 4:
            return f"not ({draw(inner)})"
        case 5:
            return f"not {draw(inner)}"
        case _:
            return f"{draw(inner)} {draw(st.sampled_from(['and', 'or', 'and not']))} {draw(inner)}"
