"""Vocals over somebody else's accompaniment, and the vocals alone (CVSM; Garoufis, Zlatintsi & Maragos 2025).

``foreign_share`` 1 is ``cvsm-artificial``, 0.25, 0.5 and 0.75 are ``cvsm-hybrid``; with ``real_after`` the anchors are
real mixtures from that share of the run on: ``cvsm-two-stage``.
"""

from __future__ import annotations

import numpy as np

from singalike.corpus.segments import Segments
from singalike.errors import ConfigError
from singalike.pairs.song_plan import MIXTURE, VOCALS, SongPlan, check_share, draw_anchors, plan_of


def artificial_mixture(
    segments: Segments, *, batch: int, steps: int | None, seed: int, epoch: int, done: float,
    foreign_share: float = 1.0, real_after: float | None = None,
) -> SongPlan:  # fmt: skip
    """Plan an epoch of artificial mixtures paired with the vocals of the same segment.

    Args:
        segments: The training part; only segments with vocals are taken.
        batch, steps: See :func:`~singalike.pairs.song_plan.draw_anchors`.
        seed, epoch: What the draw depends on.
        done: Share of the run that is over.
        foreign_share: Share of the anchors whose accompaniment is from another song; the others keep their own.
        real_after: From this share of the run on, anchors are the real mixtures.

    Raises:
        ConfigError: No accompaniment sounds in a segment of another song, or a share is none.
    """
    check_share("foreign_share", foreign_share)
    check_share("real_after", real_after)
    rng = np.random.default_rng([seed, epoch])
    anchors = draw_anchors(rng, segments.where("mixture", "vocals"), batch=batch, steps=steps)
    if real_after is not None and done >= real_after:
        return plan_of(anchors, anchors, (MIXTURE, VOCALS))
    under = np.where(rng.random(anchors.shape) < foreign_share, _foreign(rng, segments, anchors), anchors)
    return plan_of(anchors, anchors, (VOCALS, VOCALS), under=under)


def _foreign(rng: np.random.Generator, segments: Segments, anchors: np.ndarray) -> np.ndarray:
    """Draw for each anchor a segment of another song in which an accompaniment sounds."""
    pool = segments.where("accompaniment")
    if len(np.unique(segments.song[pool])) < 2:
        raise ConfigError("fewer than two songs have an accompaniment", hint="artificial mixtures need others' bands")
    drawn = rng.choice(pool, size=anchors.shape)
    while (own := segments.song[drawn] == segments.song[anchors]).any():
        drawn[own] = rng.choice(pool, size=int(own.sum()))
    return drawn
