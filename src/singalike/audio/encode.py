"""Audio out: a waveform to a file, all of it or nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from singalike.atomic import draft
from singalike.errors import ConfigError

_FORMATS = {".wav": ("WAV", "PCM_16"), ".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS")}


def write_audio(path: str | Path, samples: np.ndarray, *, sample_rate_hz: int) -> Path:
    """Write a waveform as 16-bit wav or flac, or as Ogg Vorbis, by the extension.

    The file appears whole or not at all: it is written beside its place and then moved there. Its folder is
    made.

    Parameters
    ----------
    path : str or Path
        Ending in .wav, .flac or .ogg.
    samples : np.ndarray [shape=(T,) or (C, T)]
        Full scale ±1; what exceeds it is cut.
    sample_rate_hz : int
        The rate of ``samples``.

    Returns
    -------
    Path
        Of the file written.

    Raises
    ------
    ConfigError
        When the extension is another.
    """
    import soundfile

    path = Path(path)
    if path.suffix.lower() not in _FORMATS:
        raise ConfigError(
            f"cannot write {path.suffix or 'without an extension'}", where=path, hint="use .wav, .flac, .ogg"
        )
    container, subtype = _FORMATS[path.suffix.lower()]
    with draft(path) as place:
        channels = np.clip(np.atleast_2d(samples), -1.0, 1.0).T
        soundfile.write(place, channels, sample_rate_hz, format=container, subtype=subtype)
    return path
