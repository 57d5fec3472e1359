"""rsigma, an evaluator of Sigma rules over JSON events, as a program of its own beside the project.

It is found on the path or where `RSIGMA` says; `INSTALL` brings it. It is run as it is by default, and with its search for the
texts of all rules at once. Its start, the rules included, is measured with one event and taken off; its rate is that of one
processor, which is how it is compared.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from race.jobs import AbsentError, Found, Job, Pairs
from sigtrawl.ruleset import RuleSet

INSTALL = "cargo install rsigma --version 0.23.0 --locked --no-default-features --features rsigma-runtime,daachorse-index"

ROW = "sigtrawl_row"
"""The member of an event that carries its row; no rule looks at it."""


class Rsigma:
    """One run over a file of NDJSON; `job.more["rules"]` is the folder of the rules."""

    def __init__(self, option: str | None = None, feature: str | None = None) -> None:
        self._options = [option] if option else []
        self._feature = feature

    def version(self) -> str:
        """What the program says of itself.

        Raises:
            AbsentError: It is not there, or was built without what is asked for.
        """
        said = subprocess.run([_program(), "--version"], check=True, capture_output=True, text=True).stdout
        if self._feature and self._feature not in said:
            message = f"rsigma was built without {self._feature}: {INSTALL}"
            raise AbsentError(message)
        return " ".join([said.splitlines()[0], *self._options, "(one core)"])

    def prepare(self, job: Job) -> Callable[[], Found]:
        """Puts the rules that take part into a folder, and measures the start."""
        plan = RuleSet.load(job.rules).plan()
        places = range(len(plan.rules)) if job.places is None else job.places
        by_id = {str(plan.rules[place].id): place for place in places}
        folder = Path(tempfile.mkdtemp(prefix="rsigma-"))
        for place in places:
            path = Path(job.more["rules"]) / str(plan.rules[place].path)
            shutil.copyfile(path, folder / f"{place}.yml")
        (events,) = job.files
        single = folder / "single.ndjson"
        with Path(events).open(encoding="utf-8") as stream:
            single.write_text(stream.readline(), encoding="utf-8")
        start = min(self._run(folder, single)[1] for _ in range(3))

        def go() -> Found:
            said, seconds = self._run(folder, Path(events))
            shutil.rmtree(folder)
            pairs = sorted(set(_pairs(said, by_id)))
            notes = {"seconds": seconds - start, "start": start}
            return Found(len(pairs), pairs if job.pairs else None, notes=notes)

        return go

    def _run(self, rules: Path, events: Path) -> tuple[str, float]:
        """Runs it on one processor."""
        command = [
            _program(),
            "engine",
            "eval",
            "-r",
            str(rules),
            "-e",
            f"@{events}",
            "--include-event",
            "--output-format",
            "ndjson",
            *self._options,
        ]
        processor = min(os.sched_getaffinity(0))
        started = time.perf_counter()
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {processor})
        )
        seconds = time.perf_counter() - started
        if done.returncode:
            message = f"rsigma ended with {done.returncode}: {done.stderr.strip()[-500:]}"
            raise RuntimeError(message)
        return done.stdout, seconds


def _program() -> str:
    found = os.environ.get("RSIGMA") or shutil.which("rsigma")
    if found is None or not Path(found).exists():
        message = f"rsigma is not installed: {INSTALL}, or say in RSIGMA where it is"
        raise AbsentError(message)
    return found


def _pairs(said: str, by_id: dict[str, int]) -> Pairs:
    found = []
    for line in said.splitlines():
        told = json.loads(line)
        rule, event = told.get("rule_id"), told.get("event") or {}
        if rule in by_id:
            found.append((int(event[ROW]), by_id[rule]))
    return found
