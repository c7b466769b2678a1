"""What a piece is, one class of several: its genre, the family of its instrument (Garoufis et al. 2023, MSCOL).

Conventions
-----------
- ``vectors`` (N, D): one embedding a window of 1 s; those of a song (or note) in the order of time.
- ``songs``, ``owners``, ``classes``, ``parts`` (N,): the song; its artist (or instrument), whose songs are not
  independent; its class; ``"train"``, ``"validation"`` or ``"test"``. One each a song. Published parts are taken as
  they are; :func:`singalike.evaluate.parts.deal_parts` deals others.
- :data:`GENRE`: linear, Adam 5e-4 (FMA-small). :data:`INSTRUMENT`: 512 ReLU units and a linear layer, Adam 3e-4
  (NSynth). Trained on windows (:mod:`singalike.evaluate.classifier`), scored at each level
  (:mod:`singalike.evaluate.windows`) by the mean of the logits.

Metrics
-------
- ``accuracy``: share of the test items whose class is named; with ``accuracy_low`` and ``accuracy_high``, a 95 %
  interval over owners, the classifier being given.
- ``chance``: what naming the commonest class of the test part would get.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from singalike.evaluate.classifier import LINEAR, ClassifierTraining, window_logits
from singalike.evaluate.hits import Hits
from singalike.evaluate.parts import TEST, check_classes, part_codes
from singalike.evaluate.windows import LEVELS, Names, check_levels, checked_windows, items_of, level_name

GENRE = LINEAR
INSTRUMENT = ClassifierTraining(learning_rate=3e-4, hidden=512)


def validate(
    vectors: np.ndarray, songs: Names, owners: Names, classes: Names, parts: Names
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Check the inputs of this task.

    Args:
        vectors: (N, D), finite.
        songs: (N,).
        owners: (N,).
        classes: (N,).
        parts: (N,) names of parts.

    Returns:
        vectors as float32, songs, owners and classes as arrays, parts as numbers.

    Raises:
        ConfigError: Shapes differ, a song has two owners, classes or parts, a part is empty or unknown, a class is
            missing in a part, or there is only one.
        NotFiniteError: A vector is NaN or infinite (its song is named).
    """
    h, song, owner, label, part = checked_windows(vectors, songs, owners=owners, classes=classes, parts=parts)
    codes = part_codes(part)
    check_classes(codes, label)
    return h, song, owner, label, codes


def evaluate(
    vectors: np.ndarray,
    songs: Names,
    owners: Names,
    classes: Names,
    parts: Names,
    *,
    seed: int,
    training: ClassifierTraining,
    levels: Sequence[str] = LEVELS,
    replicates: int = 1000,
) -> dict[str, dict[str, object]]:
    """All metrics of this task.

    Args:
        vectors: (N, D).
        songs: (N,) the song of each window.
        owners: (N,) its artist or instrument.
        classes: (N,) its genre or family.
        parts: (N,) its part.
        seed: Draws the classifier and the bootstrap.
        training: :data:`GENRE` or :data:`INSTRUMENT`.
        levels: Windows in an item, or ``"song"``.
        replicates: Of the bootstrap over owners.

    Returns:
        By the name of the level, the metrics of the module's docstring and the counts ``items`` (tested), ``songs``
        and ``classes``.

    Raises:
        ConfigError: See :func:`validate`.
        NotFiniteError: See :func:`validate`.
    """
    check_levels(levels)
    h, song, owner, label, part = validate(vectors, songs, owners, classes, parts)
    names, truth = np.unique(label, return_inverse=True)
    logits = window_logits(h, truth, part, outputs=len(names), seed=seed, training=training)
    figures = {}
    for level in levels:
        items, hits = items_of(song, level), Hits()
        tests = part[items.first] == TEST
        first = items.first[tests]
        hits.add(truth[first], items.mean(logits)[tests].argmax(axis=1), owner[first])
        found = hits.figures(seed=seed, replicates=replicates)
        del found["splits"]  # there is one
        figures[level_name(level)] = {**found, "songs": len(np.unique(song)), "classes": len(names)}
    return figures
