"""Notices a model that gives every file the same vector.

A broken front-end, a muted decoder or collapsed weights produce one plausible vector for everything; indexed
in silence, it fills a library with nonsense. Ten different files in a row that agree to the last bits are no
music.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from singalike.errors import ConfigError

SAME_COSINE = 1 - 1e-6
SAME_IN_A_ROW = 10


class SameVectorSentinel:
    """Counts how many different files in a row got the same vector.

    Attributes
    ----------
    paths : list of Path
        The files of the present run of equal vectors.
    """

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self._vector: np.ndarray | None = None

    def see(self, path: Path, vector: np.ndarray) -> None:
        """Take the next file's `vector` ((D,), unit norm); files of equal content must not be shown.

        Raises
        ------
        ConfigError
            :data:`SAME_IN_A_ROW` files in a row have the same vector.
        """
        if self._vector is not None and float(self._vector @ vector) >= SAME_COSINE:
            self.paths.append(path)
        else:
            self.paths, self._vector = [path], vector
        if len(self.paths) >= SAME_IN_A_ROW:
            raise ConfigError(
                f"{len(self.paths)} different files in a row, up to this one, got the same vector",
                where=path,
                hint="the model is broken; none of these files is kept: see `singalike doctor`",
            )
