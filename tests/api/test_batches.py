"""Arrow data in batches: how rows are cut into batches, and in which form texts come, is no matter for the matches."""

from itertools import pairwise
from typing import Any

import pytest

import sigtrawl as st

pa = pytest.importorskip("pyarrow")

ROWS = 9_000
SOURCE = {"category": "process_creation", "product": "windows"}
RULES = """
title: Text
id: 00000000-0000-4000-8000-000000000000
logsource: {category: process_creation, product: windows}
detection:
  rare: {CommandLine|contains: needle-1234}
  image: {Image|endswith: '\\7.exe'}
  line: {CommandLine|contains: '-x 5'}
  condition: rare or (image and line)
---
title: Keyword
id: 00000000-0000-4000-8000-000000000001
logsource: {category: process_creation, product: windows}
detection:
  words: [guid-4321, guid-77]
  condition: words
---
title: None
id: 00000000-0000-4000-8000-000000000002
logsource: {category: process_creation, product: windows}
detection:
  empty: {User: null}
  line: {CommandLine|contains: '-x 8'}
  condition: empty and line
"""


def _columns(first: int, rows: int) -> Any:
    numbers = range(first, first + rows)
    return pa.table(
        {
            "Image": [f"C:\\{n % 11}.exe" for n in numbers],
            "CommandLine": [f"run -x {n % 97}{' needle-' + str(n) if n % 2 else ' größer'}" for n in numbers],
            "Guid": [f"guid-{n}-{'k' * (n % 40)}" for n in numbers],
            "User": [None if n % 5 == 0 else f"user-{n % 3}" for n in numbers],
        }
    )


def _encoded(table: Any, keys: Any) -> Any:
    columns = {
        name: table.column(name).combine_chunks().dictionary_encode().cast(pa.dictionary(keys, pa.string()))
        for name in table.column_names
    }
    return pa.table(columns)


def _found(rules: st.RuleSet, data: Any) -> list[tuple[int, str]]:
    found = rules.match(data, logsource=SOURCE).to_polars()
    return sorted(found.select("row", "rule_title").iter_rows())


@pytest.fixture(scope="module")
def rules() -> st.RuleSet:
    return st.compile(st.rules_from_yaml(RULES))


@pytest.fixture(scope="module")
def expected(rules: st.RuleSet) -> list[tuple[int, str]]:
    found = _found(rules, _columns(0, ROWS))
    titles = {title for _, title in found}
    assert titles == {"Text", "Keyword", "None"}
    assert (4321, "Keyword") in found
    return found


@pytest.mark.parametrize("size", [1_000, 2_048, ROWS])
@pytest.mark.parametrize("form", ["plain", "views", "dictionary", "large"])
def test_slices_of_one_array(rules: st.RuleSet, expected: list[tuple[int, str]], form: str, size: int) -> None:
    table = _columns(0, ROWS)
    if form == "dictionary":
        table = _encoded(table, pa.int32())
    elif form != "plain":
        kind = pa.string_view() if form == "views" else pa.large_string()
        table = table.cast(pa.schema([(name, kind) for name in table.column_names]))
    assert _found(rules, pa.Table.from_batches(table.to_batches(max_chunksize=size))) == expected


def test_every_batch_with_a_dictionary_whose_keys_suffice_only_for_it(rules: st.RuleSet, expected: list[tuple[int, str]]) -> None:
    cuts = [*range(0, ROWS, 100), ROWS]
    batches = [batch for a, b in pairwise(cuts) for batch in _encoded(_columns(a, b - a), pa.int8()).to_batches()]
    assert _found(rules, pa.Table.from_batches(batches)) == expected


def test_lists_of_dictionaries_whose_keys_suffice_only_for_their_batch(
    rules: st.RuleSet, expected: list[tuple[int, str]]
) -> None:
    batches = []
    for a, b in pairwise([*range(0, ROWS, 100), ROWS]):
        table = _encoded(_columns(a, b - a), pa.int8())
        lists = {
            name: pa.ListArray.from_arrays(pa.array(range(table.num_rows + 1), pa.int32()), table.column(name).combine_chunks())
            for name in table.column_names
        }
        batches += pa.table(lists).to_batches()
    # A list with a null in it is not null.
    assert _found(rules, pa.Table.from_batches(batches)) == [pair for pair in expected if pair[1] != "None"]


def test_long_values_that_many_rows_repeat(rules: st.RuleSet) -> None:
    texts = pa.array([letter * 600_000 + " needle-1234" for letter in "abc"])
    keys = pa.array([n % 3 for n in range(5_000)], pa.int32())
    table = pa.table({"CommandLine": pa.DictionaryArray.from_arrays(keys, texts), "row": range(5_000)})
    # More than one array of text can hold: they come in several.
    rows: list[int] = []
    for batch in rules.match(table, logsource=SOURCE).batches():
        rows += pa.record_batch(batch).column("row").to_pylist()
    assert rows == list(range(5_000))
