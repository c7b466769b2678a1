"""Two recordings of one singer are the same voice, of different sessions where there are any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError


def same_singer(
    recordings: Sequence[Recording], *, batch: int, steps: int | None, seed: int, epoch: int, sung_share: float = 0.0
) -> np.ndarray:
    """Plan an epoch of batches without two pairs of one voice; every voice is drawn equally often.

    Args:
        recordings: the training part; ``voice`` says who, ``session``, else ``song``, what is a different occasion.
        batch: pairs a batch B; where there are fewer voices, one batch holds them all.
        steps: batches an epoch, or None for as many as show every voice once.
        seed, epoch: what the draw depends on.
        sung_share: of the pairs of a batch so many are of voices that were recorded singing, and the others of the
            other voices, as far as there are so many of either; 0, or less than half a pair, makes no difference.

    Returns:
        Indices (steps, B, 2). The two differ in session where the voice has two, else in song, else in recording, else
        are one.

    Raises:
        ConfigError: there are not two voices, or ``sung_share`` is no share.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for i, recording in enumerate(recordings):
        members[recording.voice].append(i)
    voices = sorted(members)
    if len(voices) < 2:
        raise ConfigError(f"{len(voices)} voice(s) to train on", hint="at least two are needed")
    if not 0.0 <= sung_share < 1.0:
        raise ConfigError(f"sung_share is at least 0 and less than 1, not {sung_share}")
    rng = np.random.default_rng([seed, epoch])
    B = min(batch, len(voices))
    n_steps = steps or len(voices) // B
    pools = _pools(members, recordings, B, sung_share)
    order = np.concatenate([_draw_voices(rng, pool, count, n_steps) for pool, count in pools], axis=1)
    return np.array([[_draw_pair(rng, members[voice], recordings) for voice in step] for step in order], dtype=np.int64)


def _pools(
    members: dict[str, list[int]], recordings: Sequence[Recording], batch: int, sung_share: float
) -> list[tuple[list[str], int]]:
    """Return which voices a batch draws from, and how many."""
    voices = sorted(members)
    sung = [voice for voice in voices if any(recordings[i].kind == "sung" for i in members[voice])]
    others = sorted(set(voices) - set(sung))
    count = max(min(len(sung), round(sung_share * batch)), batch - len(others))
    if not sung_share or not 0 < count < batch:
        return [(voices, batch)]
    return [(sung, count), (others, batch - count)]


def _draw_voices(rng: np.random.Generator, voices: Sequence[str], count: int, steps: int) -> np.ndarray:
    """Draw (steps, count) names, none twice in one batch, all equally often."""
    whole = len(voices) // count * count
    # Whole batches of each permutation only: a batch across two could hold a voice twice.
    rounds = -(-steps * count // whole)
    drawn = np.concatenate([rng.permutation(len(voices))[:whole] for _ in range(rounds)])[: steps * count]
    return np.asarray(voices)[drawn].reshape(steps, count)


def _draw_pair(rng: np.random.Generator, own: list[int], recordings: Sequence[Recording]) -> tuple[int, int]:
    first = int(rng.choice(own))
    others = [i for i in own if i != first]
    session, song = recordings[first].session, recordings[first].song
    another_session = [i for i in others if recordings[i].session != session]
    another_song = [i for i in others if recordings[i].song != song]
    return first, int(rng.choice(another_session or another_song or others or [first]))
