"""What a configuration file says, understood: paths made whole, schemas known, globs checked.

`setting_of` answers which entry speaks of a file. The core answers the same for itself; this one is what the reference
evaluator goes by, and small enough to be read beside the text that both implement.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sigtrawl.config.globs import matches

if TYPE_CHECKING:
    from sigtrawl.schemas import Mapping as Schema


@dataclass(frozen=True, slots=True)
class InputSettings:
    """How the files are read that a glob stands for.

    Attributes:
        glob: The glob as it is written.
        pattern: The same from the root, which is what paths are matched with.
        schema: The name of a schema mapping, ``none``, or None to recognise.
        logsource: The log source of every row, or None.
    """

    glob: str
    pattern: str
    schema: str | None = None
    logsource: Mapping[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration file that was read.

    Attributes:
        path: The file.
        mappings: More schema mappings to recognise tables by.
        pipelines: pySigma pipelines for the rules: names, and files or folders as paths.
        inputs: How single inputs are read; the first whose glob matches is taken.
    """

    path: Path
    mappings: "tuple[Schema, ...]" = field(default=(), repr=False)
    pipelines: tuple[str | Path, ...] = ()
    inputs: tuple[InputSettings, ...] = ()

    def name_of(self, schema: object) -> str | None:
        """Give the name of its own schema that somebody means by a name or an alias; None if it has none of that name."""
        found = (mapping.name for mapping in self.mappings if schema in (mapping.name, *mapping.aliases))
        return next(found, None)


def setting_of(inputs: Sequence[InputSettings], file: str) -> int | None:
    """Give the place, from 0, of the first entry that speaks of a file; None if none does."""
    paths = {file.removeprefix("./"), os.path.abspath(file)}  # noqa: PTH100 - which also folds `..`, as the core does
    return next((place for place, entry in enumerate(inputs) if any(matches(entry.pattern, path) for path in paths)), None)
