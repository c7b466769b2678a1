from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import singer_identity_checkpoint as published  # noqa: E402
from singalike.encoders import EfficientNetB0  # noqa: E402
from singalike.encoders.published import singer_identity  # noqa: E402
from singalike.encoders.published.singer_identity import encoder_layout, read_singer_identity  # noqa: E402
from singalike.errors import ConfigError, MissingWeightsError  # noqa: E402
from singalike.features import LogMel  # noqa: E402

BIAS, MEL = published.NET + "classifier.1.bias", published.FRONT + "mel_basis"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published.write_checkpoint(tmp_path_factory.mktemp("published") / "any", published.random_state())


@pytest.fixture
def read(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Read the published folder with some of its tensors changed, or without those changed to None."""

    def read_changed(**changes):
        state = {**published.random_state(), **changes}
        state = {name: value for name, value in state.items() if value is not None}
        monkeypatch.setattr(singer_identity, "_load", lambda path: state)
        return read_singer_identity(folder / "model.pt", folder / "hyperparams.yaml")

    return read_changed


def test_the_layout_is_that_of_the_released_files(folder: Path) -> None:
    ours = {name.removeprefix(published.NET): tuple(value.shape) for name, value in encoder_layout().items()}
    assert ours == dict(published.layout())
    assert len(ours) + 4 == len(published.random_state()) == 364
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    assert sum(int(np.prod(shape)) for name, shape in ours.items() if not name.endswith(statistics)) == 5_288_548
    # The hub shows 38.8 MB and 157 bytes.
    assert round((folder / "model.pt").stat().st_size / 1e6, 1) in (38.7, 38.8)
    assert (folder / "hyperparams.yaml").stat().st_size == 157


def test_front_end_and_encoder_give_the_published_embedding(folder: Path) -> None:
    front_end, weights = read_singer_identity(folder / "model.pt", folder / "hyperparams.yaml")
    assert front_end.name == "torres2023"
    encoder = EfficientNetB0().eval()
    encoder.load_state_dict(weights, strict=True)
    log_mel, seen = LogMel(front_end), []
    for seconds, seed in ((4.0, 0), (1.3, 1), (0.5, 2)):
        waveform = published.voice(seconds, seed)
        with torch.no_grad():
            ours = encoder(log_mel(torch.from_numpy(waveform)[None]))[0].numpy()
        np.testing.assert_allclose(ours, published.published_embedding(published.random_state(), waveform), atol=1e-5)
        seen.append(ours)
    assert np.abs(seen[0] - seen[1]).max() > 0.1  # the oracle hears a difference


def test_the_front_end_is_the_one_the_checkpoint_holds(read) -> None:
    front_end, _ = read(**{MEL: torch.from_numpy(published.slaney_filters(80, 44_100))})
    assert front_end.name == "torres2023-paper"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({BIAS: None}, rf"363 tensors of 364; the first missing is {BIAS}"),
        ({"head.weight": torch.zeros(2)}, r"365 tensors of 364; head\.weight is none"),
        ({BIAS: torch.zeros(512)}, rf"{BIAS} is \(512,\) torch\.float32, not \(1000,\)"),
        ({BIAS: torch.zeros(1000, dtype=torch.float16)}, rf"{BIAS} .*float16"),
        ({BIAS: torch.full((1000,), torch.nan)}, rf"{BIAS} holds NaN"),
        ({MEL: torch.zeros(96, 1025)}, r"mel_basis \(96, 1025\) is the mel axis of no front-end \(torres2023: another"),
        ({MEL: torch.zeros(128, 1025)}, r"no front-end \(torres2023: differs by up to 0\.0"),
        ({MEL: torch.full((128, 1025), torch.nan)}, "not finite"),
        ({published.FRONT + "stft.window_mask": torch.ones(1, 2048, 1)}, "window_mask is not that of torres2023"),
    ],
)
def test_another_layout_is_named(read, changes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(**changes)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_checkpoint(content: bytes, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(ConfigError, match=r"model\.pt: not a checkpoint"):
        read_singer_identity(tmp_path / "model.pt", folder / "hyperparams.yaml")


def test_code_in_a_checkpoint_does_not_run(folder: Path, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / "it ran",)

    torch.save({"weight": Evil()}, tmp_path / "model.pt")
    with pytest.raises(ConfigError, match="not a checkpoint of tensors"):
        read_singer_identity(tmp_path / "model.pt", folder / "hyperparams.yaml")
    assert not (tmp_path / "it ran").exists()


@pytest.mark.parametrize("content", [{"epoch": 3}, [1, 2]])
def test_something_else_than_a_state_dict(content: object, folder: Path, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "model.pt")
    with pytest.raises(ConfigError, match="not a state dict"):
        read_singer_identity(tmp_path / "model.pt", folder / "hyperparams.yaml")


def test_a_missing_file_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingWeightsError, match=r"none\.pt"):
        read_singer_identity(tmp_path / "none.pt", folder / "hyperparams.yaml")
    with pytest.raises(MissingWeightsError, match=r"none\.yaml"):
        read_singer_identity(folder / "model.pt", tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("feature_extractor: {hop_length: 256}", r"feature_extractor\.hop_length is 256; .* 512"),
        ("feature_extractor: {n_mels: 80}", r"n_mels is 80; .* 128"),
        ("feature_extractor: {spec_layer: stft}", "spec_layer is 'stft'"),
        ("encoder: {backbone: efficientnet_b0_att}", r"encoder\.backbone is 'efficientnet_b0_att'"),
        ("encoder: !new:torchvision.models.efficientnet {backbone: efficientnet_b4}", "efficientnet_b4"),
        ("encoder: [", "not YAML"),
        ("- 1", "holds no fields"),
    ],
)
def test_hyperparams_that_contradict_the_checkpoint(text: str, message: str, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "hyperparams.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_singer_identity(folder / "model.pt", path)


def test_tags_are_passed_over_and_references_say_nothing(folder: Path, tmp_path: Path) -> None:
    path, proof = tmp_path / "hyperparams.yaml", tmp_path / "it ran"
    path.write_text(
        f"proof: !apply:pathlib.Path.touch [!new:pathlib.Path ['{proof}']]\n"
        f"other: !!python/object/apply:pathlib.Path.touch ['{proof}']\n"
        "hop: 512\nfeature_extractor: !new:FeatureExtractor\n  hop_length: !ref <hop>\n  n_fft: 2048\n",
        encoding="utf-8",
    )
    front_end, _ = read_singer_identity(folder / "model.pt", path)
    assert front_end.name == "torres2023"
    assert not proof.exists()


def test_nothing_is_fetched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``pretrained: true`` of the released file asks torchvision for ImageNet's weights; we have neither."""

    def refuse(*args: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert "pretrained: true" in (folder / "hyperparams.yaml").read_text(encoding="utf-8")
    read_singer_identity(folder / "model.pt", folder / "hyperparams.yaml")
