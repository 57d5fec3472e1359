"""Exit statuses: the table of the command line's documentation, and which one wins."""

from itertools import combinations

import pytest

from sigtrawl import errors
from sigtrawl.cli.exit import PRECEDENCE, Exit, decide, of_error


def test_the_numbers_are_the_documented_ones() -> None:
    assert {status.name: int(status) for status in Exit} == {
        "DONE": 0,
        "FOUND": 1,
        "RULES": 2,
        "USAGE": 3,
        "UNREAD": 4,
        "OUTPUT": 5,
        "INTERRUPTED": 130,
    }


def test_precedence() -> None:
    order = [130, 3, 2, 5, 4, 1]
    assert list(PRECEDENCE) == order
    assert decide([]) == 0
    for count in range(1, len(order) + 1):
        for some in combinations(order, count):
            assert decide(Exit(number) for number in reversed(some)) == some[0]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.RuleErrors([]), 2),
        (errors.SchemaError("x"), 3),
        (errors.CompiledFileError("x"), 3),
        (errors.InputError("x"), 3),
        (errors.NothingToRun("x"), 3),
        (errors.UsageError("x"), 3),
        (errors.ConfigError("x"), 3),
        (errors.OutputError("x"), 5),
        (errors.SigtrawlError("internal error"), 5),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError(), 5),
    ],
)
def test_what_an_exception_stands_for(error: BaseException, status: int) -> None:
    assert of_error(error) == status
