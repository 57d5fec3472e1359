"""Every exception that Sigtrawl raises on purpose: one tree, so one ``except`` can catch it all.

Each class also derives from the builtin that Python itself would raise in its place, so code that knows nothing of Sigtrawl
still catches the right thing. All of them pickle, because rules are loaded and scans are run in worker processes too.

A bad rule is not an exception by itself: it is a `RuleError`, a record with a stable code and a place, and `RuleErrors`
carries all of them. Raising at the first one was rejected: whoever maintains three thousand rules wants the whole list.
"""

from collections.abc import Iterable
from dataclasses import dataclass


class SigtrawlError(Exception):
    """What every exception of this package derives from."""


@dataclass(frozen=True, slots=True)
class RuleError:
    """One reason why one rule cannot be used, or (in a list of warnings) one thing to look at.

    Attributes:
        code: A stable name such as ``unknown-modifier``; tests and suppressions go by it.
        message: What is wrong, in one sentence: lower case, no full stop.
        file: The file the rule came from, as the caller can open it.
        rule_id: The rule's id, if it has a readable one.
        title: The rule's title, if it has one.
        field: The detection item's key, the name of the detection, or the metadata key.
        hint: What to do about it.
        state: The load state that the rule gets: ``invalid`` (nobody may) or ``unsupported`` (not done here).
    """

    code: str
    message: str
    file: str | None = None
    rule_id: str | None = None
    title: str | None = None
    field: str | None = None
    hint: str | None = None
    state: str = "invalid"

    def __str__(self) -> str:
        """Tell code, place and message, with the hint on a line of its own."""
        place = self.file or "<text>"
        who = f" rule {self.rule_id}:" if self.rule_id else (f" rule {self.title!r}:" if self.title else "")
        where = f" {self.field}:" if self.field else ""
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        return f"{place}: [{self.code}]{who}{where} {self.message}{hint}"


class RuleErrors(SigtrawlError, ValueError):  # noqa: N818 - it carries several
    """Some rules cannot be used; all of them are listed."""

    errors: tuple[RuleError, ...]

    def __init__(self, errors: Iterable[RuleError]) -> None:
        self.errors = tuple(errors)
        super().__init__(self.errors)

    def __str__(self) -> str:
        """Print every error."""
        count = len(self.errors)
        head = "1 error in the rules:" if count == 1 else f"{count} errors in the rules:"
        return "\n".join([head, *(str(error) for error in self.errors)])


class SchemaError(SigtrawlError, ValueError):
    """A table is recognised by no schema mapping, or a mapping is malformed."""


class CompiledFileError(SigtrawlError, ValueError):
    """A compiled file, or the Plan in it, is foreign, damaged or of a version that cannot be read."""


class InputError(SigtrawlError, OSError):
    """An input cannot be found, opened or read to its end."""


class NothingToRun(SigtrawlError, ValueError):  # noqa: N818 - it reads as the answer it is
    """No selected rule can run on any input."""


class OutputError(SigtrawlError, OSError):
    """A result cannot be written."""


class UsageError(SigtrawlError, ValueError):
    """An argument has a value that does not exist, or two arguments contradict each other."""


class ConfigError(SigtrawlError, ValueError):
    """A configuration file is malformed."""
