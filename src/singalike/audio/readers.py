"""The two decoders behind :mod:`singalike.audio.decode`: libsndfile where it can, else FFmpeg.

Both offer the same: ``sample_rate_hz``; ``channels``; ``frames``, what the header says, None when it does
not; ``frames_are_exact``, False where FFmpeg only estimates them from the bit rate; ``read(start, count)``,
which returns samples (n, C) float32 and a complaint: not empty when decoding stopped with an error. Integers
are scaled to ±1; what lossy codecs make of a peak may exceed it and is not clipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from singalike.audio.containers import mp3_states_its_length

if TYPE_CHECKING:
    import soundfile

# Frames per read. Large, because soundfile seeks after every read, and that clicks in an mp3; yet not without
# limit, because a damaged header may promise terabytes. Small where blocks are lost to an error.
_LARGE, _SMALL = 1 << 26, 1 << 14
_GROWTH = 8  # what is read grows by an eighth at least, so that not every small block moves it
_LOWEST_RATE_HZ, _HIGHEST_RATE_HZ = 1000, 10_000_000  # what a damaged header says could need memory without end
_PREROLL_SECONDS = 0.25  # decoded and dropped after a seek, so that codecs with memory (AAC, Opus) have settled
_SEEK_FROM_SECONDS = 2.0  # below that decoding from the start is as fast


class DecoderError(Exception):
    """A decoder does not understand the file."""


def _complaint(sample_rate_hz: int) -> str:
    """Return what is wrong with a rate, or ""."""
    if _LOWEST_RATE_HZ <= sample_rate_hz <= _HIGHEST_RATE_HZ:
        return ""
    return f"it says {sample_rate_hz} samples a second: its header is damaged, or it is no sound"


class SoundFileReader:
    """wav, flac, ogg, opus, mp3, aiff and more through libsndfile; seeking is sample-exact."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = self._open()
        if self._file.format == "MP3" and not mp3_states_its_length(path):
            self._file.close()
            raise DecoderError("an mp3 that does not state its length")
        self.sample_rate_hz: int = self._file.samplerate
        if complaint := _complaint(self.sample_rate_hz):
            self._file.close()
            raise DecoderError(complaint)
        self.channels: int = self._file.channels
        self.frames: int | None = self._file.frames if self._file.frames < 2**62 else None
        self.frames_are_exact = True

    def _open(self) -> soundfile.SoundFile:
        import soundfile

        try:
            # As bytes, where names are: soundfile encodes text strictly, and a name need not be UTF-8.
            name: Any = os.fsencode(self._path) if os.name == "posix" else str(self._path)
            return soundfile.SoundFile(name)
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: ".raw" wants a format
            raise DecoderError(str(error)) from error

    def __enter__(self) -> SoundFileReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, start: int, count: int | None) -> tuple[np.ndarray, str]:
        """Return up to ``count`` frames from ``start``, and the decoder's complaint or ""."""
        samples, complaint = self._read_by(_LARGE if count is None else min(count, _LARGE), start, count)
        if complaint:  # an error loses the block it occurs in, and leaves libsndfile's FLAC decoder unusable
            self._file.close()
            self._file = self._open()
            samples, _ = self._read_by(_SMALL, start, count)
        return samples, complaint

    def _read_by(self, size: int, start: int, count: int | None) -> tuple[np.ndarray, str]:
        import soundfile

        return _collect(self._blocks(size, start), start, count, self.channels, soundfile.SoundFileError)

    def _blocks(self, size: int, start: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yield ``(first frame, samples (<= size, C))`` from ``start``, or the beginning if it must be."""
        import soundfile

        try:
            position = self._file.seek(start)
        except soundfile.SoundFileError:  # damage somewhere: what lies before it is still good
            self._file.close()
            self._file = self._open()
            position = 0
        # Straight on: soundfile would seek after each read, which gives what follows a lost page of an ogg twice.
        self._file.seekable = lambda: False
        left = np.inf if self.frames is None else self.frames - position  # it would make room for all that is asked for
        while len(block := self._file.read(int(min(size, max(left, 0))), dtype="float32", always_2d=True)):
            yield position, np.asarray(block, dtype=np.float32)
            position, left = position + len(block), left - len(block)


class AvReader:
    """m4a, aac, webm, video and whatever else FFmpeg reads, through PyAV.

    Only MP4 counts time in samples and is sought; in other containers (Matroska: milliseconds; ADTS: a guess)
    the place after a seek is not known to the sample, so an excerpt is decoded from the beginning.
    """

    def __init__(self, path: Path) -> None:
        import av
        import av.error

        try:
            # An absolute path: a name like "concat:x" must not be taken for a protocol.
            self._container: Any = av.open(str(path.absolute()), options={"protocol_whitelist": "file"})
        except (av.error.FFmpegError, ValueError) as error:
            raise DecoderError(str(error)) from error
        if not self._container.streams.audio:
            self._container.close()
            raise DecoderError("there is no audio stream in it")
        self._stream = self._container.streams.audio[0]
        if self._stream.codec_context is None:
            self._container.close()
            raise DecoderError("its audio is in a format that is not known")
        self.sample_rate_hz: int = self._stream.codec_context.sample_rate
        self.channels: int = self._stream.codec_context.channels
        complaint = _complaint(self.sample_rate_hz) if self.channels else "its audio stream has no channels"
        if complaint:
            self._container.close()
            raise DecoderError(complaint)
        self._start = Fraction(self._stream.start_time or 0) * self._stream.time_base
        self.frames = self._promised_frames()
        self._is_mp4 = "mp4" in self._container.format.name
        self.frames_are_exact = self._is_mp4 or "matroska" in self._container.format.name

    def __enter__(self) -> AvReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def _promised_frames(self) -> int | None:
        if self._stream.duration is not None:
            return round(self._stream.duration * self._stream.time_base * self.sample_rate_hz)
        if self._container.duration is not None:
            return round(Fraction(self._container.duration, 1_000_000) * self.sample_rate_hz)
        return None

    def read(self, start: int, count: int | None) -> tuple[np.ndarray, str]:
        """Return up to ``count`` frames from ``start``, and the decoder's complaint or ""."""
        import av.error

        if self._is_mp4 and self.frames is not None:  # beyond them is the padding of the last AAC frame
            left = max(0, self.frames - start)
            count = left if count is None else min(count, left)
        return _collect(self._blocks(start), start, count, self.channels, av.error.FFmpegError, ValueError)

    def _blocks(self, start: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yield ``(first frame, samples (n, C))`` from somewhere at or before ``start``."""
        import av

        to_float = av.AudioResampler(format="fltp")
        seconds = Fraction(start, self.sample_rate_hz) - Fraction(_PREROLL_SECONDS)
        position: int | None = 0
        if self._is_mp4 and seconds > _SEEK_FROM_SECONDS:
            self._container.seek(int((seconds + self._start) / self._stream.time_base), stream=self._stream)
            position = None  # wherever the seek ends up: the first frame tells
        for frame in self._container.decode(self._stream):
            if position is None:
                position = round((frame.pts * self._stream.time_base - self._start) * self.sample_rate_hz)
            for part in to_float.resample(frame):
                samples = part.to_ndarray().T
                if samples.shape[1] != self.channels:
                    raise ValueError("the number of channels changes within the file")
                yield position, samples
                position += len(samples)


def _collect(
    blocks: Iterator[tuple[int, np.ndarray]],
    start: int,
    count: int | None,
    channels: int,
    *errors: type[Exception],
) -> tuple[np.ndarray, str]:
    """Join the parts of ``blocks`` within the frames asked for, until an end or one of ``errors``."""
    # Grown in place: a list joined at its end would need twice the memory, and an hour is a gigabyte.
    joined, frames = np.empty((0, channels), np.float32), 0
    end, complaint = np.inf if count is None else start + count, ""
    try:
        for position, block in blocks:
            part = block[max(0, start - position) : int(min(len(block), max(0, end - position)))]
            if frames + len(part) > len(joined):
                joined.resize((frames + max(len(part), frames // _GROWTH), channels), refcheck=False)
            joined[frames : frames + len(part)] = part
            frames += len(part)
            if position + len(block) >= end:
                break
    except errors as error:
        complaint = str(error) or type(error).__name__
    joined.resize((frames, channels), refcheck=False)
    return joined, complaint


READERS = (SoundFileReader, AvReader)
