"""How long `singalike search` takes from nothing to a printed result, and where the time goes.

    python benchmarks/search_start.py [--files 1000] [--runs 7] [--model FOLDER] [--work FOLDER]

Makes a library of short synthetic files (kept in --work: a second run only measures), then runs, each in a
fresh process: the whole command, for a query the library has never seen and for one of its own files; and
the same steps by hand, with a clock between them. Medians; the files are in the page cache. On a busy machine
the wall times say little; the processor time is given too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RATE_HZ = 22050
SECONDS = 6.0


def tone(seed: int) -> np.ndarray:
    """Return a vibrato tone with a random spectral envelope: cheap, and different for every seed."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    f0_hz = rng.uniform(110, 440)
    phase = 2 * np.pi * f0_hz * t + rng.uniform(1, 3) * np.sin(2 * np.pi * 5.5 * t)
    harmonics = np.arange(1, int(8000 / f0_hz))
    levels = 10 ** ((rng.normal(0, 8, len(harmonics)) - 1.5 * harmonics) / 20)
    sound = sum(level * np.sin(h * phase) for h, level in zip(harmonics, levels, strict=True))
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def build(work: Path, model: str | None, files: int) -> tuple[Path, Path]:
    """Make music, library and a query outside of it in `work`; return (library, query)."""
    import soundfile

    from singalike.library import Library
    from singalike.model.hub import load_model

    music, query, folder = work / "music", work / "query.wav", work / f"library-{files}"
    music.mkdir(parents=True, exist_ok=True)
    soundfile.write(query, tone(10**6), RATE_HZ)
    paths = [music / f"{seed:05d}.wav" for seed in range(files)]
    for seed, path in enumerate(paths):
        if not path.exists():
            soundfile.write(path, tone(seed), RATE_HZ)
    with Library(folder, model=load_model(model)) as library:
        summary = library.add(*paths)
        if len(library) != files:
            raise SystemExit(f"the library has {len(library)} recordings, not {files}; failed: {summary.failed[:3]}")
    return folder, query


def median_seconds(command: list[str], runs: int) -> tuple[float, float]:
    """Return the median wall and processor time of `command`, each time a fresh process."""
    wall, processor = [], []
    for _ in range(runs):
        start, before = time.perf_counter(), os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        wall.append(time.perf_counter() - start)
        used = after.children_user + after.children_system - before.children_user - before.children_system
        processor.append(used)
    return statistics.median(wall), statistics.median(processor)


def phases(started: float, folder: str, query: str, model: str | None) -> dict[str, float]:
    """Run the steps of a search one by one in this fresh process; return the seconds of each."""
    clock = {"interpreter, numpy": time.time() - started}

    @contextlib.contextmanager
    def timed(name: str):
        start = time.perf_counter()
        yield
        clock[name] = time.perf_counter() - start

    with timed("imports: command line"):
        import singalike.cli  # noqa: F401
    with timed("imports: library, model, audio"):
        from singalike.library.index import open_index
        from singalike.library.query import resolve
        from singalike.library.search import limits_from, search
        from singalike.library.store import Store
        from singalike.model.hub import load_model
    with timed("open the library"):
        store = Store(Path(folder), create=False)
    with timed("load the model (card, checksum)"):
        loaded = load_model(model)
    with timed("load the model (ONNX Runtime)"):
        loaded.encode(np.zeros((1, loaded.sample_rate_hz), np.float32))
    with timed("embed the query"):
        asked = resolve(store, lambda: loaded, query)
    with timed("load the index (with faiss)"):
        index = open_index(store)
    with timed("search"):
        search(store, index, asked, limits_from(10), calibration=loaded.card.calibration, explain=False)
    return clock


def measure(folder: Path, query: Path, model: str | None, runs: int) -> None:
    """Print the whole command's times and the split."""
    options = ["--library", str(folder), *(["--model", model] if model else [])]
    own = min((folder.parent / "music").iterdir())
    for name, asked in (("a new query", query), ("a query of the library", own)):
        command = [sys.executable, "-m", "singalike.cli", "search", str(asked), *options]
        wall, processor = median_seconds(command, runs)
        print(f"{name}: {wall:.2f} s from start to exit, {processor:.2f} s of processor time")
    splits = []
    for _ in range(runs):
        command = [
            sys.executable,
            __file__,
            "--phases",
            json.dumps([time.time(), str(folder), str(query), model]),
        ]
        splits.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    print("\n| step (new query) | seconds |\n|---|---|")
    total = 0.0
    for name in splits[0]:
        seconds = statistics.median(split[name] for split in splits)
        total += seconds
        print(f"| {name} | {seconds:.3f} |")
    print(f"| sum, without printing and exit | {total:.3f} |")


def main() -> None:
    """Build where needed, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--model", default=None, help="a model folder; default: the shipped model")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "singalike-search-start")
    parser.add_argument("--phases", default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.phases:
        print(json.dumps(phases(*json.loads(arguments.phases))))
        return
    folder, query = build(arguments.work, arguments.model, arguments.files)
    print(f"{arguments.files} files, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    measure(folder, query, arguments.model, arguments.runs)


if __name__ == "__main__":
    main()
