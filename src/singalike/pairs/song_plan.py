"""What a rule for songs plans: which two sounds of which segments are a pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from singalike.corpus.segments import SOURCES, Segments
from singalike.errors import ConfigError

MIXTURE = SOURCES.index("mixture")
VOCALS = SOURCES.index("vocals")
NONE = -1


@dataclass(frozen=True)
class SongPlan:
    """One epoch of batches of pairs; the last axis is (anchor, positive), S = 2, or whatever sides a rule has.

    Attributes:
        segment: (steps, B, S) the segment each side is cut from.
        source: (steps, B, S) which of :data:`~singalike.corpus.segments.SOURCES` is heard.
        under: (steps, B, S) the segment whose accompaniment is laid under the vocals of ``segment`` to make an
            artificial mixture; −1 where none is.
        known: (steps, B) whether the singer's label may be used.
    """

    segment: np.ndarray
    source: np.ndarray
    under: np.ndarray
    known: np.ndarray

    def __len__(self) -> int:
        return len(self.segment)


def plan_of(
    anchor: np.ndarray, positive: np.ndarray, sources: tuple[np.ndarray | int, np.ndarray | int], *,
    under: np.ndarray | None = None, known: np.ndarray | None = None,
) -> SongPlan:  # fmt: skip
    """Put a plan together: segments (steps, B) of both sides, what is heard of them, what lies under the anchor."""
    shape = anchor.shape
    heard = [np.broadcast_to(np.asarray(source, dtype=np.int64), shape) for source in sources]
    nothing = np.full(shape, NONE, dtype=np.int64)
    return SongPlan(
        np.stack([anchor, positive], -1),
        np.stack(heard, -1),
        np.stack([nothing if under is None else under, nothing], -1),
        np.ones(shape, dtype=bool) if known is None else known,
    )


def check_share(name: str, value: float | None) -> None:
    """Raise ConfigError unless an option that is a share is one (or None)."""
    if value is not None and not (isinstance(value, int | float) and 0.0 <= value <= 1.0):
        raise ConfigError(f"pairs.{name} is a share from 0 to 1, not {value}")


def draw_anchors(rng: np.random.Generator, candidates: np.ndarray, *, batch: int, steps: int | None) -> np.ndarray:
    """Return segments (steps, B) by shuffling the candidates anew each time that a whole batch no longer remains.

    Args:
        rng: Draws the order.
        candidates: What may be an anchor.
        batch: Pairs a batch B; where there are fewer candidates, one batch holds them all.
        steps: Batches an epoch; None for those of one shuffle, in which no candidate comes twice.

    Raises:
        ConfigError: Fewer than two candidates.
    """
    if len(candidates) < 2:
        raise ConfigError(f"{len(candidates)} segment(s) in which what is paired sounds", hint="more or longer songs")
    B = min(batch, len(candidates))
    each = len(candidates) // B
    rounds = -(-(steps or each) // each)
    order = np.concatenate([rng.permutation(candidates)[: each * B] for _ in range(rounds)])
    return order.reshape(-1, B)[: steps or each]


def other_segment(
    rng: np.random.Generator, segments: Segments, anchors: np.ndarray, candidates: np.ndarray, *, other_song: bool
) -> np.ndarray:
    """Draw for each anchor another segment of its singer, of another song where asked and where there is one.

    A singer with a single segment among the candidates is paired with it.
    """
    own = {voice: candidates[segments.voice[candidates] == voice] for voice in np.unique(segments.voice[candidates])}

    def draw(anchor: int) -> int:
        mates = own.get(segments.voice[anchor], np.empty(0, dtype=np.int64))
        mates = mates[mates != anchor]
        elsewhere = mates[segments.song[mates] != segments.song[anchor]] if other_song else mates
        pool = elsewhere if len(elsewhere) else mates
        return int(rng.choice(pool)) if len(pool) else anchor

    return np.array([draw(int(anchor)) for anchor in anchors.ravel()], dtype=np.int64).reshape(anchors.shape)
