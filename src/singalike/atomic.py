"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def draft(path: str | Path) -> Iterator[Path]:
    """Yield a path beside ``path``, of its suffix: what is written there takes the place of ``path`` in one step.

    When the block raises, the draft is removed and ``path`` stays what it was. The folder is made. The file has the
    permissions of any other that this user makes. Threads and processes that write one path do not meet: the last
    one's file stays. A link stays a link: what it points to is replaced.

    Raises:
        OSError: ``path`` is a folder, a device or a pipe, which nothing takes the place of.
    """
    path = Path(path)
    path = path.resolve() if path.is_symlink() else path
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    place = path.with_name(f".{path.stem}-{os.getpid()}-{threading.get_ident()}{path.suffix}")
    try:
        yield place
        with place.open("rb+") as file:
            os.fsync(file.fileno())  # or a power cut could leave the name without the content
        os.replace(place, path)
    except BaseException as error:
        with suppress(OSError):  # a folder that cannot be written: that is what is told, not that there is no draft
            place.unlink()
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(place)):
            error.filename = str(path)  # a full disk does not say which file, and the draft is nobody's business
        raise
