"""The mappings that come with the package, and how tables are recognised by them."""

import polars as pl

from sigtrawl.reference.paths import TableColumns
from sigtrawl.schemas import Mapping, Nearest, TimeColumn, builtin, nearest, read_mapping, recognise

BY_NAME = {mapping.name: mapping for mapping in builtin()}
WINDOWS, ASIM = BY_NAME["windows"], BY_NAME["asim"]


def test_names() -> None:
    families = ["windows", "sysmon", "security", "defender", "asim", "ecs", "ocsf", "cim"]
    assert [name for name in BY_NAME if name in families] == families
    assert "asim_process_create" in ASIM.aliases
    assert builtin() is builtin()


def test_recognised_by_columns() -> None:
    assert recognise(builtin(), ["EventID", "x", "Channel"]) == (WINDOWS, "has the columns Channel, EventID")
    assert recognise(builtin(), ["TargetProcessName"]) == (ASIM, "has the columns TargetProcessName")
    both = ["Channel", "EventID", "TargetProcessCommandLine"]
    assert recognise(reversed_builtin(), both) == (WINDOWS, "has the columns Channel, EventID")


def reversed_builtin() -> tuple[Mapping, ...]:
    return (ASIM, WINDOWS)


ONLY = read_mapping("{name: only, recognise: {any: [a, b]}, routes: [{logsource: {category: c}}]}")


def test_what_the_nearest_lack() -> None:
    missing = "one of a, b"
    assert nearest([WINDOWS, ONLY], ["channel"]) == [
        Nearest("only", (missing,)),
        Nearest("windows", ("Channel", "EventID")),
    ]
    assert recognise([WINDOWS, ONLY], ["Channel"]) == (None, f"windows lacks EventID; only lacks {missing}")
    assert recognise((), ["Channel"]) == (None, "no schema mapping is known")


def categories(mapping: Mapping) -> set[str | None]:
    return {route.logsource.category for route in mapping.routes}


def test_windows_has_every_sysmon_event() -> None:
    numbers = {
        number
        for route in WINDOWS.routes
        if route.logsource.category is not None and route.logsource.service == "sysmon"
        for number in route.when["EventID"]
    }
    assert numbers == {*range(1, 30), 255}
    assert {"registry_add", "registry_delete", "registry_set", "registry_rename", "registry_event"} <= categories(WINDOWS)


def test_windows_categories_carry_their_service() -> None:
    for route in WINDOWS.routes:
        if route.logsource.category not in {None, "antivirus"}:
            assert route.logsource.service is not None
            assert "EventID" in route.when


def test_windows_has_no_routes_for_what_such_tables_do_not_hold() -> None:
    assert not {"file_access", "file_rename"} & categories(WINDOWS)
    assert "dns-server" not in {route.logsource.service for route in WINDOWS.routes}


def test_every_windows_row_has_a_log_source() -> None:
    assert any(not route.when and route.logsource.to_dict() == {"product": "windows"} for route in WINDOWS.routes)


def test_a_service_is_one_route() -> None:
    services = [route.logsource.service for route in WINDOWS.routes if route.when and route.logsource.category is None]
    assert len(services) == len(set(services))


def test_time_columns() -> None:
    assert WINDOWS.time == (TimeColumn("TimeCreated_SystemTime"), TimeColumn("UtcTime"))
    assert ASIM.time == (TimeColumn("EventStartTime"), TimeColumn("TimeGenerated"))
    assert WINDOWS.own_names
    assert not ASIM.own_names


def test_a_mapping_without_recognition_by_any() -> None:
    only = read_mapping("{name: x, recognise: {any: [a, b]}, routes: [{logsource: {category: c}}]}")
    assert recognise([only], ["b"]) == (only, "has the columns b")


def schema(name: str, recognise: str) -> Mapping:
    return read_mapping(f"{{name: {name}, recognise: {recognise}, routes: [{{logsource: {{category: c}}}}]}}")


def test_the_one_of_which_most_is_there_is_recognised() -> None:
    few, many = schema("a", "{all: [x]}"), schema("b", "{any: [x, y, z]}")
    assert recognise([few, many], ["x", "y"]) == (many, "has the columns x, y")
    assert recognise([many, few], ["x"]) == (few, "has the columns x"), "of equals the first by name"
    picky = schema("c", "{all: [x, y], none: [z]}")
    assert recognise([few, picky], ["x", "y"]) == (picky, "has the columns x, y")
    assert recognise([few, picky], ["x", "y", "z"]) == (few, "has the columns x")
    assert recognise([picky], ["x", "z"]) == (None, "c lacks y and is ruled out by z")


def test_columns_of_a_recognition_are_paths() -> None:
    deep = schema("deep", "{all: [process.executable, 'hashes[kind=MD5].value']}")
    hashes = pl.List(pl.Struct({"kind": pl.String(), "value": pl.String()}))
    table = TableColumns({"process": pl.Struct({"executable": pl.String()}), "hashes": hashes})
    assert recognise([deep], table)[0] is deep
    assert recognise([deep], ["process", "hashes"])[0] is None
