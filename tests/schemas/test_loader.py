"""Reading mappings: what is accepted, and how each mistake is told."""

import json
from pathlib import Path

import pytest

from sigtrawl.errors import SchemaError
from sigtrawl.schemas import Answer, LogSource, TimeColumn, builtin, load_mapping, read_mapping

GOOD = """
name: shop
title: Sales
recognise: {all: [kind], any: [a, b]}
time: [at]
own_names: true
fields:
  One: column
  Several: [first, second]
  Nothing: []
  Rich: {columns: level, values: {High: ["3"]}, hex: true, bare: true}
  Hashes: {hashes: {MD5: md5}}
views:
  old: {One: other}
routes:
  - logsource: {product: shop}
  - when: {kind: [sale, 1, null]}
    logsource: {product: shop, category: sale}
    view: old
"""


def test_a_mapping_is_read_whole() -> None:
    mapping = read_mapping(GOOD)
    assert (mapping.name, mapping.title, mapping.time, mapping.own_names) == ("shop", "Sales", (TimeColumn("at"),), True)
    assert (mapping.recognise_all, mapping.recognise_any) == (("kind",), ("a", "b"))
    assert mapping.fields["One"] == Answer(("column",))
    assert mapping.fields["Several"].columns == ("first", "second")
    assert mapping.fields["Nothing"] == Answer()
    assert mapping.fields["Rich"] == Answer(("level",), {"High": ("3",)}, hex=True, bare=True)
    assert mapping.fields["Hashes"] == Answer(hashes={"MD5": "md5"})
    assert mapping.views["old"]["One"] == Answer(("other",))
    assert mapping.routes[1].when == {"kind": ("sale", 1, None)}
    assert mapping.routes[1].logsource == LogSource("shop", "sale")
    assert mapping.routes[1].view == "old"


@pytest.mark.parametrize("name", [mapping.name for mapping in builtin()])
def test_plain_data_is_the_file_format(name: str) -> None:
    (mapping,) = (mapping for mapping in builtin() if mapping.name == name)
    assert read_mapping(json.dumps(mapping.to_dict())) == mapping


def test_what_is_left_out_is_empty() -> None:
    mapping = read_mapping("{name: x, recognise: {all: [a]}, routes: [{logsource: {category: c}}]}")
    assert mapping.title == "x"
    assert mapping.own_names is False
    assert (mapping.time, dict(mapping.fields), dict(mapping.views)) == ((), {}, {})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: shop", "nom: shop", r"shop\.yml: unknown key 'nom' \(known: aliases, extends,"),
        ("name: shop\n", "", "the key 'name' is missing"),
        ("name: shop", "name: [shop]", "name: must be non-empty text, not a list"),
        ("name: shop", "name: none", "name: 'none' means"),
        ("title: Sales", "name: again", "duplicate key 'name'"),
        ("own_names: true", "own_names: maybe", "own_names: must be true or false, not 'maybe'"),
        ("recognise: {all: [kind], any: [a, b]}", "recognise: {}", "recognise: names no column"),
        ("all: [kind]", "all: kind", "recognise.all: must be a list of texts, not 'kind'"),
        ("all: [kind]", "every: [kind]", "recognise: unknown key 'every'"),
        ("time: [at]", "time: [1]", r"time\[1\]: must be non-empty text, not 1"),
        ("One: column", "One:", "fields.One: must be a column, a list of columns or a mapping, not nothing"),
        ("One: column", "One: {bare: true}", "fields.One: needs 'columns', 'join' or 'hashes'"),
        ("One: column", "One: {column: x}", "fields.One: unknown key 'column'"),
        ("One: column", "yes: column", "fields: the key True must be non-empty text"),
        ("hex: true", "hex: 1", "fields.Rich.hex: must be true or false, not 1"),
        ('High: ["3"]', "High: [3]", r"fields.Rich.values.High\[1\]: must be non-empty text, not 3"),
        ("MD5: md5", "MD5: []", "fields.Hashes.hashes.MD5: must be non-empty text"),
        ("old: {One: other}", "old: [One]", "views.old: must be a mapping, not a list"),
        ("view: old", "view: new", r"routes\[2\].view: there is no view 'new' \(views: old\)"),
        ("category: sale", "service: sale", r"routes\[2\].view: a view answers rules of the route's category"),
        ("logsource: {product: shop}", "logsource: {}", r"routes\[1\].logsource: states nothing"),
        ("logsource: {product: shop}", "logsource: {vendor: shop}", r"routes\[1\].logsource: unknown key 'vendor'"),
        ("logsource: {product: shop}", "when: {}", r"routes\[1\]: the key 'logsource' is missing"),
        ("kind: [sale, 1, null]", "kind: sale", r"routes\[2\].when.kind: must be a list of at least one value"),
        ("kind: [sale, 1, null]", "kind: []", r"routes\[2\].when.kind: must be a list of at least one value"),
        ("kind: [sale, 1, null]", "kind: [1.5]", r"when.kind: a value must be text, an integer or null, not 1.5"),
        ("kind: [sale, 1, null]", "kind: [true]", "when.kind: a value must be text, an integer or null, not True"),
        ("name: shop", "name: {", "not readable as YAML"),
        ("name: shop", "? [a]\n: b", "a key must be plain text"),
        ("name: shop", "name: !!python/name:os.system", "not readable as YAML"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = tmp_path / "shop.yml"
    assert GOOD.count(old) == 1
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(SchemaError, match=message) as raised:
        load_mapping(file)
    assert str(raised.value).startswith(f"{file}: ")


@pytest.mark.parametrize("text", ["", "[]", "x"])
def test_what_is_no_mapping_at_all(text: str) -> None:
    with pytest.raises(SchemaError, match="<text>: must be a mapping"):
        read_mapping(text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="cannot be read"):
        load_mapping(tmp_path / "none.yml")
    (tmp_path / "latin.yml").write_bytes(b"name: caf\xe9")
    with pytest.raises(SchemaError, match="cannot be read"):
        load_mapping(tmp_path / "latin.yml")
