"""The teacher's vectors of the training recordings, kept between runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from singalike.corpus.cache import save_array
from singalike.encoders.published.ge2e import SAMPLE_RATE_HZ, Ge2e

DIMENSION = 256
_ENOUGH_SECONDS = 20


def teach(samples: Sequence[Path], *, progress: Callable[[int, int], None] | None = None) -> np.ndarray:
    """Return GE2E's vector of each recording, (N, 256) float32, unit norm.

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
            save_array(target, teacher.embed(waveform, sample_rate_hz=SAMPLE_RATE_HZ))
        vectors.append(np.load(target))
        if progress:
            progress(i, len(samples))
    return np.stack(vectors).astype(np.float32)


def centred(vectors: np.ndarray) -> np.ndarray:
    """Return unit vectors (N, E) less their mean, of unit norm again.

    GE2E's vectors all lie in one corner of the space (their mean alone is within a cosine distance of 0.2 of each);
    what tells voices apart is how they differ from it.
    """
    apart = vectors - vectors.mean(0)
    return apart / np.linalg.norm(apart, axis=1, keepdims=True)
