"""What a caller may write for a schema, a log source, columns and threads."""

import json
from pathlib import Path

import polars as pl
import pytest

import sigtrawl
from sigtrawl import _native, schemas
from sigtrawl.errors import SchemaError, UsageError
from sigtrawl.request import read_logsource, request

OWN = """
name: own
title: A table of ours
recognise: {all: [proc]}
time: []
own_names: false
fields: {Image: proc}
routes:
  - logsource: {product: windows, category: process_creation}
"""

RULE = """
title: Netcat
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: nc.exe
  condition: selection
"""


def test_the_core_gets_the_built_in_mappings_as_an_object_and_others_as_json(tmp_path: Path) -> None:
    assert isinstance(request().options(), _native.Options)
    path = tmp_path / "own.yml"
    path.write_text(OWN)
    options = json.loads(request(schema=path).to_json())
    assert [mapping["name"] for mapping in options["mappings"]] == ["own"]


def test_the_core_gets_no_mappings_where_none_is_used() -> None:
    asked = request(schema="none")
    assert asked.options() == asked.to_json()


def test_the_plainest_options() -> None:
    options = json.loads(request().to_json())
    assert options["mappings"] == []
    assert options["schema"] is None
    assert options["logsource"] is None
    assert options["columns"] == "all"
    assert options["threads"] is None


@pytest.mark.parametrize("name", ["windows", "asim", "none"])
def test_a_known_schema_goes_by_its_name(name: str) -> None:
    assert request(schema=name).schema == name


def test_a_known_schema_goes_by_its_former_name() -> None:
    assert request(schema="asim_process_create").schema == "asim"


def test_a_file_is_read_and_joins_the_mappings(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text(OWN)
    asked = request(schema=path)
    assert asked.schema == "own"
    assert asked.mappings[-1].fields["Image"].columns == ("proc",)


def test_an_alias_is_as_good_as_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "known_names", lambda: {"everything-in-one": "windows"})
    asked = request(schema="everything-in-one")
    assert (asked.schema, asked.own) == ("windows", ())


def test_a_file_demands_its_columns_and_a_built_in_mapping_none(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text(OWN)
    demand = {"schema": "own", "file": str(path), "place": "fields.Image", "columns": ["proc"], "needs": [[]]}
    assert json.loads(request(schema=path).to_json())["demands"] == [demand]
    assert json.loads(request(schema="windows").to_json())["demands"] == []


def test_a_file_with_the_name_of_a_built_in_mapping(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text(OWN.replace("name: own", "name: windows"))
    with pytest.raises(SchemaError, match=r"own\.yml: name: 'windows' is a name of a known schema already"):
        request(schema=path)


def test_an_unknown_schema_names_the_known_ones() -> None:
    with pytest.raises(SchemaError, match=r"no schema 'window' \(did you mean windows\?\); the known ones are .*asim"):
        request(schema="window")


def test_a_schema_file_that_is_not_there() -> None:
    with pytest.raises(SchemaError, match=r"missing\.yml"):
        request(schema="missing.yml")


@pytest.mark.parametrize(
    "given",
    [
        "category=process_creation,product=windows",
        " product = windows , category = process_creation ",
        {"product": "windows", "category": "process_creation"},
    ],
)
def test_a_log_source_is_a_triple(given: str | dict[str, str | None]) -> None:
    assert read_logsource(given) == {"product": "windows", "category": "process_creation", "service": None}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("windows", "is no part of a log source"),
        ("product=", "is no part of a log source"),
        ("kind=windows", "has no 'kind'"),
        ("product=a,product=b", "names its product twice"),
        ({}, "is empty"),
    ],
)
def test_a_wrong_log_source_says_how_to_write_one(given: str | dict[str, str | None], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_logsource(given)


def test_columns_and_threads() -> None:
    assert request(columns=["Image"], threads=2).columns == ["Image"]
    with pytest.raises(UsageError, match="columns must be"):
        request(columns="some")
    for wrong in (0, -1, True, 2.5, "two"):
        with pytest.raises(UsageError, match="threads must be"):
            request(threads=wrong)  # type: ignore[arg-type]
    assert json.loads(request(threads=10**30).to_json())["threads"] >= 256


def test_mappings_read_before_are_as_those_of_the_json() -> None:
    mappings = [mapping.to_dict() for mapping in schemas.builtin()]
    rules = sigtrawl.compile(sigtrawl.rules_from_yaml(RULE)).native
    data = pl.DataFrame({"Channel": ["Microsoft-Windows-Sysmon/Operational"], "EventID": [1], "Image": ["nc.exe"]})
    whole = {"mappings": mappings, "inputs": [], "columns": "all", "threads": 1}
    of_json = _native.match_data(rules, data, json.dumps(whole).encode())
    first, rest = _native.Mappings(json.dumps(mappings[:1]).encode()), {**whole, "mappings": mappings[1:]}
    of_both = _native.match_data(rules, data, _native.Options(json.dumps(rest).encode(), first))
    found = [pl.DataFrame(stream.next_batch()) for stream in (of_json, of_both)]
    assert found[0].height == 1
    assert found[0].equals(found[1])
    reports = [json.loads(stream.report()) for stream in (of_json, of_both)]
    for report in reports:
        report.pop("times")  # of two runs they are never the same
    assert reports[0] == reports[1]


@pytest.mark.parametrize("wrong", [b"", b"{}", b'[{"title": "no name"}]'])
def test_mappings_that_are_none_are_refused(wrong: bytes) -> None:
    with pytest.raises(UsageError, match="wrong schema mappings"):
        _native.Mappings(wrong)
