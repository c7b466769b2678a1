"""A file into stem files, block by block: an hour takes no more memory than a minute.

The file is gone through twice: once to find what is wrong with it (a NaN in the last second is found before an hour of
work), once to separate it. Each stem has the file's rate, channels and length, to the sample.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singalike.audio.blocks import open_blocks, survey
from singalike.errors import ConfigError, InputError
from singalike.separate.base import Separator
from singalike.separate.chunks import separate_blocks

if TYPE_CHECKING:
    import soundfile

# As they are called -> extension, container, sample format. Floats are the default: stems may well exceed full scale
# where the mix does not, and cut at ±1 they would not add up any more.
FORMATS = {
    "float": (".wav", "WAV", "FLOAT"),
    "wav16": (".wav", "WAV", "PCM_16"),
    "flac": (".flac", "FLAC", "PCM_16"),
}
_WAV_BYTES = 4_000_000_000  # beyond it a WAV's header cannot count; RF64 (EBU Tech 3306) can


@dataclass(frozen=True)
class Separated:
    """The stems of one file.

    Attributes:
        stems: Their files by name.
        sample_rate_hz, channels, frames: Of the file, and of each stem.
        flags: Of the file, as :class:`singalike.audio.blocks.Survey`; and ``"clipped"`` where 16 bits cut a stem.
    """

    stems: dict[str, Path]
    sample_rate_hz: int
    channels: int
    frames: int
    flags: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.frames / self.sample_rate_hz


def separate_file(
    path: Path,
    separator: Separator,
    out: Path,
    *,
    format: str = "float",
    progress: Callable[[float], None] = lambda share: None,
) -> Separated:
    """Separate a file into ``<out>/<stem>.wav`` or ``.flac``; they appear together, once all of them are whole.

    Args:
        path: The mix.
        separator: Any.
        out: A folder, made where it is missing.
        format: ``"float"`` (32-bit wav), ``"wav16"`` or ``"flac"`` (16 bits).
        progress: Called with the share that is done, up to 1.

    Raises:
        InputError: The file cannot be used, is silent, shorter than the separator can use, or of more channels than
            the format holds.
        ConfigError: There is no such format.
    """
    if format not in FORMATS:
        raise ConfigError(f"no format {format!r}", hint=f"one of {', '.join(FORMATS)}")
    found = survey(path, min_seconds=separator.min_seconds)
    size = (found.sample_rate_hz, found.channels, found.frames)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".separating-") as draft, ExitStack() as opened:
        names = {name: f"{name}{FORMATS[format][0]}" for name in separator.stems}
        files = {
            name: opened.enter_context(_writer(Path(draft, file), *size, format=format, where=path))
            for name, file in names.items()
        }
        clipped = False
        with open_blocks(path) as blocks:
            for stems in separate_blocks(
                blocks, separator, frames=size[2], sample_rate_hz=size[0], where=path, progress=progress
            ):
                for name, stem in stems.items():
                    files[name].write(stem.T if format == "float" else _to_16_bits(stem.T))
                    clipped = clipped or (format != "float" and bool(np.abs(stem).max() > 1.0))
        opened.close()
        for file in names.values():
            Path(draft, file).replace(out / file)
    flags = (*found.flags, *(["clipped"] if clipped else []))
    return Separated({name: out / file for name, file in names.items()}, *size, flags)


def _to_16_bits(samples: np.ndarray) -> np.ndarray:
    """Round to the nearest step and cut at full scale; libsndfile rounds down, and four stems' errors would add up."""
    return np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)


def _writer(
    path: Path, sample_rate_hz: int, channels: int, frames: int, *, format: str, where: Path
) -> soundfile.SoundFile:
    """Open a file to write."""
    import soundfile

    _, container, subtype = FORMATS[format]
    if container == "WAV" and frames * channels * 4 > _WAV_BYTES:
        container = "RF64"
    try:
        return soundfile.SoundFile(path, "w", sample_rate_hz, channels, subtype, format=container)
    except soundfile.SoundFileError as error:
        what = f"{channels} channels at {sample_rate_hz} Hz cannot be written as {format}: {error}"
        raise InputError(what, where=where, hint="take the format float") from error
