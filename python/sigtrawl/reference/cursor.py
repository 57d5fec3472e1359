"""A place in a regular expression, for the two modules that read one."""

from sigtrawl.errors import SigtrawlError


class RegexNotTranslatableError(SigtrawlError, ValueError):
    """The reference evaluator cannot run this regular expression: it is malformed, or `re` cannot express it."""


class Cursor:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.place >= len(self.pattern)

    def take(self) -> str:
        """Read one code point."""
        if self.at_end:
            raise self.error("it ends too early")
        self.place += 1
        return self.pattern[self.place - 1]

    def sees(self, text: str) -> bool:
        """Say whether a text comes next."""
        return self.pattern.startswith(text, self.place)

    def skip(self, text: str) -> bool:
        """Read a text if it comes next, and say whether it did."""
        if not self.sees(text):
            return False
        self.place += len(text)
        return True

    def until(self, end: str) -> str:
        """Read up to a text, and over it."""
        found = self.pattern.find(end, self.place)
        if found < 0:
            raise self.error(f"there is no {end!r} to what opens here")
        taken = self.pattern[self.place : found]
        self.place = found + len(end)
        return taken

    def error(self, reason: str) -> RegexNotTranslatableError:
        """Make the error that names the pattern and the place."""
        return RegexNotTranslatableError(f"regular expression {self.pattern!r}, at {self.place}: {reason}")
