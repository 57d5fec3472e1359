"""Which rows a rule reads, through which view, and what else a mapped value may say."""

from typing import Any

import polars as pl
import pytest

from sigtrawl import schemas
from sigtrawl.reference import evaluate

WINDOWS, ASIM = schemas.builtin()[:2]
SYSMON = "Microsoft-Windows-Sysmon/Operational"

ROUTES = """
name: shop
recognise: {all: [kind]}
own_names: true
fields: {Colour: [colour, color]}
views:
  old: {Colour: paint, Size: []}
routes:
  - when: {kind: [sale, "sold*"]}
    logsource: {product: shop, category: sale}
  - when: {kind: [1], region: [null, north]}
    logsource: {product: "*", category: stock, service: store}
  - when: {kind: [legacy]}
    logsource: {product: shop, category: sale, service: archive}
    view: old
"""
SHOP = schemas.read_mapping(ROUTES)


def rows(
    frame: pl.DataFrame,
    source: dict[str, str],
    predicate: dict[str, Any],
    mapping: schemas.Mapping | None = SHOP,
    *,
    negated: bool = False,
    **options: Any,
) -> list[int]:
    condition = {"not": 0} if negated else 0
    plan = {"predicates": [predicate], "rules": [{"id": "r", "logsource": source, "condition": condition}]}
    return [row for row, _ in evaluate(plan, frame, mapping=mapping, **options)]


EVENTS = pl.DataFrame(
    {
        "kind": ["Sale", "SOLD out", "1", "1", "1", "legacy", None],
        "region": [None, None, None, "North", "south", None, None],
        "colour": ["red", None, "red", "red", "red", "red", "red"],
        "color": ["blue", "red", None, None, None, None, None],
        "paint": [None, None, None, None, None, "green", None],
        "Size": ["XL"] * 7,
    }
)
RED = {"field": "Colour", "op": "equals", "value": "red"}
LARGE = {"field": "Size", "op": "equals", "value": "xl"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"product": "shop", "category": "sale"}, [0, 1]),
        ({"category": "sale"}, [0, 1]),
        ({"product": "shop"}, [0, 1, 2, 3, 5]),
        ({"product": "else"}, [2, 3]),
        ({"service": "store"}, [2, 3]),
        ({"category": "sale", "service": "archive"}, []),
        ({"service": "archive"}, [5]),
        ({"category": "else"}, []),
        ({}, [0, 1, 2, 3, 5]),
    ],
)
def test_routes(source: dict[str, str], expected: list[int]) -> None:
    assert rows(EVENTS, source, RED) == expected


def test_a_view_answers_only_rules_of_its_category() -> None:
    green = {"field": "Colour", "op": "equals", "value": "green"}
    assert rows(EVENTS, {"category": "sale"}, green) == [5]
    assert rows(EVENTS, {"service": "archive"}, green) == []
    assert rows(EVENTS, {"category": "sale"}, LARGE) == [0, 1]
    assert rows(EVENTS, {"category": "sale"}, {"field": "Size", "op": "null"}) == [5]
    assert rows(EVENTS, {"category": "sale"}, LARGE, negated=True) == [5]


def test_the_first_column_that_is_not_null_answers() -> None:
    blue = {"field": "Colour", "op": "equals", "value": "blue"}
    assert rows(EVENTS, {"category": "sale"}, blue) == []
    both = EVENTS.with_columns(paint=pl.lit(None, pl.String))
    assert rows(both, {"category": "sale"}, {"field": "Colour", "op": "null"}) == [5]
    assert rows(both, {"category": "sale"}, {"field": "Colour", "op": "exists"}) == [0, 1]


def test_a_fieldref_goes_through_the_view() -> None:
    frame = EVENTS.with_columns(wish=pl.Series(["red", "red", None, None, None, "green", None]))
    same = {"field": "Colour", "op": "fieldref", "value": "wish", "how": "equals"}
    assert rows(frame, {"category": "sale"}, same) == [0, 1, 5]


def test_an_asserted_log_source_replaces_routes_and_keeps_views() -> None:
    sale = {"product": "shop", "category": "sale"}
    assert rows(EVENTS, sale, RED, logsource=sale) == [0, 1, 2, 3, 4, 6]
    green = {"field": "Colour", "op": "equals", "value": "green"}
    assert rows(EVENTS, sale, green, logsource=sale) == [5]
    assert rows(EVENTS, {"product": "shop"}, RED, logsource=sale) == [0, 1, 2, 3, 4, 5, 6]
    assert rows(EVENTS, {"service": "archive"}, RED, logsource=sale) == []
    assert rows(EVENTS, sale, RED, logsource={"category": "sale"}) == []


def test_a_route_may_ask_where_a_row_came_from() -> None:
    text = "{name: x, recognise: {all: [f]}, own_names: true, routes: [{when: {_table: [t*]}, logsource: {category: c}}]}"
    frame = pl.DataFrame({"f": ["x", "x"], "_table": ["T1", "u"]})
    mapping = schemas.read_mapping(text)
    assert rows(frame, {"category": "c"}, {"field": "f", "op": "exists"}, mapping) == [0]
    assert rows(frame, {"category": "c"}, {"field": "_table", "op": "exists"}, mapping) == []


def test_without_a_schema() -> None:
    frame = pl.DataFrame({"Colour": ["red"], "colour": ["blue"]})
    assert rows(frame, {"category": "any"}, RED, None, schema_none=True) == [0]
    assert rows(frame, {"category": "any"}, RED, None, logsource={"category": "any"}) == [0]
    assert rows(frame, {"category": "any", "product": "p"}, RED, None, logsource={"category": "any"}) == []


def sysmon(**columns: Any) -> pl.DataFrame:
    return pl.DataFrame({"Channel": [SYSMON], "EventID": [1], **{name: [value] for name, value in columns.items()}})


def security(**columns: Any) -> pl.DataFrame:
    return sysmon(**columns).with_columns(Channel=pl.lit("security"), EventID=pl.lit("4688"))


CREATION = {"product": "windows", "category": "process_creation"}


def test_security_4688_speaks_sysmon() -> None:
    frame = security(
        NewProcessName="C:\\nc.exe",
        ParentProcessName="C:\\cmd.exe",
        CommandLine="nc -l",
        MandatoryLabel="S-1-16-12288",
        NewProcessId="0x1a4",
        ProcessId="0x10",
        Image="other",
    )
    for field, value in (
        ("Image", "c:\\NC.exe"),
        ("ParentImage", "C:\\cmd.exe"),
        ("CommandLine", "nc -l"),
        ("IntegrityLevel", "high"),
        ("IntegrityLevel", "S-1-16-12288"),
        ("ProcessId", "0x1A4"),
        ("ProcessId", "420"),
        ("ParentProcessId", "16"),
    ):
        assert rows(frame, CREATION, {"field": field, "op": "equals", "value": value}, WINDOWS) == [0], field
    number = {"field": "ProcessId", "op": "number", "cmp": "eq", "value": "420"}
    assert rows(frame, CREATION, number, WINDOWS) == [0]
    for field, value in (("IntegrityLevel", "System"), ("ProcessId", "16"), ("Image", "other")):
        assert rows(frame, CREATION, {"field": field, "op": "equals", "value": value}, WINDOWS) == [], field
    own = {"field": "Image", "op": "equals", "value": "other"}
    assert rows(frame, {"product": "windows", "service": "security"}, own, WINDOWS) == [0]


def test_what_4688_lacks_is_null_even_beside_sysmon() -> None:
    frame = security(OriginalFileName="x", User="me")
    for field in ("OriginalFileName", "User", "Hashes", "ParentCommandLine"):
        assert rows(frame, CREATION, {"field": field, "op": "null"}, WINDOWS) == [0]


def test_defender_answers_antivirus_rules() -> None:
    frame = security(ThreatName="Eicar", Path="C:\\x").with_columns(
        Channel=pl.lit("Microsoft-Windows-Windows Defender/Operational"), EventID=pl.lit(1116)
    )
    eicar = {"field": "Signature", "op": "contains", "value": "eicar"}
    assert rows(frame, {"category": "antivirus"}, eicar, WINDOWS) == [0]
    assert rows(frame, {"product": "windows", "category": "antivirus"}, eicar, WINDOWS) == []
    assert rows(frame, {"category": "antivirus"}, {"field": "Filename", "op": "exists"}, WINDOWS) == [0]
    assert rows(frame, {"product": "windows", "service": "windefend"}, eicar, WINDOWS) == []
    quiet = frame.with_columns(EventID=pl.lit(1013))
    assert rows(quiet, {"category": "antivirus"}, eicar, WINDOWS) == []


def asim(**columns: Any) -> pl.DataFrame:
    return pl.DataFrame({"TargetProcessName": ["nc.exe"], **{name: [value] for name, value in columns.items()}})


@pytest.mark.parametrize(
    ("system", "kind", "products"),
    [
        ("Windows 11", "ProcessCreated", ["windows"]),
        ("Linux", None, ["linux"]),
        ("macOS", "processcreated", ["macos"]),
        (None, None, ["windows", "linux", "macos"]),
        ("Windows", "ProcessTerminated", []),
    ],
)
def test_asim_products(system: str | None, kind: str | None, products: list[str]) -> None:
    frame = asim(DvcOs=system, EventType=kind)
    exists = {"field": "Image", "op": "exists"}
    found = [
        product
        for product in ("windows", "linux", "macos")
        if rows(frame, {"product": product, "category": "process_creation"}, exists, ASIM)
    ]
    assert found == products


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("endswith", "\\nc.exe", True),
        ("endswith", "/NC.exe", True),
        ("like", "*\\\\n?.exe", True),
        ("endswith", "\\bin\\nc.exe", False),
        ("contains", "\\nc.exe", False),
        ("endswith", "\\c.exe", False),
    ],
)
def test_bare_names(op: str, value: str, expected: bool) -> None:
    predicate = {"field": "Image", "op": op, "value": value}
    assert bool(rows(asim(), CREATION, predicate, ASIM)) is expected
    assert not rows(sysmon(Image="nc.exe"), CREATION, predicate, WINDOWS)


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("contains", "MD5=ABCD", True),
        ("contains", "abcd", True),
        ("equals", "sha256=1234", True),
        ("contains", "SHA1=abcd", False),
        ("contains", "MD5=abc", False),
        ("contains", "MD5=xyz", False),
        ("like", "*MD5=ab*", False),
    ],
)
def test_hashes(op: str, value: str, expected: bool) -> None:
    frame = asim(TargetProcessMD5="abcd", TargetProcessSHA1="ef", TargetProcessSHA256="1234")
    assert bool(rows(frame, CREATION, {"field": "Hashes", "op": op, "value": value}, ASIM)) is expected


def test_hashes_exist_if_any_does() -> None:
    frame = asim(TargetProcessMD5=None, TargetProcessSHA1="ef")
    assert rows(frame, CREATION, {"field": "Hashes", "op": "exists"}, ASIM) == [0]
    assert rows(asim(TargetProcessMD5=None), CREATION, {"field": "Hashes", "op": "null"}, ASIM) == [0]


def test_an_unmapped_field_is_answered_by_nothing() -> None:
    frame = asim(Computer="x")
    assert rows(frame, CREATION, {"field": "Computer", "op": "exists"}, ASIM) == []


def test_the_parent_is_the_acting_process_first() -> None:
    frame = pl.DataFrame(
        {
            "TargetProcessName": ["x", "x"],
            "ActingProcessName": ["C:\\a.exe", None],
            "ParentProcessName": ["C:\\p.exe", "C:\\p.exe"],
        }
    )
    parent = {"field": "ParentImage", "op": "endswith", "value": "\\p.exe"}
    assert rows(frame, CREATION, parent, ASIM) == [1]
