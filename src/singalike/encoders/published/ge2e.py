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

from singalike.checksum import sha256
from singalike.encoders.published import BASELINES_HINT, Baseline, checked
from singalike.errors import MissingExtraError, MissingWeightsError

if TYPE_CHECKING:
    import torch

SAMPLE_RATE_HZ = 16_000
_WINDOW = 400  # of its front-end, samples
_TARGET_DBFS = -30.0


class Ge2e(Baseline):
    """The GE2E encoder; vectors of 256 non-negative numbers, unit norm.

    Args:
        weights: A checkpoint of resemblyzer's layout; None takes the one the package brings.

    Raises:
        MissingExtraError: ``resemblyzer`` is not installed.
        MissingWeightsError: There is no such checkpoint.
    """

    name = "ge2e"
    sample_rate_hz = SAMPLE_RATE_HZ

    def __init__(self, weights: Path | str | None = None) -> None:
        if weights is not None and not Path(weights).is_file():
            raise MissingWeightsError(
                "no GE2E checkpoint here", where=weights, hint="the package resemblyzer brings one: name none"
            )
        try:
            import resemblyzer
        except ImportError as error:
            hint = f"{BASELINES_HINT}, then: pip install --no-deps resemblyzer"
            raise MissingExtraError("GE2E needs resemblyzer", hint=hint) from error
        checkpoint = Path(weights or Path(resemblyzer.__file__).parent / "pretrained.pt")
        self._encoder = resemblyzer.VoiceEncoder("cpu", verbose=False, weights_fpath=checkpoint)
        self.fingerprint = sha256(checkpoint)

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Return the vector (256,) float32, unit norm, of samples (T,) at 16 kHz; errors as the base class says."""
        samples = checked(samples, sample_rate_hz, by=self, at_least=_WINDOW)
        return np.asarray(self._encoder.embed_utterance(_louder(samples)), dtype=np.float32)

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the parameters of the LSTM and of the linear map behind it, by their names in the checkpoint."""
        state = self._encoder.state_dict()
        return {name: value for name, value in state.items() if name.partition(".")[0] in {"lstm", "linear"}}


def _louder(samples: np.ndarray) -> np.ndarray:
    """Raise quiet samples to −30 dBFS (RMS); louder ones stay."""
    rms = np.sqrt(np.mean(np.square(samples, dtype=np.float64)))
    target = 10 ** (_TARGET_DBFS / 20)
    return samples * np.float32(target / rms) if 0 < rms < target else samples
