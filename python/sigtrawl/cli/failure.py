"""How a run that fails says so: a paragraph for what was to be expected, one line and a way to report for what was not.

No expected error shows a traceback. An unexpected one does where ``SIGTRAWL_DEBUG=1`` asks for it.
"""

import errno
import os
import re
import sys
import traceback
from contextlib import suppress
from typing import TextIO

import typer

from sigtrawl.cli.exit import Exit, of_error
from sigtrawl.cli.render.screen import Screen
from sigtrawl.errors import SigtrawlError

# The parser's own base class has moved between releases of Typer; its public child leads to it in all of them.
_ParserError = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


# What writing to stdout fails with when nobody is to blame but the place it goes to.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def report(error: BaseException) -> Exit:
    """Tell the error on stderr and give the exit status."""
    try:
        status = _report(error, Screen())
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:  # stderr itself takes nothing any more, and the status is all that is left to say it with
        _let_go_of(sys.stderr)
        return of_error(error)
    return status


def _report(error: BaseException, screen: Screen) -> Exit:
    # The parser and Rich turn a broken pipe into an exit of their own; nothing else here exits.
    if isinstance(error, BrokenPipeError | SystemExit):
        _let_go_of(sys.stdout)
        return Exit.DONE
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        screen.error("interrupted")
        return Exit.INTERRUPTED
    if isinstance(error, _ParserError):
        screen.error(_usage(error))
        return Exit.USAGE
    if isinstance(error, SigtrawlError):
        screen.error(str(error))
        return of_error(error)
    if isinstance(error, OSError) and error.errno in _FULL:
        _let_go_of(sys.stdout)
        screen.error(f"the output cannot be written: {error.strerror}")
        return Exit.OUTPUT
    if isinstance(error, ImportError) and (error.name or "").startswith("sigtrawl"):
        screen.error(f"{error}; this installation is incomplete: install sigtrawl again")
        return Exit.OUTPUT
    if os.environ.get("SIGTRAWL_DEBUG") == "1":
        traceback.print_exception(error)
    screen.error(
        f"something went wrong inside sigtrawl ({type(error).__name__}: {error}); please report it "
        "with the command, the output of sigtrawl --version and what SIGTRAWL_DEBUG=1 adds"
    )
    return Exit.OUTPUT


def _usage(error: BaseException) -> str:
    """Put the parser's complaint into one paragraph that ends with the way out."""
    said = " ".join(getattr(error, "format_message", lambda: str(error))().split()).rstrip(".")
    said = re.sub(r"[.;,] [Dd]id you mean (.+?)\??$", r" (did you mean \1?)", said.replace("Value error, ", ""))
    text = said[:1].lower() + said[1:] if said[:2].istitle() else said
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "sigtrawl"
    return f"{text}; see {command} --help"


def _let_go_of(stream: TextIO | None) -> None:
    """Let the interpreter's last flush of it go nowhere: it takes nothing any more, and a failure would replace the status."""
    with suppress(OSError, ValueError, AttributeError):  # it may be closed, or none at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]
