"""Segments of one artist are the same voice, where the artist is known.

With ``positive="vocals"`` this is CVSM's label-informed rule, with ``labelled_share`` below 1 its semi-supervised one,
with ``positive="mixture"`` the baseline ``cola-artist`` (Garoufis, Zlatintsi & Maragos 2025). With
``other_song`` and sides that may be ``either`` it is Desblancs et al. 2024: two tracks of one singer.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from singalike.corpus.segments import Segments
from singalike.errors import ConfigError
from singalike.pairs.song_plan import MIXTURE, VOCALS, SongPlan, check_share, draw_anchors, other_segment, plan_of

Side = Literal["mixture", "vocals", "either"]


def same_artist(
    segments: Segments, *, batch: int, steps: int | None, seed: int, epoch: int, done: float,
    anchor: Side = "mixture", positive: Side = "vocals", other_song: bool = False, labelled_share: float = 1.0,
) -> SongPlan:  # fmt: skip
    """Plan an epoch of pairs of one artist.

    Args:
        segments: The training part; only segments with vocals are taken.
        batch, steps: See :func:`~singalike.pairs.song_plan.draw_anchors`.
        seed, epoch: What the draw depends on; which artists have a label depends on the seed alone.
        done: Share of the run that is over; not used.
        anchor, positive: What is heard of each side; ``either`` is drawn anew for each pair.
        other_song: The positive is from another song where the artist has one.
        labelled_share: Share of the artists whose name is known, one at least where it is not 0; the others' pairs are
            of one segment.

    Raises:
        ConfigError: A side or the share is none.
    """
    check_share("labelled_share", labelled_share)
    rng = np.random.default_rng([seed, epoch])
    candidates = segments.where("mixture", "vocals")
    anchors = draw_anchors(rng, candidates, batch=batch, steps=steps)
    voices = np.unique(segments.voice)
    count = max(1, round(labelled_share * len(voices))) if labelled_share else 0
    labelled = np.random.default_rng(seed).permutation(voices)[:count]
    known = np.isin(segments.voice[anchors], labelled)
    others = other_segment(rng, segments, anchors, candidates, other_song=other_song)
    sources = (_heard(rng, anchor, anchors.shape), _heard(rng, positive, anchors.shape))
    return plan_of(anchors, np.where(known, others, anchors), sources, known=known)


def _heard(rng: np.random.Generator, side: Side, shape: tuple[int, ...]) -> np.ndarray | int:
    if side == "either":
        return np.where(rng.random(shape) < 0.5, MIXTURE, VOCALS)
    if side not in ("mixture", "vocals"):
        raise ConfigError(f"a pair has no side {side!r}", hint="mixture, vocals or either")
    return MIXTURE if side == "mixture" else VOCALS
