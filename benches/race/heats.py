"""Several runs of a job, each in a process of its own, on files that are in the page cache."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from race.jobs import AbsentError, Found, Job, Outcome
from race.one import ABSENT

BENCHES = Path(__file__).resolve().parent.parent
_CHUNK = 16 << 20


@dataclass(slots=True)
class Timing:
    """The runs of one engine.

    Attributes:
        version: The engine and its version.
        seconds: Of each run.
        peak: The most memory of any run, in bytes.
        matches: What all runs found.
        notes: Those of the last run.
    """

    version: str
    seconds: list[float]
    peak: int
    matches: int
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """Seconds of the run in the middle."""
        return statistics.median(self.seconds)


def once(job: Job) -> Outcome:
    """Runs a job in a process of its own.

    Raises:
        AbsentError: The engine cannot be run here.
        RuntimeError: It failed.
    """
    path = os.pathsep.join(filter(None, (str(BENCHES), os.environ.get("PYTHONPATH", ""))))
    threads = str(job.threads)
    env = {**os.environ, "PYTHONPATH": path, "POLARS_MAX_THREADS": threads, "RAYON_NUM_THREADS": threads}
    command = [sys.executable, "-m", "race.one", json.dumps(asdict(job))]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
    if done.returncode == ABSENT:
        raise AbsentError(done.stdout.strip())
    if done.returncode:
        message = f"{job.engine} failed with status {done.returncode}: {done.stderr.strip()[-2000:]}"
        raise RuntimeError(message)
    told = json.loads(done.stdout.splitlines()[-1])
    found = told.pop("found")
    pairs = found.pop("pairs")
    untranslated = {int(place): why for place, why in found.pop("untranslated").items()}
    answer = Found(**found, pairs=None if pairs is None else [(row, rule) for row, rule in pairs], untranslated=untranslated)
    return Outcome(answer, **told)


def timed(job: Job, runs: int) -> Timing:
    """Runs a job several times.

    Raises:
        AbsentError: The engine cannot be run here.
        RuntimeError: It failed, or two runs did not find the same.
    """
    warm(job.files)
    outcomes = [once(job) for _ in range(runs)]
    counts = {outcome.found.matches for outcome in outcomes}
    if len(counts) > 1:
        message = f"{job.engine} does not find the same in every run: {sorted(counts)} matches"
        raise RuntimeError(message)
    last = outcomes[-1]
    peak = max(outcome.peak for outcome in outcomes)
    seconds = [outcome.seconds for outcome in outcomes]
    return Timing(last.version, seconds, peak, last.found.matches, last.found.notes)


def warm(files: Sequence[str]) -> None:
    """Reads files once, so that they are in the page cache."""
    for file in files:
        with Path(file).open("rb") as stream:
            while stream.read(_CHUNK):
                pass
