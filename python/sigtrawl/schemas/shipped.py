"""The mappings that come with the package, and the form in which they are ready to use.

Their YAML is what people read and change. Reading it takes longer than most matching, at every start, so beside it lies the
same as JSON, ``builtin.jsonl``: a line with the names, then a line for each mapping with what it extends laid under it. A
test renders the YAML again and compares; with ``SIGTRAWL_UPDATE_GOLDEN=1`` it writes the file.

Most calls need the names and the core's object alone. `builtin` is for whoever reads mappings in Python.
"""

import json
from collections.abc import Mapping as AnyMapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sigtrawl.schemas.document import read_document
from sigtrawl.schemas.extending import without_files
from sigtrawl.schemas.model import Mapping

if TYPE_CHECKING:
    from sigtrawl import _native

FILES = (
    "windows.yml",
    "sysmon.yml",
    "security.yml",
    "defender.yml",
    "asim.yml",
    "ecs.yml",
    "ocsf.yml",
    "cim.yml",
    "cloudtrail.yml",
    "azure.yml",
    "okta.yml",
    "onelogin.yml",
    "duo.yml",
    "m365.yml",
    "gcp.yml",
    "google_workspace.yml",
    "github.yml",
    "bitbucket.yml",
    "kubernetes.yml",
    "auditd.yml",
    "linux_syslog.yml",
    "sysmon_linux.yml",
    "santa.yml",
    "zeek.yml",
    "webserver.yml",
    "proxy.yml",
    "bluecoat.yml",
    "dns.yml",
    "dns_resolver.yml",
    "vpc_flow.yml",
    "firewall.yml",
    "fortigate.yml",
    "antivirus.yml",
    "opencanary.yml",
    "rpc_firewall.yml",
)
"""One may extend those before it."""


RENDERED = "builtin.jsonl"
_FOLDER = Path(__file__).parent


@cache
def builtin() -> tuple[Mapping, ...]:
    """Give the mappings that come with the package."""
    nothing = without_files(())  # what they extend is in them
    return tuple(read_document(json.loads(line), RENDERED, nothing) for line in _lines()[1:])


@cache
def known_names() -> AnyMapping[str, str]:
    """Give the names and aliases of the mappings that come with the package, each with the name that it stands for."""
    return MappingProxyType(json.loads(_lines()[0]))


@cache
def native() -> "_native.Mappings":
    """Give the core's object of the mappings that come with the package."""
    from sigtrawl import _native

    return _native.Mappings(f"[{','.join(_lines()[1:])}]".encode())


def from_yaml() -> tuple[Mapping, ...]:
    """Read the mappings from their YAML: what `builtin` must be equal to."""
    from sigtrawl.schemas.loader import refuse_known_names
    from sigtrawl.schemas.yaml_text import read_yaml

    known: list[Mapping] = []
    for name in FILES:
        text = _FOLDER.joinpath(name).read_text(encoding="utf-8")
        mapping = read_document(read_yaml(text, name), name, without_files(known))
        refuse_known_names(mapping, known)
        known.append(mapping)
    return tuple(known)


def render(mappings: tuple[Mapping, ...]) -> str:
    """Give what ``builtin.jsonl`` holds."""
    names = {name: mapping.name for mapping in mappings for name in (mapping.name, *mapping.aliases)}
    lines = (names, *(mapping.to_dict() for mapping in mappings))
    return "".join(f"{json.dumps(line, ensure_ascii=False, separators=(',', ':'))}\n" for line in lines)


@cache
def _lines() -> tuple[str, ...]:
    text = _FOLDER.joinpath(RENDERED).read_text(encoding="utf-8")
    return tuple(text.rstrip("\n").split("\n"))
