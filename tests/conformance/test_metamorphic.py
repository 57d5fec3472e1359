"""How a table is laid out says nothing: the same events match the same rules, however they are stored and cut.

Every public rule runs on the attack samples, as data in memory and as rewritten Parquet files. What a change does to the rows
(their order alone) is undone before comparing.
"""

from collections.abc import Callable
from functools import partial
from itertools import accumulate, product
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engines import ENGINES, Engine

import sigtrawl as st

Pairs: TypeAlias = list[tuple[str, int]]


@pytest.fixture(scope="module")
def samples(shared: Path) -> pa.Table:
    return pq.read_table(shared / "attack_samples.parquet")


@pytest.fixture(scope="module")
def expected(shared: Path) -> Pairs:
    return sorted(pl.read_parquet(shared / "attack_samples.expected.parquet").select("rule_id", "row").rows())


def pairs(matches: st.Matches) -> Pairs:
    found = sorted(matches.to_polars().select("rule_id", "row").rows())
    assert matches.report.complete
    assert matches.report.input_states() == {"whole": 1}
    return found


def texts_as(samples: pa.Table, text: pa.DataType) -> pa.Table:
    schema = pa.schema([field.with_type(text) if field.type == pa.string() else field for field in samples.schema])
    return samples.cast(schema)


def lists_of_one(samples: pa.Table) -> pa.Table:
    """Put every text into a list of its own; a null stays one."""
    for place, field in enumerate(samples.schema):
        if field.type == pa.string():
            texts = samples[field.name].combine_chunks()
            ends = [0, *accumulate(map(int, texts.is_valid().to_pylist()))]
            lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), texts.drop_null(), mask=texts.is_null())
            samples = samples.set_column(place, field.name, lists)
    return samples


def event_id_as(samples: pa.Table, kind: pa.DataType) -> pa.Table:
    place = samples.schema.get_field_index("EventID")
    return samples.set_column(place, "EventID", samples["EventID"].cast(kind))


def sliced(samples: pa.Table) -> pa.Table:
    """Cut the table out of a longer one, so that every array begins at an offset."""
    longer = pa.concat_tables([samples.slice(100, 13), samples, samples.slice(0, 5)]).combine_chunks()
    return longer.slice(13, samples.num_rows)


def with_empty_columns(samples: pa.Table) -> pa.Table:
    for name, kind in (("Untold", pa.null()), ("Unseen", pa.string()), ("Unknown", pa.int64())):
        samples = samples.append_column(name, pa.nulls(samples.num_rows, kind))
    return samples


LAYOUTS: dict[str, Callable[[pa.Table], Any]] = {
    "large_string": lambda table: texts_as(table, pa.large_string()),
    "string_view": lambda table: texts_as(table, pa.string_view()),
    "dictionary": lambda table: texts_as(table, pa.dictionary(pa.int32(), pa.string())),
    "dictionary of large_string": lambda table: texts_as(table, pa.dictionary(pa.uint16(), pa.large_string())),
    "binary": lambda table: texts_as(table, pa.binary()),
    "polars": pl.DataFrame,
    "offsets": sliced,
    "empty columns": with_empty_columns,
    "lists of one": lists_of_one,
    "columns reversed": lambda table: table.select(table.column_names[::-1]),
    **{
        f"EventID as {kind}": partial(event_id_as, kind=kind)
        for kind in (pa.string(), pa.int32(), pa.uint64(), pa.float64(), pa.decimal128(21, 2))
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_in_memory(samples: pa.Table, expected: Pairs, corpus: st.RuleSet, layout: str) -> None:
    assert pairs(corpus.match(LAYOUTS[layout](samples), columns=[])) == expected


@pytest.mark.parametrize("size", [1, 7, 1000, 65_536])
def test_batches(samples: pa.Table, expected: Pairs, corpus: st.RuleSet, size: int) -> None:
    some = samples.slice(0, 1000 * size)  # a batch costs as much whether it has one row or a thousand
    batches = some.combine_chunks().to_batches(max_chunksize=size)
    found = pairs(corpus.match(pa.RecordBatchReader.from_batches(samples.schema, batches), columns=[]))
    assert found == [(rule, row) for rule, row in expected if row < some.num_rows]
    assert found


@pytest.mark.parametrize("text", [pa.string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_batches_of_every_kind_of_text(samples: pa.Table, expected: Pairs, corpus: st.RuleSet, text: pa.DataType) -> None:
    """Each batch of dictionaries has one of its own, and many of these have as many values as the one before."""
    batches = [
        batch
        for start in range(0, samples.num_rows, 50)
        for batch in texts_as(samples.slice(start, 50), text).combine_chunks().to_batches()
    ]
    found = pairs(corpus.match(pa.RecordBatchReader.from_batches(batches[0].schema, batches), columns=[]))
    assert found == expected


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_and_a_table_longer_than_a_batch(samples: pa.Table, expected: Pairs, corpus: st.RuleSet, threads: int) -> None:
    times = 9  # 74,295 rows
    longer = pa.concat_tables([samples] * times)
    repeated = sorted((rule, row + copy * samples.num_rows) for rule, row in expected for copy in range(times))
    assert pairs(corpus.match(longer, columns=[], threads=threads)) == repeated


def test_permuted_rows(samples: pa.Table, expected: Pairs, corpus: st.RuleSet) -> None:
    order = [(row * 5_003 + 17) % samples.num_rows for row in range(samples.num_rows)]
    assert sorted(order) == list(range(samples.num_rows))
    found = pairs(corpus.match(samples.take(order), columns=[]))
    assert sorted((rule, order[row]) for rule, row in found) == expected


def write_pyarrow(table: pa.Table, path: Path, **options: Any) -> None:
    pq.write_table(table, path, **options)


def write_polars(table: pa.Table, path: Path, **options: Any) -> None:
    pl.DataFrame(table).write_parquet(path, **options)


FILES: dict[str, Callable[[pa.Table, Path], None]] = {
    "row groups of 100": lambda table, path: write_pyarrow(table, path, row_group_size=100),
    "row groups of 4096": lambda table, path: write_pyarrow(table, path, row_group_size=4096, compression="zstd"),
    "no dictionaries": lambda table, path: write_pyarrow(table, path, use_dictionary=False, compression="snappy"),
    "plain and bare": lambda table, path: write_pyarrow(
        table, path, compression="none", write_statistics=False, store_schema=False
    ),
    "second version of pages": lambda table, path: write_pyarrow(table, path, data_page_version="2.0", data_page_size=4096),
    "dictionary columns": lambda table, path: write_pyarrow(LAYOUTS["dictionary"](table), path),
    "views": lambda table, path: write_pyarrow(LAYOUTS["string_view"](table), path),
    "text numbers": lambda table, path: write_pyarrow(event_id_as(table, pa.string()), path),
    "small numbers": lambda table, path: write_pyarrow(event_id_as(table, pa.int32()), path),
    "polars": lambda table, path: write_polars(table, path, row_group_size=1000),
    "polars, uncompressed": lambda table, path: write_polars(table, path, compression="uncompressed", statistics=False),
}


@pytest.mark.parametrize("form", FILES)
def test_files(samples: pa.Table, expected: Pairs, corpus: st.RuleSet, tmp_path: Path, form: str) -> None:
    path = tmp_path / "events.parquet"
    FILES[form](samples, path)
    assert pairs(st.scan(path, corpus, columns=[])) == expected


@pytest.mark.parametrize("parts", [2, 7])
def test_several_files(samples: pa.Table, expected: Pairs, corpus: st.RuleSet, tmp_path: Path, parts: int) -> None:
    size = -(-samples.num_rows // parts)
    for part in range(parts):
        table = samples.slice(part * size, size)
        write_pyarrow(table if part % 2 else LAYOUTS["dictionary"](table), tmp_path / f"{part}.parquet")
    matches = st.scan(tmp_path, corpus, columns=[])
    found = matches.to_polars()
    assert matches.report.input_states() == {"whole": parts}
    start = found["file"].str.extract(r"(\d+)\.parquet$").cast(pl.Int64) * size
    assert sorted(found.select("rule_id", pl.col("row") + start).rows()) == expected


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("layout", ["permuted", "offsets", "lists of one", "EventID as string", "dictionary"])
def test_generated_layouts_on_both_engines(layout: str, engine: Engine) -> None:
    """A small table of awkward texts, where more than the public rules' fields is asked about."""
    texts = ["", "a", "A", " a", "a\n", "Kelvin \u212a", "5", "05", "x\\y", "-a", None, "10.0.0.1"]
    table = pa.table({"f": texts, "g": texts[::-1], "EventID": pa.array(range(len(texts)), pa.int64())})
    detections = [
        *("f: a", "f|contains: k", "f: 5", "f|re: '^a$'", "f: null", "f: ''", "f|fieldref: g", "f|cidr: 10.0.0.0/8", "f: '?*'"),
        *("EventID: 5", "EventID|gte: 3", "EventID: '1?'", "f|windash: '-a'", "f|neq: a", "f|exists: false", "f|cased: A"),
    ]
    rules = st.compile(
        st.rules_from_yaml(
            "\n---\n".join(
                f"title: '{number}'\nid: 00000000-0000-4000-8000-{number:012}\nlogsource: {{category: test}}\n"
                f"detection:\n  sel: {{{detection}}}\n  condition: {condition}\n"
                for number, (detection, condition) in enumerate(product(detections, ("sel", "not sel")))
            )
        )
    )

    def found(data: pa.Table) -> list[tuple[str, int]]:
        return sorted(rules.match(data, schema="none", columns=[], engine=engine).to_polars().select("rule_id", "row").rows())

    plain = found(table)
    assert len({rule for rule, _ in plain}) > len(detections)
    if layout == "permuted":
        order = [(row * 5 + 3) % len(texts) for row in range(len(texts))]
        assert sorted((rule, order[row]) for rule, row in found(table.take(order))) == plain
    elif layout == "offsets":
        longer = pa.concat_tables([table.slice(3, 5), table, table]).combine_chunks()
        assert found(longer.slice(5, len(texts))) == plain
    else:
        assert found(LAYOUTS[layout](table)) == plain


@pytest.mark.parametrize("statistics", [True, False])
def test_no_row_group_is_passed_over(tmp_path: Path, statistics: bool) -> None:
    """Row groups of one value or none, which statistics describe wholly: what a NOT, a null or folding selects is found."""
    long = "x" * 100  # longer than the statistics that writers keep
    values = ["b", None, "A", "\u212aey", f"{long}A", f"{long}\u017f", ""]
    path = tmp_path / "events.parquet"
    table = pa.table({"f": [value for value in values for _ in range(3)]})
    write_pyarrow(table, path, row_group_size=3, write_statistics=statistics)
    wanted = {
        "f: b": {0},
        "f: a": {2},
        "f: null": {1},
        "f: KEY": {3},
        f"f: {long}a": {4},
        f"f|startswith: {long}S": {5},
        "f: ''": {6},
    }
    for detection, groups in wanted.items():
        for condition, expected in (("sel", groups), ("not sel", set(range(len(values))) - groups)):
            rule = f"title: t\nlogsource: {{category: test}}\ndetection:\n  sel: {{{detection}}}\n  condition: {condition}\n"
            matches = st.scan(path, st.compile(st.rules_from_yaml(rule)), schema="none").to_polars()
            assert set(matches["row_group"]) == expected, rule
            assert matches.height == 3 * len(expected)


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_over_row_groups(samples: pa.Table, expected: Pairs, corpus: st.RuleSet, tmp_path: Path, threads: int) -> None:
    path = tmp_path / "events.parquet"
    write_pyarrow(samples, path, row_group_size=512)
    matches = st.scan(path, corpus, columns=[], threads=threads).to_polars()
    assert matches["row"].is_sorted()
    assert sorted(matches.select("rule_id", "row").rows()) == expected
    assert (matches["row"] // 512 == matches["row_group"]).all()
