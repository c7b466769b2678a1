"""Rated segments to vectors, one each; kept as those of clips are."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from singalike.audio.decode import decode
from singalike.checksum import content_of
from singalike.corpus.rated import RatedSegment
from singalike.errors import InputError
from singalike.measure.clips import Clips, Embedded, Progress
from singalike.measure.cutting import NATIVE, ClipEmbedder, Waveform
from singalike.measure.trial_names import WHOLE

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline


def embed_segments(
    embedder: Baseline, segments: Sequence[RatedSegment], *, progress: Progress | None = None
) -> Embedded:
    """Embed segments, each as one clip; a bad one is listed and stops nothing.

    Args:
        embedder: What embeds.
        segments: Of different names.
        progress: Called after each segment.

    Returns:
        One clip a segment that could be embedded, by its name, under the condition ``"native"``.

    Raises:
        InputError: Nothing at all could be embedded.
        ModelMismatchError: See :class:`~.cutting.ClipEmbedder`.
    """
    known = functools.cache(content_of)  # several segments of one file
    embed = ClipEmbedder(embedder.of("mixture"), WHOLE, (NATIVE,))
    vectors: dict[str, np.ndarray] = {}
    failed: list[dict[str, Any]] = []
    digest = hashlib.sha256()
    for done, segment in enumerate(segments, start=1):
        try:
            span = (known(segment.path), segment.start_seconds, segment.seconds)
            key = hashlib.sha256(repr(("segment", *span)).encode()).hexdigest()
            pieces, errors = embed.embed_cut(key, functools.partial(_cut, segment, embedder.sample_rate_hz))
            for error in errors.values():
                raise error
            vectors[segment.name] = pieces[NATIVE].vectors[0]
            digest.update(f"{key} {segment.name} {segment.voice} {list(segment.ratings.items())}\n".encode())
        except InputError as error:
            failed.append({**error.as_dict(), "where": f"{segment.name}: {segment.path}"})
        if progress:
            progress(done, len(segments), segment.name)
    if not vectors:
        raise InputError(f"none of {len(segments)} segments can be embedded; the first: {failed[0]['what']}")
    used = [segment for segment in segments if segment.name in vectors]
    clips = Clips(
        keys=np.array([segment.name for segment in used]),
        recordings=np.array([str(segment.path) for segment in used]),
        voices=np.array([segment.voice for segment in used]),
        kinds=np.full(len(used), "rated"),
        sessions=np.full(len(used), ""),
        starts_seconds=np.array([segment.start_seconds for segment in used]),
        vectors=np.stack(list(vectors.values())),
        model=embedder.fingerprint,
    )
    return Embedded({NATIVE: clips}, len({segment.path for segment in used}), failed, digest.hexdigest())


def _cut(segment: RatedSegment, to_hz: int) -> Waveform:
    offset, seconds = segment.start_seconds, segment.seconds
    samples = decode(segment.path, sample_rate_hz=to_hz, offset_seconds=offset, seconds=seconds).samples
    return Waveform(samples, to_hz, np.zeros(1), len(samples) / to_hz)
