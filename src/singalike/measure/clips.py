"""All clips of a dataset and their vectors, as one table a condition."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from singalike.checksum import content_of
from singalike.corpus.recordings import Recording
from singalike.errors import InputError
from singalike.measure.cutting import BOTTLENECK, BOTTLENECK_HZ, NATIVE, ClipEmbedder, Pieces
from singalike.measure.trial_names import Cut, clip_key, recording_of

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline

Progress = Callable[[int, int, object], None]  # (done, of, the thing just done)


@dataclass(frozen=True)
class Clips:
    """N clips and their vectors under one condition.

    Attributes:
        keys: (N,) ``recording@start``, or the recording's key where it is one clip.
        recordings: (N,) the recording that each is of.
        voices, kinds, sessions: (N,) as the data have them.
        starts_seconds: (N,) where each begins, after silences were shortened.
        vectors: (N, D) float32, or (N, L, D) with more than one layer.
        model: Fingerprint of the model they are of.
    """

    keys: np.ndarray
    recordings: np.ndarray
    voices: np.ndarray
    kinds: np.ndarray
    sessions: np.ndarray
    starts_seconds: np.ndarray
    vectors: np.ndarray
    model: str


@dataclass(frozen=True)
class Embedded:
    """What became of the recordings.

    Attributes:
        clips: By condition; the same clips in each.
        recordings: How many recordings they are of.
        failed: What could not be used, as error fields; ``where`` is the key of a recording or clip.
        sha256: Checksum over the contents, keys and voices of the recordings that gave clips.
    """

    clips: dict[str, Clips]
    recordings: int
    failed: list[dict[str, Any]]
    sha256: str


def conditions_for(sample_rate_hz: int, *, bottleneck: bool = True) -> tuple[str, ...]:
    """Return the conditions to measure: a model that takes 16 kHz or less has its native one only."""
    return (NATIVE, BOTTLENECK) if bottleneck and sample_rate_hz > BOTTLENECK_HZ else (NATIVE,)


def embed_clips(
    embedder: Baseline,
    recordings: Mapping[str, Recording],
    cut: Cut,
    *,
    conditions: Sequence[str],
    layers: bool = False,
    progress: Progress | None = None,
) -> Embedded:
    """Embed all clips of all recordings; a bad recording or clip is listed and stops nothing.

    Args:
        embedder: What embeds.
        recordings: By key.
        cut: How recordings become clips.
        conditions: Some of :data:`~.cutting.NATIVE`, :data:`~.cutting.BOTTLENECK`.
        layers: Ask for the vectors of all layers; a single layer comes out as (N, D).
        progress: Called after each recording.

    Returns:
        The clips that could be embedded under every condition, and what could not be used.

    Raises:
        InputError: Nothing at all could be embedded.
        ModelMismatchError: See :class:`~.cutting.ClipEmbedder`.
    """
    embed = ClipEmbedder(embedder, cut, tuple(conditions), layers)
    pieces: dict[str, dict[str, Pieces]] = {}
    failed: list[dict[str, Any]] = []
    digest = hashlib.sha256()
    for done, (key, recording) in enumerate(recordings.items(), start=1):
        try:
            content = content_of(recording.path)
            found, errors = embed(recording.path, content)
            failed += [{**error.as_dict(), "where": clip_key(key, start, cut)} for start, error in errors.items()]
            if len(found[conditions[0]].starts_seconds):
                pieces[key] = found
                digest.update(f"{content} {key} {recording.voice}\n".encode())
        except InputError as error:
            failed.append({**error.as_dict(), "where": key})
        if progress:
            progress(done, len(recordings), key)
    if not pieces:
        first = f"{failed[0]['where']}: {failed[0]['what']}" if failed else "no sound"
        raise InputError(f"none of {len(recordings)} recordings can be embedded; the first: {first}")
    clips = {
        condition: _table({key: found[condition] for key, found in pieces.items()}, recordings, cut, embedder)
        for condition in conditions
    }
    return Embedded(clips, len(pieces), failed, digest.hexdigest())


def _table(pieces: Mapping[str, Pieces], recordings: Mapping[str, Recording], cut: Cut, embedder: Baseline) -> Clips:
    """Put the clips of all recordings under one another."""
    owners = [key for key, found in pieces.items() for _ in found.starts_seconds]
    starts = np.concatenate([found.starts_seconds for found in pieces.values()])
    vectors = np.concatenate([found.vectors for found in pieces.values()])
    names = [recording_of(key) for key in owners] if cut.seconds is None else owners
    return Clips(
        keys=np.array([clip_key(key, start, cut) for key, start in zip(owners, starts.tolist(), strict=True)]),
        recordings=np.array(names),
        voices=np.array([recordings[key].voice for key in owners]),
        kinds=np.array([recordings[key].kind for key in owners]),
        sessions=np.array([recordings[key].session for key in owners]),
        starts_seconds=starts,
        vectors=vectors[:, 0] if vectors.ndim == 3 and vectors.shape[1] == 1 else vectors,
        model=embedder.fingerprint,
    )
