"""What would have to be done to a song's accompaniment so that another song's voice can be sung to it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from singalike.audio.decode import from_array
from singalike.errors import ConfigError, InputError, SilentError
from singalike.match.key import best_shift, played_pitches, sung_pitches
from singalike.match.offset import beat_offset
from singalike.match.onsets import LISTEN_HZ, Onsets, find_onsets
from singalike.match.parts import Parts
from singalike.match.tempo import HIGHEST_STRETCH, LOWEST_STRETCH, MIN_SECONDS, Tempo, find_tempo, fit_stretch

# Drums tell the beat best; a song's stems share one time line, so any of them may tell it for the others.
_HEARD_IN = ("accompaniment", "mix", "vocals")
_SLOWEST_BPM, _FASTEST_BPM = 20.0, 400.0


@dataclass(frozen=True)
class Heard:
    """What was heard in a song.

    Attributes:
        tempo: Its tempo.
        heard_in: Which part told it.
        onsets: Of that part.
        pitches: (12,) of the part that tells its key; None if it is too short.
    """

    tempo: Tempo
    heard_in: str
    onsets: Onsets
    pitches: np.ndarray | None


@dataclass(frozen=True)
class Alignment:
    """What the accompaniment of a match needs.

    Attributes:
        query_bpm, match_bpm: Tempi as they were found.
        query_heard_in, match_heard_in: Which parts told them.
        fold: ½, 1 or 2: at how many times its tempo the match's beats are counted.
        stretch: New duration over old.
        refused: Why it cannot be done; empty if it can.
        offset_seconds: Where the stretched accompaniment's first sample lies on the query's time line, at most 0.
        key_shift: By how many semitones it would be in the voice's key, −3 to 3; None where neither is heard.
    """

    query_bpm: float
    match_bpm: float
    query_heard_in: str
    match_heard_in: str
    fold: float
    stretch: float
    refused: str
    offset_seconds: float
    key_shift: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, JSON-ready."""
        return asdict(self)


def listen(parts: Parts, *, voice: bool, bpm: float | None = None, option: str = "") -> Heard:
    """Hear a song's beat and pitches.

    Args:
        parts: The song.
        voice: Whether its voice will be used; else its accompaniment.
        bpm: Its tempo as somebody says it is.
        option: What they would say it by, for the message.

    Raises:
        InputError: No beat is found in any of its parts.
        SilentError: The part that will be used is silent.
        ConfigError: ``bpm`` is no tempo.
    """
    if bpm is not None and not _SLOWEST_BPM <= bpm <= _FASTEST_BPM:
        raise ConfigError(f"{bpm:g} is no tempo", hint=f"{_SLOWEST_BPM:g} to {_FASTEST_BPM:g} beats a minute")
    used = "vocals" if voice and "vocals" in parts.stems else "accompaniment"
    used = used if used in parts.stems else "mix" if "mix" in parts.stems else "vocals"
    samples = _mono(parts, used)
    pitches = sung_pitches(samples) if used == "vocals" else played_pitches(samples)
    for name in _HEARD_IN:
        if name not in parts.stems:
            continue
        try:
            heard = samples if name == used else _mono(parts, name)
            onsets = find_onsets(heard, voice=name == "vocals")
        except SilentError:
            continue  # an instrumental break is no reason to give the song up; nor is singing without a band
        if (tempo := find_tempo(onsets, near_bpm=bpm)) is not None:
            return Heard(tempo, name, onsets, pitches)
    hint = f"say its tempo: {option}" if option else "say its tempo"
    seconds = len(samples) / LISTEN_HZ
    short = f"; it lasts {seconds:.1f} s, at least {MIN_SECONDS:g} s are needed" if seconds < MIN_SECONDS else ""
    raise InputError(f"no steady beat is heard in it{short}", where=parts.path, hint=hint)


def align(query: Heard, match: Heard) -> Alignment:
    """Find out what the accompaniment of ``match`` needs under the voice of ``query``."""
    stretch = fit_stretch(wanted_bpm=query.tempo.bpm, bpm=match.tempo.bpm)
    offset = beat_offset(
        query.onsets,
        match.onsets,
        query_bpm=query.tempo.bpm,
        match_bpm=stretch.fold * match.tempo.bpm,
        query_is_voice=query.heard_in == "vocals",
        match_is_voice=match.heard_in == "vocals",
    )
    refused = ""
    if not stretch.allowed:
        refused = (
            f"{match.tempo.bpm:.1f} to {query.tempo.bpm:.1f} beats a minute needs a stretch of {stretch.ratio:.2f}, "
            f"outside {LOWEST_STRETCH:.2f} to {HIGHEST_STRETCH:.2f}"
        )
    return Alignment(
        query_bpm=query.tempo.bpm,
        match_bpm=match.tempo.bpm,
        query_heard_in=query.heard_in,
        match_heard_in=match.heard_in,
        fold=stretch.fold,
        stretch=stretch.ratio,
        refused=refused,
        offset_seconds=offset,
        key_shift=None if query.pitches is None or match.pitches is None else best_shift(query.pitches, match.pitches),
    )


def _mono(parts: Parts, name: str) -> np.ndarray:
    """Return a part (T,) at LISTEN_HZ, checked."""
    where = parts.files.get(name, f"{parts.path} ({name})")
    return from_array(parts.stems[name], sample_rate_hz=parts.sample_rate_hz, to_hz=LISTEN_HZ, where=where).samples
