"""A library: a folder of embedded recordings and enrolled voices.

The map (top calls down):

- ``library``     the class :class:`Library`: what commands and programs use
- ``add``         add, update, move, remove; ``reindex`` for another model
- ``search``      nearest recordings, then ``rerank`` (duplicates, caps) and ``explain`` (why these two)
- ``identify``    enrolled voices, and "unknown"
- ``background``  how alike the recordings of a library are, and what a score says among them
- ``query``       a file to a voiceprint, from the store where it is known already
- ``scan``        paths to audio files; ``tags`` their artist and title; ``sentinel`` trips on a dead model
- ``index``       the FAISS cache, rebuilt when missing, stale or broken
- ``store``       recordings in SQLite, the only truth; ``voices`` the enrolments; ``schema`` the tables
- ``voiceprint``  the vectors of one recording, checked
- ``results``     what the above return
"""

from __future__ import annotations

from singalike.library.library import Library
from singalike.library.results import (
    Candidate,
    Enrolment,
    Failure,
    Hit,
    Identification,
    Recording,
    SegmentPair,
    Summary,
    Voice,
)

__all__ = [
    "Candidate",
    "Enrolment",
    "Failure",
    "Hit",
    "Identification",
    "Library",
    "Recording",
    "SegmentPair",
    "Summary",
    "Voice",
]
