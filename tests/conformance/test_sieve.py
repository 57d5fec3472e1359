"""The sieve finds what the reference finds, on tables that are made to slip through it.

Where a literal begins, how long it is and what stands beside it decide which window of it is met, and by which search; none
of it may decide about a match. Tables have more rows than the sieve needs for a sample, so that ``core`` uses it too.
"""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engines import ENGINES, Engine

import sigtrawl as st

SEARCHING: tuple[Engine, ...] = ("core", "search")
TEXTS = {"utf8": pa.string(), "views": pa.string_view(), "dictionary": pa.dictionary(pa.int32(), pa.string())}
# Of every length that is looked for in a way of its own, with overlaps, repetitions and bytes that folding could confuse.
LITERALS = ["^", "a@", ";;;", "q`{", "k^k", "wxyz", "aaaa", "vwxyz", "@[{`@[", "r-s-t-u", "zyxwvuts", "0123456789ab"]
LITERALS += ["aaaaaaaaaaaaa"]


def compiled(detections: Iterable[str]) -> st.RuleSet:
    return st.compile(
        st.rules_from_yaml(
            "\n---\n".join(
                f"title: '{number}'\nid: 00000000-0000-4000-8000-{number:012}\nlogsource: {{category: test}}\n"
                f"detection:\n  sel: {{{detection}}}\n  condition: sel\n"
                for number, detection in enumerate(detections)
            )
        )
    )


def found(rules: st.RuleSet, table: pa.Table, engine: Engine) -> list[tuple[str, int]]:
    matches = rules.match(table, schema="none", columns=[], engine=engine)
    pairs = sorted(matches.to_polars().select("rule_id", "row").rows())
    assert matches.report.input_states() == {"whole": 1}
    return pairs


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("engine", SEARCHING)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("literals", [LITERALS, LITERALS[3:], LITERALS[5:], LITERALS[9:]], ids=["1", "3", "4", "7"])
def test_every_literal_at_every_place(literals: list[str], text: str, engine: Engine) -> None:
    """Literals of so many bytes or more; the shortest of a set decides about the step of all."""
    values: list[str | None] = []
    for literal in LITERALS:
        for before in range(9):
            values += ["." * before + literal.upper() + "." * after for after in (0, 1, 9)]
        # Halves in two values beside each other are no literal, and neither is one with a byte changed.
        for cut in range(1, len(literal)):
            values += ["." * cut + literal[:cut], literal[cut:] + "..", None]
            values.append("." * cut + literal[:cut] + chr(ord(literal[cut]) ^ 1) + literal[cut + 1 :])
        values += [literal * 2, literal + "é", "é" + literal, literal[1:] + literal, ""]
    values += [f"{number:x} is of no concern" for number in range(600)]
    values += ["the last value ends with wxyz"]
    rules = compiled(f"f|{how}: {quoted(literal)}" for literal in literals for how in ("contains", "startswith", "endswith"))
    table = pa.table({"f": pa.array(values).cast(TEXTS[text])})
    expected = found(rules, table, "reference")
    assert len({rule for rule, _ in expected}) == 3 * len(literals)
    assert found(rules, table, engine) == expected


@pytest.mark.parametrize("engine", SEARCHING)
@pytest.mark.parametrize("text", TEXTS)
def test_values_full_of_needles(text: str, engine: Engine) -> None:
    """A search that meets too many gives up; what it has not come to is found all the same."""
    hostile = "wxyz" * 4_000
    values = [f"{number} {'wxyz-1' if number % 7 == 0 else 'plain'}" for number in range(700)]
    for row in range(0, 700, 100):
        values[row] = f"{hostile}{row}"
    values[-1] = "vwxyz at the end"
    rules = compiled([f"f|contains: 'wxyz{n}'" for n in range(200)] + ["f|contains: 'wxyz-1'", "f|contains: vwxyz"])
    table = pa.table({"f": pa.array(values).cast(TEXTS[text])})
    expected = found(rules, table, "reference")
    assert ("00000000-0000-4000-8000-000000000201", 699) in expected
    assert found(rules, table, engine) == expected


@pytest.mark.parametrize("engine", ["core", "search", "values"])
@pytest.mark.parametrize("text", TEXTS)
def test_few_rows_of_long_values(text: str, engine: Engine) -> None:
    """Too few rows for a sample, and too much text to be examined; much is asked of each value."""
    filling = "".join(f"-opt{number % 1000} C:\\Data\\{number}.BIN " for number in range(80_000))
    values = [f"{filling}Needle-3", None, f"NEEDLE-149 {filling}", "needle-7 .bin", filling, "", f"é{filling}needle-5", filling]
    together = [f"f|contains|all: ['.bin', 'needle-{number}']" for number in range(150)]
    any_of = ", ".join(f"'needle-{number}'" for number in range(100, 300))
    single = [f"f|contains: [{any_of}]", "f|endswith: 'needle-3'", "f: null", "f|re: 'Needle-[0-9]$'", "f|startswith: needle"]
    rules = compiled(together + single)
    table = pa.table({"f": pa.array(values).cast(TEXTS[text])})
    expected = found(rules, table, "reference")
    assert {row for _, row in expected} == {0, 1, 2, 3, 6}
    assert found(rules, table, engine) == expected


def test_a_dictionary_without_values() -> None:
    """All of its rows are null: few rows are asked how much text they hold."""
    nulls = pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int32()), pa.array([], pa.string()))
    rules = compiled(["f|contains: wxyz", "f: null"])
    assert [row for _, row in found(rules, pa.table({"f": nulls}), "core")] == [0, 1]


@pytest.mark.parametrize("engine", ["core", "values"])
@pytest.mark.parametrize("text", TEXTS)
def test_what_a_regex_announces_is_not_what_it_matches(text: str, engine: Engine) -> None:
    """Nearly every value holds what the regex needs, and some of these do not match it: a NOT is true of them too."""
    values = ["abbc", "abbcd", "xyz"] + ["abbc"] * 700
    rule = (
        "title: t\nid: 00000000-0000-4000-8000-000000000001\nlogsource: {category: test}\n"
        "detection:\n  sel: {f|re: 'ab+c$'}\n  condition: not sel\n"
    )
    table = pa.table({"f": pa.array(values).cast(TEXTS[text])})
    assert [row for _, row in found(st.compile(st.rules_from_yaml(rule)), table, engine)] == [1, 2]


@pytest.mark.parametrize("engine", SEARCHING)
def test_keywords_beside_values_that_are_no_text(tmp_path: Path, engine: Engine) -> None:
    """Where a value of a searched column is no UTF-8, the others of its page are still looked through."""
    rule = (
        "title: t\nid: 00000000-0000-4000-8000-000000000001\nlogsource: {category: test}\n"
        "detection:\n  words: [mimikatz]\n  sel: {f|contains: wxyz}\n  condition: words or sel\n"
    )
    rules = st.compile(st.rules_from_yaml(rule))
    values = [f"{number:x} {'MimiKatz' if number == 5 else 'wxyz' if number == 9 else ''}".encode() for number in range(600)]
    values[6] = b"mimikatz \xff"
    data = pa.array(values, pa.binary())
    table = pa.table({"f": pa.StringArray.from_buffers(len(data), data.buffers()[1], data.buffers()[2])})
    pq.write_table(table, tmp_path / "events.parquet", use_dictionary=False, write_statistics=False)
    matches = st.scan(tmp_path, rules, schema="none", columns=[], engine=engine)
    assert matches.to_polars()["row"].to_list() == [5, 9]
    assert matches.report.not_evaluable == {"f": 1}


@pytest.mark.parametrize("engine", [*ENGINES[:-1]])
def test_a_null_among_the_values_of_a_dictionary(engine: Engine) -> None:
    rules = compiled(["f|contains: secret", "f: null", "f|exists: true"])
    values = pa.array(["secret", "other"]).buffers()
    nulled = pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x02"), *values[1:]])  # the null lies over the text
    assert nulled.to_pylist() == [None, "other"]
    # Two dictionaries, so that they cannot be joined as they are.
    dictionaries = [
        nulled,
        pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x02"), *pa.array(["secret", "elder"]).buffers()[1:]]),
    ]
    keys = pa.array([0, 1] * 350, pa.int32())
    batches = [pa.record_batch({"f": pa.DictionaryArray.from_arrays(keys, values)}) for values in dictionaries]
    counts = [0, 0, 0]
    for rule, _ in found(rules, pa.Table.from_batches(batches), engine):
        counts[int(rule[-12:])] += 1
    assert counts == [0, 700, 700]
