"""Two recordings of one singer are the same voice, of different sessions where there are any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError


def same_singer(recordings: Sequence[Recording], *, batch: int, steps: int | None, seed: int, epoch: int) -> np.ndarray:
    """Plan an epoch of batches without two pairs of one voice; every voice is drawn equally often.

    Args:
        recordings: the training part; ``voice`` says who, ``session`` (or ``song``) what is a different occasion.
        batch: pairs a batch B; where there are fewer voices, one batch holds them all.
        steps: batches an epoch, or None for as many as show every voice once.
        seed, epoch: what the draw depends on.

    Returns:
        Indices (steps, B, 2). The two differ in session where the voice has two, else in recording, else are one.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for i, recording in enumerate(recordings):
        members[recording.voice].append(i)
    voices = sorted(members)
    if len(voices) < 2:
        raise ConfigError(f"{len(voices)} voice(s) to train on", hint="at least two are needed")
    rng = np.random.default_rng([seed, epoch])
    B = min(batch, len(voices))
    n_steps = steps or len(voices) // B
    rounds = -(-n_steps * B // (len(voices) // B * B))
    # Whole batches of each permutation only: a batch across two could hold a voice twice.
    order = np.concatenate([rng.permutation(len(voices))[: len(voices) // B * B] for _ in range(rounds)])
    plan = np.empty((n_steps * B, 2), dtype=np.int64)
    for row, voice in enumerate(order[: n_steps * B]):
        plan[row] = _draw_pair(rng, members[voices[voice]], recordings)
    return plan.reshape(n_steps, B, 2)


def _draw_pair(rng: np.random.Generator, own: list[int], recordings: Sequence[Recording]) -> tuple[int, int]:
    first = int(rng.choice(own))
    others = [i for i in own if i != first]
    occasion = (recordings[first].session, recordings[first].song)
    elsewhere = [i for i in others if (recordings[i].session, recordings[i].song) != occasion]
    return first, int(rng.choice(elsewhere or others or [first]))
