"""The values that the sources of a mixed archive draw from: as many distinct ones as a host's real columns have.

The counts are those of a million events of real Windows hosts: some 700 images, 470 targets, 3,400 call traces of about 530
bytes, 2,300 libraries, 45,000 registry values, 2,300 payloads.
"""

from __future__ import annotations

import hashlib
from functools import cache

import polars as pl

from sigtrawl.archive.mixing import mix_int

TRACES, LIBRARIES, OBJECTS, PAYLOADS, TARGETS = 3_400, 2_280, 50_000, 2_250, 473

_MODULES = (
    *("ntdll", "KERNELBASE", "KERNEL32", "RPCRT4", "combase", "ole32", "user32", "win32u", "SHELL32", "shlwapi", "wbemcomn"),
    *(
        "fastprox",
        "cimwin32",
        "framedynos",
        "wmiprvsd",
        "sechost",
        "ucrtbase",
        "msvcrt",
        "psmserviceexthost",
        "resourcepolicyserver",
    ),
    *("lsm", "modernexecserver", "taskschd", "ubpm", "CoreMessaging", "twinapi.appcore", "windows.storage", "edgegdi", "profapi"),
)
_STEMS = (
    *(
        "api-core",
        "audio",
        "branch",
        "bridge",
        "cabinet",
        "carrier",
        "catalog",
        "channel",
        "codec",
        "compose",
        "config",
        "contact",
    ),
    *("device", "dialog", "display", "element", "engine", "extract", "filter", "folder", "format", "gallery", "helper", "image"),
    *(
        "install",
        "language",
        "layout",
        "library",
        "locale",
        "manager",
        "media",
        "network",
        "object",
        "palette",
        "policy",
        "profile",
    ),
    *("provider", "query", "region", "render", "resource", "schema", "search", "session", "shell", "storage", "stream", "sync"),
    *("theme", "thumb", "timer", "update", "vector", "video", "viewer", "window", "wizard"),
)
_VALUES = ("Start", "Type", "ImagePath", "LastUsed", "Position", "Version", "State", "Flags", "Order", "Size", "Count", "Path")


@cache
def traces() -> pl.Series:
    """Call traces: eleven to sixteen steps, each a library and an offset."""
    return pl.Series([_trace(number) for number in range(TRACES)])


def _trace(number: int) -> str:
    steps = ["C:\\Windows\\SYSTEM32\\ntdll.dll+9d4c4"]
    for step in range(10 + mix_int(number) % 6):
        drawn = mix_int(number * 64 + step)
        steps.append(f"C:\\Windows\\System32\\{_MODULES[drawn % len(_MODULES)]}.dll+{(drawn >> 20) % 0xFFFFF:x}")
    return "|".join(steps)


@cache
def libraries() -> pl.DataFrame:
    """Libraries with their version resource and digests."""
    return pl.DataFrame([_library(number) for number in range(LIBRARIES)])


def _library(number: int) -> dict[str, str]:
    stem, part = _STEMS[number % len(_STEMS)], number // len(_STEMS)
    folder = ("C:\\Windows\\System32", "C:\\Windows\\System32", "C:\\Windows\\SysWOW64", "C:\\Program Files\\Corp\\Workspace")
    name = f"{stem}{part:02}.dll"
    path = f"{folder[part % len(folder)]}\\{name}"
    own = part % len(folder) == len(folder) - 1
    return {
        "ImageLoaded": path,
        "OriginalFileName": name,
        "Description": f"{stem.capitalize()} component {part}",
        "Product": "Corp Workspace" if own else "Microsoft Windows Operating System",
        "Company": "Corp Ltd" if own else "Microsoft Corporation",
        "Signature": "Corp Ltd" if own else "Microsoft Windows",
    }


@cache
def library_editions(editions: int) -> pl.DataFrame:
    """Builds of each library: file version and the packed digests."""
    return pl.DataFrame(
        [
            {"FileVersion": f"10.0.{19041 + edition}.{mix_int(number) % 4000}", "Hashes": _hashes(f"{number}#{edition}")}
            for number in range(LIBRARIES)
            for edition in range(editions)
        ]
    )


def _hashes(name: str) -> str:
    digits = hashlib.sha512(name.encode()).hexdigest().upper()
    sha256 = hashlib.sha256(name.encode()).hexdigest().upper()
    return f"SHA1={digits[:40]},MD5={digits[40:72]},SHA256={sha256},IMPHASH={digits[96:]}"


@cache
def objects() -> pl.Series:
    """Registry values."""
    return pl.Series([_object(number) for number in range(OBJECTS)])


def _object(number: int) -> str:
    drawn = mix_int(number)
    stem, value = _STEMS[drawn % len(_STEMS)], _VALUES[(drawn >> 8) % len(_VALUES)]
    kind = (drawn >> 16) % 4
    if kind == 0:
        return f"HKLM\\System\\CurrentControlSet\\Services\\corp-{stem}-{number % 900}\\Parameters\\{value}{number}"
    if kind == 1:
        user = f"S-1-5-21-1004336348-1177238915-682003330-{1000 + number % 400}"
        return f"HKU\\{user}\\SOFTWARE\\Corp\\Workspace\\Layouts\\{stem}\\{number}\\{value}"
    if kind == 2:  # noqa: PLR2004 - the third of four kinds
        return f"HKLM\\SOFTWARE\\Corp\\Inventory\\Components\\{{{drawn:016x}}}\\{number}\\{value}"
    return f"HKLM\\System\\CurrentControlSet\\Control\\DeviceClasses\\{{{drawn:016x}}}\\##?#{stem}#{number}\\{value}"


@cache
def payloads() -> pl.Series:
    """What pipelines of PowerShell were bound to."""
    return pl.Series([_payload(number) for number in range(PAYLOADS)])


def _payload(number: int) -> str:
    stem = _STEMS[number % len(_STEMS)].capitalize()
    bound = "\r\n".join(
        f'ParameterBinding(Measure-{stem}): name="{_VALUES[place % len(_VALUES)]}"; value="{mix_int(number + place) % 100_000}"'
        for place in range(number % 9 + 1)
    )
    return f'CommandInvocation(Measure-{stem}): "Measure-{stem}"\r\n{bound}\r\n'
