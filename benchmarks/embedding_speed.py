"""How fast models embed, on one core, side by side: seconds of audio per second.

    python benchmarks/embedding_speed.py default ge2e mfcc

Each model embeds the same minute of the virtual choir in turn, several times; the median counts. Decoding is not in it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything counts the cores

import numpy as np

from singalike.audio.choir import sing
from singalike.audio.melody import melody
from singalike.audio.resample import resample
from singalike.audio.singer import singer
from singalike.errors import SingalikeError
from singalike.measure.embedders import BASELINES, EMBEDDERS, OurModel, find_embedder
from singalike.model.hub import load_model

RATE_HZ, SECONDS, ROUNDS = 44_100, 60.0, 5


def song() -> np.ndarray:
    """Return a minute of one singer."""
    samples = sing(singer(0), melody(0, seconds=SECONDS), sample_rate_hz=RATE_HZ)
    return np.resize(samples, int(SECONDS * RATE_HZ))


def main() -> int:
    parser = argparse.ArgumentParser(description="Time embedding on one core.")
    parser.add_argument("models", nargs="+", metavar="MODEL", help=f"a model folder, {', '.join(EMBEDDERS)}")
    options = parser.parse_args()
    try:
        embedders = [
            find_embedder(name) if name in BASELINES else OurModel(load_model(name, threads=1))
            for name in options.models
        ]
    except SingalikeError as error:
        print(error, file=sys.stderr)
        return 2
    heard = {one.name: resample(song(), from_hz=RATE_HZ, to_hz=one.sample_rate_hz) for one in embedders}
    times: dict[str, list[float]] = {one.name: [] for one in embedders}
    for _ in range(ROUNDS + 1):
        for one in embedders:
            begin = time.perf_counter()
            one.embed(heard[one.name], sample_rate_hz=one.sample_rate_hz)
            times[one.name].append(time.perf_counter() - begin)
    first = None
    print("| model | × real time, one core | relative |\n|---|---:|---:|")
    for name, own in times.items():
        speed = SECONDS / statistics.median(own[1:])  # the first opens the model
        first = first or speed
        print(f"| {name} | {speed:.0f} | {speed / first:.2f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
