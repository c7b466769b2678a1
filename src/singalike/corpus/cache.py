"""Decoded recordings, kept: each is decoded once to 16-bit samples that are read back by memory map.

One file a recording, named by its path, size, time and what was done to it, written atomically: an interrupted
preparation goes on where it was, a changed file is decoded again.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from singalike.audio.decode import decode
from singalike.audio.resample import resample
from singalike.audio.silence import shorten_silences
from singalike.errors import InputError

_VERSION = 1
_FULL_SCALE = 32_767


@dataclass(frozen=True)
class Preparation:
    """What is done to a recording once: mono at a rate, silences shortened, played at another speed.

    ``speed`` 1.1 makes it shorter, higher, and its vocal tract smaller: another voice.
    """

    sample_rate_hz: int
    shorten_silences: bool = True
    speed: float = 1.0


def cached(path: Path, preparation: Preparation, folder: Path) -> Path:
    """Return the ``.npy`` of int16 samples (T,) of a recording, made if it is not there.

    Raises:
        InputError: the recording cannot be used.
    """
    stat = path.stat() if path.is_file() else None
    key = (_VERSION, str(path.resolve()), stat and stat.st_size, stat and stat.st_mtime_ns, preparation)
    target = folder / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}.npy"
    if not target.is_file():
        samples = _prepare(path, preparation)
        folder.mkdir(parents=True, exist_ok=True)
        save_array(target, samples)
    return target


def save_array(path: Path, array: np.ndarray) -> None:
    """Write a ``.npy`` atomically, also where another thread or process writes the same one."""
    draft = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
    with draft.open("wb") as file:
        np.save(file, array)
    os.replace(draft, path)


def cache_all(
    paths: Sequence[Path],
    preparation: Preparation,
    folder: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[dict[Path, Path], list[InputError]]:
    """Prepare many recordings; return the samples' files by recording, and what failed."""
    done: dict[Path, Path] = {}
    failed: list[InputError] = []

    def one(path: Path) -> Path | InputError:
        try:
            return cached(path, preparation, folder)
        except InputError as error:
            return error

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for i, (path, result) in enumerate(zip(paths, pool.map(one, paths), strict=True), start=1):
            if isinstance(result, InputError):
                failed.append(result)
            else:
                done[path] = result
            if progress:
                progress(i, len(paths))
    return done, failed


def _prepare(path: Path, preparation: Preparation) -> np.ndarray:
    rate = preparation.sample_rate_hz
    samples = decode(path, sample_rate_hz=rate).samples
    if preparation.speed != 1.0:
        samples = resample(samples, from_hz=rate * preparation.speed, to_hz=rate)
    samples = samples / np.abs(samples).max()
    if preparation.shorten_silences:
        samples = shorten_silences(samples, sample_rate_hz=rate)
    return np.round(samples * _FULL_SCALE).astype(np.int16)
