"""Reading mappings: what is accepted, and how each mistake is told."""

import json
from pathlib import Path

import pytest

from sigtrawl.errors import SchemaError
from sigtrawl.schemas import Answer, LogSource, TimeColumn, builtin, load_mapping, read_mapping

GOOD = r"""
name: shop
aliases: [store]
title: Sales
recognise: {all: [kind], any: [a, b], none: [c.d]}
time: [at, {column: seen.at, unit: ms}]
own_names: true
fields:
  One: column
  Several: [first, second]
  Nothing: []
  Rich: {columns: level, values: {High: ["3"]}, hex: true, bare: true}
  Hashes: {hashes: {MD5: md5, SHA1: "digests[algorithm=SHA-1|SHA1].value"}}
  Key: {join: [key, value], with: '\', prefixes: {'HKLM\': ['\REGISTRY\MACHINE\']}}
views:
  old: {One: other}
routes:
  - logsource: {product: shop}
  - when: {kind: [sale, 1, null]}
    logsource: {product: shop, category: sale}
    view: old
    needs: [till.number]
"""


TIME = (TimeColumn("at"), TimeColumn("seen.at", "ms"))


def test_a_mapping_is_read_whole() -> None:
    mapping = read_mapping(GOOD)
    assert (mapping.name, mapping.title, mapping.time, mapping.own_names) == ("shop", "Sales", TIME, True)
    assert (mapping.recognise_all, mapping.recognise_any) == (("kind",), ("a", "b"))
    assert mapping.fields["One"] == Answer(("column",))
    assert mapping.fields["Several"].columns == ("first", "second")
    assert mapping.fields["Nothing"] == Answer()
    assert mapping.fields["Rich"] == Answer(("level",), {"High": ("3",)}, hex=True, bare=True)
    assert mapping.fields["Hashes"] == Answer(hashes={"MD5": "md5", "SHA1": "digests[algorithm=SHA-1|SHA1].value"})
    prefixes = {"HKLM\\": ("\\REGISTRY\\MACHINE\\",)}
    assert mapping.fields["Key"] == Answer(join=("key", "value"), separator="\\", prefixes=prefixes)
    assert (mapping.aliases, mapping.recognise_none) == (("store",), ("c.d",))
    assert mapping.views["old"]["One"] == Answer(("other",))
    assert mapping.routes[1].when == {"kind": ("sale", 1, None)}
    assert mapping.routes[1].logsource == LogSource("shop", "sale")
    assert (mapping.routes[1].view, mapping.routes[1].needs) == ("old", ("till.number",))
    assert read_mapping(json.dumps(mapping.to_dict())) == mapping


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
        ("recognise: {all: [kind], any: [a, b], none: [c.d]}", "recognise: {}", "recognise: names no column"),
        ("all: [kind]", "all: kind", "recognise.all: must be a list of texts, not 'kind'"),
        ("all: [kind]", "every: [kind]", "recognise: unknown key 'every'"),
        ("time: [at,", "time: [1,", r"time\[1\]: must be non-empty text, not 1"),
        ("time: [at,", "time: [seen.at,", r"time\[2\]: 'seen.at' is listed twice"),
        ("unit: ms", "unit: h", r"time\[2\].unit: must be one of s, ms, us, ns, not 'h'"),
        ("unit: ms", "zone: UTC", r"time\[2\]: unknown key 'zone'"),
        ("{column: seen.at, unit: ms}", "{unit: ms}", r"time\[2\]: the key 'column' is missing"),
        ("time: [at, {column: seen.at, unit: ms}]", "time: at", "time: must be a list of columns, not 'at'"),
        ("aliases: [store]", "aliases: [store, store]", r"aliases\[2\]: 'store' is listed twice"),
        ("aliases: [store]", "aliases: [shop]", r"aliases\[1\]: 'shop' is the name itself"),
        ("aliases: [store]", "aliases: [none]", r"aliases\[1\]: 'none' means"),
        ("aliases: [store]", "aliases: store", "aliases: must be a list of texts"),
        ("aliases: [store]", "extends: shop", "extends: there is no schema 'shop' to extend .known: .*windows"),
        ("any: [a, b]", "any: [a, kind]", "recognise.any: 'kind' is listed under 'all', too"),
        ("none: [c.d]", "none: [a]", "recognise.none: 'a' is listed under 'any', too"),
        ("all: [kind], any: [a, b], none", "none", "recognise: names no column that a table has"),
        ("join: [key, value]", "join: [key]", "fields.Key.join: needs at least two columns"),
        ("join: [key, value]", "join: key", "fields.Key.join: must be a list of texts, not 'key'"),
        ("join: [key, value]", "join: [key, _raw]", r"fields.Key.join\[2\]: '_raw' is a column that no rule sees"),
        ("join: [key, value]", "columns: key", "fields.Key.with: stands between joined columns, and there is no 'join'"),
        ("join: [key, value]", "columns: a, join: [key, value]", "fields.Key: has both 'columns' and 'join'"),
        ("with: '\\',", "with: '\\', needs: [other],", r"fields.Key.needs\[1\]: 'other' is not among the joined columns"),
        ("with: '\\',", "with: '\\', needs: [],", "fields.Key.needs: must be a list of at least one column"),
        ("with: '\\',", "with: '\\', needs: value,", "fields.Key.needs: must be a list of texts, not 'value'"),
        ("hex: true", "needs: [level]", "fields.Rich.needs: names joined columns, and there is no 'join'"),
        ("with: '\\', ", "", "fields.Key.with: must be the text between the joined columns, not nothing"),
        ("'HKLM\\': ['\\REGISTRY\\MACHINE\\']", "'HKLM\\': HKLM", r"fields.Key.prefixes.HKLM.: must be a list of texts"),
        ("'HKLM\\': ['\\REGISTRY\\MACHINE\\']", "'HKLM\\': []", r"fields.Key.prefixes.HKLM.: must be a list of at least one"),
        ("MD5: md5", "MD5: md5, md5: x", "fields.Hashes.hashes.md5: the algorithm is listed twice"),
        (
            "SHA-1|SHA1]",
            "SHA-1|SHA1",
            r"fields.Hashes.hashes.SHA1: .* is no path to a column; .* is written list\[member",
        ),
        ("One: column", "One: 'a[0]'", r"fields.One: 'a\[0\]' is no path to a column"),
        ("One: column", "One: _raw", "fields.One: '_raw' is a column that no rule sees"),
        ("Several: [first, second]", "Several: [a, a]", r"fields.Several\[2\]: 'a' is listed twice"),
        ("needs: [till.number]", "needs: []", r"routes\[2\].needs: must be a list of at least one column"),
        ("needs: [till.number]", "needs: till", r"routes\[2\].needs: must be a list of texts"),
        ("needs: [till.number]", "need: [till]", r"routes\[2\]: unknown key 'need'"),
        ("{kind: [sale", "{'kind[': [sale", r"routes\[2\].when: 'kind\[' is no path to a column"),
        ("One: column", "One:", "fields.One: must be a column, a list of columns or a mapping, not nothing"),
        ("One: column", "One: {bare: true}", "fields.One: needs 'columns', 'join' or 'hashes'"),
        ("One: column", "One: {column: x}", "fields.One: unknown key 'column'"),
        ("One: column", "yes: column", "fields: the key True must be non-empty text"),
        ("hex: true", "hex: 1", "fields.Rich.hex: must be true or false, not 1"),
        ('High: ["3"]', "High: [3]", r"fields.Rich.values.High\[1\]: must be non-empty text, not 3"),
        ("MD5: md5", "MD5: []", "fields.Hashes.hashes.MD5: must be non-empty text"),
        ("old: {One: other}", "old: {One: other}\n  old: {}", "duplicate key 'old'"),
        ("old: {One: other}", "old: [One]", "views.old: must be a mapping, not a list"),
        ("view: old", "view: new", r"routes\[2\].view: there is no view 'new' \(views: old\)"),
        ("category: sale", "service: sale", r"routes\[2\].view: a view answers rules of the route's category"),
        ("logsource: {product: shop}", "logsource: {}", r"routes\[1\].logsource: states nothing"),
        ("logsource: {product: shop}", "logsource: {vendor: shop}", r"routes\[1\].logsource: unknown key 'vendor'"),
        ("logsource: {product: shop}", "when: {}", r"routes\[1\]: the key 'logsource' is missing"),
        ("kind: [sale, 1, null]", "kind: sale", r"routes\[2\].when.kind: must be a list of at least one value"),
        ("kind: [sale, 1, null]", "kind: []", r"routes\[2\].when.kind: must be a list of at least one value"),
        ("kind: [sale, 1, null]", "kind: [1.5]", r"when.kind: a value must be text, an integer or null, not 1.5"),
        (
            "kind: [sale, 1, null]",
            "kind: [9223372036854775808]",
            "when.kind: the integer 9223372036854775808 is beyond 64 bits; quote",
        ),
        (
            "kind: [sale, 1, null]",
            "kind: [-9223372036854775809]",
            "when.kind: the integer -9223372036854775809 is beyond 64 bits",
        ),
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


def test_what_a_join_needs() -> None:
    stated = read_mapping(GOOD.replace("with: '\\',", "with: '\\', needs: [value],"))
    assert (stated.fields["Key"].needs, stated.fields["Key"].needed()) == (("value",), ("value",))
    assert read_mapping(json.dumps(stated.to_dict())) == stated
    assert read_mapping(GOOD).fields["Key"].needed() == ("key",)
    assert read_mapping(GOOD).fields["One"].needed() == ()


def test_integers_of_64_bits_are_read() -> None:
    least, most = -(2**63), 2**63 - 1
    mapping = read_mapping(GOOD.replace("kind: [sale, 1, null]", f"kind: [{least}, {most}]"))
    assert mapping.routes[1].when == {"kind": (least, most)}


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
