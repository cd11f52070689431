"""Raw files: reading them, compressed or not, and checking them against their published hash."""

import gzip
import hashlib
import zlib
from pathlib import Path

from claimbench.errors import CorruptData


def read_raw(path: Path, expected: str) -> bytes:
    """The content of `path`, uncompressed where its name ends in `.gz`.

    The hash is of the uncompressed content: two archives of one file differ in time stamp, name and compression.

    Args:
        path: the file.
        expected: SHA-256 of the uncompressed content in hex.
    Raises:
        CorruptData: the content has another hash, or the archive is truncated.
    """
    packed = path.read_bytes()
    try:
        content = gzip.decompress(packed) if path.suffix == ".gz" else packed
    except (EOFError, OSError, zlib.error) as error:
        raise CorruptData(
            f"{path}: not a whole gzip file ({error}); expected content with SHA-256 {expected}, "
            f"found {len(packed)} bytes with SHA-256 {hashlib.sha256(packed).hexdigest()}"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise CorruptData(f"{path}: expected content with SHA-256 {expected}, found {found}")
    return content


def record(content: bytes) -> dict[str, str | int]:
    """What a manifest says of a raw file: hash and size of its uncompressed content."""
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
