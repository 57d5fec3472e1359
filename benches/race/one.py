"""Runs one job in this process and prints what came out, as one line of JSON: `python -m race.one JOB`."""

import gc
import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path

from race.engines import engine
from race.jobs import AbsentError, Job, Outcome

ABSENT = 3
"""The exit status that says that the engine cannot be run here; the reason is on stdout."""


def run(job: Job) -> Outcome:
    """Prepares an engine and times its run."""
    runner = engine(job.engine)
    version = runner.version()
    go = runner.prepare(job)
    gc.collect()
    started = time.perf_counter()
    found = go()
    seconds = time.perf_counter() - started
    return Outcome(found, found.notes.pop("seconds", seconds), peak(), version)


def peak() -> int:
    """The most memory that this process has had resident, in bytes.

    On Linux `ru_maxrss` will not do, for a child begins with its parent's figure; the mark of the address space is its own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (mark,) = (
            line for line in status.read_text(encoding="ascii", errors="replace").splitlines() if line.startswith("VmHWM:")
        )
        return int(mark.split()[1]) * 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return own if sys.platform == "darwin" else own * 1024


def main() -> int:
    """Runs the job of the command line."""
    told = json.loads(sys.argv[1])
    places = told.pop("places")
    job = Job(**{**told, "files": tuple(told["files"])}, places=None if places is None else tuple(places))
    try:
        outcome = run(job)
    except AbsentError as error:
        print(error)
        return ABSENT
    print(json.dumps(asdict(outcome)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
