"""Stems that somebody has separated already: found beside a mix, or named by a table, and checked.

A folder holds stems if it has ``vocals`` in any audio format; beside it there may be

- ``mixture`` or ``mix``;
- ``accompaniment``, ``no_vocals`` or ``instrumental``;
- ``drums``, ``bass``, ``other`` (MUSDB18, or four stems of any separator).

What is missing is computed: accompaniment = mix − vocals, or else drums + bass + other, all three of them; mix =
vocals + accompaniment. Songs are completed alike where one trains on them (:func:`singalike.corpus.songs.terms`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from singalike.audio.containers import EXTENSIONS
from singalike.audio.decode import info
from singalike.audio.excerpt import read_excerpt
from singalike.errors import ConfigError, InputError, TooShortError, UnreadableError

NAMES = {
    "mix": ("mixture", "mix"),
    "vocals": ("vocals",),
    "accompaniment": ("accompaniment", "no_vocals", "instrumental"),
    "drums": ("drums",),
    "bass": ("bass",),
    "other": ("other",),
}
_BAND = ("drums", "bass", "other")
_SUFFIXES = frozenset().union(*EXTENSIONS.values())
_TOLERATED_SECONDS = 0.05  # encoders' padding; the longer files are cut


@dataclass(frozen=True)
class ReadyStems:
    """Stems that belong together: one rate, one length.

    Attributes:
        files: By name: ``vocals``, and any of ``mix``, ``accompaniment``, ``drums``, ``bass``, ``other``.
        sample_rate_hz: Of all of them.
        frames: T, of the shortest.
        trimmed_seconds: By how much the longest is longer; that is left out.
    """

    files: dict[str, Path]
    sample_rate_hz: int
    frames: int
    trimmed_seconds: float

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.frames / self.sample_rate_hz

    def read(self, *, offset_seconds: float = 0.0, seconds: float | None = None) -> dict[str, np.ndarray]:
        """Read the stems, or an excerpt of them.

        Returns:
            (C, n) float32 by name, one n for all: every file, and ``mix`` and ``accompaniment`` in any case.

        Raises:
            UnreadableError: A file cannot be decoded.
            TooShortError: The excerpt is not within the stems.
            InputError: A stem has another number of channels than the mix, and is not mono.
        """
        first = round(offset_seconds * self.sample_rate_hz)
        count = self.frames - first if seconds is None else round(seconds * self.sample_rate_hz)
        if first < 0 or count < 1 or first + count > self.frames:
            what = f"{count} samples from {first} on are not within its {self.frames}"
            raise TooShortError(what, where=self.files["vocals"])
        stems = {name: self._excerpt(file, first, count) for name, file in self.files.items()}
        return self._completed(stems)

    def _excerpt(self, file: Path, first: int, count: int) -> np.ndarray:
        rate_hz = self.sample_rate_hz
        samples = read_excerpt(file, None, first / rate_hz, count / rate_hz).channels
        if len(samples) < count:
            what = f"{len(samples)} samples from {first} on, not {count}: its header promises more than there is"
            raise TooShortError(what, where=file)
        return samples.T

    def _completed(self, stems: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        try:
            if "accompaniment" not in stems:
                band = [stems[name] for name in _BAND if name in stems]
                stems["accompaniment"] = stems["mix"] - stems["vocals"] if "mix" in stems else sum(band[1:], band[0])
            if "mix" not in stems:
                stems["mix"] = stems["vocals"] + stems["accompaniment"]
        except ValueError as error:
            channels = ", ".join(f"{name} {len(stem)}" for name, stem in stems.items())
            raise InputError(f"channels differ: {channels}", where=self.files["vocals"]) from error
        return stems


def find_stems(place: str | Path) -> ReadyStems | None:
    """Find ready stems of a mix, or in a folder.

    Args:
        place: A folder; or a mix, of which the stems are sought in the folder of its own name beside it (``song.mp3``:
            ``song/vocals.wav``), and, if it is called ``mixture`` or ``mix``, beside it.

    Returns:
        The stems, or None where there are none.

    Raises:
        UnreadableError: A file cannot be decoded.
        InputError: They do not belong together (rates, lengths), a name is there twice, or there is neither a mix nor
            an accompaniment and the band lacks a part.
        ConfigError: There is no such place.
    """
    place = Path(place)
    if place.is_dir():
        files = _in_folder(place)
    elif place.is_file():
        files = _in_folder(place.parent) if place.stem.lower() in NAMES["mix"] else _in_folder(place.with_suffix(""))
        files = {**files, "mix": place}
    else:
        raise ConfigError("no such file or folder", where=place)
    if "vocals" not in files or len(files) == 1:
        return None
    lacking = [name for name in _BAND if name not in files]
    if lacking and not {"mix", "accompaniment"} & set(files):
        what = f"no mixture or accompaniment, and of the band no {' and no '.join(lacking)}"
        raise InputError(what, where=files["vocals"].parent, hint="add the mixture, or what is missing")
    return _checked(files)


def named_stems(mix: str | Path, *, vocals: str | Path = "", accompaniment: str | Path = "") -> ReadyStems | None:
    """Take the stems that a row of a table names; None where it names no vocals.

    Raises:
        UnreadableError: A file is missing or cannot be decoded.
        InputError: They do not belong together.
    """
    if not str(vocals):
        return None
    files = {"mix": Path(mix), "vocals": Path(vocals)}
    return _checked(files | ({"accompaniment": Path(accompaniment)} if str(accompaniment) else {}))


def _in_folder(folder: Path) -> dict[str, Path]:
    known = {spelling: name for name, spellings in NAMES.items() for spelling in spellings}
    files: dict[str, Path] = {}
    for file in sorted(folder.iterdir()) if folder.is_dir() else []:
        name = known.get(file.stem.lower())
        if name is None or file.suffix.lower() not in _SUFFIXES or not file.is_file():
            continue
        if name in files:
            what = f"{file.name} and {files[name].name} are both the {name}"
            raise InputError(what, where=folder, hint="leave one of them")
        files[name] = file
    return files


def _checked(files: dict[str, Path]) -> ReadyStems:
    """Compare what the headers say."""
    rates_hz, frames = {}, {}
    for name, file in files.items():
        head = info(file)
        if head.seconds is None:
            raise UnreadableError("does not say how long it is", where=file, hint="convert it to wav or flac")
        rates_hz[name], frames[name] = head.sample_rate_hz, round(head.seconds * head.sample_rate_hz)
    where = files["vocals"].parent
    if len(set(rates_hz.values())) > 1:
        said = ", ".join(f"{name} {rate} Hz" for name, rate in rates_hz.items())
        raise InputError(f"sample rates differ: {said}", where=where, hint="resample them to one")
    rate_hz = rates_hz["vocals"]
    longer = (max(frames.values()) - min(frames.values())) / rate_hz
    if longer > _TOLERATED_SECONDS:
        said = ", ".join(f"{name} {count / rate_hz:.3f} s" for name, count in frames.items())
        raise InputError(f"lengths differ: {said}", where=where, hint=f"by {_TOLERATED_SECONDS} s at most")
    return ReadyStems(files, rate_hz, min(frames.values()), longer)
