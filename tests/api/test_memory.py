"""The memory that a scan may take: read as people write it, and no matter for the matches."""

import pytest

import sigtrawl as st
from sigtrawl import archive
from sigtrawl.demo import RULE
from sigtrawl.errors import UsageError
from sigtrawl.sizes import read_memory


@pytest.mark.parametrize(
    ("given", "size"),
    [("64MiB", 64 << 20), ("1 GiB", 1 << 30), ("1.5g", 3 << 29), ("100MB", 10**8), ("2TB", 2 * 10**12), (1 << 27, 1 << 27)],
)
def test_sizes_are_read_as_people_write_them(given: int | str, size: int) -> None:
    assert read_memory(given) == size


@pytest.mark.parametrize("given", ["", "much", "1 XB", "-1GiB", "0", "63MiB", 1024, True, 1.5])
def test_what_is_no_size_or_too_little_is_refused(given: object) -> None:
    with pytest.raises(UsageError, match="memory"):
        read_memory(given)


def test_the_matches_do_not_hang_on_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("memory") / "events.parquet"
    planted = archive.generate(path, 30_000)
    rules = st.compile(st.rules_from_yaml(RULE))
    found = [st.scan(path, rules, memory=memory).to_polars() for memory in (None, "64MiB", "3GiB")]
    assert found[0].height == sum(len(rows) for rule, rows in planted.matches.items() if rule == rules.plan().rules[0].id)
    assert all(one.equals(found[0]) for one in found[1:])
