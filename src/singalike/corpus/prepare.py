"""Data made ready to learn from and to measure on: decoded, split by voice, cut into clips (Torres et al. 2023, §4.1).

Nothing is copied: the samples go to the cache that training reads (``home()/samples``), and the folder that is written
holds tables only:

- ``recordings.csv``  the usable recordings with their split; ``singalike train --data`` takes it
- ``spans.csv``       their non-overlapping clips (:mod:`singalike.corpus.spans`)
- ``prepared.json``   settings, counts, the recordings that cannot be used and why, the sha256 of both tables

Which part a voice is in depends on all recordings, also on those that cannot be used: a file repaired later moves no
voice to another part.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from singalike import __version__
from singalike.checksum import sha256
from singalike.corpus.cache import Preparation, cache_all
from singalike.corpus.readers import read_dataset
from singalike.corpus.recordings import Recording, read_recordings, replace_text, write_table
from singalike.corpus.spans import Span, spans, write_spans
from singalike.corpus.splits import PARTS, check_disjoint, split_voices
from singalike.errors import ConfigError, InputError, TooShortError, UnreadableError
from singalike.model.hub import home

RECORDINGS, SPANS, SUMMARY = "recordings.csv", "spans.csv", "prepared.json"
MIN_SECONDS = 1.0
_UNSPLIT = "none"

Progress = Callable[[str, int, int], None]  # (stage, done, of)


@dataclass(frozen=True)
class Settings:
    """What is asked of a preparation.

    Attributes:
        sample_rate_hz: The rate of the samples kept.
        clip_seconds: Length of a clip.
        shares: Shares of the voices to train, validate and test on.
        seed: Another seed is another split.
        shorten_silences: Cut silences as the paper does (:func:`singalike.audio.silence.shorten_silences`).
    """

    sample_rate_hz: int
    clip_seconds: float = 4.0
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = 0
    shorten_silences: bool = True


@dataclass(frozen=True)
class _Usable:
    recording: Recording
    seconds: float
    clips: list[Span]


def prepare(
    data: Path,
    out: Path,
    settings: Settings,
    *,
    reader: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Decode, split and cut recordings into clips; write the tables. What was done before is not done again.

    Args:
        data: A folder of singers, a table, or the root of the dataset that ``reader`` reads.
        out: The folder for the tables.
        settings: What is asked.
        reader: A name in :data:`singalike.corpus.readers.READERS`.
        jobs: Recordings at a time; None is one a core.
        progress: Called with ("decode" or "clips", done, of).

    Returns:
        What ``prepared.json`` holds; ``splits`` counts recordings, voices, clips and seconds (of the prepared
        recordings) of each part, ``failed`` lists recordings left out as error fields.

    Raises:
        ConfigError: There is no such data or reader, a voice is in two parts, there are fewer voices than parts,
            ``out`` cannot be written, or no recording can be used.
    """
    if settings.sample_rate_hz <= 0 or not MIN_SECONDS <= settings.clip_seconds < math.inf:
        raise ConfigError(f"a rate is positive and a clip lasts {MIN_SECONDS:g} s at least, not as in {settings}")
    recordings = _split(_read(data, reader), settings, data)
    _check_folder(out)
    progress = progress or (lambda stage, done, of: None)
    samples, failed = cache_all(
        [r.path for r in recordings],
        Preparation(settings.sample_rate_hz, settings.shorten_silences),
        home() / "samples",
        progress=lambda i, n: progress("decode", i, n),
        jobs=jobs,
    )
    decoded = [r for r in recordings if r.path in samples]
    usable, too_short = _cut_all(decoded, samples, settings, jobs, lambda i, n: progress("clips", i, n))
    failed += too_short
    if not usable:
        raise ConfigError(f"no recording of {len(recordings)} can be used", where=data, hint=f"the first: {failed[0]}")
    return _write(out, usable, failed, asked={"data": str(data), "reader": reader, "settings": asdict(settings)})


def _read(data: Path, reader: str | None) -> list[Recording]:
    return read_recordings(data) if reader is None else read_dataset(reader, data)


def _split(recordings: list[Recording], settings: Settings, data: Path) -> list[Recording]:
    """Split by voice, or keep the split that the data come with."""
    given = {r.split for r in recordings} - {""}
    if not given:
        return split_voices(recordings, shares=settings.shares, seed=settings.seed)
    if unknown := given - set(PARTS):
        raise ConfigError(f"a split is {', '.join(PARTS)}, not {', '.join(sorted(unknown))}", where=data)
    check_disjoint(recordings)
    return recordings


def _check_folder(out: Path) -> None:
    """Say before the long work, not after it, that the tables cannot be written; never replace another's table."""
    if (out / RECORDINGS).exists() and not (out / SPANS).exists():
        what = f"there is a {RECORDINGS} here that `singalike prepare` did not write"
        raise ConfigError(what, where=out, hint="name another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=out, hint="name another --out") from error


def _cut_all(
    recordings: Sequence[Recording], samples: dict[Path, Path], settings: Settings, jobs: int | None,
    progress: Callable[[int, int], None],
) -> tuple[list[_Usable], list[InputError]]:  # fmt: skip
    usable, failed = [], []

    def one(recording: Recording) -> _Usable | InputError:
        try:
            return _cut(recording, samples[recording.path], settings)
        except InputError as error:
            return error

    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        for i, result in enumerate(pool.map(one, recordings), start=1):
            (failed if isinstance(result, InputError) else usable).append(result)
            progress(i, len(recordings))
    return usable, failed


def _cut(recording: Recording, samples: Path, settings: Settings) -> _Usable:
    try:
        f"{recording.path}{recording.voice}".encode()
    except UnicodeEncodeError:  # bytes that are no text; a table cannot hold them
        raise UnreadableError("its name is not UTF-8", where=recording.path, hint="rename it") from None
    rate = settings.sample_rate_hz
    waveform = np.load(samples, mmap_mode="r")
    seconds = len(waveform) / rate
    if seconds < MIN_SECONDS:
        raise TooShortError(f"lasts {seconds:.3f} s; at least {MIN_SECONDS:g} s are needed", where=recording.path)
    clips = spans(recording, waveform, sample_rate_hz=rate, clip_seconds=settings.clip_seconds)
    return _Usable(recording, seconds, clips)


def _counts(usable: Sequence[_Usable]) -> dict[str, dict[str, float]]:
    """Count recordings, voices, clips and seconds of each part; "none" is there if something is in no part."""
    parts: dict[str, list[_Usable]] = defaultdict(list, {part: [] for part in PARTS})
    for one in usable:
        parts[one.recording.split or _UNSPLIT].append(one)
    return {
        part: {
            "recordings": len(members),
            "voices": len({u.recording.voice for u in members}),
            "clips": sum(len(u.clips) for u in members),
            "seconds": round(sum(u.seconds for u in members), 3),
        }
        for part, members in parts.items()
    }


def _write(
    out: Path, usable: Sequence[_Usable], failed: Sequence[InputError], *, asked: dict[str, Any]
) -> dict[str, Any]:
    """Write the tables, and last the summary that holds their hashes; return the summary."""
    write_spans((clip for u in usable for clip in u.clips), out / SPANS)
    write_table((u.recording for u in usable), out / RECORDINGS)
    summary = {
        "format": "singalike-prepared",
        "version": 1,
        "singalike": __version__,
        **asked,
        "splits": _counts(usable),
        "failed": [error.as_dict() for error in failed],
        "sha256": {name: sha256(out / name) for name in (RECORDINGS, SPANS)},
    }
    replace_text(out / SUMMARY, json.dumps(summary, indent=2) + "\n")
    return summary
