"""Teachers: encoders whose vectors of the training recordings a student learns to give, kept between runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from singalike.corpus.cache import save_array
from singalike.encoders.published import campplus
from singalike.encoders.published.ge2e import Ge2e
from singalike.model.hub import home

DIMENSIONS = {"": 0, "ge2e": 256, "campplus": campplus.DIMENSION}
"""Length of the vectors of each teacher; "" is none."""
_ENOUGH_SECONDS = 20


def open_teacher(name: str) -> Ge2e | campplus.CamPlusPlus:
    """Open a teacher; errors as those of the baseline."""
    return Ge2e() if name == "ge2e" else campplus.CamPlusPlus(home() / "baselines" / campplus.CHECKPOINT)


def teach(samples: Sequence[Path], name: str, *, progress: Callable[[int, int], None] | None = None) -> np.ndarray:
    """Return a teacher's vector of each recording, (N, E) float32, unit norm.

    The vector of a whole recording, not of a crop: the student learns to say from a crop what the teacher says
    after hearing more.

    Args:
        samples: ``.npy`` files of int16 at the teacher's rate; each vector is kept beside its file, by the teacher's
            name and the beginning of its fingerprint.
        name: which teacher, one of :data:`DIMENSIONS`.
        progress: called with (done, of).
    """
    teacher, vectors = open_teacher(name), []
    for i, path in enumerate(samples, start=1):
        target = path.with_suffix(f".{name}-{teacher.fingerprint[:12]}.npy")
        if not target.is_file():
            rate = teacher.sample_rate_hz
            waveform = np.load(path)[: _ENOUGH_SECONDS * rate].astype(np.float32) / 32_767
            save_array(target, teacher.embed(waveform, sample_rate_hz=rate))
        vectors.append(np.load(target))
        if progress:
            progress(i, len(samples))
    return np.stack(vectors).astype(np.float32)


def centred(vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return unit vectors (N, E) less the centre (E,), of unit norm again.

    The vectors of an encoder lie in one corner of its space (GE2E's mean alone is within a cosine distance of 0.2 of
    each); what tells voices apart is how they differ from it.
    """
    apart = vectors - centre
    return apart / np.linalg.norm(apart, axis=1, keepdims=True)


def centre(vectors: np.ndarray, voices: Sequence[str], sung: Sequence[bool]) -> np.ndarray:
    """Return the mean (E,) of the voices' mean vectors: of what they sing, where anybody does.

    Args:
        vectors: (N, E), unit norm.
        voices: whose each is.
        sung: whether it is of singing.
    """
    kept = np.asarray(sung) if any(sung) else np.ones(len(vectors), bool)
    names = np.asarray(voices)[kept]
    return np.stack([vectors[kept][names == name].mean(0) for name in sorted(set(names))]).mean(0)
