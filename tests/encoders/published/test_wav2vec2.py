"""wav2vec 2.0 on small random checkpoints that transformers itself has written."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from sung_tone import RATE_HZ, tone  # noqa: E402

from singalike.encoders.published.wav2vec2 import Wav2Vec2  # noqa: E402
from singalike.errors import ConfigError, MissingExtraError, MissingWeightsError, ModelMismatchError  # noqa: E402

WIDTH, LAYERS = 32, 5


def network(name: str, *, layers: int = LAYERS) -> transformers.Wav2Vec2ForPreTraining:
    """As published, the checkpoints hold a head for pretraining, too; XLSR-53 normalises otherwise."""
    xlsr = name == "xlsr-53"
    config = transformers.Wav2Vec2Config(
        hidden_size=WIDTH, num_hidden_layers=layers, num_attention_heads=4, intermediate_size=64,
        conv_dim=[16] * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4,
        do_stable_layer_norm=xlsr, feat_extract_norm="layer" if xlsr else "group", conv_bias=xlsr,
        codevector_dim=16, proj_codevector_dim=16, num_codevectors_per_group=8,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return transformers.Wav2Vec2ForPreTraining(config).eval()


def write(folder: Path, name: str, *, normalised: bool = True, layers: int = LAYERS) -> Path:
    network(name, layers=layers).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=normalised).save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.parametrize("name", ["wav2vec2-base", "xlsr-53"])
def test_the_layers_are_the_first_three_of_the_transformer(name: str, tmp_path: Path) -> None:
    baseline = Wav2Vec2(name, write(tmp_path / "checkpoint", name))
    samples = tone(1.0)
    layers = baseline.embed_layers(samples, sample_rate_hz=RATE_HZ)
    assert layers.shape == (3, WIDTH)
    assert layers.dtype == np.float32
    np.testing.assert_array_equal(baseline.embed(samples, sample_rate_hz=RATE_HZ), layers[0])

    encoder = network(name).wav2vec2
    seen = []
    for layer in encoder.encoder.layers[:3]:
        layer.register_forward_hook(lambda _, __, out: seen.append(out[0] if isinstance(out, tuple) else out))
    with torch.no_grad():
        encoder(torch.from_numpy((samples - samples.mean()) / np.sqrt(samples.var() + 1e-7))[None])
    oracle = torch.stack([states.reshape(-1, WIDTH).mean(0) for states in seen])
    np.testing.assert_allclose(layers, oracle, atol=1e-5)


def test_samples_are_normalised_only_where_the_checkpoint_says_so(tmp_path: Path) -> None:
    vectors = {}
    for normalised in (True, False):
        folder = write(tmp_path / str(normalised), "xlsr-53", normalised=normalised)
        baseline = Wav2Vec2("xlsr-53", folder)
        vectors[normalised] = [baseline.embed(tone(0.5, gain=g), sample_rate_hz=RATE_HZ) for g in (0.1, 0.3)]
    np.testing.assert_allclose(*vectors[True], atol=1e-4)
    assert np.abs(np.subtract(*vectors[False])).max() > 1e-3


def test_the_fingerprint_is_of_the_weights(tmp_path: Path) -> None:
    folder = write(tmp_path / "checkpoint", "wav2vec2-base")
    first = Wav2Vec2("wav2vec2-base", folder).fingerprint
    assert len(first) == 64
    assert Wav2Vec2("wav2vec2-base", folder).fingerprint == first
    model = network("wav2vec2-base")
    with torch.no_grad():
        model.wav2vec2.feature_projection.projection.bias += 1
    model.save_pretrained(folder)
    assert Wav2Vec2("wav2vec2-base", folder).fingerprint != first


def test_a_missing_folder_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError, match=r"none: no checkpoint.*facebook/wav2vec2-large-xlsr-53"):
        Wav2Vec2("xlsr-53", tmp_path / "none")


def test_offline_the_hub_is_not_asked(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError, match="cannot be had from the hub"):
        Wav2Vec2("wav2vec2-base", tmp_path / "none", cache=tmp_path / "hub")


@pytest.mark.parametrize("file", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_a_missing_file_is_named(file: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "checkpoint", "wav2vec2-base")
    (folder / file).unlink()
    with pytest.raises(MissingWeightsError, match=file.replace(".", r"\.")):
        Wav2Vec2("wav2vec2-base", folder)


def test_a_damaged_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "checkpoint", "wav2vec2-base")
    (folder / "model.safetensors").write_bytes(b"<html>moved</html>")
    with pytest.raises(ModelMismatchError, match="checkpoint"):
        Wav2Vec2("wav2vec2-base", folder)


def test_random_numbers_never_stand_in_for_missing_weights(tmp_path: Path) -> None:
    folder = write(tmp_path / "checkpoint", "wav2vec2-base", layers=2)
    with pytest.raises(ModelMismatchError, match=r"missing \(encoder\.layers\.2"):
        Wav2Vec2("wav2vec2-base", folder)


def test_a_missing_library_and_an_unknown_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="xlsr-53"):
        Wav2Vec2("hubert", tmp_path)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"baselines\]"):
        Wav2Vec2("xlsr-53", tmp_path)
