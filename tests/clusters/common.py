"""What the tests of all engines share: rules, the key of their events, and how matches are compared."""

import re
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import polars as pl

import sigtrawl as st

KEY = ("Computer", "RecordID")

# Of each kind of search one: a suffix, a NOT over a value that repeats, a regex, a null, a keyword.
RULES = """\
title: Netcat
id: e31033fc-33f0-4020-9a16-faf9b31cbf08
level: high
author: frack113
tags: [attack.command-and-control, attack.t1095]
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: ['\\nc.exe', '\\ncat.exe']
  condition: selection
---
title: A studio of low integrity
id: 11111111-4306-40b4-9596-6f590c81f073
level: low
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: '\\StudioHost.exe'
  usual:
    IntegrityLevel: [Medium, High, System]
  condition: selection and not usual
---
title: A session that begins with two digits
id: 22222222-4306-40b4-9596-6f590c81f073
level: low
logsource: {category: process_creation, product: windows}
detection:
  selection:
    CommandLine|re: '--session=[0-9]{2}[A-Za-z]'
  condition: selection
---
title: Tickets without a note
id: 33333333-4306-40b4-9596-6f590c81f073
level: medium
logsource: {category: process_creation, product: windows}
detection:
  selection:
    CommandLine|contains: '/ticket 54'
    Note: null
  condition: selection
---
title: A word anywhere
id: 44444444-4306-40b4-9596-6f590c81f073
level: medium
logsource: {product: windows}
detection:
  keywords: ['StudioIsolation --seatbelt']
  condition: keywords
"""

SMALL_RULES = """\
title: An a in A
id: 55555555-4306-40b4-9596-6f590c81f073
level: low
logsource: {product: windows}
detection:
  selection:
    A|contains: 'a'
  condition: selection
"""


# A module in the place of the package, as a worker finds it that has none.
MISSING = """raise ModuleNotFoundError("No module named 'sigtrawl'", name="sigtrawl")"""


def says_what_is_missing(raised: BaseException) -> bool:
    """Tell whether a worker without the package said so, in one line."""
    wanted = f"cannot import sigtrawl: install sigtrawl=={st.__version__}, which the driver has, on every worker"
    return any("the worker with " in line and wanted in line for line in lines(raised))


def compiled(text: str) -> st.RuleSet:
    """Compile rules that are given as text."""
    return st.compile(st.rules_from_yaml(text))


def in_order(matches: Any) -> pl.DataFrame:
    """Give matches, which come in any order, in one that is always the same."""
    return pl.DataFrame(matches).sort("rule_id", *KEY)


def pairs(matches: Any) -> list[tuple[Any, ...]]:
    """Name what has matched: rule and key, in order."""
    return sorted(pl.DataFrame(matches).select("rule_id", *KEY).iter_rows())


def examples(documented: Any) -> list[str]:
    """Give the pieces of code in a docstring."""
    blocks = re.findall(r"::\n\n((?: {4}.*\n|\n)+)", documented.__doc__)
    return [dedent(block) for block in blocks]


def lines(raised: BaseException) -> list[str]:
    """Give what an exception says, line by line; engines put a worker's traceback in there."""
    return str(raised).rstrip().splitlines()


def same_as_scan(match: Callable[..., Any], expected: pl.DataFrame, **options: Any) -> None:
    """Hold the matches of an engine against those of the scan: columns, types and values."""
    found = in_order(match(key=KEY, **options))
    assert found.schema == expected.schema
    assert found.equals(expected)
