"""The sha256 of a file: what names weights, ties a graph to its card, and tells that a moved file is the same."""

from __future__ import annotations

import hashlib
from pathlib import Path

from singalike.errors import UnreadableError


def sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes as hex digits; OSError where it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def content_of(path: Path) -> str:
    """Return the sha256 of a recording's bytes.

    Raises:
        UnreadableError: It is missing, or cannot be read.
    """
    try:
        return sha256(path)
    except IsADirectoryError as error:
        raise UnreadableError("this is a folder", where=path, hint="name a file in it") from error
    except OSError as error:
        raise UnreadableError(
            f"cannot be read: {error.strerror or error}", where=path, hint="check the disk"
        ) from error
