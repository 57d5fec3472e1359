"""The mappings that come with the package, and how tables are recognised by them."""

from sigtrawl.schemas import Mapping, Nearest, TimeColumn, builtin, nearest, read_mapping, recognise

WINDOWS, ASIM = builtin()[:2]


def test_names() -> None:
    names = [mapping.name for mapping in builtin()]
    assert names[:2] == ["windows", "asim_process_create"]
    assert len(names) == len(set(names))
    assert builtin() is builtin()


def test_recognised_by_columns() -> None:
    assert recognise(builtin(), ["EventID", "x", "Channel"]) == (WINDOWS, "has the columns Channel, EventID")
    assert recognise(builtin(), ["TargetProcessName"]) == (ASIM, "has the columns TargetProcessName")
    both = ["Channel", "EventID", "TargetProcessCommandLine"]
    assert recognise(reversed_builtin(), both) == (WINDOWS, "has the columns Channel, EventID")


def reversed_builtin() -> tuple[Mapping, ...]:
    return (ASIM, WINDOWS)


def test_what_the_nearest_lack() -> None:
    missing = "one of TargetProcessName, TargetProcessCommandLine"
    assert nearest((WINDOWS, ASIM), ["channel"]) == [
        Nearest("asim_process_create", (missing,)),
        Nearest("windows", ("Channel", "EventID")),
    ]
    assert recognise((WINDOWS, ASIM), ["Channel"]) == (None, f"windows lacks EventID; asim_process_create lacks {missing}")
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
