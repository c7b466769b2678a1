"""One layer that lets any separator work on audio of any length and rate, in constant memory.

Chunks all have the separator's full length, the last one too: it begins earlier instead, so that it has as much
context as any. Where two chunks meet they are cross-faded linearly over the overlap. The weights add up to one, so
stems that add up to the mix still do. The later chunk's weight rises from 0 as the earlier one's falls to 0: the edge
of a chunk, where a separator knows least, is not heard.

In each chunk all stems but the last are taken from the separator, and the last is the mix less the others. So the stems
add up at the recording's own rate too, and what lies above the separator's band stays in the last stem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from singalike.audio.resample import resample
from singalike.errors import ConfigError, InputError, NotFiniteError, TooShortError, UnreadableError
from singalike.separate.base import Separator

Stems = dict[str, np.ndarray]  # name -> (C, n) float32


def separate_array(samples: np.ndarray, separator: Separator, *, sample_rate_hz: int) -> Stems:
    """Separate samples that are in memory.

    Args:
        samples: (C, T) or (T,), which counts as one channel.
        separator: Any.
        sample_rate_hz: Rate of ``samples``.

    Returns:
        (C, T) float32 by the name of each stem; they add up to ``samples``.

    Raises:
        ConfigError: ``samples`` is no waveform.
        TooShortError: Shorter than the separator can use.
        NotFiniteError: A sample is NaN or infinite.
    """
    samples = np.atleast_2d(np.asarray(samples, dtype=np.float32))
    if samples.ndim != 2 or sample_rate_hz <= 0:
        raise ConfigError(f"shape {samples.shape} at {sample_rate_hz} Hz is no waveform", hint="(channels, samples)")
    frames = samples.shape[1]
    if frames < max(1, separator.min_seconds * sample_rate_hz):
        least = f"{separator.name} needs at least {separator.min_seconds:.3f} s"
        raise TooShortError(f"lasts {frames / sample_rate_hz:.3f} s; {least}", where="array")
    if not np.isfinite(samples).all():
        raise NotFiniteError("there are NaN or infinite samples", where="array")
    parts = list(separate_blocks([samples], separator, frames=frames, sample_rate_hz=sample_rate_hz))
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in separator.stems}


def separate_blocks(
    blocks: Iterable[np.ndarray],
    separator: Separator,
    *,
    frames: int,
    sample_rate_hz: int,
    where: object = "array",
    progress: Callable[[float], None] = lambda share: None,
) -> Iterator[Stems]:
    """Separate a stream; no more than one chunk of it and of its stems is held.

    Args:
        blocks: (C, n) each, of any lengths.
        separator: Any.
        frames: How many samples of one channel the blocks have together.
        sample_rate_hz: Their rate.
        where: What errors call them.
        progress: Called after each chunk with the share that is done, up to 1.

    Yields:
        The stems of the next stretch, (C, n) by name; together as long as the blocks.
    """
    chunk = min(frames, int(separator.chunk_seconds * sample_rate_hz))
    overlap = int(separator.overlap_seconds * sample_rate_hz) if chunk < frames else 0
    ramp = (np.arange(overlap, dtype=np.float32) + 0.5) / max(1, overlap)
    source, tails, done = _Window(blocks, where), {}, 0  # tails: the ends of the chunk before, from `done` on
    for start in chunk_starts(frames, chunk=chunk, overlap=overlap):
        stems = separate_chunk(source.cut(start, start + chunk), separator, sample_rate_hz=sample_rate_hz, where=where)
        fade = slice(done - start, done - start + overlap)
        for name, tail in tails.items():
            stems[name][:, fade] = tail + ramp * (stems[name][:, fade] - tail)  # exact where both are equal
        last = start + chunk == frames
        ready = frames if last else start + chunk - overlap
        tails = {name: stem[:, ready - start :] for name, stem in stems.items()}
        yield {name: stem[:, done - start : ready - start] for name, stem in stems.items()}
        done = ready
        progress(done / frames)


def chunk_starts(frames: int, *, chunk: int, overlap: int) -> list[int]:
    """Return where chunks begin that cover ``frames`` and overlap by ``overlap``, the last two by that at least."""
    starts = [0]
    while starts[-1] + chunk < frames:
        starts.append(min(starts[-1] + chunk - overlap, frames - chunk))
    return starts


def separate_chunk(mix: np.ndarray, separator: Separator, *, sample_rate_hz: int, where: object = "array") -> Stems:
    """Separate one chunk (C, T) at its own rate: taken to the separator's and back where they differ.

    Raises:
        ConfigError: The separator does not keep its promises.
        InputError: It makes NaN of this chunk.
    """
    rate_hz = separator.sample_rate_hz or sample_rate_hz
    given = _resampled(mix, sample_rate_hz, rate_hz)
    made = separator.separate(given, sample_rate_hz=rate_hz)
    *named, rest = separator.stems
    stems, left = {}, mix.copy()
    for name in named:
        if name not in made or made[name].shape != given.shape:
            got = made[name].shape if name in made else "nothing"
            raise ConfigError(f"the separator {separator.name!r} returned {got} for {name}, not {given.shape}")
        stems[name] = _fitted(_resampled(made[name], rate_hz, sample_rate_hz), mix.shape[1])
        if not np.isfinite(stems[name]).all():
            raise InputError(f"{separator.name} made NaN of it ({name})", where=where, hint="use another separator")
        left -= stems[name]
    return {**stems, rest: left}


class _Window:
    """A stream of blocks as if it were an array that is cut from left to right; what lies before a cut is dropped."""

    def __init__(self, blocks: Iterable[np.ndarray], where: object) -> None:
        self._blocks, self._where = iter(blocks), where
        self._held: np.ndarray | None = None
        self._start = 0  # of what is held

    def cut(self, start: int, stop: int) -> np.ndarray:
        """Return samples ``start`` to ``stop``; ``start`` must not go back."""
        parts = [] if self._held is None else [self._held[:, start - self._start :]]
        missing = stop - start - sum(part.shape[1] for part in parts)
        while missing > 0:
            block = next(self._blocks, None)
            if block is None:
                raise UnreadableError("ends earlier than before: it changed while it was read", where=self._where)
            parts.append(block)
            missing -= block.shape[1]
        self._held, self._start = np.concatenate(parts, axis=1), start
        return self._held[:, : stop - start]


def _resampled(samples: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    if from_hz == to_hz:
        return samples.astype(np.float32)  # a copy: a stem may be the separator's own, or the mix itself
    return np.stack([resample(channel, from_hz=from_hz, to_hz=to_hz) for channel in samples])


def _fitted(samples: np.ndarray, frames: int) -> np.ndarray:
    """There and back again, rounding may have cost or added a sample."""
    return np.pad(samples, ((0, 0), (0, max(0, frames - samples.shape[1]))))[:, :frames]
