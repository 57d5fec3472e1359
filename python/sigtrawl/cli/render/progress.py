"""The progress bar of a scan: on stderr, for people only.

The scan itself runs in the core and in whatever takes the matches; a bar that waited for the next batch would stand still
while nothing matches. So a thread asks the stream how far it is, ten times a second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from sigtrawl.cli.render.screen import Screen
from sigtrawl.matches import Matches

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

POLL_SECONDS = 0.1
"""Often enough to look alive, rare enough to cost nothing."""


@contextmanager
def shown(matches: Matches, screen: Screen, *, wanted: bool | None) -> Iterator[None]:
    """Show a bar while the matches are taken; ``wanted`` None means: where a person is looking."""
    visible = (screen.err.is_terminal and not screen.quiet) if wanted is None else wanted
    if not visible:
        yield
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # nobody else needs it

    bar = Progress(
        TextColumn("scanning"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows · {task.fields[found]:,} matches"),
        TimeRemainingColumn(),
        console=screen.err,
        transient=True,
    )
    over = Event()
    with bar:
        task = bar.add_task("", total=None, rows=0, found=0)
        watcher = Thread(target=_watch, args=(matches, bar, task, over), name="progress", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()


def _watch(matches: Matches, bar: "Progress", task: "TaskID", over: Event) -> None:
    while not over.wait(POLL_SECONDS):
        now = matches.progress()
        done, total = (now.bytes, now.bytes_total) if now.bytes_total else (now.rows, now.rows_total)
        bar.update(task, completed=done, total=total or None, rows=now.rows, found=now.matches)
