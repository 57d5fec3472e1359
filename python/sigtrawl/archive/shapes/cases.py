r"""What is planted for which rule of the public corpus, and what only looks so.

The rules are chosen for what they ask of an engine, not for what they are about: texts anywhere and at the end, in any case; two
columns together; a parent's column; one of hundreds of hashes; equality; numbers; a prefix and a suffix of one long value. Each
rule must find its planted rows and no others; the background speaks of nothing that they name. The events are made up here from
what the rules demand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sigtrawl.archive.plants import NETCAT, netcat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sigtrawl.archive.program import Program


@dataclass(frozen=True, slots=True)
class Case:
    """One planted event: the source that its row is of, and the columns that it says itself."""

    source: str
    says: Mapping[str, str | int]


def _netcat(programs: tuple[Program, ...]) -> tuple[Case, ...]:
    return tuple(
        _started(program.images[0], program.arguments[0].replace("<guid>", "<unique>").replace("<num>", "<unique>"))
        for program in programs
    )


def _started(image: str, arguments: str, **more: str) -> Case:
    return Case("creation", {"Image": image, "CommandLine": f'"{image}" {arguments}', "OriginalFileName": "", **more})


_SYSTEM = "C:\\Windows\\System32\\"
_OFFICE = "C:\\Program Files\\Microsoft Office\\root\\Office16\\"
_HASHES = "SHA1=<unique><unique>00000000,MD5=<unique><unique>,SHA256=<unique><unique><unique><unique>"

PLANTS: dict[str, tuple[Case, ...]] = {
    NETCAT: _netcat(netcat().matches),
    # Shadow copies deletion: an image or its original name, and two texts together.
    "c947b146-0abc-4c87-9c64-b17e9d7274a2": (
        _started(f"{_SYSTEM}vssadmin.exe", "delete shadows /for=D: /label:<unique>"),
        _started("C:\\Users\\Public\\copies-<unique>.exe", "DELETE  SHADOWS /for=E:", OriginalFileName="VSSADMIN.EXE"),
        _started(f"{_SYSTEM}WBADMIN.EXE", "delete catalog -Quiet -tag:<unique>"),
    ),
    # Shells below an office program: the parent's column and the child's.
    "438025f9-5856-4663-83f7-52f878a70a50": (
        _started(f"{_SYSTEM}curl.exe", "--version --tag <unique>", ParentImage=f"{_OFFICE}WINWORD.EXE"),
        _started(f"{_SYSTEM}hh.exe", "-decompile <unique>", ParentImage=f"{_OFFICE}excel.exe"),
    ),
    # Import hashes of known tools: one of hundreds of digests, in either case.
    "24e3e58a-646b-4b50-adef-02ef935b9fc8": (
        _started("C:\\Users\\Public\\a-<unique>.exe", "--help", Hashes=f"{_HASHES},IMPHASH=BCCA3C247B619DCD13C8CDFF5F123932"),
        _started("C:\\Users\\Public\\b-<unique>.exe", "--help", Hashes=f"{_HASHES},IMPHASH=767637c23bb42cd5d7397cf58b0be688"),
    ),
    # Credentials kept in clear: the end of a key, and a value.
    "d6a9b252-c666-4de6-8806-5561bbbd3bdc": (
        Case(
            "registry_set",
            {
                "TargetObject": "HKLM\\System\\CurrentControlSet\\Control\\SecurityProviders\\WDigest\\UseLogonCredential",
                "Details": "DWORD (0x00000001)",
            },
        ),
    ),
    # A duplicated handle: the beginning, the middle and the end of one long value, and two more columns.
    "b1bd3a59-c1fd-4860-9f40-4dd161a7d1f5": (
        Case(
            "process_access",
            {
                "TargetImage": f"{_SYSTEM}LSASS.exe",
                "GrantedAccess": "0x1440",
                "CallTrace": "C:\\Windows\\System32\\ntdll.dll+9d4c4|C:\\Tools\\<unique>.dll+11|UNKNOWN(00000000001C119B)",
            },
        ),
    ),
    # A text in the payload of a pipeline.
    "4cbd4f12-2e22-43e3-882f-bff3247ffb78": (
        Case("ps_module", {"Payload": 'CommandInvocation(Get-CLIPBOARD): "Get-Clipboard" tag <unique>'}),
    ),
    # Names below an onion's suffix.
    "b55ca2a3-7cff-4dda-8bdd-c7bfa63bf544": (
        Case("dns_query", {"QueryName": "<unique>.onion.link"}),
        Case("dns_query", {"QueryName": "<unique>.ONION.city"}),
    ),
    # The end of a file's name.
    "259e5a6a-b8d2-4c38-86e2-26c5e651361d": (Case("file_event", {"TargetFilename": "C:\\Temp\\<unique>\\PSEXESVC.exe"}),),
    # A number, and texts of another channel.
    "1ce8c8a3-2723-48ed-8246-906ac91061a6": (
        Case(
            "security",
            {
                "EventID": 5145,
                "ShareName": "\\\\*\\IPC$",
                "RelativeTargetName": "LSARPC",
                "SubjectUserName": "ANONYMOUS LOGON",
            },
        ),
    ),
}
"""Rule id → its cases, all of one source; they are planted in turn."""

NEAR_MISSES: tuple[Case, ...] = (
    *_netcat(netcat().near_misses),
    _started(f"{_SYSTEM}vssadmin.exe", "delete shadow-less /label:<unique>".replace("shadow-less", "shade")),
    _started(f"{_SYSTEM}curl.exe", "--version <unique>", ParentImage=f"{_OFFICE}WINWORD.EXE.bak"),
    _started("C:\\Users\\Public\\c-<unique>.exe", "--help", Hashes=f"{_HASHES},IMPHASH=BCCA3C247B619DCD13C8CDFF5F123933"),
    Case(
        "registry_set", {"TargetObject": "HKLM\\System\\WDigest\\UseLogonCredential\\<unique>", "Details": "DWORD (0x00000001)"}
    ),
    Case("dns_query", {"QueryName": "<unique>.onion.example"}),
    Case("file_event", {"TargetFilename": "C:\\Temp\\<unique>\\PSEXESVC.exe.txt"}),
)
"""What the rules above must not find."""
