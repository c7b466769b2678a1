"""The gender of a singer by a linear classifier on frozen vectors (Garoufis et al. 2025, CVSM).

Conventions
-----------
- ``vectors`` (N, D): one embedding a window of 1 s; those of a song in the order of time.
- ``songs``, ``singers``, ``genders`` (N,): names; a song has one singer, a singer one gender.
- 10 random splits of the *singers* of each gender, 80/10/10: no singer is in two parts, each gender in all.
- One classifier a split, trained on windows (:mod:`singalike.evaluate.classifier`), scored at each level
  (:mod:`singalike.evaluate.windows`).

Metrics
-------
- ``accuracy``: share of the test items whose gender is named, mean over the splits; ``splits`` has each. With
  ``accuracy_low`` and ``accuracy_high``, a 95 % interval over singers, the classifiers being given.
- ``chance``: what naming the commonest gender of each test part would get.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from singalike.evaluate.classifier import SINGER, ClassifierTraining, window_logits
from singalike.evaluate.hits import Hits
from singalike.evaluate.parts import TEST, check_classes, deal_parts
from singalike.evaluate.windows import LEVELS, Names, check_levels, checked_windows, items_of, level_name, one_each


def validate(
    vectors: np.ndarray, songs: Names, singers: Names, genders: Names
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Check the inputs of this task.

    Args:
        vectors: (N, D), finite.
        songs: (N,).
        singers: (N,).
        genders: (N,).

    Returns:
        vectors as float32, the others as arrays.

    Raises:
        ConfigError: Shapes differ, a song has two singers, or a singer two genders.
        NotFiniteError: A vector is NaN or infinite (its song is named).
    """
    h, song, singer, gender = checked_windows(vectors, songs, singers=singers, genders=genders)
    one_each(singer, gender, "genders")
    return h, song, singer, gender


def evaluate(
    vectors: np.ndarray,
    songs: Names,
    singers: Names,
    genders: Names,
    *,
    seed: int,
    levels: Sequence[str] = LEVELS,
    splits: int = 10,
    replicates: int = 1000,
    training: ClassifierTraining = SINGER,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, dict[str, object]]:
    """All metrics of this task.

    Args:
        vectors: (N, D).
        songs: (N,) the song of each window.
        singers: (N,) who sings it.
        genders: (N,) names of any two genders or more.
        seed: Draws the splits, the classifiers and the bootstrap.
        levels: Windows in an item, or ``"song"``.
        splits: 10.
        replicates: Of the bootstrap over singers.
        training: How to train.
        progress: Called with (splits done, of).

    Returns:
        By the name of the level (``"5 s"``), the metrics of the module's docstring and the counts ``items``
        (tested, all splits together), ``songs`` and ``singers``.

    Raises:
        ConfigError: See :func:`validate`; fewer than 3 singers of a gender, or one gender only.
        NotFiniteError: See :func:`validate`.
    """
    check_levels(levels)
    h, song, singer, gender = validate(vectors, songs, singers, genders)
    names, truth = np.unique(gender, return_inverse=True)
    items = {level: items_of(song, level) for level in levels}
    hits = {level: Hits() for level in levels}
    for number in range(splits):
        part = deal_parts(singer, gender, seed=seed + number)
        check_classes(part, gender)
        logits = window_logits(h, truth, part, outputs=len(names), seed=seed + number, training=training)
        for level, of_level in items.items():
            tests = part[of_level.first] == TEST
            first = of_level.first[tests]
            hits[level].add(truth[first], of_level.mean(logits)[tests].argmax(axis=1), singer[first])
        if progress:
            progress(number + 1, splits)
    counts = {"songs": len(np.unique(song)), "singers": len(np.unique(singer))}
    return {level_name(one): {**hits[one].figures(seed=seed, replicates=replicates), **counts} for one in levels}
