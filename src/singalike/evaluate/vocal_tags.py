"""Vocal tags by transfer: which tags listeners gave the voice of a segment (Kim et al. 2020; tagged as in Kim 2021).

Conventions
-----------
- ``vectors`` (N, D): one embedding a segment of about 10 s, frozen; ``segments`` (N,) their names, all different.
- ``artists``, ``parts`` (N,): who sings; ``"train"``, ``"validation"`` or ``"test"``. **No artist is in two parts**:
  the tags of a voice would be known by knowing the voice.
- ``ratings`` (N, K): how far each tag holds; ``names`` (K,). A tag holds where its rating is ``holds_from`` or more.
- The head is one linear layer, binary cross-entropy, Adam 5e-4 (:mod:`singalike.evaluate.classifier`).
- A tag that the training part lacks, or that no segment or every segment of the test part has, is left out of the
  means, and a note names it.

Metrics
-------
- ``roc_auc``, ``pr_auc``: means over the tags, as in :mod:`singalike.evaluate.tagging`, with ``_low`` and ``_high``,
  95 % intervals over the artists of the test part, the head being given; ``pr_auc_chance``.
- ``by_tag``: both for each tag, and ``holds``, the share of the test part's segments that have it: what its ``pr_auc``
  would be by chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from singalike.errors import ConfigError, NotFiniteError
from singalike.evaluate import tagging
from singalike.evaluate.classifier import LINEAR, ClassifierTraining, window_logits
from singalike.evaluate.parts import LEFT_OUT, TEST, part_codes
from singalike.evaluate.windows import Names, one_each


def validate(
    segments: Names, artists: Names, parts: Names, ratings: np.ndarray, names: Sequence[str], *, holds_from: float
) -> np.ndarray:
    """Check what belongs to this task alone, and say which tags hold.

    Args:
        segments: (N,).
        artists: (N,).
        parts: (N,).
        ratings: (N, K).
        names: (K,).
        holds_from: The lowest rating with which a tag holds.

    Returns:
        (N, K) bool.

    Raises:
        ConfigError: Shapes differ, a name is there twice, an artist is in two parts, or the threshold is not above 0.
        NotFiniteError: A rating is NaN or infinite.
    """
    ratings = np.asarray(ratings, dtype=np.float64)
    if ratings.shape != (len(segments), len(names)) or len(set(names)) < len(names):
        raise ConfigError(f"ratings must be (N, K), tags all different: {ratings.shape}, {len(segments)}, {len(names)}")
    if len(set(np.asarray(segments).tolist())) < len(segments):
        raise ConfigError("a segment is there twice")
    if not np.isfinite(ratings).all():
        raise NotFiniteError("a rating is not finite", where=segments[int(np.argmin(np.isfinite(ratings).all(axis=1)))])
    if not 0 < holds_from < math.inf:
        raise ConfigError(f"a tag cannot hold from a rating of {holds_from} on", hint="above 0")
    one_each(np.asarray(artists), np.asarray(parts), "parts")
    return ratings >= holds_from


def evaluate(
    vectors: np.ndarray,
    segments: Names,
    artists: Names,
    ratings: np.ndarray,
    parts: Names,
    names: Sequence[str],
    *,
    holds_from: float,
    seed: int,
    replicates: int = 200,
    training: ClassifierTraining = LINEAR,
) -> dict[str, object]:
    """All metrics of this task.

    Args:
        vectors: (N, D), finite.
        segments: (N,) names.
        artists: (N,) who sings.
        ratings: (N, K) how far each tag holds.
        parts: (N,).
        names: (K,) what the tags are called.
        holds_from: The lowest rating with which a tag holds.
        seed: Draws the head's first weights and the bootstrap.
        replicates: Of the bootstrap over artists.
        training: How to train.

    Returns:
        The metrics of the module's docstring, the counts ``items`` (segments tested), ``tags`` (measured) and
        ``tested_artists``, and ``notes``.

    Raises:
        ConfigError: See :func:`validate`, and :func:`singalike.evaluate.tagging.validate`.
        NotFiniteError: A vector or rating is NaN or infinite.
    """
    holds = validate(segments, artists, parts, ratings, names, holds_from=holds_from)
    # Each segment is one window of a song of its own.
    options = {"seed": seed, "levels": ["1"], "replicates": replicates, "training": training}
    found = tagging.evaluate(vectors, segments, artists, holds, parts, names, **options)["1 s"]
    tests = part_codes(parts) == TEST
    shares = dict(zip(names, holds[tests].mean(axis=0).tolist(), strict=True))
    by_tag: dict[str, dict[str, float]] = found.pop("by_tag")  # pyright: ignore[reportAssignmentType]
    del found["songs"]
    return {
        **found,
        "tested_artists": len(np.unique(np.asarray(artists)[tests])),
        "by_tag": {name: {**areas, "holds": shares[name]} for name, areas in by_tag.items()},
    }


def train_head(
    vectors: np.ndarray,
    holds: np.ndarray,
    parts: Names,
    *,
    seed: int,
    training: ClassifierTraining = LINEAR,
) -> tuple[np.ndarray, np.ndarray]:
    """Train the head that :func:`evaluate` measures, to keep it: with equal arguments it is the same one.

    Args:
        vectors: (N, D), finite.
        holds: (N, K) bool, the tags that could be measured.
        parts: (N,).
        seed: As given to :func:`evaluate`.
        training: As given to :func:`evaluate`; linear.

    Returns:
        weights (D, K) and biases (K,), float64: a tag's probability is ``1 / (1 + exp(-(vector·weights + biases)))``.

    Raises:
        ConfigError: The training is not of a linear layer, or a part is unknown or empty.
    """
    if training.hidden:
        raise ConfigError(f"a head of {training.hidden} hidden units cannot be kept", hint="a linear one can")
    h = np.asarray(vectors, dtype=np.float32)
    # What is linear (standardising too) is known by what it says of the origin and of each axis; no training sees them.
    probes = np.vstack((np.zeros(h.shape[1]), np.eye(h.shape[1]))).astype(np.float32)
    part = np.append(part_codes(parts), np.full(len(probes), LEFT_OUT))
    targets = np.vstack((holds, np.zeros((len(probes), holds.shape[1]), bool)))
    everything = np.vstack((h, probes))
    logits = window_logits(everything, targets, part, outputs=holds.shape[1], seed=seed, training=training)
    origin, *axes = logits[len(h) :].astype(np.float64)
    return np.stack(axes) - origin, origin
