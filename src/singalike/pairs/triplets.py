"""Two tracks of one singer, each as vocals and as mix: what triplets across domains are made of (Kim et al. 2021)."""

from __future__ import annotations

import numpy as np

from singalike.corpus.segments import Segments
from singalike.pairs.song_plan import MIXTURE, NONE, VOCALS, SongPlan, draw_anchors, other_segment


def triplets(segments: Segments, *, batch: int, steps: int | None, seed: int, epoch: int, done: float) -> SongPlan:
    """Plan an epoch of four sides: an anchor's vocals and mix, another track's vocals and mix.

    Negatives are the other singers of a batch; the loss chooses among them.

    Args:
        segments: The training part; only segments with vocals are taken.
        batch, steps: See :func:`~singalike.pairs.song_plan.draw_anchors`.
        seed, epoch: What the draw depends on.
        done: Share of the run that is over; not used.
    """
    rng = np.random.default_rng([seed, epoch])
    candidates = segments.where("mixture", "vocals")
    anchors = draw_anchors(rng, candidates, batch=batch, steps=steps)
    positives = other_segment(rng, segments, anchors, candidates, other_song=True)
    segment = np.stack([anchors, anchors, positives, positives], -1)
    source = np.broadcast_to(np.array([VOCALS, MIXTURE, VOCALS, MIXTURE]), segment.shape)
    return SongPlan(segment, source, np.full_like(segment, NONE), np.ones(anchors.shape, dtype=bool))
