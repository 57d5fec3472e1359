"""What the tests of the race share: a track of two thousand rows."""

import pytest

from race.record import Record, machine
from race.track import Events, Settings, Track

ROWS = 2_000


@pytest.fixture(scope="session")
def track(tmp_path_factory: pytest.TempPathFactory) -> Track:
    work = tmp_path_factory.mktemp("race")
    settings = Settings(
        short=True, sigma=None, work=work, rows=ROWS, second=ROWS, mixed=ROWS, huge=0, head=500, runs=2, rule_runs=1
    )
    return Track(settings, Record("2026-01-05", machine(), {"short": True, "runs": 2, "threads": 2}))


@pytest.fixture(scope="session")
def events(track: Track) -> Events:
    return track.events("process-zstd", "process", ROWS)
