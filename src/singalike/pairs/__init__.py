"""Which two things are "the same voice": one rule a file.

A rule plans one epoch: ``rule(recordings, batch=, steps=, seed=, epoch=)`` returns indices (steps, B, 2), each
row a pair of recordings (the same one twice where two crops of it are meant). Plans depend on nothing but
their arguments, so a resumed run goes on where it was.
"""

from __future__ import annotations

from singalike.pairs.same_recording import same_recording
from singalike.pairs.same_singer import same_singer

RULES = {"same-recording": same_recording, "same-singer": same_singer}

__all__ = ["RULES", "same_recording", "same_singer"]
