"""Notices a model that gives every file the same vector.

A broken front-end, a muted decoder or collapsed weights produce one plausible vector for everything; indexed
in silence, it fills a library with nonsense. Ten files in a row that sound different and yet agree to the last
bits are no music. Copies of one recording (other tags, another container) sound alike, and count once.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from singalike.audio.blocks import open_blocks
from singalike.errors import ConfigError

SAME_COSINE = 1 - 1e-6
SAME_IN_A_ROW = 10


class SameVectorSentinel:
    """Counts how many recordings in a row got the same vector.

    Attributes
    ----------
    paths : list of Path
        The files of the present run of equal vectors.
    """

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self._vector: np.ndarray | None = None
        self._sounds: set[str] = set()  # what the run's files hold

    def see(self, path: Path, vector: np.ndarray) -> None:
        """Take the next file's `vector` ((D,), unit norm).

        Raises
        ------
        ConfigError
            :data:`SAME_IN_A_ROW` recordings in a row have the same vector.
        UnreadableError
            The file is gone since it was embedded.
        """
        if self._vector is None or float(self._vector @ vector) < SAME_COSINE:
            self.paths, self._vector, self._sounds = [path], vector, set()
            return
        if not self._sounds:  # a file is read again only where another has its vector
            self._sounds = {_sound_of(self.paths[0])}
        self.paths.append(path)
        self._sounds.add(_sound_of(path))
        if len(self._sounds) >= SAME_IN_A_ROW:
            raise ConfigError(
                f"{len(self._sounds)} different recordings in a row, up to this one, got the same vector",
                where=path,
                hint="the model is broken; none of these files is kept: see `singalike doctor`",
            )


def _sound_of(path: Path) -> str:
    """Return a checksum of what a file sounds like: its channels' mean in 16 bits, whatever holds it."""
    digest = hashlib.sha256()
    with open_blocks(path) as audio:
        for block in audio:
            digest.update(np.round(block.mean(axis=0) * 32767).astype("<i4").tobytes())
    return digest.hexdigest()
