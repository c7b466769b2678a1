"""The teacher's vectors of the training recordings, kept between runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from singalike.encoders.published.ge2e import SAMPLE_RATE_HZ, Ge2e

DIMENSION = 256
_ENOUGH_SECONDS = 20


def teach(samples: Sequence[Path], *, progress: Callable[[int, int], None] | None = None) -> np.ndarray:
    """Return GE2E's vector of each recording, (N, 256) float32.

    The vector of a whole recording, not of a crop: the student learns to say from a crop what the teacher says
    after hearing more.

    Args:
        samples: ``.npy`` files of int16 at 16 kHz; each vector is kept beside its file as ``.ge2e.npy``.
        progress: called with (done, of).
    """
    teacher, vectors = None, []
    for i, path in enumerate(samples, start=1):
        target = path.with_suffix(".ge2e.npy")
        if not target.is_file():
            teacher = teacher or Ge2e()
            waveform = np.load(path)[: _ENOUGH_SECONDS * SAMPLE_RATE_HZ].astype(np.float32) / 32_767
            draft = target.with_suffix(f".{os.getpid()}.tmp")
            with draft.open("wb") as file:
                np.save(file, teacher.embed(waveform, sample_rate_hz=SAMPLE_RATE_HZ))
            os.replace(draft, target)
        vectors.append(np.load(target))
        if progress:
            progress(i, len(samples))
    return np.stack(vectors).astype(np.float32)
