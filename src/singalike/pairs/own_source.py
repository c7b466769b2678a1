"""A mixture and one of its sources, of one segment (MSCOL; Garoufis, Zlatintsi & Maragos 2023)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from singalike.corpus.segments import SOURCES, Segments
from singalike.errors import ConfigError
from singalike.pairs.song_plan import MIXTURE, SongPlan, check_share, draw_anchors, plan_of


def own_source(
    segments: Segments, *, batch: int, steps: int | None, seed: int, epoch: int, done: float,
    sources: Sequence[str] = ("vocals", "drums", "bass", "other"), absent_share: float = 0.5, random: bool = False,
) -> SongPlan:  # fmt: skip
    """Plan an epoch in which each batch has one source, drawn uniformly.

    Args:
        segments: The training part.
        batch, steps: See :func:`~singalike.pairs.song_plan.draw_anchors`.
        seed, epoch: What the draw depends on.
        done: Share of the run that is over; not used.
        sources: What may be drawn; the paper's multi-source recipe has all four.
        absent_share: Share of the batches that may hold segments where the source is absent.
        random: The ablation: the batch's segments are shuffled before their source is taken, so that a pair keeps its
            own by chance alone.

    Raises:
        ConfigError: A source is none or sounds in fewer than two segments, or the share is none.
    """
    check_share("absent_share", absent_share)
    if not sources:
        raise ConfigError("no sources to pair mixtures with", hint=f"of: {', '.join(SOURCES)}")
    if unknown := set(sources) - set(SOURCES):
        raise ConfigError(f"no source called {', '.join(sorted(unknown))}", hint=f"one of: {', '.join(SOURCES)}")
    rng = np.random.default_rng([seed, epoch])
    everything = segments.where("mixture")
    sounding = {name: np.intersect1d(segments.where(name), everything) for name in sources}
    silent = [name for name, found in sounding.items() if len(found) < 2]
    if silent:
        raise ConfigError(
            f"{' and '.join(silent)} sound in fewer than two segments", hint="leave them out of `sources`"
        )
    # One batch size for all, or losses of different steps would not be comparable.
    B = min(batch, *(len(found) for found in sounding.values()))
    count = steps or max(1, len(everything) // B)
    rows, codes = [], []
    for _ in range(count):
        name = sources[int(rng.integers(len(sources)))]
        candidates = everything if rng.random() < absent_share else sounding[name]
        rows.append(draw_anchors(rng, candidates, batch=B, steps=1)[0])
        codes.append(np.full(B, SOURCES.index(name)))
    anchors, heard = np.stack(rows), np.stack(codes)
    positives = rng.permuted(anchors, axis=1) if random else anchors
    return plan_of(anchors, positives, (MIXTURE, heard))
