"""The two streams of a run, and who may write to which.

Data goes to ``out`` and nothing else does, so a pipe is always clean. Notes go to ``err`` and fall silent under ``--quiet``;
warnings and errors go there too and never do.
"""

import sys
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a command writes.

    Attributes:
        quiet: Whether notes are silenced.
        color: False switches colours off; otherwise terminals have them and pipes have none.
        out: For data.
        err: For everything else.
    """

    quiet: bool = False
    color: bool = True
    out: Console = field(init=False)
    err: Console = field(init=False)

    def __post_init__(self) -> None:
        plain = None if self.color else True
        object.__setattr__(self, "out", Console(no_color=plain, highlight=False))
        object.__setattr__(self, "err", Console(stderr=True, no_color=plain, highlight=False))

    @property
    def terminal(self) -> bool:
        """Whether a person reads the data as it comes."""
        return self.out.is_terminal

    def note(self, text: str) -> None:
        """Say something that ``--quiet`` silences."""
        if not self.quiet:
            self._say(Text(text))

    def warn(self, text: str) -> None:
        """Say something about the result that must not go unseen."""
        self._say(Text.assemble(("warning: ", "bold yellow"), text))

    def error(self, text: str) -> None:
        """Say what went wrong."""
        self._say(Text.assemble(("error: ", "bold red"), text))

    def raw(self, data: bytes) -> None:
        """Write data as it is."""
        sys.stdout.buffer.write(data)

    def _say(self, text: Text) -> None:
        # Never wrapped by us: the terminal wraps for people, and a log keeps one message a line.
        self.err.print(text, soft_wrap=True)
