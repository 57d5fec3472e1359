"""What a synthetic archive knows of a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Ancestry = Literal["system", "service", "user", "shell", "task", "app"]
"""What kind of parent starts a program."""

Integrity = Literal["Low", "Medium", "High", "System"]

Listed: TypeAlias = tuple[str, str, Ancestry, Integrity, tuple[str, ...]]
"""A program as the catalogues list it: file name without suffix, description, ancestry, integrity level, arguments."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program: where it lies, what its version resource says, and its ways of being started.

    Each line of arguments holds exactly one slot (`<guid>`, `<path>`, `<num>` or `<b64>`), where a unique or recurring text goes.

    Attributes:
        images: Full paths; each start uses one of them.
        original: The original file name of the version resource.
        description: The file description.
        product: The product name.
        company: The company.
        ancestry: What starts it.
        integrity: The integrity level that it runs at.
        arguments: One text a template.
    """

    images: tuple[str, ...]
    original: str
    description: str
    product: str
    company: str
    ancestry: Ancestry
    integrity: Integrity
    arguments: tuple[str, ...]
