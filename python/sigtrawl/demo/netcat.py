"""The netcat rule and its query as package data, and the query read back as plain conditions.

The query is the yardstick: it is read here from its text, so that what the demonstration compares with is what stands in the file
and not a third rendering of the same.
"""

import re
from importlib.resources import files

from sigtrawl.archive.names import ASIM

RULE = (files("sigtrawl.demo") / "netcat.yml").read_text(encoding="utf-8")
"""The Sigma rule "PUA - Netcat Suspicious Execution"."""

QUERY = (files("sigtrawl.demo") / "netcat.kql").read_text(encoding="utf-8")
"""The same as a Microsoft Sentinel query over imProcessCreate."""

_CONDITION = re.compile(r"(?P<column>\w+) (?P<operator>endswith|contains) @?'(?P<text>[^']*)'")
_SYSMON = {asim: sysmon for sysmon, asim in ASIM.items()}


def asked() -> list[tuple[str, str, str]]:
    """The alternatives of the query: Sysmon's name of the column, `endswith` or `contains`, and the text, in any case."""
    return [(_SYSMON[condition["column"]], condition["operator"], condition["text"]) for condition in _CONDITION.finditer(QUERY)]
