"""Mistakes to be planted, as data: one replacement of text each, which some test must notice.

Each file here holds those of one part: the Rust core and its sieve, the reference evaluator, the lowering of rules that all
share. A mistake is told by what stands in the source and what stands there instead, so that it is read beside the source and
fails to apply, rather than do something else, when the source changes.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


class NotApplicableError(ValueError):
    """The text to be replaced does not stand exactly once in its file."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake.

    Attributes:
        name: What goes wrong; unique within its part.
        part: The file that lists it: ``core``, ``sieve``, ``reference`` or ``lowering``.
        file: What is changed, from the project's root.
        old: The text that is replaced.
        new: The text in its place.
        tests: Arguments of pytest: the tests of which at least one must fail.
    """

    name: str
    part: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.part}: {self.name}"

    @property
    def needs_build(self) -> bool:
        """Whether the extension module must be built anew."""
        return self.file.endswith(".rs")

    def applied(self, tree: Path) -> str:
        """Give the file's text with the mistake in it.

        Raises:
            NotApplicableError: The source has changed, and the mistake must be told anew.
        """
        text = (tree / self.file).read_text()
        if (times := text.count(self.old)) != 1:
            raise NotApplicableError(f"{self}: in {self.file} the text to be replaced stands {times} times: {self.old!r}")
        return text.replace(self.old, self.new)


def mutants() -> list[Mutant]:
    """List all mistakes, in the order of their files."""
    return [
        Mutant(part=path.stem, tests=tuple(raw.pop("tests")), **raw)
        for path in sorted(HERE.glob("*.toml"))
        for raw in tomllib.loads(path.read_text())["mutant"]
    ]
