"""F-ResNet and H/ASP on checkpoints of the published layout, with random numbers in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("librosa")

from sung_tone import RATE_HZ, tone  # noqa: E402
from voxceleb_layout import LAYOUTS, embedding, log_mel, random_state, write_checkpoint  # noqa: E402

from singalike.checksum import sha256  # noqa: E402
from singalike.encoders.published.fast_resnet import FastResNet, FastResNet34  # noqa: E402
from singalike.encoders.published.h_asp import HalfAsp, HalfResNet34  # noqa: E402
from singalike.encoders.published.voxceleb import SpeakerResNet, VoxCelebBaseline  # noqa: E402
from singalike.errors import MissingWeightsError, ModelMismatchError  # noqa: E402

NAMES = ["f-resnet", "h-asp"]
BASELINES: dict[str, type[VoxCelebBaseline]] = {"f-resnet": FastResNet, "h-asp": HalfAsp}
NETWORKS: dict[str, type[SpeakerResNet]] = {"f-resnet": FastResNet34, "h-asp": HalfResNet34}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, VoxCelebBaseline]]:
    folder = tmp_path_factory.mktemp("checkpoints")
    paths = {name: write_checkpoint(folder / BASELINES[name].checkpoint, name) for name in NAMES}
    return {name: (path, BASELINES[name](path)) for name, path in paths.items()}


@pytest.fixture(scope="module")
def song() -> np.ndarray:
    glide = tone(1.0, hz=180.0) * np.linspace(0.1, 1.0, RATE_HZ, dtype=np.float32)
    return (glide + np.random.default_rng(0).normal(0, 1e-3, RATE_HZ)).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_names_and_shapes_are_those_of_the_published_layout(name: str) -> None:
    state = NETWORKS[name]().state_dict()
    assert {key: tuple(value.shape) for key, value in state.items()} == LAYOUTS[name]


@pytest.mark.parametrize(("name", "exactly", "in_the_paper"), [("f-resnet", 1_437_078, 1.4), ("h-asp", 8_028_492, 8.0)])
def test_numbers_of_parameters_are_those_of_the_paper(name: str, exactly: int, in_the_paper: float) -> None:
    count = sum(parameter.numel() for parameter in NETWORKS[name]().parameters())
    assert count == exactly
    assert round(count / 1e6, 1) == in_the_paper  # Torres et al. 2023, table 2


@pytest.mark.parametrize("name", NAMES)
def test_the_front_end_is_librosa_s(name: str, song: np.ndarray) -> None:
    network = NETWORKS[name]()
    images = network.images(torch.from_numpy(song * 32_768)[None])[0, 0].numpy()
    oracle = log_mel(song, images.shape[0], pre_emphasis=name == "h-asp")
    np.testing.assert_allclose(images, oracle, atol=2e-3)
    fresh = network.state_dict()
    for key, value in random_state(name).items():
        if key.startswith("torchfb"):
            np.testing.assert_allclose(fresh[key], value, atol=1e-6, err_msg=key)


@pytest.mark.parametrize("name", NAMES)
def test_vectors_are_those_of_the_publication(name: str, loaded: dict, song: np.ndarray) -> None:
    baseline = loaded[name][1]
    vector = baseline.embed(song, sample_rate_hz=RATE_HZ)
    assert vector.shape == (512,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_array_equal(vector, baseline.embed(song, sample_rate_hz=RATE_HZ))
    np.testing.assert_array_equal(vector[None], baseline.embed_layers(song, sample_rate_hz=RATE_HZ))
    np.testing.assert_allclose(vector, embedding(name, random_state(name), song), atol=1e-4)
    other = baseline.embed(tone(hz=300.0), sample_rate_hz=RATE_HZ)
    assert np.abs(vector - other).max() > 1e-3


def test_gain_hardly_matters(loaded: dict, song: np.ndarray) -> None:
    quiet, loud = (loaded["f-resnet"][1].embed(gain * song, sample_rate_hz=RATE_HZ) for gain in (0.1, 1.0))
    assert quiet @ loud > 0.9999


@pytest.mark.parametrize("name", NAMES)
def test_the_fingerprint_is_the_checkpoint_s(name: str, loaded: dict, tmp_path: Path) -> None:
    path, baseline = loaded[name]
    assert baseline.fingerprint == sha256(path)
    again = BASELINES[name](write_checkpoint(tmp_path / "other.model", name, seed=1))
    assert again.fingerprint != baseline.fingerprint


def test_a_checkpoint_with_pre_emphasis_and_trained_on_several_cards_loads(tmp_path: Path) -> None:
    network = FastResNet34(pre_emphasis=True)
    torch.save({f"module.__S__.{key}": value for key, value in network.state_dict().items()}, tmp_path / "a.model")
    assert np.isfinite(FastResNet(tmp_path / "a.model").embed(tone(), sample_rate_hz=RATE_HZ)).all()


def test_a_missing_checkpoint_says_what_to_put_where(tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError, match=r"baseline_v2_ap\.model of the repository clovaai/voxceleb_trainer"):
        HalfAsp(tmp_path / "none.model")


def test_the_other_network_s_checkpoint_is_refused_by_name(loaded: dict) -> None:
    with pytest.raises(ModelMismatchError, match=r"baseline_v2_ap\.model: .*3 missing \(attention") as caught:
        FastResNet(loaded["h-asp"][0])
    assert "unexpected" in caught.value.what
    assert "conv1.bias" in caught.value.what
    assert "another shape" in caught.value.what


@pytest.mark.parametrize("content", [b"<html>moved</html>", b""])
def test_a_file_that_is_no_checkpoint(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.model").write_bytes(content)
    with pytest.raises(ModelMismatchError, match=r"a\.model"):
        FastResNet(tmp_path / "a.model")


def test_a_checkpoint_of_something_else(tmp_path: Path) -> None:
    torch.save({"epoch": 3, "state": {}}, tmp_path / "a.model")
    with pytest.raises(ModelMismatchError, match="named tensors"):
        FastResNet(tmp_path / "a.model")
