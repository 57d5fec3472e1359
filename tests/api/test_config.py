"""`sigtrawl.toml` through the Python API: what it says, and how scans follow it with either engine."""

import itertools
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import sigtrawl as st
from sigtrawl import _native
from sigtrawl.config import InputSettings, find_config, globs, setting_of
from sigtrawl.errors import ConfigError, SchemaError

FIREWALL = """\
name: edge_firewall
recognise: {all: [src, action]}
fields: {SourceIp: src}
routes:
  - logsource: {category: firewall}
"""
FIREWALL_RULE = """\
title: Blocked
id: 77777777-4306-40b4-9596-6f590c81f073
logsource: {category: firewall}
detection:
  selection: {SourceIp|cidr: 10.0.0.0/8}
  condition: selection
"""


@pytest.fixture
def lake(tmp_path: Path, frame: pl.DataFrame) -> Path:
    """Give a lake of four folders: recognised events, the same columns twice under Sigma's names, a firewall's, and a config."""
    foreign = frame.select("Image", "CommandLine")
    for name, data in (("sysmon", frame), ("edr/2024", foreign), ("linux", foreign)):
        (tmp_path / "lake" / name).mkdir(parents=True)
        data.write_parquet(tmp_path / "lake" / name / "a.parquet", row_group_size=3)
    (tmp_path / "lake" / "fw").mkdir()
    traffic = pl.DataFrame({"src": ["10.1.2.3", "8.8.8.8"], "action": ["block", "pass"]})
    traffic.write_parquet(tmp_path / "lake" / "fw" / "a.parquet")
    (tmp_path / "own.yml").write_text(FIREWALL)
    (tmp_path / "sigtrawl.toml").write_text(
        """
        schemas = ["own.yml"]

        [[inputs]]
        glob = "lake/edr/**"
        schema = "none"
        logsource = "product=windows,category=process_creation"

        [[inputs]]
        glob = "lake/linux"
        logsource = {product = "linux"}
        """
    )
    return tmp_path


@pytest.fixture
def all_rules() -> st.RuleSet:
    from tests.api.conftest import RULES

    return st.compile(st.rules_from_yaml(f"{RULES}---\n{FIREWALL_RULE}"))


def both(events: Any, ruleset: st.RuleSet, **options: Any) -> st.Matches:
    core = st.scan(events, ruleset, **options).collect()
    reference = st.scan(events, ruleset, engine="reference", **options).collect()
    assert reference.to_polars().equals(core.to_polars())
    assert reference.report.inputs == core.report.inputs
    return core


def _found(matches: st.Matches, lake: Path) -> dict[str, int]:
    counts = matches.to_polars().group_by("file").len().iter_rows()
    return {Path(file).parent.relative_to(lake / "lake").as_posix(): count for file, count in sorted(counts)}


def test_each_input_is_read_as_the_file_says(lake: Path, all_rules: st.RuleSet) -> None:
    matches = both(lake / "lake", all_rules, config=lake / "sigtrawl.toml")
    assert _found(matches, lake) == {"edr/2024": 3, "fw": 1, "sysmon": 3}
    settings = {Path(str(entry.file)).parent.name: entry.setting for entry in matches.report.inputs}
    assert settings == {"2024": 0, "fw": None, "linux": 1, "sysmon": None}
    reasons = {Path(str(entry.file)).parent.name: (entry.schema, entry.schema_reason) for entry in matches.report.inputs}
    assert reasons["2024"] == (None, "column names are Sigma's, as asked")
    assert reasons["fw"] == ("edge_firewall", "has the columns src, action")
    assert reasons["linux"] == (None, "the log source is stated and column names are Sigma's")


def test_without_it_the_same_lake_is_not_known(lake: Path, all_rules: st.RuleSet) -> None:
    assert _found(both(lake / "lake", all_rules), lake) == {"sysmon": 3}


def test_what_the_call_says_goes_before(lake: Path, all_rules: st.RuleSet) -> None:
    config = st.load_config(lake / "sigtrawl.toml")
    linux = str(lake / "lake" / "linux")
    assert len(both(linux, all_rules, config=config, logsource="category=process_creation,product=windows")) == 3
    # The schema of the call holds, and with it the log source that the file has for these rows.
    edr = str(lake / "lake" / "edr")
    report = both(edr, all_rules, config=config, schema="windows").report
    assert report.inputs[0].schema == "windows"
    assert st.check(edr, all_rules, config=config, schema="none").rules == st.check(edr, all_rules, config=config).rules
    assert st.check(lake / "lake" / "fw", all_rules, config=config, schema="edge_firewall").able()


def test_a_check_says_what_a_scan_does(lake: Path, all_rules: st.RuleSet) -> None:
    config = lake / "sigtrawl.toml"
    checked = st.check(lake / "lake", all_rules, config=config)
    scanned = st.scan(lake / "lake", all_rules, config=str(config)).collect().report
    assert [entry.rules for entry in checked.inputs] == [entry.rules for entry in scanned.inputs]
    assert [entry.setting for entry in checked.inputs] == [entry.setting for entry in scanned.inputs]


def test_data_in_memory_is_recognised_by_its_schemas(lake: Path, all_rules: st.RuleSet) -> None:
    data = pl.DataFrame({"src": ["10.1.2.3"], "action": ["block"]})
    assert len(both(data, all_rules, config=lake / "sigtrawl.toml")) == 1
    with pytest.raises(SchemaError):
        st.scan(data, all_rules)


def test_a_path_is_relative_to_the_file_wherever_one_stands(
    lake: Path, all_rules: st.RuleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lake / "lake" / "fw")
    assert len(both("../edr/./2024/a.parquet", all_rules, config="../../sigtrawl.toml")) == 3
    assert find_config() == Path("../../sigtrawl.toml")
    assert find_config(lake / "lake") == lake / "sigtrawl.toml"


def test_a_folder_with_brackets_is_no_glob(tmp_path: Path, frame: pl.DataFrame, all_rules: st.RuleSet) -> None:
    folder = tmp_path / "a[1]*"
    folder.mkdir()
    frame.select("Image").write_parquet(folder / "e.parquet")
    (folder / "sigtrawl.toml").write_text('[[inputs]]\nglob = "*.parquet"\nschema = "none"\n')
    assert len(both(folder, all_rules, config=folder / "sigtrawl.toml")) == 3


def test_what_is_read(lake: Path) -> None:
    (lake / "sigtrawl.toml").write_text(
        'pipelines = ["ecs_windows", "p/fields.yml", "./all", "more.yaml"]\n[[inputs]]\nglob = "x"\nschema = "own.yml"\n'
    )
    config = st.load_config(lake / "sigtrawl.toml")
    assert config.pipelines == ("ecs_windows", lake / "p/fields.yml", lake / "./all", lake / "more.yaml")
    assert [mapping.name for mapping in config.mappings] == ["edge_firewall"]
    assert config.inputs[0].schema == "edge_firewall"
    (lake / "sigtrawl.toml").write_text("")
    assert st.load_config(lake / "sigtrawl.toml").inputs == ()


def test_a_schema_of_its_own_is_named_as_any_other(lake: Path, all_rules: st.RuleSet) -> None:
    (lake / "own.yml").write_text(FIREWALL + "aliases: [fw]\n")
    data = pl.DataFrame({"src": ["10.1.2.3"], "action": ["block"], "Channel": ["x"], "EventID": [1]})
    for name in ("edge_firewall", "fw"):
        matches = both(data, all_rules, config=lake / "sigtrawl.toml", schema=name)
        assert (len(matches), matches.report.inputs[0].schema) == (1, "edge_firewall")
    (lake / "sigtrawl.toml").write_text('schemas = ["own.yml"]\n[[inputs]]\nglob = "*"\nschema = "fw"\n')
    assert st.load_config(lake / "sigtrawl.toml").inputs[0].schema == "edge_firewall"


def test_a_known_name_is_taken(lake: Path) -> None:
    (lake / "own.yml").write_text(FIREWALL.replace("name: edge_firewall", "name: windows"))
    with pytest.raises(
        ConfigError, match=r"sigtrawl\.toml: schemas\[1\]: .*own\.yml: name: 'windows' is a name of a known schema"
    ):
        st.load_config(lake / "sigtrawl.toml")


def test_a_schema_of_its_own_must_fit_the_inputs(lake: Path, all_rules: st.RuleSet) -> None:
    (lake / "own.yml").write_text(FIREWALL.replace("SourceIp: src", "SourceIp: acton"))
    with pytest.raises(SchemaError, match=r"own\.yml: fields\.SourceIp: no input has a column acton; did you mean action\?"):
        st.scan(lake / "lake", all_rules, config=lake / "sigtrawl.toml")


def test_a_mapping_that_the_caller_names_goes_before(lake: Path, all_rules: st.RuleSet) -> None:
    (lake / "mine.yml").write_text(FIREWALL.replace("SourceIp: src", "SourceIp: action"))
    data = pl.DataFrame({"src": ["10.1.2.3"], "action": ["block"]})
    assert len(both(data, all_rules, config=lake / "sigtrawl.toml", schema=lake / "mine.yml")) == 0


def test_what_is_no_config() -> None:
    ruleset = st.compile(st.rules_from_yaml(FIREWALL_RULE))
    with pytest.raises(TypeError, match="config must be a file"):
        st.check("x", ruleset, config=5)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"nowhere\.toml: it cannot be read: No such file"):
        st.check("x", ruleset, config="nowhere.toml")


GLOBS = (
    *("*", "**", "a", "a/", "a/*", "a/**", "a/*/c*", "**/*.parquet", "a/**/x.parquet", "*/b", "a/?", "a/[b-c]", "a/[!b]"),
    *("[a]", "**/b", "b", "A/**", "a/[]]", "a/[b-]*", "a/x.p*t", "**/**", "a/**/**/x.parquet", "a/[c-b]", "a/[^b]"),
)
FILES = tuple(f"{folder}x.parquet" for folder in ("a/", "a/b/", "a/b/c/", "a/]/", "a/-/", "a/^/", "b/", ""))


def test_globs_are_the_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The core and the reference choose the same entry for each file, with each glob alone."""
    monkeypatch.chdir(tmp_path)
    for file in FILES:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame({"SourceIp": ["x"]}).write_parquet(file)
    ruleset = st.compile(st.rules_from_yaml(FIREWALL_RULE))
    differing: list[tuple[str, str, Any, Any]] = []
    for glob in GLOBS:
        assert globs.problem(glob) is None
        Path("sigtrawl.toml").write_text(f"[[inputs]]\nglob = '{glob}'\nschema = 'none'\n")
        config = st.load_config("sigtrawl.toml")
        report = st.check([*FILES, str(tmp_path / "b")], ruleset, config=config)
        for entry in report.inputs:
            own = setting_of(config.inputs, str(entry.file))
            if own != entry.setting:
                differing.append((glob, str(entry.file), own, entry.setting))
    assert differing == []


@pytest.mark.parametrize("glob", ["a**", "**b/c", "***", "[a", "a/[", "a/[!]", "[]"])
def test_what_is_no_glob_is_none_for_the_core_either(glob: str) -> None:
    assert globs.problem(glob) is not None
    ruleset = st.compile(st.rules_from_yaml(FIREWALL_RULE))
    with pytest.raises(st.errors.UsageError, match=r"inputs\[1\]: .*not a valid glob"):
        _native.check(ruleset.native, ["x"], b'{"inputs": [{"glob": "%s"}]}' % glob.encode())


def test_the_first_entry_is_taken() -> None:
    entries = [InputSettings(glob, f"/lake/{glob}") for glob in ("fw/**", "**/a.parquet", "fw/a.parquet")]
    for order in itertools.permutations(entries):
        assert setting_of(order, "/lake/fw/a.parquet") == 0
    assert setting_of(entries, "/lake/edr/a.parquet") == 1
    assert setting_of(entries, "/lake/edr/b.parquet") is None
