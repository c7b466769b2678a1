"""Recordings small enough to travel inside the report, so that the page can be moved as one file."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from singalike.audio.decode import decode
from singalike.audio.encode import write_audio

_SAMPLE_RATE_HZ = 16_000  # a voice is well heard at it, at some 5 kB a second


def data_uri(path: Path) -> str:
    """Return a recording as a data URI of Ogg Vorbis, mono."""
    samples = decode(path, sample_rate_hz=_SAMPLE_RATE_HZ).samples
    with tempfile.TemporaryDirectory() as folder:
        clip = write_audio(Path(folder) / "clip.ogg", samples, sample_rate_hz=_SAMPLE_RATE_HZ)
        return "data:audio/ogg;base64," + base64.b64encode(clip.read_bytes()).decode("ascii")
