"""Every table of every family is recognised as what it is, and for the reason that is given."""

import polars as pl
import pytest
from tests.schemas.samples_windows import SAMPLES, Sample

import sigtrawl as st
from sigtrawl import schemas


@pytest.fixture(scope="module")
def rules() -> st.RuleSet:
    """One rule that fits anything."""
    return st.compile(
        st.rules_from_yaml(
            "{title: any, logsource: {product: windows}, detection: {selection: {Image: x}, condition: selection}}"
        )
    )


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_table_is_recognised_as_what_it_is(sample: Sample, rules: st.RuleSet) -> None:
    (told,) = st.check(sample.table(), rules).inputs
    assert told.schema == sample.mapping, told.schema_reason


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_reason_names_the_columns_that_are_there(sample: Sample, rules: st.RuleSet) -> None:
    (told,) = st.check(sample.table(), rules).inputs
    mapping = next(known for known in schemas.builtin() if known.name == sample.mapping)
    there = [name for name in (*mapping.recognise_all, *mapping.recognise_any) if name in sample.columns]
    assert told.schema_reason == f"has the columns {', '.join(there)}"
    assert not set(mapping.recognise_none) & set(sample.columns)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_no_two_mappings_claim_a_table_alike(sample: Sample) -> None:
    """Not the alphabet decides what a table is."""
    counts = {
        mapping.name: sum(name in sample.columns for name in (*mapping.recognise_all, *mapping.recognise_any))
        for mapping in schemas.builtin()
        if schemas.recognise([mapping], set(sample.columns))[0] is not None
    }
    best = counts.pop(sample.mapping)
    assert all(best > other for other in counts.values()), counts


@pytest.mark.parametrize(
    "columns", [[], ["Image"], ["id", "name", "value"], ["Channel"], ["_time"], ["message", "host"], ["src_ip", "dst_port"]]
)
def test_what_is_nobodys_is_not_claimed(columns: list[str]) -> None:
    assert schemas.recognise(schemas.builtin(), columns)[0] is None


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        (["src_ip", "dst_ip", "dst_port"], "firewall"),
        (["src_ip", "src_port", "dst_ip", "dst_port", "action", "vendor_product"], "firewall"),
        (["src_ip", "dest_ip", "dest_port"], "cim"),
        (["src_ip", "dst_ip", "dst_port", "c-uri"], "proxy"),
        (["src_ip", "dst_ip", "dst_port", "query", "record_type", "answer"], "dns"),
        (["src_ip", "dst_ip", "dst_port", "id.orig_h", "Channel"], "zeek"),
    ],
)
def test_addresses_alone_are_a_firewall(columns: list[str], name: str) -> None:
    mapping, reason = schemas.recognise(schemas.builtin(), columns)
    assert mapping is not None, reason
    assert mapping.name == name


def test_samples_are_told_apart_by_name() -> None:
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES)
    assert pl.List in {type(dtype) for sample in SAMPLES for dtype in sample.table().schema.values() for dtype in _leaves(dtype)}


def _leaves(dtype: pl.DataType) -> list[pl.DataType]:
    if isinstance(dtype, pl.Struct):
        return [leaf for field in dtype.fields for leaf in _leaves(field.dtype)]  # type: ignore[arg-type]
    return [dtype]
