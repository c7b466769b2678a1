"""Two crops of one segment of the mixture (COLA; Saeed, Grangier & Zeghidour 2021)."""

from __future__ import annotations

import numpy as np

from singalike.corpus.segments import Segments
from singalike.pairs.song_plan import MIXTURE, SongPlan, draw_anchors, plan_of


def same_segment(segments: Segments, *, batch: int, steps: int | None, seed: int, epoch: int, done: float) -> SongPlan:
    """Plan an epoch of mixtures paired with themselves.

    Args:
        segments: The training part.
        batch, steps: See :func:`~singalike.pairs.song_plan.draw_anchors`.
        seed, epoch: What the order depends on.
        done: Share of the run that is over; not used.
    """
    rng = np.random.default_rng([seed, epoch])
    anchors = draw_anchors(rng, segments.where("mixture"), batch=batch, steps=steps)
    return plan_of(anchors, anchors, (MIXTURE, MIXTURE))
