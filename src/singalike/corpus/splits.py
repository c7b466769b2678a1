"""Split recordings so that no voice is in two parts.

Voices are put in the order of a hash of their name and the seed, and the order is cut at the shares: the same
voices give the same parts on any machine, whatever the order of the table, and the shares are met as nearly
as whole voices allow (Torres et al. 2023, §4.1: 80/10/10 with no artist in two parts).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError

PARTS = ("train", "validation", "test")


def split_voices(
    recordings: Sequence[Recording], *, shares: tuple[float, float, float] = (0.8, 0.1, 0.1), seed: int = 0
) -> list[Recording]:
    """Assign each voice to train, validation or test; whatever split a recording had is replaced.

    Args:
        recordings: What to split.
        shares: Shares of the voices, not of the recordings, in the order of :data:`PARTS`; they add up to 1.
        seed: Another seed gives another split.

    Returns:
        The recordings in their order, with ``split`` set. A part with a positive share has at least one
        voice.

    Raises:
        ConfigError: The shares are not shares, or there are fewer voices than parts.
    """
    if not all(0 <= share <= 1 for share in shares) or abs(sum(shares) - 1.0) > 1e-9:
        raise ConfigError(f"shares must not be negative and must add up to 1: {shares}")
    voices = sorted({recording.voice for recording in recordings}, key=lambda voice: _draw(voice, seed))
    wanted = [part for part, share in zip(PARTS, shares, strict=True) if share > 0]
    if len(voices) < len(wanted):
        raise ConfigError(f"{len(voices)} voices cannot fill {' and '.join(wanted)}")
    split_of = dict(zip(voices, _parts(len(voices), shares), strict=True))
    return [replace(recording, split=split_of[recording.voice]) for recording in recordings]


def check_disjoint(recordings: Sequence[Recording], *, by: str = "voice") -> None:
    """Raise where something is in two splits.

    Args:
        recordings: With ``split`` set; recordings without one are in no part.
        by: The attribute that must not cross: ``"voice"``, ``"song"``, ``"path"``; empty values are left out.

    Raises:
        ConfigError: Names what crosses, and the splits it is in.
    """
    splits_of: dict[str, set[str]] = defaultdict(set)
    for recording in recordings:
        if recording.split and (value := str(getattr(recording, by))):
            splits_of[value].add(recording.split)
    crossing = [f"{value} ({', '.join(sorted(s))})" for value, s in sorted(splits_of.items()) if len(s) > 1]
    if crossing:
        raise ConfigError(f"{len(crossing)} {by} values are in more than one split: {'; '.join(crossing[:5])}")


def _draw(voice: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\0{voice}".encode()).hexdigest()


def _parts(count: int, shares: tuple[float, float, float]) -> list[str]:
    """Return a part for each of ``count`` ordered voices; the largest part bears the rounding."""
    sizes = [max(1, round(count * share)) if share else 0 for share in shares]
    sizes[shares.index(max(shares))] += count - sum(sizes)
    return [part for part, size in zip(PARTS, sizes, strict=True) for _ in range(size)]
