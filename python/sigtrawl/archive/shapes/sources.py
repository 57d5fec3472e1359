"""The sources of a mixed archive: how often each comes, and what its events say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from sigtrawl.archive.events import CORP, creations, draw_templates
from sigtrawl.archive.mixing import base64_digits, draw, guid, hex_digits, look_up, mix
from sigtrawl.archive.names import name_columns
from sigtrawl.archive.shapes import texts
from sigtrawl.archive.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable

SYSMON = "Microsoft-Windows-Sysmon/Operational"

_STEP = 20_000  # microseconds between two events
_START = 1_767_571_200_000_000
_EDITIONS = 3
_HOST = replace(CORP, unique=80, recurring=5)  # creations repeat more in a log of everything than in an archive of them alone

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "Channel": pl.String,
    "EventID": pl.Int64,
    "UtcTime": pl.Datetime("us", "UTC"),
    "Computer": pl.String,
    "Provider_Name": pl.String,
    "ProcessGuid": pl.String,
    "ProcessId": pl.Int64,
    **dict.fromkeys(
        (
            *("Image", "OriginalFileName", "CommandLine", "CurrentDirectory", "User", "IntegrityLevel", "Hashes", "ParentImage"),
            *("ParentCommandLine", "Description", "Product", "Company", "FileVersion"),
            *("SourceImage", "TargetImage", "GrantedAccess", "CallTrace", "SourceUser", "TargetUser"),
            *("ImageLoaded", "Signed", "Signature", "SignatureStatus", "EventType", "TargetObject", "Details"),
            *("TargetFilename", "Protocol", "Initiated", "SourceIp", "DestinationIp", "DestinationHostname"),
            *("QueryName", "QueryResults", "QueryStatus", "PipeName"),
            *("Payload", "ContextInfo", "ScriptBlockText", "ScriptBlockId", "Path"),
            *("SubjectUserName", "TargetUserName", "LogonType", "IpAddress", "WorkstationName", "ProcessName", "ObjectName"),
            *("AccessMask", "ShareName", "RelativeTargetName", "NewProcessName", "ParentProcessName", "ServiceName", "param1"),
        ),
        pl.String,
    ),
    "SourcePort": pl.Int64,
    "DestinationPort": pl.Int64,
    "Message": pl.String,
}
"""The columns of a mixed archive."""


class Common:
    """What all sources draw from; made once an archive."""

    def __init__(self, seed: int) -> None:
        self.tables = tables(seed, [])
        images = self.tables.images["Image"]
        self.images = images
        self.targets = images.head(texts.TARGETS)

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds to scattered rows what every event has."""
        a, b = pl.col("a"), pl.col("b")
        return rows.with_columns(
            pl.from_epoch(pl.col("row").cast(pl.Int64) * _STEP + draw(a, 40, _STEP).cast(pl.Int64) + _START, time_unit="us")
            .dt.replace_time_zone("UTC")
            .alias("UtcTime"),
            look_up(CORP.computers, draw(a, 16, len(CORP.computers))).alias("Computer"),
            c=mix(a ^ pl.lit(0xC3, dtype=pl.UInt64)),
        ).with_columns(
            pl.concat_str(pl.lit("{"), *guid(a, b), pl.lit("}")).alias("ProcessGuid"),
            (draw(b, 40, 8000) * 4 + 400).cast(pl.Int64).alias("ProcessId"),
            look_up(self.images, _skewed(pl.col("c"), len(self.images))).alias("Image"),
            pl.concat_str(pl.lit(CORP.domain), look_up(CORP.accounts, draw(pl.col("c"), 40, len(CORP.accounts)))).alias("User"),
        )


def _skewed(column: pl.Expr, count: int) -> pl.Expr:
    """A number below `count` that is more often small: the product of two even draws."""
    return (
        draw(column, 0, 1 << 20) * draw(column, 20, 1 << 20) * pl.lit(count, dtype=pl.UInt64) // pl.lit(1 << 40, dtype=pl.UInt64)
    )


_BASE = ("row", "UtcTime", "Computer", "ProcessGuid", "ProcessId", "Image", "User")


def _number(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.Int64).alias("EventID")


def _one_of(column: pl.Expr, start: int, *values: str) -> pl.Expr:
    return look_up(pl.Series(values), draw(column, start, len(values)))


_C = pl.col("c")


def _access(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
    return rows.select(
        *("row", "UtcTime", "Computer"),
        _number(10),
        pl.col("Image").alias("SourceImage"),
        look_up(common.targets, _skewed(mix(_C), len(common.targets))).alias("TargetImage"),
        _one_of(_C, 50, "0x1000", "0x1400", "0x3000", "0x101000", "0x2000", "0x1478").alias("GrantedAccess"),
        look_up(texts.traces(), _skewed(mix(_C ^ pl.lit(5, dtype=pl.UInt64)), texts.TRACES)).alias("CallTrace"),
        pl.col("User").alias("SourceUser"),
        pl.lit("NT AUTHORITY\\SYSTEM").alias("TargetUser"),
    )


def _registry(event: int, kind: str) -> Callable[[pl.DataFrame, Common], pl.DataFrame]:
    def make(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
        del common
        which = _skewed(mix(_C), texts.OBJECTS)
        details = [pl.lit("DWORD (0x"), *hex_digits(mix(which), 0, 1), pl.lit(")")]  # a value that is set again and again
        made = rows.select(
            *_BASE,
            _number(event),
            pl.lit(kind).alias("EventType"),
            look_up(texts.objects(), which).alias("TargetObject"),
            pl.concat_str(details).alias("Details"),
        )
        return made if kind == "SetValue" else made.drop("Details")

    return make


def _load(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
    del common
    which = rows.select(_skewed(mix(_C), texts.LIBRARIES)).to_series()
    edition = which * _EDITIONS + rows.select(draw(_C, 44, _EDITIONS)).to_series()
    base = rows.select(*_BASE, _number(7), pl.lit("true").alias("Signed"), pl.lit("Valid").alias("SignatureStatus"))
    return base.hstack(texts.libraries()[which]).hstack(texts.library_editions(_EDITIONS)[edition])


def _creation(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
    made = creations(rows.select("row", "a", "b"), draw_templates(rows, common.tables), common.tables, _HOST)
    return name_columns(made, "sysmon").drop("Channel").with_columns(row=rows["row"])


def _module(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
    del common
    context = [
        pl.lit(
            "        Severity = Informational\r\n        Host Name = ConsoleHost\r\n        Host Version = 5.1.19041.1\r\n"
            "        Host ID = "
        ),
        *guid(pl.col("a"), _C),
        pl.lit(
            "\r\n        Host Application = "
            "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe -File C:\\ProgramData\\Corp\\jobs\\"
        ),
        look_up(CORP.files, draw(_C, 3, len(CORP.files))),
        pl.lit(".ps1\r\n        Engine Version = 5.1.19041.1\r\n        Runspace ID = "),
        *guid(pl.col("b"), _C),
        pl.lit("\r\n        Pipeline ID = "),
        draw(_C, 9, 4000).cast(pl.String),
        pl.lit("\r\n        Command Name = Measure-Object\r\n        Command Type = Cmdlet\r\n        User = "),
        pl.col("User"),
        pl.lit("\r\n        Connected User = \r\n        Shell ID = Microsoft.PowerShell\r\n"),
    ]
    return rows.select(
        *("row", "UtcTime", "Computer"),
        _number(4103),
        look_up(texts.payloads(), _skewed(mix(_C), texts.PAYLOADS)).alias("Payload"),
        pl.concat_str(context).alias("ContextInfo"),
    )


def _script(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
    del common
    body = [
        pl.lit(
            "function Get-CorpInventory {\r\n    param([string]$Site, [int]$Ring)\r\n    $items = Get-ChildItem -Path $Site "
            "-File |\r\n"
        ),
        pl.lit("        Where-Object Length -gt "),
        draw(_C, 5, 5000).cast(pl.String),
        pl.lit("\r\n    $items | Sort-Object Name | Select-Object Name, Length\r\n}\r\nGet-CorpInventory -Site 'site-"),
        *hex_digits(mix(_C) % pl.lit(5000, dtype=pl.UInt64), 0, 1),
        pl.lit("' -Ring 2\r\n"),
    ]
    return rows.select(
        *("row", "UtcTime", "Computer"),
        _number(4104),
        pl.concat_str(body).alias("ScriptBlockText"),
        pl.concat_str(guid(pl.col("a"), pl.col("b"))).alias("ScriptBlockId"),
        pl.lit("").alias("Path"),
    )


def _file(event: int) -> Callable[[pl.DataFrame, Common], pl.DataFrame]:
    def make(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
        del common
        path = [
            pl.lit("C:\\Users\\"),
            look_up(CORP.accounts, draw(_C, 40, len(CORP.accounts))),
            pl.lit("\\Documents\\"),
            look_up(CORP.files, draw(_C, 3, len(CORP.files))),
            pl.lit("-"),
            *hex_digits(mix(_C), 0, 2),
            look_up(CORP.suffixes, draw(_C, 9, len(CORP.suffixes))),
        ]
        return rows.select(*_BASE, _number(event), pl.concat_str(path).alias("TargetFilename"))

    return make


def _network(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
    del common
    return rows.select(
        *_BASE,
        _number(3),
        pl.lit("tcp").alias("Protocol"),
        pl.lit("true").alias("Initiated"),
        _address(_C, 0).alias("SourceIp"),
        _address(mix(_C), 0).alias("DestinationIp"),
        pl.concat_str(pl.lit("host-"), draw(_C, 16, 900).cast(pl.String), pl.lit(".corp.example")).alias("DestinationHostname"),
        (draw(_C, 30, 16000) + 49152).cast(pl.Int64).alias("SourcePort"),
        look_up(pl.Series([443, 8443, 445, 389, 53, 88], dtype=pl.Int64), draw(_C, 44, 6)).alias("DestinationPort"),
    )


def _address(column: pl.Expr, start: int) -> pl.Expr:
    dot = pl.lit(".")
    low, high = draw(column, start, 250).cast(pl.String), draw(column, start + 8, 250).cast(pl.String)
    return pl.concat_str(pl.lit("10.20"), dot, low, dot, high)


def _dns(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
    del common
    name = [_one_of(_C, 12, "edge", "mail", "wiki", "time", "cdn"), pl.lit("-"), draw(_C, 20, 400).cast(pl.String)]
    return rows.select(
        *_BASE,
        _number(22),
        pl.concat_str(*name, pl.lit(".corp.example")).alias("QueryName"),
        pl.concat_str(pl.lit("::ffff:"), _address(mix(_C), 0), pl.lit(";")).alias("QueryResults"),
        pl.lit("0").alias("QueryStatus"),
    )


def _pipe(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
    del common
    name = pl.concat_str(pl.lit("\\corp.workspace."), *base64_digits(mix(_C) % pl.lit(3000, dtype=pl.UInt64)))
    return rows.select(*_BASE, _number(17), pl.lit("CreatePipe").alias("EventType"), name.alias("PipeName"))


def _ended(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
    del common
    return rows.select(*_BASE, _number(5))


def _security(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
    ids = pl.Series([4624, 4634, 4672, 4688, 4656, 4663, 5140, 5145, 5156, 5158], dtype=pl.Int64)
    account = look_up(CORP.accounts, draw(_C, 40, len(CORP.accounts)))
    return rows.select(
        *("row", "UtcTime", "Computer"),
        look_up(ids, draw(_C, 52, len(ids))).alias("EventID"),
        pl.lit("Microsoft-Windows-Security-Auditing").alias("Provider_Name"),
        account.alias("SubjectUserName"),
        account.alias("TargetUserName"),
        _one_of(_C, 22, "3", "5", "7", "2").alias("LogonType"),
        _address(_C, 4).alias("IpAddress"),
        pl.col("Computer").alias("WorkstationName"),
        pl.col("Image").alias("ProcessName"),
        pl.concat_str(pl.lit("C:\\Data\\Reports\\"), draw(_C, 14, 2000).cast(pl.String)).alias("ObjectName"),
        _one_of(_C, 28, "0x1", "0x2", "0x80", "0x120089").alias("AccessMask"),
        _one_of(_C, 31, "\\\\*\\reports", "\\\\*\\public").alias("ShareName"),
        pl.concat_str(pl.lit("2026\\"), look_up(CORP.files, draw(_C, 3, len(CORP.files)))).alias("RelativeTargetName"),
        look_up(common.images, _skewed(mix(_C), len(common.images))).alias("NewProcessName"),
        pl.lit("C:\\Windows\\System32\\services.exe").alias("ParentProcessName"),
    )


def _system(rows: pl.DataFrame, common: Common) -> pl.DataFrame:
    del common
    return rows.select(
        *("row", "UtcTime", "Computer"),
        look_up(pl.Series([7036, 7040, 1014, 37, 6013], dtype=pl.Int64), draw(_C, 7, 5)).alias("EventID"),
        pl.lit("Service Control Manager").alias("Provider_Name"),
        pl.concat_str(pl.lit("corp-"), draw(_C, 14, 300).cast(pl.String)).alias("ServiceName"),
        _one_of(_C, 22, "running", "stopped").alias("param1"),
    )


def message(title: str, shown: tuple[str, ...], own: bool) -> pl.Expr:  # noqa: FBT001 - it is told by name where sources are listed
    """The text that the event viewer shows; with the time in it where each is `own`."""
    pieces: list[pl.Expr] = [pl.lit(f"{title}:\r\nRuleName: -")]
    if own:
        pieces += [pl.lit("\r\nUtcTime: "), pl.col("UtcTime").dt.to_string("%Y-%m-%d %H:%M:%S%.6f")]
    for name in shown:
        pieces += [pl.lit(f"\r\n{name}: "), pl.col(name).fill_null("-")]
    return pl.concat_str(pieces).alias("Message")


@dataclass(frozen=True)
class Source:
    """One kind of event.

    Attributes:
        name: What plants call it.
        weight: Of ten thousand events, how many are of it.
        channel: The channel of the event log.
        make: Its columns, with `row`, from rows that have what is common to all.
        title: How its `Message` begins; empty: it has none.
        shown: The columns that the `Message` repeats.
        own: Whether each `Message` is one of its own.
    """

    name: str
    weight: int
    channel: str
    make: Callable[[pl.DataFrame, Common], pl.DataFrame]
    title: str = ""
    shown: tuple[str, ...] = ()
    own: bool = True


SOURCES = (
    Source(
        *("process_access", 4270, SYSMON, _access, "Process accessed"),
        shown=("SourceImage", "TargetImage", "GrantedAccess", "CallTrace", "SourceUser", "TargetUser"),
    ),
    Source("registry_set", 1200, SYSMON, _registry(13, "SetValue"), "Registry value set", ("TargetObject", "Details"), own=False),
    Source("registry_add", 770, SYSMON, _registry(12, "CreateKey"), "Registry object added", ("TargetObject",), own=False),
    Source("image_load", 1320, SYSMON, _load, "Image loaded", ("ProcessGuid", "Image", "ImageLoaded", "Hashes", "Signature")),
    Source("ps_module", 370, "Microsoft-Windows-PowerShell/Operational", _module),
    Source("creation", 94, SYSMON, _creation, "Process Create", ("ProcessGuid", "Image", "CommandLine", "Hashes", "ParentImage")),
    Source("file_event", 150, SYSMON, _file(11), "File created", ("ProcessGuid", "Image", "TargetFilename")),
    Source("network_connection", 50, SYSMON, _network, "Network connection detected", ("Image", "SourceIp", "DestinationIp")),
    Source("dns_query", 30, SYSMON, _dns, "Dns query", ("Image", "QueryName", "QueryResults")),
    Source("file_delete", 30, SYSMON, _file(23), "File Delete archived", ("Image", "TargetFilename")),
    Source("pipe_created", 40, SYSMON, _pipe, "Pipe Created", ("Image", "PipeName")),
    Source("process_termination", 30, SYSMON, _ended, "Process terminated", ("ProcessGuid", "Image")),
    Source("audit", 840, "Security", _security, "Audit success", ("SubjectUserName", "ObjectName", "ProcessName")),
    Source("ps_script", 250, "Microsoft-Windows-PowerShell/Operational", _script),
    Source("security", 400, "Security", _security),
    Source("system", 156, "System", _system),
)
"""Their weights make ten thousand."""
