"""A model in use: audio files and arrays to unit vectors, by ONNX Runtime.

Deterministic by construction: windows lie on a fixed grid, every window goes through the graph on its own, and
nothing depends on what else is in a batch.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singalike.audio.decode import SILENT_PEAK, Audio, decode, from_array
from singalike.audio.silence import sounding_seconds, sounding_windows
from singalike.audio.windows import frame, new_shares, window_starts
from singalike.errors import (
    ConfigError,
    NotFiniteError,
    NoVoiceError,
    SilentError,
    TooShortError,
)
from singalike.model.card import GRAPH, Card
from singalike.model.embedding import Embedding, Windows
from singalike.model.files import check_files
from singalike.model.readout import BOTH, choose_readout, fingerprint_of, mean_vector, read_out

if TYPE_CHECKING:
    import onnxruntime

Source = str | Path | np.ndarray


class Model:
    """An encoder loaded from a model folder.

    Args:
        folder: holds ``card.json``, ``model.onnx`` and, unless the graph has its weights inside, ``model.safetensors``.
        readout: of a model with several: ``vocal`` or ``mix``, whose vectors lie in one space and can be compared, or
            ``both``, which is a space of its own. Without one: the last, for songs as they are.
        threads: threads of the runtime; 0 leaves the choice to it.
        any_sound: let every window with sound count, whether the model hears a voice in it or not.

    Raises:
        MissingWeightsError: a file is missing; the message says which.
        ModelMismatchError: the graph, or the weights it points into, are not the ones the card describes.
        ConfigError: the model has no such read-out.
    """

    def __init__(
        self, folder: str | Path, *, readout: str | None = None, threads: int = 0, any_sound: bool = False
    ) -> None:
        self.folder, self.card, self._threads = Path(folder), Card.load(folder), threads
        self.readout, self.asked = choose_readout(self.card, readout), readout
        self.any_sound = any_sound
        check_files(self.folder, self.card)
        self._session: onnxruntime.InferenceSession | None = None

    @property
    def fingerprint(self) -> str:
        """The sha256 that every vector of this model carries; that of both read-outs together is another."""
        return fingerprint_of(self.card, self.readout)

    @property
    def dimension(self) -> int:
        """D, the length of a vector."""
        return self.card.dimension * (len(self.card.readouts) if self.readout == BOTH else 1)

    @property
    def sample_rate_hz(self) -> int:
        """The rate the graph takes; files and arrays are resampled to it."""
        return self.card.sample_rate_hz

    def reading(self, readout: str) -> Model:
        """Return this model with another read-out; errors as when it is loaded."""
        self._open()  # once for both
        other = copy.copy(self)
        other.readout, other.asked = choose_readout(self.card, readout), readout
        return other

    def hearing_anything(self) -> Model:
        """Return this model letting every window with sound count, whether it hears a voice in it or not."""
        self._open()  # once for both
        other = copy.copy(self)
        other.any_sound = True
        return other

    def keeping(self, readout: str) -> Model:
        """Return this model with the read-out that an earlier vector had, unless another is asked for or it has none.

        Both read-outs together are always asked for.
        """
        return self.reading(readout) if self.asked is None and readout in self.card.readouts else self

    def embed(self, source: Source, *, sample_rate_hz: int | None = None) -> np.ndarray:
        """Return the unit vector (D,) of a file, or of an array (T,) or (C, T) with its rate.

        Raises:
            InputError: the audio cannot be used; the subclass and message say why.
        """
        return self.embed_recording(source, sample_rate_hz=sample_rate_hz).vector

    def embed_windows(self, source: Source, *, sample_rate_hz: int | None = None) -> Windows:
        """Return the vectors of the windows with sound, with their times. Errors as :meth:`embed`."""
        return self.embed_recording(source, sample_rate_hz=sample_rate_hz).windows

    def embed_recording(self, source: Source, *, sample_rate_hz: int | None = None) -> Embedding:
        """Return everything known of a recording. Errors as :meth:`embed`.

        Windows without sound are left out, and those in which the model hears no voice; the others count by how surely
        it hears one.
        """
        audio = self._read(source, sample_rate_hz)
        where = source if isinstance(source, str | Path) else "array"
        length, rate = len(audio.samples), self.sample_rate_hz
        if length < self.card.min_seconds * rate:
            raise TooShortError(
                f"{length / rate:.3f} s of audio",
                where=where,
                hint=f"{self.card.name} needs {self.card.min_seconds} s",
            )
        window = min(length, round(self.card.window_seconds * rate))
        starts = window_starts(length, window=window, hop=round(self.card.hop_seconds * rate))
        starts = starts[sounding_windows(audio.samples, starts, window, sample_rate_hz=rate)]
        if not len(starts) or np.abs(audio.samples).max() < SILENT_PEAK:
            raise SilentError(f"no sound is left at {rate} Hz", where=where, hint="nothing in it is audible")
        vectors = self.encode(frame(audio.samples, starts, window))
        if not np.isfinite(vectors).all():
            raise NotFiniteError("the model gave no finite vector", where=where)
        voice = None
        if (found := self._voice(vectors, where)) is not None:
            heard, surely = found
            vectors, starts, voice = vectors[heard], starts[heard], surely[heard]
        shares = new_shares(starts, window=window)
        vector = mean_vector(vectors, shares, self.card, self.readout, voice)
        return Embedding(
            vector=vector,
            spread=float(1.0 - (vectors @ vector).mean()) if len(vectors) > 1 else 0.0,
            windows=Windows(vectors, starts / rate, window / rate),
            seconds=length / rate,
            sounding_seconds=sounding_seconds(audio.samples, sample_rate_hz=rate),
            quality=audio.quality,
            fingerprint=self.fingerprint,
            readout=self.readout,
            voice_seconds=None if voice is None else round(float(shares.sum()) * window / rate, 3),
        )

    def encode(self, waveforms: np.ndarray) -> np.ndarray:
        """Return unit vectors (N, D) float32 of waveforms (N, T) at the model's rate."""
        session = self._open()
        inputs = np.ascontiguousarray(waveforms, dtype=np.float32)
        # One at a time: a batch would change the order of additions, and with it the last digits.
        outputs = [np.asarray(session.run(None, {"waveform": row[None]})[0]) for row in inputs]
        return np.concatenate([read_out(output, self.card, self.readout) for output in outputs])

    def _voice(self, vectors: np.ndarray, where: object) -> tuple[np.ndarray, np.ndarray] | None:
        """Return in which windows (N,) a voice is heard and how surely (N,), or None where all sound counts.

        Raises:
            NoVoiceError: there is none in any.
        """
        if self.any_sound or (detector := self.card.voice) is None:
            return None
        surely = detector.probability(vectors)
        if surely.max() < detector.least:
            what = f"no voice is heard: at most {surely.max():.0%} sure of one, {detector.least:.0%} needed"
            raise NoVoiceError(what, where=where, hint="--any-sound (any_sound=True) takes it all the same")
        return surely >= detector.least, surely

    def _read(self, source: Source, sample_rate_hz: int | None) -> Audio:
        if isinstance(source, str | Path):
            return decode(source, sample_rate_hz=self.sample_rate_hz)
        if sample_rate_hz is None:
            raise ConfigError("an array needs its sample_rate_hz", hint="embed(samples, sample_rate_hz=...)")
        return from_array(source, sample_rate_hz=sample_rate_hz, to_hz=self.sample_rate_hz)

    def _open(self) -> onnxruntime.InferenceSession:
        if self._session is None:
            import onnxruntime  # 0.1 s: only when something is to be embedded

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads, options.log_severity_level = self._threads, 3
            # A thread that spins while it waits takes the core from another process's work.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self._session = onnxruntime.InferenceSession(
                str(self.folder / GRAPH), options, providers=["CPUExecutionProvider"]
            )
        return self._session
