"""A small store of bytes between runs, in the user's cache folder.

What is kept can be made again, so nothing about it is an error: a folder that cannot be made or written means that nothing is
kept, and an entry that is damaged, foreign or of another key that it was not found. An entry is written to a temporary name and
renamed, so a reader never sees half of it. The folder is bounded, and what was not used for longest goes first.
"""

import hashlib
import os
import zlib
from contextlib import suppress
from pathlib import Path

FOLDER = "SIGTRAWL_CACHE"
"""The variable that names the folder, or says `OFF`."""
OFF = "off"

MOST_BYTES = 64 << 20
"""All rules of the public corpus take one of these MiB."""

_MAGIC = b"sigtrawl cache 1\n"
_SUFFIX = ".kept"
_DIGEST = hashlib.sha256


def folder() -> Path | None:
    """Give the folder of the cache, which need not exist; None if there shall be none."""
    named = os.environ.get(FOLDER)
    if named:
        return None if named.lower() == OFF else Path(named)
    home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if home.is_absolute():  # its specification has others ignored
        return home / "sigtrawl"
    try:
        return Path.home() / ".cache" / "sigtrawl"
    except RuntimeError:  # nobody's home
        return None


def find(key: bytes) -> bytes | None:
    """Give what was kept under a key, None if nothing was, or nothing whole."""
    place = _place(key)
    if place is None:
        return None
    try:
        data = place.read_bytes()
        os.utime(place)  # the last use
    except OSError:
        return None
    head = _MAGIC + key
    size = _DIGEST().digest_size
    stored = data[len(head) + size :]
    if not data.startswith(head + _DIGEST(stored).digest()):
        return None
    try:
        return zlib.decompress(stored)
    except zlib.error:
        return None


def keep(key: bytes, content: bytes) -> None:
    """Keep bytes under a key, if that can be done."""
    place = _place(key)
    if place is None:
        return
    stored = zlib.compress(content, level=1)
    data = b"".join((_MAGIC, key, _DIGEST(stored).digest(), stored))
    if len(data) > MOST_BYTES:
        return
    temporary = place.with_name(f".{place.name}.{os.getpid()}")
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _ours(place.parent):
            return
        try:
            temporary.write_bytes(data)
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
        _bound(place)


def _place(key: bytes) -> Path | None:
    where = folder()
    if where is None or not _ours(where):
        return None
    return where / f"{_DIGEST(key).hexdigest()}{_SUFFIX}"


def _ours(where: Path) -> bool:
    """Whether a folder is the user's own, or not there yet: what others wrote is not believed, and root leaves them nothing."""
    try:
        return where.stat().st_uid == os.geteuid()
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _bound(newest: Path) -> None:
    """Remove what was not used for longest until the rest is small enough."""
    entries = []
    for path in newest.parent.iterdir():
        if _SUFFIX in path.name and path != newest:
            state = path.stat()
            entries.append((state.st_mtime_ns, path, state.st_size))
    left = MOST_BYTES - newest.stat().st_size
    for _, path, size in sorted(entries, reverse=True):
        left -= size
        if left < 0:
            path.unlink(missing_ok=True)
