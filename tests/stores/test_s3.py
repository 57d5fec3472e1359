"""Archives in S3: the same matches as from a folder, and words on what is not there or not allowed."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest

import sigtrawl as st
from sigtrawl.errors import InputError, UsageError

PUT = Callable[[str, Path], None]


@pytest.fixture
def client(s3: dict[str, str]) -> Any:
    """A client of another library, which fills the store; each test has a bucket of its own."""
    client = boto3.client(
        "s3",
        endpoint_url=s3["aws_endpoint_url"],
        aws_access_key_id="test",
        aws_secret_access_key="secret",  # noqa: S106 - the server knows none
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="lake")
    yield client
    for entry in client.list_objects_v2(Bucket="lake").get("Contents", []):
        client.delete_object(Bucket="lake", Key=entry["Key"])
    client.delete_bucket(Bucket="lake")
    client.close()


@pytest.fixture
def put(client: Any) -> PUT:
    """Put a file into the store."""
    return lambda key, path: client.put_object(Bucket="lake", Key=key, Body=path.read_bytes())


def test_a_scan_of_objects_is_a_scan_of_files(
    ruleset: st.RuleSet, frame: pl.DataFrame, events: Path, s3: dict[str, str], put: PUT, tmp_path: Path
) -> None:
    for day in ("1", "2 b"):
        (tmp_path / "lake" / f"day={day}").mkdir(parents=True)
        frame.write_parquet(tmp_path / "lake" / f"day={day}" / "events.parquet", row_group_size=3)
        put(f"lake/day={day}/events.parquet", tmp_path / "lake" / f"day={day}" / "events.parquet")
    put("lake/notes.txt", events)
    put("lake/_old/events.parquet", events)
    expected = st.scan(tmp_path / "lake", ruleset, key=["day", "CommandLine"]).to_polars()
    assert expected.height == 6
    for address in ("s3://lake/lake", "s3://lake/lake/", "s3://lake", "s3a://lake/lake/day=*/*.parquet", "s3://lake/lake/day=*"):
        matches = st.scan(address, ruleset, key=["day", "CommandLine"], storage_options=s3)
        assert matches.to_polars().equals(expected), address
        assert not matches.report.unread
    report = st.scan("s3://lake", ruleset, storage_options=s3).collect().report
    assert report.input_states() == {"whole": 2, "ignored": 2}
    one = st.scan("s3://lake/lake/day=2 b/events.parquet", ruleset, storage_options=s3).to_polars()
    assert one["file"].unique().to_list() == ["s3://lake/lake/day=2 b/events.parquet"]
    assert one["row"].to_list() == [0, 3, 3]
    both = st.scan([events, "s3://lake/lake/day=1/events.parquet"], ruleset, storage_options=s3).to_polars()
    assert both.height == 6
    lazy = st.scan_parquet("s3://lake/lake", ruleset, storage_options=s3).select(pl.len()).collect()
    assert lazy.item() == 6
    assert st.check("s3://lake/lake", ruleset, storage_options=s3).rule_states() == {"runs": 2, "no-log-source": 1}


def test_a_larger_archive_in_many_requests(shared: Path, s3: dict[str, str], put: PUT) -> None:
    rules = st.compile(st.load_rules(shared / "sigma" / "rules" / "windows", on_error="skip"))
    file = shared / "attack_samples.parquet"
    put("samples.parquet", file)
    expected = st.scan(file, rules, columns=["EventID"]).to_polars().drop("file")
    found = st.scan("s3://lake/samples.parquet", rules, columns=["EventID"], storage_options=s3).to_polars()
    assert found.drop("file").equals(expected)


def test_settings_come_from_the_environment(
    ruleset: st.RuleSet, events: Path, s3: dict[str, str], put: PUT, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put("events.parquet", events)
    with monkeypatch.context() as patch:
        for name, value in s3.items():
            patch.setenv(name.upper(), value)
        patch.setenv("TOKEN", "no setting of ours")
        assert len(st.scan("s3://lake/events.parquet", ruleset)) == 3
    # A profile, with the rest from the environment.
    (tmp_path / "credentials").write_text("[work]\naws_access_key_id = test\naws_secret_access_key = secret\n")
    (tmp_path / "config").write_text(f"[profile work]\nregion = us-east-1\nendpoint_url = {s3['aws_endpoint_url']}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    assert len(st.scan("s3://lake/events.parquet", ruleset)) == 3
    monkeypatch.setenv("AWS_PROFILE", "other")
    with pytest.raises(InputError, match="AWS_PROFILE names other, which is in neither"):
        st.scan("s3://lake/events.parquet", ruleset)


def test_what_is_not_there_is_told(ruleset: st.RuleSet, events: Path, s3: dict[str, str], put: PUT) -> None:
    put("table/_delta_log/0.json", events)
    put("table/events.parquet", events)
    for address, told in (
        ("s3://lake/none.parquet", r"s3://lake/none\.parquet: no such object, and none below it"),
        ("s3://nothing/x.parquet", "s3://nothing/x"),
        ("s3://lake/table", "holds a Delta table"),
        ("ftp://lake/x", "ftp addresses are not read"),
        ("https://127.0.0.1/x?sign=1", "a query"),
    ):
        with pytest.raises(InputError, match=told):
            st.scan(address, ruleset, storage_options=s3)
    with pytest.raises(UsageError, match="storage_options are texts"):
        st.scan("s3://lake", ruleset, storage_options={"aws_region": 1})  # type: ignore[dict-item]


def test_a_store_that_does_not_answer(ruleset: st.RuleSet, s3: dict[str, str]) -> None:
    start = time.monotonic()
    nobody = {**s3, "aws_endpoint_url": "http://127.0.0.1:9"}
    with pytest.raises(InputError, match=r"s3://lake/x\.parquet: .*127\.0\.0\.1:9"):
        st.scan("s3://lake/x.parquet", ruleset, storage_options=nobody)
    assert time.monotonic() - start < 60


def test_an_object_that_changes_or_goes_in_mid_scan(
    ruleset: st.RuleSet, frame: pl.DataFrame, s3: dict[str, str], client: Any, put: PUT, tmp_path: Path
) -> None:
    """The footer is read when the scan is opened; what lies under the name later is another object."""
    many = pl.concat([frame.with_columns(pl.lit("x").repeat_by(1).list.join("").alias("CommandLine"))] * 200_000)
    many.write_parquet(tmp_path / "many.parquet", row_group_size=10_000, compression="uncompressed", use_pyarrow=False)
    for event in ("changes", "goes"):
        put("many.parquet", tmp_path / "many.parquet")
        matches = st.scan("s3://lake/many.parquet", ruleset, columns=["CommandLine"], threads=1, storage_options=s3)
        batches = matches.batches()
        next(batches)
        if event == "goes":
            client.delete_object(Bucket="lake", Key="many.parquet")
        else:
            frame.write_parquet(tmp_path / "other.parquet")
            put("many.parquet", tmp_path / "other.parquet")
        for _ in batches:
            pass
        entry = matches.report.inputs[0]
        assert entry.state == "part"
        assert entry.reason is not None
        assert ("it vanished" if event == "goes" else "it changed") in entry.reason
        assert entry.rows_read < entry.rows


def test_a_web_server(ruleset: st.RuleSet, frame: pl.DataFrame, web: tuple[str, Path]) -> None:
    address, folder = web
    frame.write_parquet(folder / "events.parquet", row_group_size=2)
    found = st.scan(f"{address}/events.parquet", ruleset).to_polars()
    assert found.drop("file").equals(st.scan(folder / "events.parquet", ruleset).to_polars().drop("file"))
    with pytest.raises(InputError, match="no such file"):
        st.scan(f"{address}/none.parquet", ruleset)
    with pytest.raises(InputError, match="a web server does not list its files"):
        st.scan(f"{address}/*.parquet", ruleset)
