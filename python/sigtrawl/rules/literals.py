"""Numbers and times of a rule in their one text form.

A number is compared as text where a rule asks for equality, so there must be exactly one text for each. Python's integers have
any size and go through unharmed; floats go through their shortest text, which is what a reader would type.
"""

import datetime as dt
from decimal import Decimal

# Beyond this a float is no longer something that a person wrote down in digits.
_MAX_DIGITS = 400
# Enough to recognise a value by.
_MAX_SHOWN = 80


def canonical(number: float) -> str | None:
    """Write a number without exponent, leading zeros, trailing zeros or ``-0``; None for infinities and NaN."""
    if isinstance(number, int):
        try:
            return str(number)
        except ValueError:  # Python refuses to write integers of more than 4,300 digits
            return None
    exact = Decimal(repr(number))
    if not exact.is_finite() or abs(exact.adjusted()) > _MAX_DIGITS:
        return None
    text = format(exact, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def time_text(moment: dt.date) -> str:
    """Write a date or time as the text form of a column of times: fraction without trailing zeros, ``Z`` if it has a zone."""
    if not isinstance(moment, dt.datetime):
        return moment.isoformat()
    zone = ""
    if moment.tzinfo is not None:
        moment, zone = moment.astimezone(dt.UTC), "Z"
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return moment.replace(tzinfo=None, microsecond=0).isoformat() + fraction + zone


def shorten(value: object) -> str:
    """Show a value in a message, however long it is."""
    shown = repr(value)
    return shown if len(shown) <= _MAX_SHOWN else f"{shown[: _MAX_SHOWN - 3]}..."
