"""Process creations that many rules match: the real ones of the reference data, and for each rule a few made to satisfy it.

What is made here need not satisfy every rule; whether it does is for the engines to say. It only has to be such that a form
that loses or adds a match is noticed, for as many rules as possible.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from sigtrawl.archive.tables import HASHES
from sigtrawl.plan import And, Node, Not, Plan, Predicate

FIELDS = (
    *("Computer", "ProcessGuid", "ProcessId", "Image", "OriginalFileName", "CommandLine", "CurrentDirectory", "User"),
    *("IntegrityLevel", "Hashes", "ParentImage", "ParentCommandLine", "Description", "Product", "Company", "FileVersion"),
    *("ParentUser", "ParentProcessId", "ParentProcessGuid", "LogonId"),
)
"""The fields of Sysmon's event 1 that the seeds have; all are text."""

_PATHS = ("Image", "ParentImage")
_VARIANTS = 3
_BASE = {
    "Image": "C:\\Tools\\program.exe",
    "CommandLine": "program.exe",
    "ParentImage": "C:\\Windows\\explorer.exe",
    "ParentCommandLine": "C:\\Windows\\explorer.exe",
    "User": "CORP\\adam",
    "IntegrityLevel": "Medium",
}


def seeds(plan: Plan, shared: Path) -> pl.DataFrame:
    """Give the events in Sysmon's columns, with `UtcTime` and one column a hash besides."""
    tables = [shared / "attack_samples.parquet", shared / "regression" / "windows__process_creation.parquet"]
    real = [_fields_of(pl.read_parquet(table)) for table in tables]
    made = pl.DataFrame(list(_made(plan)), schema=dict.fromkeys(FIELDS, pl.String))
    events = pl.concat([*real, made])
    digests = [pl.col("Hashes").str.extract(rf"(?i)\b{name}=([0-9A-F]+)").alias(name) for name in HASHES]
    time = pl.from_epoch(pl.lit(1_767_571_200_000) + pl.int_range(pl.len()), time_unit="ms").dt.replace_time_zone("UTC")
    return events.with_columns(*digests, time.alias("UtcTime"))


def sysmon(events: pl.DataFrame) -> pl.DataFrame:
    """Give the seeds as Sysmon's own rows of the event log."""
    channel = pl.lit("Microsoft-Windows-Sysmon/Operational").alias("Channel")
    return events.select(channel, pl.lit(1, pl.Int64).alias("EventID"), "UtcTime", *FIELDS)


def _fields_of(table: pl.DataFrame) -> pl.DataFrame:
    creations = table.filter(
        pl.col("Channel") == "Microsoft-Windows-Sysmon/Operational", pl.col("EventID").cast(pl.String) == "1"
    )
    return creations.select(
        pl.col(name).cast(pl.String) if name in table.columns else pl.lit(None, pl.String).alias(name) for name in FIELDS
    )


def _made(plan: Plan) -> Iterator[dict[str, str]]:
    for rule in plan.rules:
        for variant in range(_VARIANTS):
            asked: dict[str, list[Predicate]] = {}
            _collect(rule.condition, plan.predicates, variant, asked)
            texts = {field: _text(predicates) for field, predicates in asked.items() if field in FIELDS}
            yield {**_BASE, **{field: _as_sysmon_writes(field, text) for field, text in texts.items()}}


def _collect(node: Node | None, predicates: tuple[Predicate, ...], variant: int, asked: dict[str, list[Predicate]]) -> None:
    """Gather what one way through a condition asks of each field; what must not be is left to chance."""
    if isinstance(node, int):
        predicate = predicates[node]
        if predicate.field is not None:
            asked.setdefault(predicate.field, []).append(predicate)
    elif node is not None and not isinstance(node, Not | Predicate):
        chosen = node.nodes if isinstance(node, And) else node.nodes[variant % len(node.nodes) :][:1]
        for deeper in chosen:
            _collect(deeper, predicates, variant, asked)


def _text(asked: list[Predicate]) -> str:
    """Put texts together that satisfy most of what is asked of one field."""
    values: Mapping[str, list[str]] = {
        op: [str(predicate.value) for predicate in asked if predicate.op == op]
        for op in ("equals", "startswith", "contains", "endswith", "like", "number")
    }
    if values["equals"] or values["number"]:
        return (values["equals"] or values["number"])[0]
    likes = [_unescaped(value) for value in values["like"]]
    return " ".join([*values["startswith"], *likes, *values["contains"]]) + "".join(values["endswith"])


def _as_sysmon_writes(field: str, text: str) -> str:
    r"""Give images as paths and the parent's account as `DOMAIN\name`, as they always are in Sysmon's events.

    Accounts of the new process are left alone, so that forms that split them are tested with and without a domain.
    """
    if field in _PATHS and "\\" not in text and "/" not in text:
        return f"C:\\Tools\\{text}"
    return f"CORP\\{text}" if field == "ParentUser" and "\\" not in text else text


def _unescaped(pattern: str) -> str:
    """Give one text that a pattern fits."""
    kept, escaped = "", False
    for character in pattern:
        if escaped or character not in "*?\\":
            kept, escaped = kept + character, False
        elif character == "\\":
            escaped = True
        elif character == "?":
            kept += "x"
    return kept
