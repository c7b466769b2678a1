"""GE2E, a speaker encoder trained on English speech: the baseline to beat.

Wan, Wang, Papir and Lopez Moreno, *Generalized end-to-end loss for speaker verification*, ICASSP 2018;
weights and code of the ``resemblyzer`` package. A recording's vector is the unit mean of the vectors of
overlapping 1.6-s windows. Volume is raised to −30 dBFS as that package does; its silence trimming is left
out, because its voice detector, made for speech, cuts sung vowels.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singalike.encoders.published import BASELINES_HINT
from singalike.errors import ConfigError, MissingExtraError, MissingWeightsError

if TYPE_CHECKING:
    import torch

SAMPLE_RATE_HZ = 16_000
_TARGET_DBFS = -30.0


class Ge2e:
    """The GE2E encoder; vectors of 256 non-negative numbers, unit norm.

    Args:
        weights: A checkpoint of resemblyzer's layout; None takes the one the package brings.

    Raises:
        MissingExtraError: ``resemblyzer`` is not installed.
        MissingWeightsError: There is no such checkpoint.
    """

    name = "GE2E"
    sample_rate_hz = SAMPLE_RATE_HZ

    def __init__(self, weights: Path | str | None = None) -> None:
        if weights is not None and not Path(weights).is_file():
            raise MissingWeightsError("no GE2E checkpoint here", where=weights)
        try:
            from resemblyzer import VoiceEncoder
        except ImportError as error:
            raise MissingExtraError("GE2E needs resemblyzer", hint=BASELINES_HINT) from error
        self._encoder = VoiceEncoder("cpu", verbose=False, weights_fpath=weights)  # pyright: ignore

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Embed one recording.

        Args:
            samples: (T,) mono.
            sample_rate_hz: Must be 16 000.

        Returns:
            (256,) float32, unit norm.

        Raises:
            ConfigError: Another sample rate.
        """
        if sample_rate_hz != SAMPLE_RATE_HZ:
            raise ConfigError(f"GE2E takes {SAMPLE_RATE_HZ} Hz, not {sample_rate_hz}")
        return np.asarray(self._encoder.embed_utterance(_louder(samples)), dtype=np.float32)

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the parameters of the LSTM and of the linear map behind it, by their names in the checkpoint."""
        state = self._encoder.state_dict()
        return {name: value for name, value in state.items() if name.partition(".")[0] in {"lstm", "linear"}}

    def finish(self, matrix: np.ndarray) -> np.ndarray:
        """Return the vectors (N, D) unchanged."""
        return matrix


def _louder(samples: np.ndarray) -> np.ndarray:
    """Raise quiet samples to −30 dBFS (RMS); louder ones stay."""
    rms = np.sqrt(np.mean(np.square(samples, dtype=np.float64)))
    target = 10 ** (_TARGET_DBFS / 20)
    return samples * np.float32(target / rms) if 0 < rms < target else samples
