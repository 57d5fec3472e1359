"""Values of events as exact numbers.

Byte counts reach beyond 2^53 and amounts have cents, so neither floats nor integers alone will do. The numbers of one group are
brought to integers by one power of ten, after which adding, ordering and comparing them is what Python does fastest and exactly.
"""

import re
from collections.abc import Sequence

_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,4}))?")

# A double has no larger exponent. One text of a hundred million zeros would otherwise stop the whole scan.
MAX_EXPONENT = 400
# Text of more digits than this measures nothing; Python refuses to read much longer ones.
MAX_DIGITS = 1_000


def parts(text: str) -> tuple[int, int] | None:
    """Read text as digits times a power of ten, or give None if it is no number as a whole."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    sign, whole, fraction, exponent = found.groups(default="")
    if len(whole) + len(fraction) > MAX_DIGITS:
        return None
    place = int(exponent or 0) - len(fraction)
    if abs(int(exponent or 0)) > MAX_EXPONENT:
        return None
    return int(f"{sign}{whole}{fraction}"), place


def is_number(text: str) -> bool:
    """Whether `scaled` takes a text for a number."""
    return parts(text) is not None


def scaled(values: Sequence[str | None]) -> tuple[list[int | None], int]:
    """Give the numbers of a group as integers, and what they were multiplied by; what is no number is None."""
    read = [None if value is None else parts(value) for value in values]
    lowest = min((one[1] for one in read if one is not None), default=0)
    lowest = min(lowest, 0)
    scale = 10**-lowest
    return [None if one is None else one[0] * 10 ** (one[1] - lowest) for one in read], scale
