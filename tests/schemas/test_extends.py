"""``extends``: what is laid over another mapping, what replaces it, and what cannot be extended."""

from pathlib import Path

import pytest

from sigtrawl.errors import SchemaError
from sigtrawl.schemas import Answer, TimeColumn, builtin, load_mapping, read_mapping, refuse_known_names

BASE = """
name: base
aliases: [ground]
title: The ground
recognise: {all: [kind]}
time: [at]
own_names: true
fields: {One: one, Two: two}
views:
  first: {One: first_one, Two: first_two}
routes:
  - when: {kind: [a]}
    logsource: {category: a}
    view: first
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def test_fields_and_views_are_laid_over_and_the_rest_is_inherited(tmp_path: Path) -> None:
    own = """
    name: own
    extends: base.yml
    fields: {Two: deux, Three: trois}
    views:
      first: {Two: []}
      second: {One: second_one}
    """
    mapping = load_mapping(write(tmp_path, base=BASE, own=own) / "own.yml")
    assert (mapping.name, mapping.aliases, mapping.title, mapping.own_names) == ("own", (), "The ground", True)
    assert (mapping.recognise_all, mapping.time) == (("kind",), (TimeColumn("at"),))
    assert mapping.fields == {"One": Answer(("one",)), "Two": Answer(("deux",)), "Three": Answer(("trois",))}
    assert mapping.views["first"] == {"One": Answer(("first_one",)), "Two": Answer()}
    assert mapping.views["second"] == {"One": Answer(("second_one",))}
    assert [route.view for route in mapping.routes] == ["first"]


def test_other_members_are_replaced_as_a_whole(tmp_path: Path) -> None:
    own = """
    name: own
    title: Ours
    extends: base.yml
    recognise: {any: [sort]}
    time: []
    own_names: false
    routes: [{logsource: {category: b}, view: first}]
    """
    mapping = load_mapping(write(tmp_path, base=BASE, own=own) / "own.yml")
    assert (mapping.title, mapping.recognise_all, mapping.recognise_any) == ("Ours", (), ("sort",))
    assert (mapping.time, mapping.own_names) == ((), False)
    assert [route.logsource.category for route in mapping.routes] == ["b"]
    assert mapping.routes[0].view == "first", "a view of the base"


def test_a_known_mapping_is_extended_by_its_name() -> None:
    mapping = read_mapping("{name: ours, extends: windows, fields: {Image: exe}}")
    assert mapping.fields["Image"] == Answer(("exe",))
    assert mapping.routes == builtin()[0].routes


def test_a_chain_of_files(tmp_path: Path) -> None:
    middle = "{name: middle, extends: base.yml, fields: {One: un}}"
    own = "{name: own, extends: middle.yml, fields: {Two: deux}}"
    mapping = load_mapping(write(tmp_path, base=BASE, middle=middle, own=own) / "own.yml")
    assert mapping.fields == {"One": Answer(("un",)), "Two": Answer(("deux",))}


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ("own.yml", r"own\.yml: extends: the file extends itself: .*own\.yml → .*own\.yml$"),
        ("loop.yml", r"loop\.yml: extends: the file extends itself: .*own\.yml → .*loop\.yml → .*own\.yml$"),
        ("gone.yml", r"own\.yml: extends: there is no file .*gone\.yml to extend"),
        ("nothing", r"own\.yml: extends: there is no schema 'nothing' to extend \(known: .*windows"),
        ("window", r"own\.yml: extends: there is no schema 'window' to extend \(did you mean windows\?\)$"),
        ("broken.yml", r"broken\.yml: fields: must be a mapping"),
        ("[a]", r"own\.yml: extends: must be non-empty text, not a list"),
    ],
)
def test_what_cannot_be_extended(tmp_path: Path, extends: str, message: str) -> None:
    broken = "{name: broken, recognise: {all: [a]}, fields: [], routes: [{logsource: {category: c}}]}"
    write(tmp_path, own=f"{{name: own, extends: {extends}}}", loop="{name: loop, extends: own.yml}", broken=broken)
    with pytest.raises(SchemaError, match=message):
        load_mapping(tmp_path / "own.yml")


def test_names_that_are_taken() -> None:
    text = "{name: %s, aliases: [%s], recognise: {all: [a]}, routes: [{logsource: {category: c}}]}"
    other = read_mapping(text % ("other", "windows"), "own.yml")
    with pytest.raises(SchemaError, match=r"own\.yml: aliases\[1\]: 'windows' is a name of a known schema already"):
        refuse_known_names(other, builtin())
    known = read_mapping(text % ("known", "alias"))
    with pytest.raises(SchemaError, match=r"own\.yml: name: 'alias' is a name of the known schema 'known' already"):
        refuse_known_names(read_mapping(text % ("alias", "x"), "own.yml"), [known])
    refuse_known_names(read_mapping(text % ("free", "too")), [known])


def test_only_what_the_file_says_itself_is_demanded_of_the_inputs(tmp_path: Path) -> None:
    own = """
    name: own
    extends: base.yml
    fields: {Two: [deux, zwei], Three: []}
    views: {first: {Two: second}, unused: {Two: never}}
    """
    mapping = load_mapping(write(tmp_path, base=BASE, own=own) / "own.yml")
    demands = [(demand.place, demand.columns, demand.needs) for demand in mapping.demands]
    assert demands == [("fields.Two", ("deux", "zwei"), ((),)), ("views.first.Two", ("second",), ((),))]
    routed = """
    name: own
    recognise: {all: [kind]}
    time: [at]
    views: {first: {One: {join: [a, b], with: ""}}}
    routes:
      - {when: {kind: [1], other: [1, null]}, needs: [deep.one], logsource: {category: a}, view: first}
    """
    demands = [(demand.place, demand.columns, demand.needs) for demand in read_mapping(routed).demands]
    assert demands == [
        ("time", ("at",), ((),)),
        ("views.first.One", ("a", "b"), (("deep.one",),)),
        ("routes[1].when.kind", ("kind",), (("deep.one",),)),
    ]
