"""Vectors, and the lines of the semantics that they prove.

A vector is a rule, one event and the answer. The event is JSON, typed as the producer of the table infers it; what JSON cannot
say is told by further members: ``types`` (the Arrow type of a column, named in `TYPES`), ``placeholders``, ``logsource`` and
``schema`` (as `sigtrawl.scan` takes them; without either, columns are Sigma's fields), ``state`` (the rule's binding state),
``not_evaluable`` (how many values of the event have no text form), ``warning`` (the code of a warning that loading gives), and
``core_only`` (why the reference evaluator cannot read the column).
"""

import datetime as dt
import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

Vector: TypeAlias = dict[str, Any]

FOLDER = Path(__file__).parent.parent / "vectors"
MEMBERS = {
    *("name", "line", "basis", "rule", "event", "expect"),
    *("types", "placeholders", "logsource", "schema", "state", "not_evaluable", "warning", "core_only"),
}

_MAP = pa.map_(pa.string(), pa.string())
TYPES: dict[str, pa.DataType] = {
    **{
        name: pa.type_for_alias(name)
        for name in (
            *("string", "large_string", "string_view", "binary", "large_binary", "binary_view", "bool", "null"),
            *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double", "date32", "date64"),
        )
    },
    "dictionary<string>": pa.dictionary(pa.int8(), pa.string()),
    "dictionary<large_string>": pa.dictionary(pa.uint32(), pa.large_string()),
    **{f"timestamp[{unit}]": pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")},
    **{f"timestamp[{unit}, UTC]": pa.timestamp(unit, "UTC") for unit in ("s", "ms", "us", "ns")},
    "timestamp[us, Europe/Berlin]": pa.timestamp("us", "Europe/Berlin"),
    "decimal128(10, 2)": pa.decimal128(10, 2),
    "decimal128(38, 0)": pa.decimal128(38, 0),
    "decimal256(40, 1)": pa.decimal256(40, 1),
    "time64[us]": pa.time64("us"),
    "duration[s]": pa.duration("s"),
    "fixed_size_binary[2]": pa.binary(2),
    "list<int64>": pa.list_(pa.int64()),
    "large_list<string>": pa.large_list(pa.string()),
    "fixed_size_list<string>[2]": pa.list_(pa.string(), 2),
    "list_view<string>": pa.list_view(pa.string()),
    "map<string, string>": _MAP,
    "list<map<string, string>>": pa.list_(_MAP),
    "map<string, struct<b: int64>>": pa.map_(pa.string(), pa.struct({"b": pa.int64()})),
    "map<string, list<string>>": pa.map_(pa.string(), pa.list_(pa.string())),
    "struct<t: timestamp[us, UTC]>": pa.struct({"t": pa.timestamp("us", "UTC")}),
}


@cache
def lines() -> dict[str, dict[str, Any]]:
    """Give the lines by their keys, which are the part and the line."""
    raw = tomllib.loads((FOLDER / "lines.toml").read_text())
    return {f"{part}.{name}": line for part, members in raw.items() for name, line in members.items()}


@cache
def vectors() -> list[tuple[str, Vector]]:
    """List all vectors with the names of their files."""
    return [
        (path.stem, vector)
        for path in sorted(FOLDER.glob("*.toml"))
        if path.stem != "lines"
        for vector in tomllib.loads(path.read_text())["vector"]
    ]


def lines_of(vector: Vector) -> list[str]:
    """List the lines that a vector proves."""
    line = vector.get("line", [])
    return [line] if isinstance(line, str) else list(line)


def typed(event: dict[str, Any], types: dict[str, str]) -> pa.Table:
    """Make a table of one row whose columns have the types that are named, and inferred ones elsewhere."""
    return pa.table({name: _column(value, types.get(name)) for name, value in event.items()})


def _column(value: Any, name: str | None) -> pa.Array:
    if name is None:
        return pa.array([value])
    kind = TYPES[name]
    if pa.types.is_dictionary(kind):  # older versions of pyarrow make only some of them from values
        return pa.DictionaryArray.from_arrays(pa.array([0], kind.index_type), pa.array([value], kind.value_type))
    return pa.array([_as(value, kind)], kind)


def _as(value: Any, kind: pa.DataType) -> Any:
    """Read a JSON value as pyarrow wants it for a type; binary is written as its bytes' code points."""
    if value is None:
        return None
    if pa.types.is_timestamp(kind):
        return dt.datetime.fromisoformat(value)
    if pa.types.is_date(kind):
        return dt.date.fromisoformat(value)
    if pa.types.is_time(kind):
        return dt.time.fromisoformat(value)
    if pa.types.is_duration(kind):
        return dt.timedelta(seconds=value)
    if pa.types.is_decimal(kind):
        return Decimal(value)
    if "binary" in str(kind):
        return value.encode("latin-1")
    if pa.types.is_map(kind):
        return [(key, _as(item, kind.item_type)) for key, item in value.items()]
    if pa.types.is_struct(kind):
        return {field.name: _as(value.get(field.name), field.type) for field in kind}
    if "list" in str(kind):
        return [_as(item, kind.value_type) for item in value]
    return value


if __name__ == "__main__":  # python -m tests.conformance.vectors: the number of vectors of each line
    counts = {key: sum(key in lines_of(vector) for _, vector in vectors()) for key in lines()}
    for key, count in counts.items():
        number = count or "tests"
        print(f"{number:>5} {key:32} {lines()[key]['means']}")  # noqa: T201 - this is what it is run for
    print(f"{len(vectors()):5} vectors")  # noqa: T201 - the same
