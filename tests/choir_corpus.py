"""A tiny corpus for tests: a few virtual singers in folders, sung once per test session."""

from __future__ import annotations

from pathlib import Path

from singalike.audio.choir import melody, sing, singer
from singalike.audio.encode import write_audio


def sing_corpus(folder: Path, *, singers: int, songs: int, sample_rate_hz: int, seconds: float) -> Path:
    """Write ``<folder>/<singer>/<song>/take.wav`` and return the folder."""
    for who in range(singers):
        for song in range(songs):
            path = folder / f"singer{who}" / f"song{song}" / "take.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            voice = sing(singer(who), melody(10 * who + song, seconds=seconds), sample_rate_hz=sample_rate_hz)
            write_audio(path, voice, sample_rate_hz=sample_rate_hz)
    return folder
