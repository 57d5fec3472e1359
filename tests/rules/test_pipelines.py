"""Rules that go through pySigma's pipelines: what is left alone keeps its exact meaning, what is changed has pySigma's."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import FieldMappingTransformation
from sigma.processing.transformations.base import DetectionItemTransformation
from sigma.types import SigmaString

from sigtrawl.errors import ConfigError, InputError, RuleErrors, UsageError
from sigtrawl.plan import And, LogSource, Node, Not, Or, Predicate
from sigtrawl.rules import Rule, Rules, load_rules, rules_from_yaml

Lower = Callable[..., Node]


def _pipeline(*transformations: dict[str, Any], **keys: Any) -> ProcessingPipeline:
    return ProcessingPipeline.from_yaml(yaml.safe_dump({"name": "test", "transformations": list(transformations), **keys}))


def mapped(mapping: dict[str, Any]) -> dict[str, Any]:
    return {"type": "field_name_mapping", "mapping": mapping}


def through(detection: Any, *transformations: dict[str, Any], given: Any = None, condition: str = "sel", **keys: Any) -> Rule:
    parts = detection if isinstance(detection, dict) and "sel" in detection else {"sel": detection}
    text = json.dumps({"title": "A rule", "logsource": {"category": "test"}, "detection": {**parts, "condition": condition}})
    (rule,) = rules_from_yaml(text, pipelines=_pipeline(*transformations, **keys), placeholders=given)
    return rule


def node_of(*arguments: Any, **options: Any) -> Node:
    node = through(*arguments, **options).condition
    assert node is not None
    return node


def text_of(op: str, value: str, field: str | None = "F", *, cased: bool = False) -> Predicate:
    return Predicate(field, op, value, cased=cased)


# --- what a pipeline leaves alone ------------------------------------------------------------------------------------

EXACT: list[dict[str, Any]] = [
    {"F|contains": "a\\"},
    {"F|endswith": ["\\nc.exe", "\\*x?"]},
    {"F|re": r"(?i)^a\z|\p{Lu}"},
    {"F|re|i|startswith": "ab|c"},
    {"F|windash|contains|all": [" -a", " /b"]},
    {"F|base64offset|contains": "/bin/sh"},
    {"F|utf16le|base64offset|contains": "ping"},
    {"F|wide|base64": "ping"},
    {"F|cidr": ["10.0.0.0/8", "2001:db8::/32"]},
    {"F|gte": 5},
    {"F": [5, 1.5, True, "x"]},
    {"F|all": ["x", ["y", "z"]]},
    {"F": 12345678901234567890123456789},
    {"F": None},
    {"F|neq": ["a", "b"]},
    {"F|exists": False},
    {"F|fieldref|endswith|cased": "G"},
    {"F|cased|startswith": "Ab*c"},
    {"F|hour|gte": 22},
    {"F|all": ["a*", "*b"]},
    {"|re": "key.*word"},
    {"|startswith": "key"},
]


@pytest.mark.parametrize("item", EXACT, ids=lambda item: next(iter(item)))
def test_an_untouched_value_means_what_it_means_without_a_pipeline(item: dict[str, Any], lower: Lower) -> None:
    assert node_of(item) == lower(item)
    renamed = {key.replace("F", "new.name", 1): value for key, value in item.items()}
    assert node_of(item, mapped({"F": "new.name"})) == lower(renamed)


def test_keywords_and_lists_keep_their_form(lower: Lower) -> None:
    for detection in ("one", ["one", 2, "th*ree"], [{"A": 1, "B": 2}, {"C": 3}], ["one", {"A": 1}, ["two", {"B": 2}]]):
        assert node_of(detection, mapped({"X": "Y"})) == lower(detection)


@pytest.fixture(scope="module")
def corpus(shared: Path) -> Rules:
    return load_rules(shared / "sigma")


def _fields(node: Any) -> Iterator[Any]:
    """Give the predicates of a plan's JSON, all fields with what a prefix would add."""
    for predicate in node["predicates"]:
        renamed = {} if predicate["field"] is None else {"field": f"x.{predicate['field']}"}
        yield {**predicate, **renamed}


def test_the_public_rules_with_renamed_fields(corpus: Rules, shared: Path) -> None:
    plain = json.loads(corpus.plan().to_json())
    prefixed = load_rules(shared / "sigma", pipelines=_pipeline({"type": "field_name_prefix", "prefix": "x."}))
    told = json.loads(prefixed.plan().to_json())
    references = {"fieldref"}
    assert [one for one in told["predicates"] if one["op"] not in references] == [
        one for one in _fields(plain) if one["op"] not in references
    ]
    assert told["rules"] == plain["rules"]
    assert prefixed.report().counts == corpus.report().counts


def test_public_rules_with_every_text_made_anew(shared: Path) -> None:
    """A replacement that finds nothing still makes new objects of pySigma's: they are read as the raw text was."""
    plain = load_rules(shared / "sigma", min_level="critical").plan()
    again = {"type": "replace_string", "regex": "^this is nowhere$", "replacement": "x", "skip_special": True}
    made = load_rules(shared / "sigma", min_level="critical", pipelines=_pipeline(again)).plan()
    # Numbers come back as text, by that transformation's design.
    numbers = {predicate.value for predicate in plain.predicates if predicate.op == "number"}
    assert {predicate.op for predicate in set(plain.predicates) - set(made.predicates)} <= {"number"}
    assert {predicate.value for predicate in set(made.predicates) - set(plain.predicates)} <= numbers
    assert len(made.rules) == len(plain.rules) > 50


# --- fields ----------------------------------------------------------------------------------------------------------


def test_one_field_becomes_several() -> None:
    rule = {"F|contains|all": ["a", "b"]}
    first, second = (And((text_of("contains", "a", name), text_of("contains", "b", name))) for name in ("x", "y"))
    assert node_of(rule, mapped({"F": ["x", "y"]})) == Or((first, second))
    assert node_of({"F|neq": "a"}, mapped({"F": ["x", "y"]})) == Or(
        (Not(text_of("equals", "a", "x")), Not(text_of("equals", "a", "y")))
    )


def test_prefixes_suffixes_and_conditions_on_fields() -> None:
    only = {"field_name_conditions": [{"type": "include_fields", "fields": ["F"]}]}
    prefix = {"type": "field_name_prefix", "prefix": "win.", **only}
    suffix = {"type": "field_name_suffix", "suffix": ".text", **only}
    assert node_of({"F": "a", "G": "b"}, prefix) == And((text_of("equals", "a", "win.F"), text_of("equals", "b", "G")))
    assert node_of({"F": "a"}, suffix) == text_of("equals", "a", "F.text")
    assert node_of({"A.b": "a"}, {"type": "field_name_prefix_mapping", "mapping": {"A.": ["x.", "y."]}}) == Or(
        (text_of("equals", "a", "x.b"), text_of("equals", "a", "y.b"))
    )


def test_a_reference_to_another_field_is_renamed_with_it() -> None:
    wanted = Predicate("x", "fieldref", "y", how="endswith", cased=True)
    assert node_of({"F|fieldref|endswith|cased": "G"}, mapped({"F": "x", "G": "y"})) == wanted


def test_keywords_can_become_a_field() -> None:
    pipeline = ProcessingPipeline([ProcessingItem(FieldMappingTransformation({None: "message"}))])
    text = json.dumps({"title": "A", "logsource": {"category": "test"}, "detection": {"k": ["one", "*two*"], "condition": "k"}})
    (rule,) = rules_from_yaml(text, pipelines=pipeline)
    assert rule.condition == Or((text_of("contains", "one", "message"), text_of("contains", "two", "message")))


# --- values ----------------------------------------------------------------------------------------------------------


def test_a_changed_value_is_read_as_pysigma_made_it_and_its_neighbours_as_they_were() -> None:
    item = {"F|endswith": ["\\nc.exe", "\\cmd.exe"]}
    told = node_of(item, {"type": "map_string", "mapping": {"*\\cmd.exe": ["sh", "ba?h"]}})
    assert told == Or((text_of("endswith", "\\nc.exe"), text_of("equals", "sh"), text_of("like", "ba?h")))


def test_case_counts_where_it_counted() -> None:
    lowered = node_of({"F|cased|contains": "AbC"}, {"type": "case", "method": "lower"})
    assert lowered == text_of("contains", "abc", cased=True)
    assert node_of({"F|contains": "AbC"}, {"type": "case", "method": "lower"}) == text_of("contains", "abc")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("te*t", Predicate("F", "like", "te*t")),
        (5, Predicate("F", "number", "5", cmp="eq")),
        (True, Predicate("F", "boolean", value=True)),
        (None, Predicate("F", "null")),
    ],
)
def test_set_values(value: Any, wanted: Predicate) -> None:
    assert node_of({"F": "old"}, {"type": "set_value", "value": value}) == wanted


def test_types_are_converted() -> None:
    assert node_of({"F": "12"}, {"type": "convert_type", "target_type": "num"}) == Predicate("F", "number", "12", cmp="eq")
    assert node_of({"F": 12}, {"type": "convert_type", "target_type": "str"}) == text_of("equals", "12")


def test_text_becomes_an_expression() -> None:
    told = node_of({"F": "a*b"}, {"type": "regex", "method": "plain"})
    assert told == Predicate("F", "regex", "a.*b")


def test_hashes_become_fields() -> None:
    hashes = ["SHA1=5F1CBC3D99558307BC1250D084FA968521482025", "MD5=987B65CD9B9F4E9A1AFD8F8B48CF64A7"]
    parsed = {"type": "hashes_fields", "valid_hash_algos": ["MD5", "SHA1"], "field_prefix": "File"}
    told = node_of({"Hashes": hashes}, parsed)
    assert told == Or((text_of("equals", hashes[0][5:], "FileSHA1"), text_of("equals", hashes[1][4:], "FileMD5")))


def test_a_change_in_its_place_is_seen() -> None:
    class Shout(DetectionItemTransformation):
        def apply_detection_item(self, detection_item: Any) -> None:
            for value in detection_item.value:
                if isinstance(value, SigmaString):
                    value.s = [f"{part}!" if isinstance(part, str) else part for part in value.s]

    text = TWO.partition("---")[0].replace("{F: x}", "{F|contains: a}")
    (rule,) = rules_from_yaml(text, pipelines=ProcessingPipeline([ProcessingItem(Shout())]))
    assert rule.condition == text_of("contains", "a!")


# --- conditions, log source, what is dropped -------------------------------------------------------------------------


def test_conditions_are_added() -> None:
    added = {"type": "add_condition", "conditions": {"index": ["a", "b"], "n": 1}}
    told = node_of({"sel": {"F": "x"}, "other": {"G": "y"}}, added, condition="sel or other")
    index = And((Or((text_of("equals", "a", "index"), text_of("equals", "b", "index"))), Predicate("n", "number", "1", cmp="eq")))
    assert told == And((index, Or((text_of("equals", "x"), text_of("equals", "y", "G")))))
    negated = node_of({"F": "x"}, {"type": "add_condition", "conditions": {"index": "a"}, "negated": True})
    assert negated == And((Not(text_of("equals", "a", "index")), text_of("equals", "x")))
    for_source = {"type": "add_condition", "conditions": {"index": "$category-*"}, "template": True}
    assert node_of({"F": "x"}, for_source) == And((text_of("startswith", "test-", "index"), text_of("equals", "x")))


def test_what_is_dropped_is_as_if_it_had_not_been_written() -> None:
    gone = {"type": "drop_detection_item", "field_name_conditions": [{"type": "include_fields", "fields": ["G"]}]}
    kept = text_of("equals", "x")
    assert node_of({"F": "x", "G": "y"}, gone) == kept
    two = {"sel": {"F": "x"}, "other": {"G": "y"}}
    for condition in ("sel and not other", "sel or other", "1 of them", "all of them", "sel and (other or not other)"):
        assert node_of(two, gone, condition=condition) == kept
    assert node_of({"sel": [{"G": "y"}, {"F": "x"}]}, gone) == kept
    with pytest.raises(RuleErrors) as caught:
        through({"G": "y"}, gone)
    (error,) = caught.value.errors
    assert (error.code, error.state) == ("pipeline", "unsupported")
    assert "nothing is left" in error.message


def test_the_log_source_is_changed() -> None:
    rule = through({"F": "x"}, {"type": "change_logsource", "product": "windows", "service": "sysmon"})
    assert rule.logsource == LogSource("windows", None, "sysmon")
    assert rule.raw["logsource"] == {"category": "test"}


def test_state_and_names_of_earlier_steps() -> None:
    steps = (
        {"type": "set_state", "key": "index", "val": "main"},
        {
            **mapped({"F": "x"}),
            "id": "mapping",
            "rule_conditions": [{"type": "processing_state", "key": "index", "val": "main"}],
        },
        {
            "type": "field_name_suffix",
            "suffix": ".raw",
            "detection_item_conditions": [{"type": "processing_item_applied", "processing_item_id": "mapping"}],
        },
    )
    assert node_of({"F": "a", "G": "b"}, *steps) == And((text_of("equals", "a", "x.raw"), text_of("equals", "b", "G")))


def test_nested_pipelines() -> None:
    nested = {"type": "nest", "items": [mapped({"F": "x"}), {"type": "map_string", "mapping": {"a": "b"}}]}
    assert node_of({"F": "a"}, nested) == text_of("equals", "b", "x")


# --- placeholders ----------------------------------------------------------------------------------------------------

ADMINS = {"F|expand|contains": "%admins%"}


def test_values_of_the_pipeline_make_a_rule_ready() -> None:
    rule = through(ADMINS, {"type": "value_placeholders"}, vars={"admins": ["root", "adm*n"]})
    assert (rule.state, rule.condition) == ("ready", Or((text_of("contains", "root"), text_of("like", "*adm*n*"))))
    assert node_of(ADMINS, {"type": "wildcard_placeholders"}) == text_of("contains", "")
    cased = {"F|cased|expand": "%admins%"}
    assert node_of(cased, {"type": "value_placeholders"}, vars={"admins": "Root"}) == text_of("equals", "Root", cased=True)


def test_values_in_an_expression_are_literal() -> None:
    told = node_of({"F|re|i|expand": "^%ips%$"}, {"type": "value_placeholders"}, vars={"ips": ["10.0.0.1", "a*"]})
    assert told == Or(
        (Predicate("F", "regex", r"^(?:10\.0\.0\.1)$", flags="i"), Predicate("F", "regex", "^(?:a(?s:.*))$", flags="i"))
    )


def test_values_of_the_caller_go_first_and_are_left_alone() -> None:
    vars_ = {"admins": "nobody"}
    rule = through(ADMINS, {"type": "value_placeholders"}, vars=vars_, given={"admins": [r"DOMAIN\*", "b"]})
    assert rule.condition == Or((text_of("contains", "DOMAIN\\"), text_of("contains", "b")))
    shouted = through(ADMINS, {"type": "case", "method": "upper"}, given={"admins": ["a", "b"]})
    assert shouted.condition == Or((text_of("contains", "A"), text_of("contains", "B")))


def test_what_nobody_fills_still_waits() -> None:
    steps = ({"type": "value_placeholders", "include": ["admins"]}, mapped({"F": "x"}))
    rule = through({"F|expand": "%admins%-%hosts%", "G|re|expand": "%nets%"}, *steps, vars={"admins": "a"})
    assert (rule.state, rule.condition, rule.placeholders) == ("needs-values", None, ("hosts", "nets"))


# --- rules that a pipeline refuses -----------------------------------------------------------------------------------

TWO = """\
title: First
id: 11111111-4306-40b4-9596-6f590c81f073
logsource: {category: test}
detection: {sel: {F: x}, condition: sel}
---
title: Second
id: 22222222-4306-40b4-9596-6f590c81f073
logsource: {category: test}
detection: {sel: {G: y}, condition: sel}
"""
ONLY_G = {"field_name_conditions": [{"type": "include_fields", "fields": ["G"]}]}
REFUSALS = {
    "rule-failure": (
        {"type": "rule_failure", "message": "not for us", "rule_conditions": [{"type": "contains_field", "field": "G"}]},
        "the pipeline refuses it: not for us (step 1, rule_failure)",
    ),
    "item-failure": (
        {"type": "detection_item_failure", "message": "no field", **ONLY_G},
        "the pipeline refuses it: no field (step 1, detection_item_failure)",
    ),
}


@pytest.mark.parametrize("name", ["rule-failure", "item-failure"])
def test_a_refused_rule_is_unsupported_and_the_others_load(name: str) -> None:
    step, message = REFUSALS[name]
    rules = rules_from_yaml(TWO, pipelines=_pipeline(step), on_error="skip", name="two.yml")
    (error,) = rules.report().errors
    assert (error.code, error.state, error.message) == ("pipeline", "unsupported", message)
    assert (error.rule_id, error.title) == ("22222222-4306-40b4-9596-6f590c81f073", "Second")
    assert [rule.title for rule in rules] == ["First"]
    assert rules.report().counts == {"ready": 1, "needs-values": 0, "unsupported": 1, "invalid": 0}


def test_strict_mappings_refuse_what_they_do_not_know() -> None:
    rules = rules_from_yaml(
        TWO, pipelines=_pipeline(mapped({"F": "x"}), {"type": "strict_field_mapping_failure"}), on_error="skip"
    )
    assert [rule.title for rule in rules] == ["First"]
    told = "the pipeline refuses it: The following fields are not mapped: G (step 2, strict_field_mapping_failure)"
    assert rules.report().errors[0].message == told


def test_a_query_expression_cannot_be_matched() -> None:
    query = {"type": "query_expression_placeholders", "expression": "{field} lookup {id}"}
    with pytest.raises(RuleErrors) as caught:
        through({"F|expand": "%admins%"}, query)
    (error,) = caught.value.errors
    assert (error.code, error.field) == ("pipeline", "sel.F")
    assert "SigmaQueryExpression" in error.message


def test_code_that_fails_loses_one_rule() -> None:
    class Broken(DetectionItemTransformation):
        def apply_detection_item(self, detection_item: Any) -> None:
            if detection_item.field == "G":
                raise KeyError("oh")

    rules = rules_from_yaml(TWO, pipelines=ProcessingPipeline([ProcessingItem(Broken())]), on_error="skip")
    assert [rule.title for rule in rules] == ["First"]
    assert rules.report().errors[0].message == "the pipeline fails on it: KeyError: 'oh' (step 1, Broken)"


def test_a_rule_that_is_wrong_is_wrong_before_the_pipeline() -> None:
    text = TWO.partition("---")[0].replace("{F: x}", "{F|endwith: x}")
    with pytest.raises(RuleErrors) as caught:
        rules_from_yaml(text, pipelines=_pipeline({"type": "rule_failure", "message": "no"}))
    assert [error.code for error in caught.value.errors] == ["unknown-modifier"]


# --- which pipelines, and in which order -----------------------------------------------------------------------------


def _write(path: Path, to: str, *, priority: int = 0, field: str = "F", more: dict[str, Any] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"name": path.stem, "priority": priority, "transformations": [mapped({field: to})], **(more or {})}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def _field(pipelines: Any) -> tuple[str | None, tuple[str, ...]]:
    rules = rules_from_yaml(TWO.partition("---")[0], pipelines=pipelines)
    condition = rules[0].condition
    assert isinstance(condition, Predicate)
    return condition.field, rules.report().pipelines


def test_files_and_folders(tmp_path: Path) -> None:
    one = _write(tmp_path / "one.yml", "a")
    assert _field(one) == ("a", (str(one),))
    assert _field(str(one)) == ("a", (str(one),))
    _write(tmp_path / "more" / "b" / "2.yaml", "c", field="b")
    _write(tmp_path / "more" / "a" / "1.yml", "b", field="a")
    _write(tmp_path / "more" / ".hidden" / "3.yml", "z", field="c")
    names = tuple(str(tmp_path / name) for name in ("one.yml", "more/a/1.yml", "more/b/2.yaml"))
    assert _field([one, tmp_path / "more"]) == ("c", names)


def test_lower_priority_first_and_equal_ones_as_given(tmp_path: Path) -> None:
    first, second = _write(tmp_path / "z.yml", "a"), _write(tmp_path / "a.yml", "b")
    assert _field([first, second])[0] == "a"  # pySigma alone would sort them by their names
    assert _field([second, first])[0] == "b"
    early = _write(tmp_path / "early.yml", "c", priority=-1)
    assert _field([first, second, early]) == ("c", (str(early), str(first), str(second)))


def test_no_pipelines_are_none() -> None:
    assert _field(None) == _field([]) == _field(()) == ("F", ())


def test_an_object_can_be_used_again() -> None:
    one, two = _pipeline(mapped({"F": "a"})), _pipeline(mapped({"a": "b"}))
    two.name = "second"
    for _ in range(2):
        assert _field([one, two]) == ("b", ("test", "second"))


def test_steps_for_queries_are_warned_of(tmp_path: Path) -> None:
    steps = {"postprocessing": [{"type": "embed", "prefix": "a"}], "finalizers": [{"type": "concat"}]}
    path = _write(tmp_path / "q.yml", "a", more=steps)
    (warning,) = rules_from_yaml(TWO, pipelines=path).report().warnings
    assert (warning.code, warning.file) == ("pipeline-without-effect", str(path))
    assert warning.message == "the pipeline has steps for queries, which have no effect here: embed, concat"


BAD = {
    "syntax": ("transformations: [", ConfigError, "is no YAML: while parsing a flow node"),
    "list": ("- a\n- b\n", ConfigError, "is no pipeline: a pipeline is one mapping"),
    "empty": ("", ConfigError, "is no pipeline: a pipeline is one mapping"),
    "unknown-type": (
        "transformations: [{type: field_map}]",
        ConfigError,
        "Unknown transformation type 'field_map'",
    ),
    "unknown-key": ("transformation: []", ConfigError, "['transformation']"),
    "wrong-key": ("transformations: [{type: case, metod: lower}]", ConfigError, "metod"),
    "twice": ("vars: {a: 1, a: 2}", ConfigError, "has the key vars.a twice"),
    "priority": ("priority: high", ConfigError, "the priority must be a number, not 'high'"),
    "no-mapping": ("transformations: [5]", ConfigError, "is no pipeline"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_the_reason(name: str, tmp_path: Path) -> None:
    text, kind, message = BAD[name]
    path = tmp_path / "bad.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(kind) as caught:
        rules_from_yaml(TWO, pipelines=path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, told in (("nowhere.yml", "there is no pipeline file or folder"), ("empty", "holds no pipeline")):
        with pytest.raises(InputError, match=told):
            rules_from_yaml(TWO, pipelines=tmp_path / path)
    one = _write(tmp_path / "one.yml", "a")
    with pytest.raises(UsageError, match="named twice"):
        rules_from_yaml(TWO, pipelines=[one, one])
    with pytest.raises(UsageError, match="empty name"):
        rules_from_yaml(TWO, pipelines="")
    with pytest.raises(UsageError, match="not a int"):
        rules_from_yaml(TWO, pipelines=[5])  # type: ignore[list-item]
