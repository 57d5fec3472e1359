"""The two ways in which an archive's columns may be named: Sysmon's own, and Microsoft Sentinel's ASIM process events.

The events are the same; only what the two products truly do differently differs: ASIM has one column a hash, process ids as
text, and says what kind of event a row is in words where Sysmon has a channel and a number.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from sigtrawl.archive.tables import HASHES

Names = Literal["sysmon", "asim"]

ASIM = {
    "Computer": "DvcHostname",
    "ProcessGuid": "TargetProcessGuid",
    "ProcessId": "TargetProcessId",
    "Image": "TargetProcessName",
    "OriginalFileName": "TargetProcessFileOriginalName",
    "CommandLine": "TargetProcessCommandLine",
    "CurrentDirectory": "TargetProcessCurrentDirectory",
    "User": "TargetUsername",
    "IntegrityLevel": "TargetProcessIntegrityLevel",
    "SHA1": "TargetProcessSHA1",
    "MD5": "TargetProcessMD5",
    "SHA256": "TargetProcessSHA256",
    "IMPHASH": "TargetProcessIMPHASH",
    "ParentImage": "ActingProcessName",
    "ParentCommandLine": "ActingProcessCommandLine",
    "Description": "TargetProcessFileDescription",
    "Product": "TargetProcessFileProduct",
    "Company": "TargetProcessFileCompany",
    "FileVersion": "TargetProcessFileVersion",
}
"""What Sysmon's name of a column is in ASIM."""

_ASIM_TOO = {"ParentUser": "ActorUsername", "ParentProcessId": "ActingProcessId", "LogonId": "TargetUserSessionId"}
"""And of columns that the archives do not have, for events that do."""

_BEFORE_HASHES = (
    "Computer",
    "ProcessGuid",
    "ProcessId",
    "Image",
    "OriginalFileName",
    "CommandLine",
    "CurrentDirectory",
    "User",
    "IntegrityLevel",
)
_AFTER_HASHES = ("ParentImage", "ParentCommandLine", "Description", "Product", "Company", "FileVersion")


def packed_hashes() -> pl.Expr:
    """The text in which Sysmon tells all digests of a file, those that it knows."""
    known = [pl.when(pl.col(name).is_not_null()).then(pl.format(f"{name}={{}}", name)) for name in HASHES]
    return pl.concat_str(known, separator=",", ignore_nulls=True)


def name_columns(events: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Gives the events of one chunk, with one column a hash, the columns of a product, in its order."""
    if names == "sysmon":
        return events.select(
            pl.lit("Microsoft-Windows-Sysmon/Operational").alias("Channel"),
            pl.lit(1, dtype=pl.Int64).alias("EventID"),
            "UtcTime",
            *_BEFORE_HASHES,
            packed_hashes().alias("Hashes"),
            *_AFTER_HASHES,
        )
    return events.select(
        pl.col("UtcTime").alias("TimeGenerated"),
        pl.col("UtcTime").alias("EventStartTime"),
        pl.lit("ProcessEvent").alias("EventSchema"),
        pl.lit("ProcessCreated").alias("EventType"),
        pl.lit("Success").alias("EventResult"),
        pl.lit("Sysmon").alias("EventProduct"),
        pl.lit("Windows").alias("DvcOs"),
        *(
            (pl.col(name).cast(pl.String) if name == "ProcessId" else pl.col(name)).alias(ASIM[name])
            for name in (*_BEFORE_HASHES, *HASHES, *_AFTER_HASHES)
        ),
        *(pl.col(ours).cast(pl.String).alias(theirs) for ours, theirs in _ASIM_TOO.items() if ours in events.columns),
    )
