"""The virtual choir as training data: singers by seed, songs by seed, and accompaniments for mixes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from singalike.audio.choir import accompany, melody, sing, singer
from singalike.audio.encode import write_audio
from singalike.corpus.recordings import Recording

CHOIR = "choir"
LICENCE = "made by singalike (Apache-2.0)"
# Seeds under these are for tests, demos and benchmarks: nothing measured there was ever trained on.
FIRST_SINGER, FIRST_MELODY = 100_000, 100_000


def choir_recordings(
    folder: Path,
    *,
    singers: int,
    songs: int,
    sample_rate_hz: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[Recording]:
    """Let ``singers`` virtual singers sing ``songs`` melodies each into ``folder``; what is there is kept.

    Returns:
        One recording a song; ``session`` is the song.
    """
    recordings = []
    for i in range(singers * songs):
        who, song = divmod(i, songs)
        tune = FIRST_MELODY + who * songs + song
        path = folder / f"choir-{FIRST_SINGER + who}" / f"{tune}-{sample_rate_hz}.flac"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            voice = sing(singer(FIRST_SINGER + who), melody(tune), sample_rate_hz=sample_rate_hz, take=song)
            write_audio(path, voice, sample_rate_hz=sample_rate_hz)
        recordings.append(
            Recording(
                path=path,
                voice=path.parent.name,
                kind="sung",
                song=str(tune),
                session=str(tune),
                licence=LICENCE,
                source=CHOIR,
            )
        )
        if progress:
            progress(i + 1, singers * songs)
    return recordings


def accompaniments(pieces: int, *, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Return (pieces, T) float32 accompaniments without a voice, each repeated to ``seconds``."""
    T = round(seconds * sample_rate_hz)
    rows = []
    for i in range(pieces):
        tune = accompany(melody(FIRST_MELODY + i), seed=FIRST_MELODY + i, sample_rate_hz=sample_rate_hz)
        rows.append(np.resize(tune, T))
    return np.stack(rows).astype(np.float32)
