"""How much better REPET-SIM lets the voice be heard: SI-SDR of its stems against that of the mix, on choir songs.

    python benchmarks/separation.py [--songs 10] [--seconds 12] [--separator repet]

Mix, vocals and accompaniment are the virtual choir's, as loud as one another, at 44.1 kHz. The mix itself is the
estimate to beat. These singers, melodies and bands were not heard when the settings of `repet` were chosen.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from singalike.audio.choir import Song, melody, singer, song
from singalike.evaluate.si_sdr import si_sdr_db
from singalike.separate.base import Separator, find_separator
from singalike.separate.chunks import separate_array

SAMPLE_RATE_HZ = 44_100
FIRST = 200  # singers and melodies from this seed on


def sung(count: int, seconds: float) -> list[Song]:
    return [
        song(singer(seed), melody(seed, seconds=seconds), seed=seed, sample_rate_hz=SAMPLE_RATE_HZ)
        for seed in range(FIRST, FIRST + count)
    ]


def measure(songs: list[Song], separator: Separator) -> tuple[np.ndarray, float]:
    """Return SI-SDR in dB (songs, 4: mix and stem as vocals, as accompaniment), and core seconds per second."""
    separate_array(songs[0].mix, separator, sample_rate_hz=SAMPLE_RATE_HZ)  # libraries compile on their first call
    rows, took = [], 0.0
    for one in songs:
        begin = time.process_time()
        stems = separate_array(one.mix, separator, sample_rate_hz=SAMPLE_RATE_HZ)
        took += time.process_time() - begin
        truths = (("vocals", one.vocals), ("accompaniment", one.accompaniment))
        rows.append([si_sdr_db(e, truth) for name, truth in truths for e in (one.mix, stems[name][0])])
    return np.array(rows), took / sum(len(one.mix) / SAMPLE_RATE_HZ for one in songs)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--songs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--separator", default="repet")
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    separator = find_separator(options.separator, weights=options.weights)
    db, speed = measure(sung(options.songs, options.seconds), separator)
    lines = [
        f"| {options.songs} songs of {options.seconds:g} s | mix, dB | stem, dB | better by, dB | worst | best |",
        "|---|---|---|---|---|---|",
    ]
    for name, (mix, stem) in (("vocals", db[:, :2].T), ("accompaniment", db[:, 2:].T)):
        gain = stem - mix
        lines.append(
            f"| {separator.name}: {name} | {mix.mean():.1f} | {stem.mean():.1f} "
            f"| {gain.mean():+.1f} ± {gain.std(ddof=1):.1f} | {gain.min():+.1f} | {gain.max():+.1f} |"
        )
    lines.append(f"\n{speed:.3f} s of processor time for a second of mono song at {SAMPLE_RATE_HZ} Hz.")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
