"""Lossy and back: a clip as a listener would get it (FFmpeg's encoders, by PyAV)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from singalike.audio.decode import decode
from singalike.audio.resample import resample


@dataclass(frozen=True)
class Codec:
    """An encoder and what it takes.

    Attributes:
        encoder: FFmpeg's name of it.
        suffix: Of its files.
        sample_format: How samples are handed to it.
        rates_hz: Sample rates it takes, rising.
        options: What holds the bit rate where it was asked to be.
    """

    encoder: str
    suffix: str
    sample_format: str
    rates_hz: tuple[int, ...]
    options: tuple[tuple[str, str], ...] = ()


MP3 = Codec("libmp3lame", ".mp3", "fltp", (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000))
OPUS = Codec("libopus", ".opus", "flt", (8000, 12_000, 16_000, 24_000, 48_000), (("vbr", "off"),))


def transcode(samples: np.ndarray, *, sample_rate_hz: int, codec: Codec, bit_rate: int) -> np.ndarray:
    """Encode and decode a clip.

    Args:
        samples: (T,), full scale ±1; what exceeds it may be cut by the encoder.
        sample_rate_hz: Its rate; where the codec does not take it, the next higher one it takes is used between.
        codec: :data:`MP3` or :data:`OPUS`.
        bit_rate: Constant, in bit/s.

    Returns:
        (T,) float32 at the same rate, in place: codecs' delays are taken off as players do.
    """
    between_hz = next((rate for rate in codec.rates_hz if rate >= sample_rate_hz), codec.rates_hz[-1])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip{codec.suffix}"
        _encode(path, resample(samples, from_hz=sample_rate_hz, to_hz=between_hz), between_hz, codec, bit_rate)
        heard = decode(path, sample_rate_hz=sample_rate_hz, allow_silence=True).samples
    return np.pad(heard, (0, max(0, len(samples) - len(heard))))[: len(samples)]


def _encode(path: Path, samples: np.ndarray, sample_rate_hz: int, codec: Codec, bit_rate: int) -> None:
    import av

    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec.encoder, rate=sample_rate_hz, layout="mono", options=dict(codec.options))
        stream.bit_rate = bit_rate
        row = np.ascontiguousarray(samples[None], dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(row, format=codec.sample_format, layout="mono")
        frame.sample_rate, frame.pts = sample_rate_hz, 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
