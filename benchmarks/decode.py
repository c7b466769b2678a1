"""Decoding, side by side in one run: excerpts against whole files, libsndfile against FFmpeg.

Usage: ``python benchmarks/decode.py [seconds]``. The rounds of all candidates are interleaved and medians are
taken, so that a busy machine slows all alike; the ratios are the result, the milliseconds are this machine's.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import soundfile

from singalike.audio.decode import decode
from singalike.audio.readers import AvReader, SoundFileReader

RATE_HZ = 48000
EXCERPT_SECONDS = 4.0
ROUNDS = 7


def make_files(folder: Path, seconds: float) -> list[Path]:
    import av

    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(0).standard_normal((2, len(t)))
    stereo = (0.3 * np.sin(2 * np.pi * (200 + 2 * t) * t) + 0.02 * noise).astype(np.float32)
    paths = [folder / f"a.{extension}" for extension in ("wav", "flac", "ogg", "opus", "mp3", "m4a", "webm")]
    for path in paths[:5]:
        options = {"format": "OGG", "subtype": "OPUS"} if path.suffix == ".opus" else {}
        with soundfile.SoundFile(path, "w", RATE_HZ, 2, **options) as file:
            for start in range(0, len(t), RATE_HZ):  # libsndfile's Vorbis encoder crashes on long writes
                file.write(stereo[:, start : start + RATE_HZ].T)
    for path, codec in zip(paths[5:], ("aac", "libopus"), strict=True):
        with av.open(str(path), "w") as file:
            stream = file.add_stream(codec, rate=RATE_HZ, layout="stereo")
            for start in range(0, len(t), 960):
                block = np.ascontiguousarray(stereo[:, start : start + 960])
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
                frame.sample_rate, frame.pts = RATE_HZ, start
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
    return paths


def read_with(reader_class: type, path: Path) -> Callable[[], object]:
    def read() -> None:
        with reader_class(path) as reader:
            reader.read(0, None)

    return read


def candidates(path: Path, seconds: float) -> dict[str, Callable[[], object]]:
    middle = seconds / 2
    found: dict[str, Callable[[], object]] = {
        "whole": lambda: decode(path, sample_rate_hz=16000),
        "excerpt": lambda: decode(path, sample_rate_hz=16000, offset_seconds=middle, seconds=EXCERPT_SECONDS),
        "FFmpeg": read_with(AvReader, path),
    }
    if path.suffix not in (".m4a", ".webm"):
        found["libsndfile"] = read_with(SoundFileReader, path)
    return found


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with tempfile.TemporaryDirectory() as folder:
        calls = {path.suffix[1:]: candidates(path, seconds) for path in make_files(Path(folder), seconds)}
        times: dict[tuple[str, str], list[float]] = {}
        for _ in range(ROUNDS):
            for container, functions in calls.items():
                for name, function in functions.items():
                    start = time.perf_counter()
                    function()
                    times.setdefault((container, name), []).append(1000 * (time.perf_counter() - start))
    milliseconds = {key: median(values) for key, values in times.items()}
    print(f"{seconds:g} s of {RATE_HZ} Hz stereo; excerpt: {EXCERPT_SECONDS:g} s of the middle; to 16 kHz\n")
    print("| container | whole, ms | excerpt, ms | excerpt / whole | FFmpeg / libsndfile, whole |")
    print("|---|---|---|---|---|")
    for container, functions in calls.items():
        ms = {name: milliseconds[container, name] for name in functions}
        ratio = f"{ms['FFmpeg'] / ms['libsndfile']:.2f}" if "libsndfile" in ms else "FFmpeg only"
        share = ms["excerpt"] / ms["whole"]
        print(f"| {container} | {ms['whole']:.0f} | {ms['excerpt']:.0f} | {share:.3f} | {ratio} |")


if __name__ == "__main__":
    main()
