"""Auto-tagging: which of many tags a song has (Garoufis et al. 2023, MSCOL; MagnaTagATune's 50 commonest).

Conventions
-----------
- ``vectors`` (N, D): one embedding a window of 1 s; those of a song (or clip) in the order of time.
- ``songs``, ``owners``, ``parts`` (N,): the song; its artist, whose songs are not independent; ``"train"``,
  ``"validation"`` or ``"test"``. One each a song. Published parts are taken as they are.
- ``tags`` (N, K) bool: the tags of each window's song; ``names`` (K,) what they are called.
- One linear layer, binary cross-entropy, Adam 5e-4, trained on windows (:mod:`singalike.evaluate.classifier`); the
  score of an item is the mean of the probabilities of its windows (:mod:`singalike.evaluate.windows`).
- A tag that no song of the training part has, or none or all of the test part, cannot be measured: it is left out of
  the means, and a note names it.

Metrics
-------
- ``roc_auc``: area under the ROC, mean over the tags (macro).
- ``pr_auc``: average precision (area under precision over recall, no interpolation), mean over the tags;
  ``pr_auc_chance`` is the mean share of test items that have the tag.
- ``_low``, ``_high``: 95 % intervals over owners, the classifier being given.
- ``by_tag``: both, for each tag.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from singalike.errors import ConfigError
from singalike.evaluate.classifier import LINEAR, ClassifierTraining, window_logits
from singalike.evaluate.parts import TEST, TRAIN, part_codes
from singalike.evaluate.replicates import aucs, average_precisions
from singalike.evaluate.windows import LEVELS, Names, check_levels, checked_windows, items_of, level_name

_SHOWN = 5  # how many tags a note names


def validate(
    vectors: np.ndarray, songs: Names, owners: Names, tags: np.ndarray, parts: Names, names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Check the inputs of this task.

    Args:
        vectors: (N, D), finite.
        songs: (N,).
        owners: (N,).
        tags: (N, K), true or false.
        parts: (N,) names of parts.
        names: (K,).

    Returns:
        vectors as float32, songs and owners as arrays, tags as bool, parts as numbers.

    Raises:
        ConfigError: Shapes differ, a song has two owners or parts, a part is empty or unknown, or no tag at all can
            be learnt and measured.
        NotFiniteError: A vector is NaN or infinite (its song is named).
    """
    h, song, owner, part = checked_windows(vectors, songs, owners=owners, parts=parts)
    tags = np.asarray(tags)
    if tags.shape != (len(h), len(names)) or not np.isin(tags, (0, 1)).all():
        raise ConfigError(f"tags must be (N, K), each true or false: {tags.shape} for {len(h)} windows, {len(names)}")
    codes = part_codes(part)
    if not measurable(tags.astype(bool), codes).any():
        raise ConfigError("no tag has songs in the training part, and songs with and without it in the test part")
    return h, song, owner, tags.astype(bool), codes


def measurable(tags: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return (K,) bool: which tags (N, K) are there to be learnt, and to be told from others in the test part."""
    trains, tests = tags[part == TRAIN], tags[part == TEST]
    return np.asarray(trains.any(axis=0) & tests.any(axis=0) & ~tests.all(axis=0))


def evaluate(
    vectors: np.ndarray,
    songs: Names,
    owners: Names,
    tags: np.ndarray,
    parts: Names,
    names: Sequence[str],
    *,
    seed: int,
    levels: Sequence[str] = LEVELS,
    replicates: int = 200,
    training: ClassifierTraining = LINEAR,
) -> dict[str, dict[str, object]]:
    """All metrics of this task.

    Args:
        vectors: (N, D).
        songs: (N,) the song of each window.
        owners: (N,) its artist.
        tags: (N, K) its tags.
        parts: (N,) its part.
        names: (K,) what the tags are called.
        seed: Draws the classifier and the bootstrap.
        levels: Windows in an item, or ``"song"``.
        replicates: Of the bootstrap over owners; each takes all areas of all tags.
        training: How to train.

    Returns:
        By the name of the level, the metrics of the module's docstring, the counts ``items`` (tested), ``songs`` and
        ``tags`` (measured), and ``notes``.

    Raises:
        ConfigError: See :func:`validate`.
        NotFiniteError: See :func:`validate`.
    """
    check_levels(levels)
    h, song, owner, has, part = validate(vectors, songs, owners, tags, parts, names)
    kept = measurable(has, part)
    notes = _notes([name for name, keep in zip(names, kept, strict=True) if not keep])
    has, known = has[:, kept], [name for name, keep in zip(names, kept, strict=True) if keep]
    probabilities = 1 / (1 + np.exp(-window_logits(h, has, part, outputs=len(known), seed=seed, training=training)))
    figures = {}
    for level in levels:
        items = items_of(song, level)
        tests = part[items.first] == TEST
        first = items.first[tests]
        figures[level_name(level)] = {
            **_areas(items.mean(probabilities)[tests], has[first], owner[first], known, seed, replicates),
            "items": len(first),
            "songs": len(np.unique(song)),
            "tags": len(known),
            "notes": list(notes),
        }
    return figures


def _areas(
    scores: np.ndarray, truth: np.ndarray, owners: np.ndarray, names: Sequence[str], seed: int, replicates: int
) -> dict[str, object]:
    """Return the areas of scores (G, K), plain, by tag and resampled over owners."""
    codes = np.unique(owners, return_inverse=True)[1].ravel()
    count = int(codes.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=replicates)
    weights = np.vstack((np.ones(len(codes)), drawn[:, codes]))  # the first row is the plain metric
    figures: dict[str, object] = {}
    by_tag: dict[str, dict[str, float]] = {name: {} for name in names}
    for metric, area in (("roc_auc", aucs), ("pr_auc", average_precisions)):
        found = np.stack([area(one, has, weights) for one, has in zip(scores.T, truth.T, strict=True)])
        there = np.isfinite(found)  # a replicate may have no song of a tag
        means = np.nansum(found, axis=0) / np.maximum(there.sum(axis=0), 1)
        low, high = np.quantile(means[1:][there[:, 1:].any(axis=0)], [0.025, 0.975])
        figures |= {metric: float(means[0]), f"{metric}_low": float(low), f"{metric}_high": float(high)}
        for name, value in zip(names, found[:, 0].tolist(), strict=True):
            by_tag[name][metric] = value
    return {**figures, "pr_auc_chance": float(truth.mean()), "by_tag": by_tag}


def _notes(left_out: Sequence[str]) -> list[str]:
    if not left_out:
        return []
    named = ", ".join(left_out[:_SHOWN]) + (", …" if len(left_out) > _SHOWN else "")
    return [f"{len(left_out)} tags that the training or the test part lacks are left out: {named}"]
