"""Sizes of memory, as people write them: ``512MiB``, ``2GB``, ``1.5 GiB``, or a number of bytes."""

import re

from sigtrawl.errors import UsageError

LEAST = 64 * 1024**2
_MOST = 2**62
_UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_UNITS |= {f"{unit}ib": factor for unit, factor in _UNITS.items() if len(unit) == 1 and unit != "b"}
_UNITS |= {"kb": 1000, "mb": 1000**2, "gb": 1000**3, "tb": 1000**4}
_FORM = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*", re.IGNORECASE)


def read_memory(given: object) -> int:
    """Give the bytes of a memory budget.

    Raises:
        UsageError: It is no size, or less than 64 MiB.
    """
    found = _FORM.fullmatch(given) if isinstance(given, str) else None
    if found is not None and found[2].lower() in _UNITS:
        size = int(float(found[1]) * _UNITS[found[2].lower()])
    elif type(given) is int:
        size = given
    else:
        message = f"memory must be a size such as 512MiB, or a number of bytes, not {given!r}"
        raise UsageError(message)
    if size < LEAST:
        message = f"a memory of {given!r} is too little; give 64MiB or more"
        raise UsageError(message)
    return min(size, _MOST)
