"""Strategies of mappings that say all that a mapping may say, of tables for them, and of rules.

Joins, prefixes, choices among the elements of lists, needs, value readings on each of them. Tables lack columns at random, and
lists come in every type that Arrow has, so that what is missing, null, empty or not chosen meets every predicate.
"""

from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

_DIGEST = "0123456789abcdef"
_KEYS: list[str | None] = ["HKLM\\Soft", "hklm\\soft", "\\REGISTRY\\MACHINE\\Soft", "HKEY_LOCAL_MACHINE\\Soft", "Soft", "", None]
_NAMES: list[str | None] = ["Run", "run", "x\\nc.exe", "0x10", "", None]
_ALGORITHMS = ["MD5", "md5", "SHA-1", "SHA1", "other", None]
_HASH = pa.struct({"algorithm": pa.string(), "value": pa.string(), "ids": pa.list_(pa.int64())})
_FIXED = 2

_ANSWERS: list[Any] = [
    {"join": ["key", "name"], "with": "\\"},
    {"join": ["key", "number", "name"], "with": ""},
    {"join": ["absent", "key"], "with": "-"},
    {"join": ["key", "name"], "with": "\\", "needs": ["name"]},
    {"join": ["raw", "number", "absent", "name"], "with": ":", "needs": ["name", "number"]},
    {"join": ["name", "key"], "with": "", "needs": ["key", "name"]},
    {"join": ["hashes[algorithm=MD5].value", "absent", "key"], "with": "="},
    {"join": ["number", "raw"], "with": ":"},
    {"join": ["raw", "hashes"], "with": ":"},
    {"columns": ["hashes[algorithm=MD5|sha-1].value", "key"]},
    "hashes[algorithm=MD5].ids",
    "hashes[ids=16].value",
    "hashes[algorithm=SHA1]",
    "deep.hashes[algorithm=MD5].value",
    "deep.hashes",
    ["name", "key"],
    {"hashes": {"MD5": "hashes[algorithm=MD5].value", "SHA-1": "hashes[algorithm=SHA-1|SHA1].value"}},
    {"columns": ["key"], "hashes": {"MD5": "hashes[algorithm=MD5].value"}},
]
_READINGS: dict[str, Any] = {
    "values": {"HKLM\\Soft": ["x", "Soft"], "16": ["Run"], "true": ["run"]},
    "prefixes": {"HKLM\\": ["HKEY_LOCAL_MACHINE\\", "\\REGISTRY\\MACHINE\\"], "HKLM\\S*": ["?"]},
    "hex": True,
    "bare": True,
}
FIELDS = ["a", "b", "c"]


@st.composite
def mappings(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a mapping of three fields, as plain data."""
    fields: dict[str, Any] = {}
    for field in FIELDS:
        answer = draw(st.sampled_from(_ANSWERS))
        readings = draw(st.sets(st.sampled_from(sorted(_READINGS))))
        if readings:
            plain = answer if isinstance(answer, dict) else {"columns": answer}
            answer = {**plain, **{name: _READINGS[name] for name in readings}}
        fields[field] = answer
    needs = draw(st.sampled_from([[], [], ["key"], ["hashes[algorithm=MD5].value", "number"], ["absent"]]))
    when = draw(st.sampled_from([{}, {"hashes[algorithm=MD5].value": [_DIGEST, None]}, {"absent": [None]}, {"name": ["run"]}]))
    route = {"logsource": {"category": "a"}, "when": when, **({"needs": needs} if needs else {})}
    plain_route = {"logsource": {"category": "b"}}
    return {"name": "mapped", "recognise": {"all": ["always"]}, "fields": fields, "routes": [route, plain_route]}


def _lists(inner: pa.DataType) -> list[pa.DataType]:
    return [pa.list_(inner), pa.large_list(inner), pa.list_(inner, _FIXED), pa.list_view(inner), pa.large_list_view(inner)]


@st.composite
def tables(draw: st.DrawFn) -> tuple[pa.Table, pa.Table]:
    """Draw a table, each of whose columns may be missing; and the same with the lists that polars reads, which knows no views."""
    height = draw(st.integers(1, 8))

    def cells(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=height, max_size=height))

    plain: dict[str, pa.Array] = {}
    columns: dict[str, pa.Array] = {"always": pa.array(cells(st.just("x")))}
    texts = st.sampled_from([pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
    element = st.fixed_dictionaries(
        {
            "algorithm": st.sampled_from(_ALGORITHMS),
            "value": st.sampled_from([_DIGEST, _DIGEST.upper(), "00", "", None]),
            "ids": st.none() | st.lists(st.sampled_from([16, 4688, None]), max_size=2),
        }
    )
    for name, values in (("key", _KEYS), ("name", _NAMES)):
        if draw(st.integers(0, 4)):
            columns[name] = pa.array(cells(st.sampled_from(values)), pa.string()).cast(draw(texts))
    if draw(st.booleans()):
        columns["number"] = pa.array(cells(st.sampled_from([16, 4688, None])), draw(st.sampled_from([pa.int64(), pa.float64()])))
    if draw(st.booleans()):
        columns["raw"] = pa.array(cells(st.sampled_from([b"Run", b"\xff", None])), pa.binary())
    for name in ("hashes", "deep"):
        if draw(st.integers(0, 3)):
            kind = draw(st.sampled_from(_lists(_HASH)))
            fixed = pa.types.is_fixed_size_list(kind)
            elements = st.lists(st.none() | element | element, min_size=_FIXED if fixed else 0, max_size=_FIXED if fixed else 3)
            values = cells(st.none() | elements)
            columns[name] = _nested(name, pa.array(values, kind))
            plain[name] = _nested(name, pa.array(values, kind if fixed else pa.list_(_HASH)))
    return pa.table(columns), pa.table({**columns, **plain})


def _nested(name: str, array: pa.Array) -> pa.Array:
    return array if name == "hashes" else pa.StructArray.from_arrays([array], ["hashes"])


_ITEMS: list[tuple[str, list[Any]]] = [
    ("", ["HKLM\\Soft", "hklm\\soft\\run", "HKLM\\*\\Run", "*hklm\\s?ft*", "Soft", 16, "16", "0x10", True, None, "", _DIGEST]),
    ("|contains", ["HKLM\\", "HKLM\\s?ft", "\\nc.exe", "", "MD5=" + _DIGEST]),
    ("|startswith", ["HKLM\\Soft", "hklm\\", _DIGEST + "="]),
    ("|endswith", ["\\nc.exe", "\\Run", "\\n?.exe", "HKLM\\Soft"]),
    ("|cased", ["HKLM\\Soft", "hklm\\soft", "HKLM\\Soft\\Run"]),
    ("|re", ["^HKLM.*[Rr]un$", "16", "^$"]),
    ("|re|i", ["soft"]),
    ("|exists", [True, False]),
    ("|gte", [16, 15.5]),
    ("|gt", [16, 15, -1]),
    ("|lt", [17, 4688]),
    ("|lte", [16, 15]),
    ("|fieldref", FIELDS),
    ("|fieldref|startswith", FIELDS),
    ("", [f"MD5={_DIGEST}", f"sha-1={_DIGEST.upper()}", "x=y"]),
]


@st.composite
def rules(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a rule: its category and its detection."""
    selections: dict[str, Any] = {}
    for name in ("sel", "other"):
        how, values = draw(st.sampled_from(_ITEMS))
        selections[name] = {draw(st.sampled_from(FIELDS)) + how: draw(st.sampled_from(values))}
    condition = draw(st.sampled_from(["sel", "sel", "not sel", "sel and other", "sel or other", "sel and not other"]))
    return draw(st.sampled_from("ab")), {**selections, "condition": condition}


_MOMENTS = ["1970-01-01T00:00:01.5Z", "2021-04-22 09:51:03.135", "2021-04-22", "soon", "", None]
_COUNTED = [0, 1, -1, 1_500, 1_619_085_063_135, -62_135_596_800, 253_402_300_800, 2**62, None]
_FRACTIONS = [1_619_085_063.135, -0.5, 1.5e300, float("nan"), float("inf"), 0.1, None]
_NUMBERS = ["1500", "-1", "1.5e3", "1e400", "0x10", *_MOMENTS]


@st.composite
def times(draw: st.DrawFn) -> tuple[str | None, pa.Array]:
    """Draw a unit (or none) and a column of times, flat or in a list."""
    unit = draw(st.sampled_from([None, "s", "ms", "us", "ns"]))
    kind, values = draw(
        st.sampled_from(
            [
                *((pa.string(), _MOMENTS), (pa.string(), _NUMBERS), (pa.int64(), _COUNTED), (pa.float64(), _FRACTIONS)),
                *((pa.timestamp("ms"), [0, 1_500, -1, None]), (pa.timestamp("ns", "UTC"), [0, 1_500_000, None])),
            ]
        )
    )
    cells = st.sampled_from(values)
    if draw(st.booleans()):
        return unit, pa.array(draw(st.lists(cells, min_size=1, max_size=6)), kind)
    lists = st.none() | st.lists(cells, max_size=3)
    return unit, pa.array(draw(st.lists(lists, min_size=1, max_size=6)), pa.list_(kind))
