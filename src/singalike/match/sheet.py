"""A mix on the disk: the mix, what it was made of to listen to, and a sheet of what was done to what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from singalike import __version__
from singalike.atomic import draft
from singalike.audio.encode import write_audio
from singalike.audio.resample import resample
from singalike.audio.stretch import LIBRARY
from singalike.checksum import sha256
from singalike.errors import ConfigError
from singalike.match.alignment import Alignment
from singalike.match.crossmix import SAMPLE_RATE_HZ, Mixed, Settings
from singalike.match.page import MATCH, MIX, QUERY, write_page
from singalike.match.parts import Parts
from singalike.match.peak import CEILING_DBTP
from singalike.match.picture import waveforms

SHEET, PAGE, FORMAT = "crossmix.json", "index.html", "singalike-crossmix"
_LIBRARIES = ("numpy", "librosa", "soxr", "soundfile", LIBRARY)


@dataclass(frozen=True)
class Likeness:
    """How close the two voices are, and by which model.

    Attributes:
        cosine: Of the query's voice and the match.
        model: The model's fingerprint.
    """

    cosine: float
    model: str


def check_out(folder: Path) -> None:
    """Make sure that nothing of anybody else's is overwritten.

    Raises:
        ConfigError: It is a file, or a folder with content but without a sheet.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError("this is a file", where=folder, hint="--out names a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / SHEET).is_file():
        raise ConfigError("the folder is not empty and no crossmix made it", where=folder, hint="name another --out")


def write_crossmix(
    folder: Path,
    query: Parts,
    match: Parts,
    alignment: Alignment,
    settings: Settings,
    mixed: Mixed,
    likeness: Likeness,
) -> dict[str, Any]:
    """Write ``mix.wav`` (24 bits), the query's voice and the match (FLAC), the sheet and the page; return the sheet.

    Until all is written the sheet says ``"unfinished": true``.

    Raises:
        OSError: The folder cannot be written.
    """
    # An old sheet must not stand beside a new mix, and an interrupted mix must not look like somebody else's files.
    _write_sheet(folder, {"format": FORMAT, "unfinished": True})
    _write_mix(folder / MIX, mixed.samples)
    write_audio(folder / QUERY, mixed.voice, sample_rate_hz=SAMPLE_RATE_HZ)
    write_audio(folder / MATCH, _listenable(match), sample_rate_hz=SAMPLE_RATE_HZ)
    sheet = {
        "format": FORMAT,
        "singalike": __version__,
        "cosine": likeness.cosine,
        "model": likeness.model,
        "query": _source(query, "vocals"),
        "match": _source(match, "accompaniment"),
        **alignment.as_dict(),
        "suggested_key_shift": alignment.key_shift,
        "key_shift": mixed.key_shift,
        "balance": settings.balance,
        "vocal_gain": mixed.vocal_gain,
        "accompaniment_gain": mixed.accompaniment_gain,
        "mix_gain": mixed.mix_gain,
        "true_peak_dbtp": 20.0 * float(np.log10(mixed.true_peak)),
        "ceiling_dbtp": CEILING_DBTP,
        "accompanied_seconds": mixed.accompanied_seconds,
        "seconds": mixed.samples.shape[1] / SAMPLE_RATE_HZ,
        "sample_rate_hz": SAMPLE_RATE_HZ,
        "files": {name: {"file": name, "sha256": sha256(folder / name)} for name in (MIX, QUERY, MATCH)},
        "libraries": {name: _version(name) for name in _LIBRARIES},
    }
    _write_sheet(folder, sheet)
    write_page(folder / PAGE, [(sheet, "", waveforms(mixed))])
    return sheet


def _write_sheet(folder: Path, sheet: dict[str, Any]) -> None:
    with draft(folder / SHEET) as place:
        place.write_text(json.dumps(sheet, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _write_mix(path: Path, samples: np.ndarray) -> None:
    import soundfile

    with draft(path) as place:
        soundfile.write(place, samples.T, SAMPLE_RATE_HZ, format="WAV", subtype="PCM_24")


def _listenable(match: Parts) -> np.ndarray:
    """Return the match as it was, mono or stereo at 44.1 kHz."""
    whole = match.stems.get("mix", match.stems["accompaniment"])
    channels = whole if len(whole) <= 2 else whole.mean(axis=0, keepdims=True)
    return np.stack([resample(channel, from_hz=match.sample_rate_hz, to_hz=SAMPLE_RATE_HZ) for channel in channels])


def _source(parts: Parts, used: str) -> dict[str, Any]:
    return {
        "path": str(parts.path),
        "how": parts.how,
        "used": used,
        "sample_rate_hz": parts.sample_rate_hz,
        "channels": len(parts.stems[used]),
        "seconds": parts.stems[used].shape[1] / parts.sample_rate_hz,
        "trimmed_seconds": parts.trimmed_seconds,
        "files": {name: {"file": str(file), "sha256": sha256(file)} for name, file in parts.files.items()},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None  # not needed for this mix
