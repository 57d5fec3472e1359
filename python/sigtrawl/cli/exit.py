"""Exit statuses, decided in one place.

A run may meet several of these at once: an unread file, and matches, and a rule that is wrong. `decide` says which one the
caller sees, `of_error` what an exception stands for; nothing else in the command line knows a number.
"""

from collections.abc import Iterable
from enum import IntEnum

from sigtrawl import errors


class Exit(IntEnum):
    """What the process ends with.

    Attributes:
        DONE: All is well.
        FOUND: There are matches, with ``--fail-on-match``.
        RULES: Bad rules without ``--skip-bad-rules``, or an inert rule with ``--strict``.
        USAGE: Usage or configuration is wrong, or nothing can run.
        UNREAD: An input was not read to its end.
        OUTPUT: The output could not be written, or an internal error.
        INTERRUPTED: Ctrl-C.
    """

    DONE = 0
    FOUND = 1
    RULES = 2
    USAGE = 3
    UNREAD = 4
    OUTPUT = 5
    INTERRUPTED = 130


PRECEDENCE = (Exit.INTERRUPTED, Exit.USAGE, Exit.RULES, Exit.OUTPUT, Exit.UNREAD, Exit.FOUND)
"""The first of these that applies is the status."""

_STATUS_OF: tuple[tuple[type[BaseException], Exit], ...] = (
    (KeyboardInterrupt, Exit.INTERRUPTED),
    (errors.RuleErrors, Exit.RULES),
    (errors.OutputError, Exit.OUTPUT),
    # Paths that lead nowhere, unknown schemas, foreign files, nothing to run: found before a row is read.
    (errors.SigtrawlError, Exit.USAGE),
)


def decide(conditions: Iterable[Exit]) -> Exit:
    """Choose the status of a run from all that applies to it."""
    applies = set(conditions)
    return next((status for status in PRECEDENCE if status in applies), Exit.DONE)


def of_error(error: BaseException) -> Exit:
    """Give the status that an exception stands for; one that nobody expected is an internal error."""
    if type(error) is errors.SigtrawlError:  # the core's word for a failure of its own
        return Exit.OUTPUT
    return next((status for kind, status in _STATUS_OF if isinstance(error, kind)), Exit.OUTPUT)
