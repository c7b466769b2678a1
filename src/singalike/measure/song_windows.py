"""Windows of songs, on their vocals or their mixtures, and their vectors; kept as those of clips are.

A window that nobody sings in says nothing of a singer. Where the task is one on singers and a song has vocals, windows
count in which these sound: mean |x| over 0.01 of full scale, as CVSM has it, the song (its mixture, where it has one)
taken at full scale, so that its level is nothing. The same windows are then heard on the vocals and on the mixture.
Otherwise those count that have any sound (:func:`singalike.corpus.spans.clip_starts`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from singalike.audio.decode import decode
from singalike.audio.resample import resample
from singalike.checksum import content_of
from singalike.corpus.mixing import ACTIVE
from singalike.corpus.songs import Song, add_up, terms
from singalike.corpus.spans import clip_starts
from singalike.errors import InputError, SilentError
from singalike.measure.clips import Clips, Embedded, Progress
from singalike.measure.cutting import NATIVE, ClipEmbedder, Pieces, Waveform
from singalike.measure.song_settings import MIXTURE, VOCALS
from singalike.measure.trial_names import Cut, clip_key

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline

WINDOW_SECONDS = 1.0
_APART = 0.01  # how much longer than another a stem may be


def embed_songs(
    embedder: Baseline,
    songs: Sequence[Song],
    domains: Sequence[str],
    *,
    sung_only: bool,
    window_seconds: float = WINDOW_SECONDS,
    progress: Progress | None = None,
) -> Embedded:
    """Embed all windows of all songs; a bad song or window is listed and stops nothing.

    Args:
        embedder: What embeds.
        songs: Of different names; all have these domains.
        domains: ``"vocals"``, ``"mixture"`` or both.
        sung_only: Leave out windows in which the vocals do not sound.
        window_seconds: Length of a window; a song that is shorter is one window.
        progress: Called after each song.

    Returns:
        By domain the windows of the songs that could be embedded in every domain, and what could not be used.

    Raises:
        InputError: Nothing at all could be embedded.
        ModelMismatchError: See :class:`~.cutting.ClipEmbedder`.
    """
    window = Cut(window_seconds, shorten_silences=False)
    embed = {domain: ClipEmbedder(embedder.of(domain), window, (NATIVE,)) for domain in domains}
    found: dict[str, dict[str, Pieces]] = {domain: {} for domain in domains}
    failed: list[dict[str, Any]] = []
    digest = hashlib.sha256()
    for done, song in enumerate(songs, start=1):
        try:
            pieces, errors, content = _embed(embed, song, sung_only=sung_only)
            failed += errors
            pieces = _common(pieces) if sung_only and VOCALS in song.files else pieces
            if all(len(one.starts_seconds) for one in pieces.values()):
                for domain, one in pieces.items():
                    found[domain][song.name] = one
                digest.update(f"{content} {song.name} {song.voice}\n".encode())
        except InputError as error:
            failed.append({**error.as_dict(), "where": error.where or song.name})
        if progress:
            progress(done, len(songs), song.name)
    names = list(found[domains[0]])
    if not names:
        first = f"{failed[0]['where']}: {failed[0]['what']}" if failed else "no sound"
        raise InputError(f"none of {len(songs)} songs can be embedded; the first: {first}")
    voices = {song.name: song.voice for song in songs}
    clips = {
        domain: _table(found[domain], voices, domain, window, model=embedder.fingerprint) for domain in domains
    }  # of the one model that is measured, whichever of its encoders heard the domain
    return Embedded(clips, len(names), failed, digest.hexdigest())


def cut_song(
    song: Song, domain: str, *, to_hz: int, sung_only: bool, window_seconds: float = WINDOW_SECONDS
) -> Waveform:
    """Decode what a domain of a song needs and mark its windows.

    Args:
        song: The song.
        domain: ``"vocals"`` or ``"mixture"``; a mixture that is not there is the sum of its parts.
        to_hz: The rate wanted. Where the windows lie does not depend on it.
        sung_only: Only windows in which the vocals sound, where the song has vocals.
        window_seconds: Length of a window.

    Raises:
        InputError: A file cannot be used, the stems differ in length, or nobody sings.
    """
    seconds = window_seconds
    heard, rate = _decode(_files(song, domain, sung_only=sung_only), song)
    samples = add_up(terms(domain, song.files), heard)
    if sung_only and VOCALS in heard:
        whole = add_up(terms(MIXTURE, song.files) or {VOCALS: 1}, heard)
        starts = _sung(heard[VOCALS], peak=float(np.abs(whole).max()), window=round(seconds * rate))
        if not len(starts):
            raise SilentError("nobody sings: the vocals are under 1 % of full scale everywhere", where=song.name)
    else:
        starts = clip_starts(samples, sample_rate_hz=rate, clip_seconds=seconds)
    return Waveform(resample(samples, from_hz=rate, to_hz=to_hz), to_hz, starts / rate, seconds)


def _embed(
    embed: Mapping[str, ClipEmbedder], song: Song, *, sung_only: bool
) -> tuple[dict[str, Pieces], list[dict[str, Any]], str]:
    """Return a song's windows by domain, what failed, and the checksum of its files."""
    files = {domain: _files(song, domain, sung_only=sung_only) for domain in embed}
    paths = {name: path for needed in files.values() for name, path in needed.items()}
    contents = {name: content_of(paths[name]) for name in sorted(paths)}
    pieces, failed = {}, []
    for domain, own in embed.items():
        used = {name: contents[name] for name in sorted(files[domain])}
        mono = () if song.channels == "live" else (song.channels,)  # recordings keep the names of their vectors
        key = hashlib.sha256(repr((domain, sung_only, used, *mono)).encode()).hexdigest()
        asked: Any = {"to_hz": own.embedder.sample_rate_hz, "window_seconds": own.cut.seconds}
        one, errors = own.embed_cut(
            key, lambda domain=domain, asked=asked: cut_song(song, domain, sung_only=sung_only, **asked)
        )
        pieces[domain] = one[NATIVE]
        where = f"{song.name} ({domain})"
        failed += [{**error.as_dict(), "where": clip_key(where, start, own.cut)} for start, error in errors.items()]
    return pieces, failed, hashlib.sha256(repr(contents).encode()).hexdigest()


def _common(pieces: dict[str, Pieces]) -> dict[str, Pieces]:
    """Return the windows that could be embedded in every domain."""
    common = reduce(np.intersect1d, (one.starts_seconds for one in pieces.values()))
    kept = {domain: np.isin(one.starts_seconds, common) for domain, one in pieces.items()}
    return {
        domain: Pieces(one.starts_seconds[kept[domain]], one.vectors[kept[domain]]) for domain, one in pieces.items()
    }


def _files(song: Song, domain: str, *, sung_only: bool) -> dict[str, Path]:
    """Return the files that must be decoded to hear a domain and, if asked, to know where somebody sings."""
    wanted = set(terms(domain, song.files))
    if sung_only:
        wanted |= {VOCALS, *terms(MIXTURE, song.files)}
    return {name: path for name, path in song.files.items() if name in wanted}


def _decode(files: Mapping[str, Path], song: Song) -> tuple[dict[str, np.ndarray], int]:
    """Return the waveforms by name, of one rate and length, and the rate."""
    rate, heard = 0, {}
    for name, path in files.items():
        silent_is_fine = name not in (VOCALS, MIXTURE)
        audio = decode(path, sample_rate_hz=None, channels=song.channels, allow_silence=silent_is_fine)
        rate = rate or audio.sample_rate_hz
        heard[name] = resample(audio.samples, from_hz=audio.sample_rate_hz, to_hz=rate)
    lengths = {name: len(samples) for name, samples in heard.items()}
    least = min(lengths.values())
    if max(lengths.values()) - least > _APART * least:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InputError(f"the stems are not of one length: {said} samples", where=song.name)
    return {name: samples[:least] for name, samples in heard.items()}, rate


def _sung(vocals: np.ndarray, *, peak: float, window: int) -> np.ndarray:
    """Return where the windows begin in which the vocals sound, (N,) samples."""
    starts = np.arange(0, max(len(vocals) - window, 0) + 1, window)
    levels = np.array([np.abs(vocals[start : start + window]).mean() for start in starts])
    return starts[levels > ACTIVE * peak]


def _table(pieces: Mapping[str, Pieces], voices: Mapping[str, str], domain: str, window: Cut, *, model: str) -> Clips:
    """Put the windows of all songs under one another."""
    owners = [name for name, one in pieces.items() for _ in one.starts_seconds]
    starts = np.concatenate([one.starts_seconds for one in pieces.values()])
    return Clips(
        keys=np.array([clip_key(name, start, window) for name, start in zip(owners, starts.tolist(), strict=True)]),
        recordings=np.array(owners),
        voices=np.array([voices[name] for name in owners]),
        kinds=np.full(len(owners), domain),
        sessions=np.full(len(owners), ""),
        starts_seconds=starts,
        vectors=np.concatenate([one.vectors for one in pieces.values()]),
        model=model,
    )
