"""Which two things are "the same voice": one rule a file.

A rule plans one epoch. Plans depend on nothing but their arguments, so a resumed run goes on where it was.

- Rules for recordings: ``rule(recordings, batch=, steps=, seed=, epoch=, **options)`` returns indices (steps, B, 2),
  each row a pair of recordings (the same one twice where two crops of it are meant).
- Rules for songs: ``rule(segments, batch=, steps=, seed=, epoch=, done=, **options)`` returns a
  :class:`~singalike.pairs.song_plan.SongPlan`, which also says what is heard of each side.
"""

from __future__ import annotations

from singalike.pairs.artificial_mixture import artificial_mixture
from singalike.pairs.own_source import own_source
from singalike.pairs.same_artist import same_artist
from singalike.pairs.same_recording import same_recording
from singalike.pairs.same_segment import same_segment
from singalike.pairs.same_singer import same_singer
from singalike.pairs.song_plan import SongPlan
from singalike.pairs.triplets import triplets

RULES = {"same-recording": same_recording, "same-singer": same_singer}
SONG_RULES = {
    "same-segment": same_segment,
    "same-artist": same_artist,
    "own-source": own_source,
    "artificial-mixture": artificial_mixture,
    "triplets": triplets,
}

__all__ = [
    "RULES",
    "SONG_RULES",
    "SongPlan",
    "artificial_mixture",
    "own_source",
    "same_artist",
    "same_recording",
    "same_segment",
    "same_singer",
    "triplets",
]
