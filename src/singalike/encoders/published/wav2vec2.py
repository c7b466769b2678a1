"""Wav2Vec2-base and XLSR-53: large encoders taught by speech without labels.

Baevski, Zhou, Mohamed and Auli, *wav2vec 2.0*, NeurIPS 2020; Conneau, Baevski, Collobert, Mohamed and Auli,
*Unsupervised cross-lingual representation learning for speech recognition*, Interspeech 2021. Run by ``transformers``.

**Which layer.** Torres et al. 2023 (section 4.4) compare recordings by "the embeddings of the first layer", averaged
over time, and give the linear probe a learned weighted sum of the first three. Their table 2 counts 12 and 24
layers, the transformer's: so the first layer here is the output of the first transformer layer (``hidden_states[1]``;
``hidden_states[0]`` is what enters it), and the first three are ``hidden_states[1:4]``. What lies above those is
never loaded or computed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from singalike.encoders.published import BASELINES_HINT, Baseline, checked
from singalike.errors import ConfigError, MissingExtraError, MissingWeightsError, ModelMismatchError

if TYPE_CHECKING:
    from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2Model

SAMPLE_RATE_HZ = 16_000
HUB_IDS = {"wav2vec2-base": "facebook/wav2vec2-base", "xlsr-53": "facebook/wav2vec2-large-xlsr-53"}
LAYERS = 3
_SMALLEST = 400  # samples of its first frame
_SETTINGS = ("config.json", "preprocessor_config.json")
_UNUSED = {"masked_spec_embed"}  # pretraining only; some checkpoints leave it out


class Wav2Vec2(Baseline):
    """The first layers of a wav2vec 2.0 encoder, averaged over time; vectors of 768 or 1024 numbers.

    Args:
        name: ``wav2vec2-base`` or ``xlsr-53``.
        folder: A checkpoint of transformers' layout: ``config.json``, ``preprocessor_config.json`` and
            ``model.safetensors`` or ``pytorch_model.bin``.
        cache: Where the folder is missing, take the hub's checkpoint and keep it here. None: the folder or nothing.
            Nothing is fetched where HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set.

    Raises:
        ConfigError: Another name.
        MissingExtraError: ``transformers`` is not installed.
        MissingWeightsError: There is no checkpoint, here or on the hub.
        ModelMismatchError: It does not hold the parameters that are needed.
    """

    sample_rate_hz = SAMPLE_RATE_HZ

    def __init__(self, name: str, folder: Path | str, *, cache: Path | None = None) -> None:
        if name not in HUB_IDS:
            raise ConfigError(f"no wav2vec 2.0 encoder called {name!r}", hint=f"one of: {', '.join(HUB_IDS)}")
        try:
            import transformers  # noqa: F401 - said here, before anything is looked for
        except ImportError as error:
            raise MissingExtraError(f"{name} needs transformers", hint=BASELINES_HINT) from error
        self.name = name
        self._extractor, self._network = _load(name, Path(folder), cache)
        self.fingerprint = _fingerprint(self._network)

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Return the mean over time of the first layer, (D,) float32, not normalised; errors as the base class says."""
        return self.embed_layers(samples, sample_rate_hz=sample_rate_hz)[0]

    def embed_layers(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Return the means over time of the first three layers, (3, D) float32."""
        samples = checked(samples, sample_rate_hz, by=self, at_least=_SMALLEST)
        # The extractor brings the samples to mean 0 and variance 1 where the checkpoint's settings say so.
        inputs = self._extractor(samples, sampling_rate=SAMPLE_RATE_HZ, return_tensors="pt").input_values
        with torch.inference_mode():
            states = self._network(inputs, output_hidden_states=True).hidden_states[1 : LAYERS + 1]
            return torch.stack([state[0].mean(0) for state in states]).numpy()


def _load(name: str, folder: Path, cache: Path | None) -> tuple[Wav2Vec2FeatureExtractor, Wav2Vec2Model]:
    from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2Model

    hint = f"put {', '.join(_SETTINGS)} and model.safetensors (or pytorch_model.bin) of {HUB_IDS[name]} there"
    local = folder.is_dir()
    if not local and cache is None:
        raise MissingWeightsError(f"no checkpoint of {name}", where=folder, hint=hint)
    if local and (missing := [file for file in _SETTINGS if not (folder / file).is_file()]):
        raise MissingWeightsError(f"no {', '.join(missing)}", where=folder, hint=hint)
    source = str(folder) if local else HUB_IDS[name]
    options = {"cache_dir": cache, "local_files_only": local or _offline()}
    try:
        with _quietly():
            # One layer more than is read: some versions of transformers normalise the last hidden state.
            loaded: Any = Wav2Vec2Model.from_pretrained(
                source, num_hidden_layers=LAYERS + 1, output_loading_info=True, **options
            )
            extractor = Wav2Vec2FeatureExtractor.from_pretrained(source, **options)
    except OSError as error:
        what = f"no checkpoint of {name} here" + ("" if local else f", and {source} cannot be had from the hub")
        raise MissingWeightsError(what, where=folder, hint=hint) from error
    except Exception as error:  # a damaged file: safetensors, pickle and torch each raise their own
        raise ModelMismatchError(f"not a checkpoint of {name}: {error}", where=source, hint=hint) from error
    network, report = loaded
    # transformers fills in random numbers for what is missing, and only logs it.
    if missing := sorted(set(report["missing_keys"]) - _UNUSED):
        raise ModelMismatchError(f"{len(missing)} parameters missing ({', '.join(missing[:3])})", where=source)
    return extractor, network.eval()


def _fingerprint(network: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(value.float().numpy()).data)
    return digest.hexdigest()


def _offline() -> bool:
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(name, "").upper() in {"1", "ON", "YES", "TRUE"} for name in names)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep transformers from drawing bars and listing the layers that are left out on purpose."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
