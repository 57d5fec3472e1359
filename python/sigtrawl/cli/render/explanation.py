"""An explanation on a terminal: its text, wrapped to the width, its marks in colour."""

from rich.text import Text

from sigtrawl.cli.render.screen import Screen
from sigtrawl.explanation import Explanation
from sigtrawl.explanation.text import NO, YES, render

_STYLES = {YES: "bold green", NO: "bold red"}


def show(explanation: Explanation, screen: Screen) -> None:
    """Print an explanation; a pipe gets its lines whole."""
    text = render(explanation, screen.out.width if screen.terminal else None)
    for number, line in enumerate(text.splitlines()):
        mark = line.lstrip()[:1]
        shown = Text(line, "bold" if number == 0 else "")
        if mark in _STYLES:
            place = line.index(mark)
            shown.stylize(_STYLES[mark], place, place + 1)
        screen.out.print(shown, soft_wrap=True)
