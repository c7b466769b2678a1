"""Songs of noise: each artist noise through a filter of its own, over an accompaniment that all share."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from singalike.audio.encode import write_audio

RATE_HZ = 8000


def coloured(colour: int, take: int, *, seconds: float) -> np.ndarray:
    """Return (T,) noise, steady for a colour, a little different for each take."""
    chance = np.random.default_rng([colour, take])
    count = round(seconds * RATE_HZ)
    spectrum = np.fft.rfft(chance.normal(size=count))
    shape = 1.05 + np.cos(2 * np.pi * (colour + 1) * np.linspace(0, 1, len(spectrum)) + 0.2 * chance.normal())
    samples = np.fft.irfft(spectrum * shape, count)
    return (0.4 * samples / np.abs(samples).max()).astype(np.float32)


def write_songs(
    folder: Path,
    *,
    artists: int = 6,
    songs: int = 3,
    seconds: float = 2.4,
    tags: Callable[[int, int], str] = lambda artist, song: "",
    splits: Callable[[int, int], str] = lambda artist, song: "",
) -> Path:
    """Write ``<folder>/artist<a>/song<s>/{vocals,accompaniment}.wav`` and a table of them; return the table."""
    rows = []
    for artist in range(artists):
        for song in range(songs):
            place = folder / f"artist{artist}" / f"song{song}"
            parts = {
                "vocals": coloured(artist, song, seconds=seconds),
                "accompaniment": 0.3 * coloured(99, song, seconds=seconds),
            }
            for name, samples in parts.items():
                write_audio(place / f"{name}.wav", samples, sample_rate_hz=RATE_HZ)
            files = {name: (place / f"{name}.wav").relative_to(folder).as_posix() for name in parts}
            about = {"voice": f"artist{artist}", "song": f"{artist}-{song}"}
            rows.append({**about, **files, "tags": tags(artist, song), "split": splits(artist, song)})
    table = folder / "songs.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return table
