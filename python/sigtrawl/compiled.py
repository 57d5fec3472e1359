r"""The compiled file: a Plan in an envelope that can tell what is wrong with it.

A Plan alone would do as a file, but a truncated or foreign one would surface as a parse error deep in the core. The
envelope answers first, cheaply and by name: is this ours, can this version read it, is all of it here, is it undamaged::

    magic (14 bytes) | container u16 | plan u16 | writer's version (u8 length, UTF-8) | raw length u64 | stored length u64
    | CRC-32 of all other bytes u32 | the Plan's JSON under zlib

Numbers are little-endian. The magic holds a high byte, both line ends and a control-Z, so a transfer that "repairs" text
breaks it visibly. CRC-32 and not a cryptographic hash: the enemy is damage; whoever can alter the file can alter a hash in it.
zlib at level 1: the Plan of 3,780 rules shrinks from megabytes to hundreds of kilobytes and opens in hundredths of a second.

Nothing here parses the JSON: it goes to the core as it is.
"""

import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import sigtrawl
from sigtrawl.errors import CompiledFileError, OutputError
from sigtrawl.plan import VERSION as PLAN_VERSION

MAGIC = b"\x89sigtrawl\r\n\x1a\n"
CONTAINER_VERSION = 1

_VERSIONS = struct.Struct("<HHB")
_SIZES = struct.Struct("<QQ")
_CHECKSUM = struct.Struct("<I")
_AGAIN = "compile the rules again: sigtrawl compile RULES -o FILE"


def is_compiled(path: Path) -> bool:
    """Tell a compiled file from rule files by its first bytes; what cannot be opened, or is no regular file, is none."""
    return _beginning(path, len(MAGIC)) == MAGIC


def is_rule_text(path: Path) -> bool:
    """Tell whether a file may be a rule file: text has no zero byte, and what cannot be opened is left to the loader."""
    return b"\0" not in _beginning(path, 4096)


def _beginning(path: Path, size: int) -> bytes:
    """Read the first bytes of a regular file; a pipe would give them only once."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def pack(plan: bytes) -> bytes:
    """Put the JSON of a Plan into its envelope."""
    stored = zlib.compress(plan, level=1)
    writer = sigtrawl.__version__.encode()
    versions = _VERSIONS.pack(CONTAINER_VERSION, PLAN_VERSION, len(writer))
    header = b"".join((MAGIC, versions, writer, _SIZES.pack(len(plan), len(stored))))
    return b"".join((header, _CHECKSUM.pack(_checksum(header, stored)), stored))


def unpack(data: bytes, name: str) -> bytes:
    """Take the JSON of a Plan out of its envelope; ``name`` is what errors call the file.

    Raises:
        CompiledFileError: The file is foreign, from a newer Sigtrawl, truncated or damaged.
    """
    if not data.startswith(MAGIC):
        raise CompiledFileError(_foreign(data, name))
    place = len(MAGIC)
    try:
        container, plan_version, length = _VERSIONS.unpack_from(data, place)
        place += _VERSIONS.size
        writer = data[place : place + length].decode("utf-8", "replace")
        place += length
        if container > CONTAINER_VERSION or plan_version > PLAN_VERSION:
            message = (
                f"{name} was written by Sigtrawl {writer}, and this is {sigtrawl.__version__}, which cannot read it "
                f"(file version {container}.{plan_version}, readable up to {CONTAINER_VERSION}.{PLAN_VERSION}); "
                f"update Sigtrawl, or {_AGAIN}"
            )
            raise CompiledFileError(message)
        raw_length, stored_length = _SIZES.unpack_from(data, place)
        place += _SIZES.size
        (checksum,) = _CHECKSUM.unpack_from(data, place)
    except struct.error:
        message = f"{name} is truncated inside its header, at {len(data)} bytes; {_AGAIN}"
        raise CompiledFileError(message) from None
    stored = data[place + _CHECKSUM.size :]
    if len(stored) < stored_length:
        message = f"{name} is truncated: {len(stored)} of {stored_length} bytes are there; {_AGAIN}"
        raise CompiledFileError(message)
    if len(stored) > stored_length or _checksum(data[:place], stored) != checksum:
        message = f"{name} is damaged: its checksum does not agree with its content; {_AGAIN}"
        raise CompiledFileError(message)
    return zlib.decompress(stored, bufsize=max(raw_length, 1))


def read(path: Path) -> bytes:
    """Read the JSON of the Plan from a compiled file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}"
        raise CompiledFileError(message) from None
    return unpack(data, str(path))


def write(path: Path, plan: bytes) -> None:
    """Write a compiled file: to a temporary name beside it, then renamed, so a reader never sees half of it."""
    target = Path(os.path.realpath(path))  # a link stays a link; its target is replaced
    if os.path.lexists(target) and not target.is_file():
        message = f"{path} cannot be written: it is there and is no regular file"  # renaming would replace a device, too
        raise OutputError(message)
    from tempfile import NamedTemporaryFile

    temporary: Path | None = None
    try:
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(pack(plan))
        temporary.chmod(0o644)
        temporary.replace(target)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}"
        raise OutputError(message) from None
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _checksum(header: bytes, stored: bytes) -> int:
    return zlib.crc32(stored, zlib.crc32(header))


def _foreign(data: bytes, name: str) -> str:
    """Say what a file that is no compiled file looks like."""
    if not data:
        return f"{name} is empty, and no compiled rule file; {_AGAIN}"
    if MAGIC.startswith(data):
        return f"{name} is truncated inside its header, at {len(data)} bytes; {_AGAIN}"
    return f"{name} is no compiled rule file (it does not begin as one); {_AGAIN}"
