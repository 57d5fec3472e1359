"""What all tests share: where the reference data is, and a cache of their own.

Rules and real events of other projects are no part of this one. Tests that need them take the `shared` fixture: where the data is
absent they are skipped, one line for all, and in CI its absence is a failure, so that nothing is skipped there unseen.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the reference data: `data` in `$SIGTRAWL_SHARED`, which is `../shared` from the project's root by default."""
    folder = Path(os.environ.get("SIGTRAWL_SHARED") or ROOT.parent / "shared") / "data"
    if not folder.is_dir():
        complaint = f"the reference data is not at {folder}; SIGTRAWL_SHARED says where it is"
        if os.environ.get("CI") == "true":
            pytest.fail(complaint)
        pytest.skip(complaint)
    return folder


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let every command of the tests, in subprocesses too, keep Plans in a folder of the tests."""
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("SIGTRAWL_CACHE")
    os.environ["SIGTRAWL_CACHE"] = str(folder)
    yield folder
    if before is None:
        del os.environ["SIGTRAWL_CACHE"]
    else:
        os.environ["SIGTRAWL_CACHE"] = before
