r"""The same process creations in the form of other products: not other names alone, but other values and other shapes.

What Sysmon packs into one text is one column an algorithm elsewhere, or a list of structs; an account is one text or two;
an integrity level is a word or a security identifier; a process id is a number, a text, or hexadecimal; time is an instant or
milliseconds. An archive in each form holds the same events, so a rule must find the same rows in all of them.

Each form is written from the product's documentation and not from the schema mappings, which are tested against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import polars as pl

from sigtrawl.archive.names import Names, name_columns, packed_hashes
from sigtrawl.archive.nesting import nest
from sigtrawl.archive.tables import HASHES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Form: TypeAlias = Literal["sysmon", "asim", "security_4688", "defender", "ecs", "ecs_nested", "ocsf", "cim"]
"""A form in which an archive can be written."""

FORMS: tuple[Form, ...] = get_args(Form)

SIDS = {
    "Untrusted": "S-1-16-0",
    "Low": "S-1-16-4096",
    "Medium": "S-1-16-8192",
    "MediumPlus": "S-1-16-8448",
    "High": "S-1-16-12288",
    "System": "S-1-16-16384",
    "ProtectedProcess": "S-1-16-20480",
    "SecureProcess": "S-1-16-28672",
}
"""Integrity levels as Sysmon names them, and the identifiers that Windows itself uses."""

SPARSE = (
    *("ParentProcessId", "ParentProcessGuid", "ParentUser", "LogonId", "LogonGuid", "TerminalSessionId"),
    *("ProcessGuid", "Computer", "ProcessId", "CurrentDirectory", "User", "IntegrityLevel", "FileVersion"),
)
"""Fields that events may lack. A form has all its columns all the same, and says null in them."""


def render(events: pl.DataFrame, form: Form) -> pl.DataFrame:
    """Gives process creations the columns, values and shapes of a form.

    Args:
        events: Sysmon's fields of event 1, one column each, hashes in one column an algorithm; fields may be absent.
        form: The form to give them.

    Returns:
        As many rows, in the same order.

    Raises:
        ValueError: There is no such form.
    """
    if form == "sysmon" or form == "asim":  # noqa: PLR1714 - the type checker narrows by equality
        names: Names = form
        return name_columns(events, names)
    made = _MADE.get(form)
    if made is None:
        message = f"there is no form {form!r} (forms: {', '.join(FORMS)})"
        raise ValueError(message)
    absent = [pl.lit(None, pl.String).alias(name) for name in SPARSE if name not in events.columns]
    return made(events.with_columns(absent))


def _security_4688(events: pl.DataFrame) -> pl.DataFrame:
    """The Security log tells the creator's account and no more of the new process than its path, line and level."""
    return events.select(
        pl.lit(4688, pl.Int64).alias("EventID"),
        pl.lit("Microsoft-Windows-Security-Auditing").alias("Provider_Name"),
        pl.col("UtcTime").alias("TimeCreated_SystemTime"),
        "Computer",
        pl.lit("S-1-5-18").alias("SubjectUserSid"),
        _domain("ParentUser").alias("SubjectDomainName"),
        _account("ParentUser").alias("SubjectUserName"),
        pl.col("LogonId").alias("SubjectLogonId"),
        _hexadecimal("ProcessId").alias("NewProcessId"),
        pl.col("Image").alias("NewProcessName"),
        pl.lit("%%1936").alias("TokenElevationType"),
        _hexadecimal("ParentProcessId").alias("ProcessId"),
        "CommandLine",
        pl.lit("S-1-0-0").alias("TargetUserSid"),
        pl.lit("-").alias("TargetUserName"),
        pl.lit("-").alias("TargetDomainName"),
        pl.lit("0x0").alias("TargetLogonId"),
        pl.col("ParentImage").alias("ParentProcessName"),
        pl.col("IntegrityLevel").replace(SIDS).alias("MandatoryLabel"),
    )


def _defender(events: pl.DataFrame) -> pl.DataFrame:
    renamed = {
        "Image": "FolderPath",
        "CommandLine": "ProcessCommandLine",
        "IntegrityLevel": "ProcessIntegrityLevel",
        "OriginalFileName": "ProcessVersionInfoOriginalFileName",
        "Description": "ProcessVersionInfoFileDescription",
        "Product": "ProcessVersionInfoProductName",
        "Company": "ProcessVersionInfoCompanyName",
        "FileVersion": "ProcessVersionInfoProductVersion",
        "MD5": "MD5",
        "SHA1": "SHA1",
        "SHA256": "SHA256",
        "ParentImage": "InitiatingProcessFolderPath",
        "ParentCommandLine": "InitiatingProcessCommandLine",
    }
    return events.select(
        pl.col("UtcTime").alias("Timestamp"),
        pl.col("Computer").alias("DeviceName"),
        pl.lit("ProcessCreated").alias("ActionType"),
        _file_name("Image").alias("FileName"),
        *_named(renamed),
        _number("ProcessId").alias("ProcessId"),
        _domain("User").alias("AccountDomain"),
        _account("User").alias("AccountName"),
        pl.col("LogonId").str.strip_prefix("0x").str.to_integer(base=16, strict=False).alias("LogonId"),
        _file_name("ParentImage").alias("InitiatingProcessFileName"),
        _number("ParentProcessId").alias("InitiatingProcessId"),
        _domain("ParentUser").alias("InitiatingProcessAccountDomain"),
        _account("ParentUser").alias("InitiatingProcessAccountName"),
        pl.lit(None, pl.String).alias("InitiatingProcessParentFileName"),
    )


def _ecs(events: pl.DataFrame) -> pl.DataFrame:
    renamed = {
        "Computer": "host.name",
        "ProcessGuid": "process.entity_id",
        "Image": "process.executable",
        "CommandLine": "process.command_line",
        "CurrentDirectory": "process.working_directory",
        "OriginalFileName": "process.pe.original_file_name",
        "Description": "process.pe.description",
        "Product": "process.pe.product",
        "Company": "process.pe.company",
        "FileVersion": "process.pe.file_version",
        "IMPHASH": "process.pe.imphash",
        "MD5": "process.hash.md5",
        "SHA1": "process.hash.sha1",
        "SHA256": "process.hash.sha256",
        "ParentImage": "process.parent.executable",
        "ParentCommandLine": "process.parent.command_line",
        "ParentProcessGuid": "process.parent.entity_id",
        "IntegrityLevel": "winlog.event_data.IntegrityLevel",
        "LogonId": "winlog.event_data.LogonId",
        "ParentUser": "winlog.event_data.ParentUser",
    }
    return events.select(
        pl.col("UtcTime").alias("@timestamp"),
        pl.lit("8.11.0").alias("ecs.version"),
        pl.lit(["process"]).alias("event.category"),
        pl.lit(["start"]).alias("event.type"),
        pl.lit("1").alias("event.code"),
        pl.lit("Microsoft-Windows-Sysmon").alias("event.provider"),
        pl.lit("windows").alias("host.os.type"),
        pl.lit("Microsoft-Windows-Sysmon/Operational").alias("winlog.channel"),
        _file_name("Image").alias("process.name"),
        _number("ProcessId").alias("process.pid"),
        _number("ParentProcessId").alias("process.parent.pid"),
        _domain("User").alias("user.domain"),
        _account("User").alias("user.name"),
        *_named(renamed),
    )


def _ecs_nested(events: pl.DataFrame) -> pl.DataFrame:
    return nest(_ecs(events))


def _ocsf(events: pl.DataFrame) -> pl.DataFrame:
    """Nested, with the parent told twice as the class has it: as the new process's parent and as the one who acts."""
    renamed = {
        "Computer": "device.hostname",
        "Image": "process.file.path",
        "OriginalFileName": "process.file.internal_name",
        "Description": "process.file.desc",
        "Company": "process.file.company_name",
        "FileVersion": "process.file.version",
        "CommandLine": "process.cmd_line",
        "CurrentDirectory": "process.working_directory",
        "IntegrityLevel": "process.integrity",
        "LogonId": "process.session.uid",
        "ProcessGuid": "process.uid",
        "ParentImage": "process.parent_process.file.path",
        "ParentCommandLine": "process.parent_process.cmd_line",
        "ParentProcessGuid": "process.parent_process.uid",
        "ParentUser": "process.parent_process.user.name",
    }
    flat = events.select(
        pl.lit(1, pl.Int32).alias("activity_id"),
        pl.lit(1, pl.Int32).alias("category_uid"),
        pl.lit(1007, pl.Int32).alias("class_uid"),
        pl.lit(100701, pl.Int64).alias("type_uid"),
        pl.col("UtcTime").dt.epoch("ms").alias("time"),
        pl.lit("1.3.0").alias("metadata.version"),
        pl.lit("Windows").alias("device.os.type"),
        pl.lit(100, pl.Int32).alias("device.os.type_id"),
        pl.lit("Windows 11").alias("device.os.name"),
        _file_name("Image").alias("process.name"),
        _number("ProcessId").alias("process.pid"),
        _number("ParentProcessId").alias("process.parent_process.pid"),
        _fingerprints().alias("process.file.hashes"),
        pl.col("ParentImage").alias("actor.process.file.path"),
        pl.col("ParentCommandLine").alias("actor.process.cmd_line"),
        _domain("User").alias("actor.user.domain"),
        _account("User").alias("actor.user.name"),
        *_named(renamed),
    )
    return nest(flat)


def _fingerprints() -> pl.Expr:
    numbers = {"MD5": ("MD5", 1), "SHA1": ("SHA-1", 2), "SHA256": ("SHA-256", 3), "IMPHASH": ("IMPHASH", 99)}
    return pl.concat_list(
        pl.struct(
            pl.lit(numbers[name][0]).alias("algorithm"),
            pl.lit(numbers[name][1], pl.Int32).alias("algorithm_id"),
            pl.col(name).alias("value"),
        )
        for name in HASHES
    )


def _cim(events: pl.DataFrame) -> pl.DataFrame:
    renamed = {
        "Computer": "dest",
        "Image": "process_path",
        "CommandLine": "process",
        "ProcessGuid": "process_guid",
        "ParentImage": "parent_process_path",
        "ParentCommandLine": "parent_process",
        "ParentProcessGuid": "parent_process_guid",
        "OriginalFileName": "original_file_name",
        "CurrentDirectory": "process_current_directory",
        "IntegrityLevel": "process_integrity_level",
        "User": "user",
    }
    return events.select(
        (pl.col("UtcTime").dt.epoch("ms") / 1000).alias("_time"),
        pl.lit("allowed").alias("action"),
        pl.lit("Microsoft Windows").alias("os"),
        pl.lit("Microsoft Sysmon").alias("vendor_product"),
        _file_name("Image").alias("process_name"),
        _number("ProcessId").alias("process_id"),
        _file_name("ParentImage").alias("parent_process_name"),
        _number("ParentProcessId").alias("parent_process_id"),
        packed_hashes().alias("process_hash"),
        *_named(renamed),
    )


def _named(names: Mapping[str, str]) -> list[pl.Expr]:
    return [pl.col(ours).alias(theirs) for ours, theirs in names.items()]


def _file_name(path: str) -> pl.Expr:
    return pl.col(path).str.extract(r"([^\\/]*)$")


def _domain(user: str) -> pl.Expr:
    return pl.col(user).str.extract(r"^([^\\]*)\\")


def _account(user: str) -> pl.Expr:
    return pl.col(user).str.strip_prefix(pl.col(user).str.extract(r"^([^\\]*\\)").fill_null(""))


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int64, strict=False)


def _hexadecimal(name: str) -> pl.Expr:
    """Windows writes the ids of processes as `0x1a2c`."""
    digits = pl.lit("0123456789abcdef").str.split("")
    number = _number(name)
    places = [digits.list.get((number // 16**place) % 16) for place in range(7, -1, -1)]
    return pl.concat_str(pl.lit("0x"), pl.concat_str(places).str.replace("^0{1,7}", ""))


_MADE: Mapping[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "security_4688": _security_4688,
    "defender": _defender,
    "ecs": _ecs,
    "ecs_nested": _ecs_nested,
    "ocsf": _ocsf,
    "cim": _cim,
}
