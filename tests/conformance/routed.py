r"""Strategies of mixed tables and of the rules that are routed in them.

Two tables: Windows events of several channels in one, with Sysmon's and the Security log's words for the same thing, and process
creation in ASIM's names. Rows, columns and the stated log sources are drawn apart from each other, so that most combinations are
ones that no system would write and a router must still answer.
"""

from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

_DIGEST = "0123456789abcdef0123456789ABCDEF"

_TEXTS: dict[str, list[str | None]] = {
    "Channel": [
        *("Microsoft-Windows-Sysmon/Operational", "microsoft-windows-sysmon/OPERATIONAL", "Security", "SECURITY", "System"),
        *("Microsoft-Windows-Windows Defender/Operational", "Windows PowerShell", "Elsewhere", "", None),
    ],
    "EventType": [
        "CreateKey",
        "DeleteKey",
        "DeleteValue",
        "SetValue",
        "ProcessCreated",
        "processcreated",
        "ProcessTerminated",
        None,
    ],
    "DvcOs": ["Windows", "windows server 2022", "Linux", "LINUX (Debian)", "MacOs", "Solaris", "", None],
    "MandatoryLabel": ["S-1-16-12288", "S-1-16-8192", "s-1-16-16384", None],
    "IntegrityLevel": ["High", "Medium", "S-1-16-12288", None],
    "TargetProcessIntegrityLevel": ["High", "S-1-16-12288", None],
    "TargetProcessMD5": [_DIGEST, _DIGEST.lower(), "00", None],
    "TargetProcessSHA1": [_DIGEST, "00", None],
    "ThreatName": ["Hacktool/nc", "x", None],
    "Signature": ["Hacktool/nc", "y", None],
    "Path": ["C:\\nc.exe", None],
    "Filename": ["C:\\nc.exe", "x", None],
}
_PROGRAMS: list[str | None] = ["C:\\tools\\nc.exe", "nc.exe", "NC.EXE", "/usr/bin/nc", "\\nc.exe", "x", "", None]
_NUMBERS: list[str | None] = ["0x1234", "0X1234", "4660", "0x0", None]

_WINDOWS = [
    *("EventType", "Image", "NewProcessName", "ParentImage", "ParentProcessName", "CommandLine", "ProcessId", "NewProcessId"),
    *("ParentProcessId", "MandatoryLabel", "IntegrityLevel", "ThreatName", "Signature", "Path", "Filename", "User"),
]
_ASIM = [
    *("EventType", "DvcOs", "TargetProcessName", "ActingProcessName", "ParentProcessName", "TargetProcessId", "ActingProcessId"),
    *("TargetProcessIntegrityLevel", "TargetProcessMD5", "TargetProcessSHA1", "TargetUsername", "Image"),
]
_EVENT_IDS = [1, 3, 12, 13, 14, 4688, 4104, 600, 1006, 1116, 7045, 0]
_EVENT_ID_TYPES = [pa.int64(), pa.uint16(), pa.string(), pa.float64(), pa.decimal128(21, 2)]


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Draw a table that one of the two schemas recognises."""
    height = draw(st.integers(1, 12))
    windows = draw(st.booleans())
    names = ["Channel"] if windows else ["TargetProcessCommandLine"]
    names += [name for name in (_WINDOWS if windows else _ASIM) if draw(st.integers(0, 3))]
    columns: dict[str, pa.Array] = {}
    for name in names:
        values = _TEXTS.get(name) or (_NUMBERS if name.endswith("Id") else _PROGRAMS)
        columns[name] = pa.array(draw(st.lists(st.sampled_from(values), min_size=height, max_size=height)), pa.string())
    if windows:
        kind = draw(st.sampled_from(_EVENT_ID_TYPES))
        numbers = pa.array(draw(st.lists(st.none() | st.sampled_from(_EVENT_IDS), min_size=height, max_size=height)), pa.int64())
        columns["EventID"] = numbers.cast(kind)
    return pa.table(columns)


_ITEMS: list[tuple[str, list[Any]]] = [
    *((f"{field}|endswith", ["\\nc.exe", "\\n?.exe", "/nc", "nc.exe"]) for field in ("Image", "ParentImage", "CommandLine")),
    *((field, ["*\\nc.exe", "nc.exe", None, "x"]) for field in ("Image", "User", "Filename")),
    *((field, [4660, "4660", "0x1234", 0, "04660"]) for field in ("ProcessId", "ParentProcessId", "NewProcessId")),
    *((f"IntegrityLevel{how}", ["High", "high", "S-1-16-12288", "System"]) for how in ("", "|cased", "|contains")),
    *((f"{field}|exists", [True, False]) for field in ("Image", "Hashes", "User", "Signature")),
    *(
        (f"Hashes{how}", [f"MD5={_DIGEST}", f"sha1={_DIGEST}", _DIGEST, f"SHA256={_DIGEST}", "MD5=0", "x=y"])
        for how in ("", "|contains", "|cased")
    ),
    ("md5", [_DIGEST, _DIGEST.upper()]),
    ("Signature|startswith", ["hacktool"]),
    ("Image|fieldref|endswith", ["Filename", "ParentImage"]),
    ("EventID", [4688, "4688", 1]),
]
_CATEGORIES = [
    *("process_creation", "process_creation", "registry_event", "registry_set", "registry_add", "registry_delete", "antivirus"),
    *("ps_script", "file_access", None),
]


def sources(products: list[str | None]) -> st.SearchStrategy[dict[str, str | None]]:
    """Draw what a rule or an assertion states."""
    return st.fixed_dictionaries(
        {
            "product": st.sampled_from(products),
            "category": st.sampled_from(_CATEGORIES),
            "service": st.sampled_from([None, None, None, "sysmon", "security", "windefend"]),
        }
    )


@st.composite
def rules(draw: st.DrawFn) -> tuple[dict[str, str | None], dict[str, Any]]:
    """Draw a rule: its log source and its detection."""
    selections: dict[str, Any] = {}
    for name in ("sel", "other"):
        if draw(st.integers(0, 9)) == 0:
            selections[name] = ["nc.exe"]
            continue
        key, values = draw(st.sampled_from(_ITEMS))
        selections[name] = {key: draw(st.sampled_from(values))}
    condition = draw(st.sampled_from(["sel", "sel", "not sel", "sel and other", "sel or other", "sel and not other"]))
    return draw(sources(["windows", "windows", "linux", "macos", None])), {**selections, "condition": condition}
