"""Folds over the files of each singer: which clips train, choose and test a probe.

The files of every singer are shuffled and dealt into k parts like cards, the dealing of each singer going on
where that of the singer before stopped, so that parts are of equal size and every singer is in each. In fold
i, part i tests, part i + 1 (cyclically) validates and the others train (Torres et al. 2023, §4.3.2): all
clips of a file are in one part, and each file is tested once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from singalike.errors import ConfigError

_SHOWN = 5  # how many singers an error names


@dataclass(frozen=True, eq=False)
class Folds:
    """Which part each clip is in.

    Attributes:
        part: (N,) int, from 0; −1 where the clip's singer is left out.
        count: Number of parts, and of folds.
        left_out: Singers with too few files, sorted.
    """

    part: np.ndarray
    count: int
    left_out: tuple[str, ...]

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield the indices of the clips that train, validate and test, fold by fold."""
        for fold in range(self.count):
            chooses = (fold + 1) % self.count
            trains = (self.part >= 0) & (self.part != fold) & (self.part != chooses)
            yield np.flatnonzero(trains), np.flatnonzero(self.part == chooses), np.flatnonzero(self.part == fold)


def deal_files(
    files: Sequence[str] | np.ndarray,
    voices: Sequence[str] | np.ndarray,
    *,
    folds: int,
    seed: int,
    min_files: int = 0,
) -> Folds:
    """Deal the files of each singer into parts.

    Args:
        files: (N,) the file of each clip.
        voices: (N,) the singer of each clip, by the whole name.
        folds: Number of parts, at least 3.
        seed: Shuffles the files; the order of the clips is nothing.
        min_files: Leave singers with fewer files out; 0 leaves out nobody.

    Returns:
        The folds.

    Raises:
        ConfigError: Lengths differ, fewer than 3 folds, a file of two singers, a singer with fewer files than
            folds, or fewer than 2 singers.
    """
    if len(files) != len(voices):
        raise ConfigError(f"{len(files)} files but {len(voices)} voices")
    if folds < 3:
        raise ConfigError(f"{folds} folds leave nothing to train on", hint="3 or more")
    by_singer = _files_by_singer([str(file) for file in files], [str(voice) for voice in voices])
    left_out = tuple(sorted(singer for singer, own in by_singer.items() if len(own) < min_files))
    kept = {singer: sorted(by_singer[singer]) for singer in sorted(by_singer) if singer not in left_out}
    _check(kept, folds)
    chance = np.random.default_rng(seed)
    part_of, next_part = {}, 0
    for own in kept.values():
        for number in chance.permutation(len(own)):
            part_of[own[number]] = next_part
            next_part = (next_part + 1) % folds
    return Folds(np.array([part_of.get(str(file), -1) for file in files]), folds, left_out)


def _files_by_singer(files: list[str], voices: list[str]) -> dict[str, set[str]]:
    by_singer: dict[str, set[str]] = defaultdict(set)
    singer_of: dict[str, str] = {}
    for file, voice in zip(files, voices, strict=True):
        if (known := singer_of.setdefault(file, voice)) != voice:
            raise ConfigError(f"a file of two singers: {known}, {voice}", where=file, hint="name files by their paths")
        by_singer[voice].add(file)
    return by_singer


def _check(kept: dict[str, list[str]], folds: int) -> None:
    few = [f"{singer} has {len(own)}" for singer, own in kept.items() if len(own) < folds]
    if few:
        least = min(len(own) for own in kept.values())
        fewer = f"at most {least} folds, or " if least >= 3 else ""
        raise ConfigError(
            f"{folds} folds need {folds} files of each singer: {'; '.join(few[:_SHOWN])} ({len(few)} such singers)",
            hint=f"{fewer}min_files={folds} (--min-files {folds}) leaves such singers out",
        )
    if len(kept) < 2:
        raise ConfigError(f"singers can only be told apart where there are two: {len(kept)}")
