"""Singer identification by a linear probe on frozen vectors (Torres et al. 2023, §4.3.2).

Conventions
-----------
- ``vectors`` (N, D): one embedding a clip, or (N, L, D): one a layer of the encoder, joined by a learned
  weighted sum with softmax weights (SUPERB; for Wav2Vec 2.0 and XLSR-53).
- ``files``, ``voices`` (N,): the file and the singer of each clip, compared by whole name.
- The vectors are taken as they are; ``standardise`` brings each dimension to mean 0 and deviation 1 first, by
  the training part's figures.
- One linear layer with bias, cross-entropy, Adam (1e-3, batches of 256, at most 200 epochs); the epoch that is
  best on the validation part is tested, see :mod:`singalike.evaluate.linear_probe`.

Metrics
-------
- ``accuracy``: share of a fold's test clips whose singer is named, mean over the folds
  (:mod:`singalike.evaluate.folds`); ``folds`` has it fold by fold.
- ``accuracy_low``, ``accuracy_high``: 95 % interval over singers (:mod:`singalike.evaluate.bootstrap`) of the
  same mean, the probes being given.
- ``chance``: what naming the commonest singer always would get.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate.bootstrap import mean_interval
from singalike.evaluate.folds import deal_files
from singalike.evaluate.linear_probe import Training, train_probe


def validate(
    vectors: np.ndarray, files: Sequence[str] | np.ndarray, voices: Sequence[str] | np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check the inputs of this task.

    Args:
        vectors: (N, D) or (N, L, D), finite.
        files: (N,).
        voices: (N,).

    Returns:
        vectors (N, L, D) float32, files and voices as arrays.

    Raises:
        ConfigError: Shapes differ, or there are no vectors.
        NotFiniteError: A vector is NaN or infinite (its file is named).
    """
    h = np.asarray(vectors, dtype=np.float32)
    if h.ndim == 2:
        h = h[:, None]
    if h.ndim != 3 or not h.size or not len(h) == len(files) == len(voices):
        raise ConfigError(
            f"vectors must be (N, D) or (N, L, D) with a file and a voice each: {np.shape(vectors)}, "
            f"{len(files)} files, {len(voices)} voices"
        )
    if len(bad := np.flatnonzero(~np.isfinite(h).all(axis=(1, 2)))):
        raise NotFiniteError(f"{len(bad)} vectors are not finite, first number {bad[0]}", where=files[bad[0]])
    return h, np.asarray(files), np.asarray(voices)


def evaluate(
    vectors: np.ndarray,
    files: Sequence[str] | np.ndarray,
    voices: Sequence[str] | np.ndarray,
    *,
    seed: int,
    folds: int = 5,
    min_files: int = 0,
    replicates: int = 1000,
    training: Training | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """All metrics of this task.

    Args:
        vectors: (N, D) or (N, L, D).
        files: (N,) the file of each clip.
        voices: (N,) the singer of each clip.
        seed: Draws the folds, the probes and the bootstrap.
        folds: 5; 4 for NUS-48E.
        min_files: Leave singers with fewer files out (and count them); 0 leaves out nobody.
        replicates: Of the bootstrap over singers.
        training: How to train; None trains as the module's docstring says.
        progress: Called with (folds done, of).

    Returns:
        The metrics of the module's docstring and the counts ``clips``, ``files``, ``singers``, ``left_out``
        (singers).

    Raises:
        ConfigError: See :func:`validate` and :func:`singalike.evaluate.folds.deal_files`.
        NotFiniteError: See :func:`validate`.
    """
    h, file, voice = validate(vectors, files, voices)
    dealt = deal_files(file, voice, folds=folds, seed=seed, min_files=min_files)
    kept = dealt.part >= 0
    names, codes = np.unique(voice[kept], return_inverse=True)
    singer = np.full(len(voice), -1)
    singer[kept] = codes
    hits, weights, shares = np.zeros(len(voice)), np.zeros(len(voice)), []
    for fold, (trains, chooses, tests) in enumerate(dealt):
        right = _test(h, singer, trains, chooses, tests, seed=seed + fold, training=training or Training())
        hits[tests], weights[tests] = right, 1 / len(tests)
        shares.append(float(right.mean()))
        if progress:
            progress(fold + 1, dealt.count)
    interval = mean_interval(hits[kept], voice[kept], seed=seed, replicates=replicates, weights=weights[kept])
    return {
        "accuracy": float(np.mean(shares)),
        "accuracy_low": interval.low,
        "accuracy_high": interval.high,
        "chance": float(np.bincount(codes).max() / kept.sum()),
        "folds": shares,
        "clips": int(kept.sum()),
        "files": len(np.unique(file[kept])),
        "singers": len(names),
        "left_out": len(dealt.left_out),
    }


def _test(
    h: np.ndarray,
    singer: np.ndarray,
    trains: np.ndarray,
    chooses: np.ndarray,
    tests: np.ndarray,
    *,
    seed: int,
    training: Training,
) -> np.ndarray:
    """Train a probe and return which of the test clips it names rightly, (T,) bool."""
    if training.standardise:
        mean, deviation = h[trains].mean(axis=0), h[trains].std(axis=0)
        h = (h - mean) / np.where(deviation > 0, deviation, 1)
    inputs, classes = torch.from_numpy(h), torch.from_numpy(singer)
    probe = train_probe(inputs, classes, trains, chooses, seed=seed, training=training)
    with torch.no_grad():
        return (probe(inputs[tests]).argmax(dim=1) == classes[tests]).numpy()
