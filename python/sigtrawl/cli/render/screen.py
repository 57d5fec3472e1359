"""The two streams of a run, and who may write to which.

Data goes to ``out`` and nothing else does, so a pipe is always clean. Notes go to ``err`` and fall silent under ``--quiet``;
warnings and errors go there too and never do.

What is shown comes from logs, and so from whoever attacks: a command line may hold what clears a terminal, renames its window
or turns text around. `visible` is what such text looks like to a person; no table and no message shows it otherwise.
"""

import re
import sys
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from sigtrawl.errors import OutputError

# Controls other than tab and line feed, what separates lines or turns their direction, and halves of code points.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str, style: str = "") -> Text:
    """Give text from outside as a person may see it: what a terminal would obey is spelled out."""
    return Text(_UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text), style)


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
            self._say(visible(text))

    def warn(self, text: str) -> None:
        """Say something about the result that must not go unseen."""
        self._say(Text.assemble(("warning: ", "bold yellow"), visible(text)))

    def error(self, text: str) -> None:
        """Say what went wrong."""
        self._say(Text.assemble(("error: ", "bold red"), visible(text)))

    def raw(self, data: bytes) -> None:
        """Write data as it is.

        Raises:
            OutputError: There is no stdout.
        """
        if sys.stdout is None:
            raise OutputError("the output cannot be written: stdout is closed")
        sys.stdout.buffer.write(data)

    def _say(self, text: Text) -> None:
        # Never wrapped by us: the terminal wraps for people, and a log keeps one message a line.
        self.err.print(text, soft_wrap=True)
