"""Decoded recordings, kept: each is decoded once to 16-bit samples that are read back by memory map.

One file a recording, named by the sha256 of its bytes and what was done to it, written atomically: an interrupted
preparation goes on where it was, a changed file is decoded again, a moved or doubled one is not. What the bytes of a
path hash to is remembered under ``hashes/`` by path, size and time, so that a large corpus is not read at each start.
Processes may share a folder: at worst two decode the same recording, and the later one's file stays.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from singalike.audio.containers import read_head
from singalike.audio.decode import decode
from singalike.audio.quality import Channels
from singalike.audio.resample import resample
from singalike.audio.silence import shorten_silences
from singalike.checksum import sha256
from singalike.errors import InputError, SilentError, UnreadableError

_VERSION = 1
_FULL_SCALE = 32_767
_SILENCE = 0.005  # of the peak: the paper's
_MEMO = "hashes"
_HEX_DIGITS = 64  # of a sha256
_ABANDONED_SECONDS = 3600  # a draft that nobody has written to for so long was left by a killed process


@dataclass(frozen=True)
class Preparation:
    """What is done to a recording once: mono at a rate, peak at full scale, silences shortened, at another speed.

    ``speed`` 1.1 makes it shorter, higher, and its vocal tract smaller: another voice. Without ``levelled`` the
    level stays; what is above full scale is clipped. Stems of one song still add up if they are neither levelled nor
    shortened, and ``channels`` are ``"all"`` (see :func:`singalike.audio.decode.decode`).
    """

    sample_rate_hz: int
    shorten_silences: bool = True
    speed: float = 1.0
    levelled: bool = True
    channels: Channels = field(default="live", repr=False)  # see _target


def cached(path: Path, preparation: Preparation, folder: Path) -> Path:
    """Return the ``.npy`` of int16 samples (T,) of a recording, made if it is not there.

    Equal contents share one file, whatever their paths.

    Raises:
        InputError: the recording cannot be used.
    """
    target = _target(path, preparation, folder)
    _fill(target, path, preparation)
    return target


def save_array(path: Path, array: np.ndarray) -> None:
    """Write a ``.npy`` atomically, also where another thread or process writes the same one."""
    with _replacing(path) as file:
        np.save(file, array)


def cache_all(
    paths: Sequence[Path],
    preparation: Preparation,
    folder: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    jobs: int | None = None,
) -> tuple[dict[Path, Path], list[InputError]]:
    """Prepare many recordings, ``jobs`` at a time; return the samples' files by recording, and what failed.

    Args:
        paths: The recordings.
        preparation: What is done to each.
        folder: Where the samples are kept.
        progress: Called with (done, of), in the order of ``paths``.
        jobs: Threads (decoding, resampling and hashing all let go of the interpreter); None is one a core.

    Raises:
        OSError: the folder cannot be written.
    """
    _remove_abandoned(folder)
    done: dict[Path, Path] = {}
    failed: list[InputError] = []
    locks: dict[Path, threading.Lock] = {}  # of two paths with one content, one decodes and one waits

    def one(path: Path) -> Path | InputError:
        try:
            target = _target(path, preparation, folder)
            with locks.setdefault(target, threading.Lock()):
                _fill(target, path, preparation)
            return target
        except InputError as error:
            return error

    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        for i, (path, result) in enumerate(zip(paths, pool.map(one, paths), strict=True), start=1):
            if isinstance(result, InputError):
                failed.append(result)
            else:
                done[path] = result
            if progress:
                progress(i, len(paths))
    return done, failed


def _target(path: Path, preparation: Preparation, folder: Path) -> Path:
    key = (_VERSION, _content(path, folder / _MEMO), preparation)
    # The default is not named, so that what was kept before one could choose is still of use.
    return folder / f"{_name(key if preparation.channels == 'live' else (*key, preparation.channels))}.npy"


def _content(path: Path, memo: Path) -> str:
    """Return the sha256 of a file's bytes, remembered in a file of ``memo`` for as long as its stat is the same."""
    read_head(path)  # says what is wrong with a path that is no file, or plainly no audio
    try:
        stat = path.stat()
        remembered = memo / _name((str(path.resolve()), stat.st_size, stat.st_mtime_ns))
        content = remembered.read_text(encoding="ascii") if remembered.is_file() else ""
        if len(content) == _HEX_DIGITS:  # a crash of the whole machine may leave an empty file
            return content
        content = sha256(path)
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}", where=path, hint="check the disk") from error
    with _replacing(remembered) as file:
        file.write(content.encode("ascii"))
    return content


def _fill(target: Path, path: Path, preparation: Preparation) -> None:
    # A crash of the whole machine may leave an empty file.
    if not target.is_file() or not target.stat().st_size:
        save_array(target, _prepare(path, preparation))


def _prepare(path: Path, preparation: Preparation) -> np.ndarray:
    rate = preparation.sample_rate_hz
    samples = decode(path, sample_rate_hz=rate, channels=preparation.channels).samples
    if preparation.speed != 1.0:
        samples = resample(samples, from_hz=rate * preparation.speed, to_hz=rate)
    samples = samples / np.abs(samples).max() if preparation.levelled else samples.clip(-1.0, 1.0)
    if preparation.shorten_silences:
        samples = shorten_silences(samples, sample_rate_hz=rate, threshold=_SILENCE)
        if np.abs(samples).max() < _SILENCE:
            raise SilentError("there are only clicks in it: no sound lasts 0.2 s", where=path)
    return np.round(samples * _FULL_SCALE).astype(np.int16)


def _name(key: object) -> str:
    return hashlib.sha256(repr(key).encode()).hexdigest()[:32]


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a draft that takes the place of ``path`` once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with draft.open("wb") as file:
            yield file
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _remove_abandoned(folder: Path) -> None:
    for draft in folder.rglob("*.tmp"):
        try:
            if time.time() - draft.stat().st_mtime > _ABANDONED_SECONDS:
                draft.unlink()
        except FileNotFoundError:  # its writer has just finished, or another process swept too
            continue
