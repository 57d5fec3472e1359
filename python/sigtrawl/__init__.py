"""Sigma detection rules over Parquet archives and Arrow data, in one pass.

Rule files become rules, rules become one compiled set, and the set is matched against events wherever they are::

    import sigtrawl as st

    rules = st.load_rules("sigma/rules", min_level="medium")
    ruleset = st.compile(rules)
    matches = st.scan("events/*.parquet", ruleset)
    matches.write("matches.parquet")

``st.check`` says which rules can run on a table and why the others cannot; ``RuleSet.match`` takes data that is already in
memory, from polars, pyarrow, DuckDB or anything else that speaks the Arrow PyCapsule interface.

Names are resolved on first use: importing the package costs a few milliseconds, and neither polars nor pySigma is loaded
until something needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sigtrawl.arrival import await_polars

if TYPE_CHECKING:
    from sigtrawl import errors
    from sigtrawl.api import check, compile, scan  # noqa: A004 - `compile` is the documented name
    from sigtrawl.config import Config, load_config
    from sigtrawl.explanation import Explanation, explain
    from sigtrawl.matches import Matches, Progress
    from sigtrawl.plan import Plan
    from sigtrawl.polars.source import scan_parquet
    from sigtrawl.report import ColumnChange, DifferingRule, GroupReport, InputReport, RuleReport, ScanReport
    from sigtrawl.rules import Rule, Rules, load_rules, rules_from_yaml
    from sigtrawl.ruleset import RuleSet
    from sigtrawl.scanner import Scanner

    __version__: str

__all__ = [
    "ColumnChange",
    "Config",
    "DifferingRule",
    "Explanation",
    "GroupReport",
    "InputReport",
    "Matches",
    "Plan",
    "Progress",
    "Rule",
    "RuleReport",
    "RuleSet",
    "Rules",
    "ScanReport",
    "Scanner",
    "__version__",
    "check",
    "compile",
    "errors",
    "explain",
    "load_config",
    "load_rules",
    "rules_from_yaml",
    "scan",
    "scan_parquet",
]

_HOMES = {
    "ColumnChange": "report",
    "DifferingRule": "report",
    "Explanation": "explanation",
    "GroupReport": "report",
    "Config": "config",
    "InputReport": "report",
    "Matches": "matches",
    "Plan": "plan",
    "Progress": "matches",
    "Rule": "rules",
    "RuleReport": "report",
    "RuleSet": "ruleset",
    "Rules": "rules",
    "ScanReport": "report",
    "Scanner": "scanner",
    "check": "api",
    "compile": "api",
    "explain": "explanation",
    "load_config": "config",
    "load_rules": "rules",
    "rules_from_yaml": "rules",
    "scan": "api",
    "scan_parquet": "polars.source",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first asked for."""
    if name == "errors":
        return import_module("sigtrawl.errors")
    if name == "__version__":
        from sigtrawl._native import __version__

        return __version__
    home = _HOMES.get(name)
    if home is None:
        message = f"module 'sigtrawl' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"sigtrawl.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)


await_polars()
