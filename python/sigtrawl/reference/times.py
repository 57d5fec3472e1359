"""Reading a time out of a text form, and taking a part of it.

Timestamps have ISO 8601 as their text form, so columns and text are read by the same few lines, and a rule on the hour of
a text column and of a timestamp column cannot differ.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-5][0-9]|60)(?:[.,][0-9]+)?)?(?:[Zz]|([+-])([01][0-9]|2[0-3])(?::?([0-5][0-9]))?)?)?"
)


def read_time(text: str) -> datetime | None:
    """Read ``YYYY-MM-DD`` with or without a time of day, to the second and in UTC; None if it is no time."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, sign, zone_hours, zone_minutes = match.groups(default="")
    try:
        clock = int(hour or 0), int(minute or 0), min(int(second or 0), 59)  # a leap second is in its minute
        local = datetime(int(year), int(month), int(day), *clock, tzinfo=UTC)
        if not sign:
            return local
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes or 0))
        return local - offset if sign == "+" else local + offset
    except (ValueError, OverflowError):
        return None


def time_part(time: datetime, part: str) -> int:
    """Give the minute, hour, day, (ISO) week, month or year."""
    if part == "week":
        return time.isocalendar().week
    if part not in {"minute", "hour", "day", "month", "year"}:
        message = f"{part!r} is no part of a time"
        raise ValueError(message)
    value: int = getattr(time, part)
    return value
