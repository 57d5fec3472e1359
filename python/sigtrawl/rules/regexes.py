r"""Whether a regular expression can be run: the core is asked, because its dialect is the one that counts.

Python's ``re`` was rejected as a judge: it accepts look-around and back-references, which the core's linear-time engine does
not have, and reads ``\d``, ``\Z`` and flags in its own way.
"""

import json
import re
from collections.abc import Callable
from functools import cache

# A named back-reference, or an escape that is none and is passed over.
_NAMED = re.compile(r"(\\k[<{']|\(\?P=)|\\.", re.DOTALL)
_META = re.compile(r"[\\.+*?()|\[\]{}^$#&~ \t\n\r\f\v-]")


def problem(pattern: str, flags: str) -> tuple[str, str, str | None, str] | None:
    """Say what is wrong with a regular expression: code, message, hint and load state; None if nothing is."""
    told = _judge()(pattern, flags)
    if told is None:
        return None
    if not told.startswith("unsupported") and any(found.group(1) for found in _NAMED.finditer(pattern)):
        # The core's dialect has no such syntax at all, so it speaks of a wrong flag or escape.
        told = f"unsupported: a named back-reference in the regex {json.dumps(pattern, ensure_ascii=False)}"
    message = " ".join(told.split())
    if told.startswith("unsupported"):
        lacking = message.startswith(("unsupported: look-around", "unsupported: a back-reference", "unsupported: a named"))
        hint = "rewrite it without look-around and back-references" if lacking else None
        return "regex-unsupported", message, hint, "unsupported"
    return "regex-invalid", message, None, "invalid"


def escape(literal: str) -> str:
    """Write a literal so that a regular expression means just it."""
    return _META.sub(r"\\\g<0>", literal)


@cache
def _judge() -> Callable[[str, str], str | None]:
    """Find the core, once a rule has a regular expression: rules without one load without it."""
    from sigtrawl._native import check_regex

    return check_regex
