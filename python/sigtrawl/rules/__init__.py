"""Rule files → `Rule` → `Plan`.

::

    text ─ documents ─▶ mapping ─ compat (pySigma) ─▶ metadata ─┐
                           └─ detections ── modifiers, values ──┴▶ Rule ─ collection ─▶ Plan
                                 └─ conditions

`loading` drives it over files, `selection` leaves rules out, and `report` says what became of each one.

Names are resolved on first use, because some modules are light and needed without pySigma: `files`, `selection`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigtrawl.rules.collection import Rules
    from sigtrawl.rules.loading import load_rules, rules_from_yaml
    from sigtrawl.rules.report import LoadedRule, LoadReport
    from sigtrawl.rules.rule import Rule
    from sigtrawl.rules.selection import LEVELS, STATUSES

__all__ = ["LEVELS", "STATUSES", "LoadReport", "LoadedRule", "Rule", "Rules", "load_rules", "rules_from_yaml"]

_HOMES = {
    "LEVELS": "selection",
    "STATUSES": "selection",
    "LoadReport": "report",
    "LoadedRule": "report",
    "Rule": "rule",
    "Rules": "collection",
    "load_rules": "loading",
    "rules_from_yaml": "loading",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        message = f"module 'sigtrawl.rules' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"sigtrawl.rules.{home}"), name)
    globals()[name] = value
    return value
