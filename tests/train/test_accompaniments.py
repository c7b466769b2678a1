"""Recordings of music laid under voices in training, beside the virtual choir's bands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("lightning")

from singalike.audio.encode import write_audio
from singalike.errors import ConfigError
from singalike.train import accompaniments
from singalike.train.accompaniments import make_pool
from singalike.train.run import train

RATE_HZ = 16_000
SMALL = [
    "batch_size=3", "steps_per_epoch=1", "max_epochs=1", "crop_seconds=1.0", "projection=8", "features=voice16k",
    "encoder={name: tdnn, width: 16, aggregate: 16, dimension: 16}", "data.validation_share=0.34",
    "augment=[{name: accompaniment, probability: 1.0}]",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in (("_BANDS", 3), ("_BANDS_BESIDE_RECORDINGS", 2), ("_STRETCHES", 5), ("_PIECE_SECONDS", 2.0)):
        monkeypatch.setattr(accompaniments, name, number)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Two recordings of noise, one that is no audio, one that is silent."""
    folder = tmp_path / "music"
    folder.mkdir()
    for seed in range(2):
        noise = 0.1 * np.random.default_rng(seed).standard_normal(3 * RATE_HZ)
        write_audio(folder / f"{seed}.flac", noise.astype(np.float32), sample_rate_hz=RATE_HZ)
    return folder


def _quiet(*_: object) -> None:
    pass


def test_recordings_are_heard_in_turn_beside_fewer_bands(music: Path) -> None:
    bands = make_pool(None, sample_rate_hz=RATE_HZ, progress=_quiet)
    assert bands.described == {"bands": 3, "recordings": 0, "checksum": ""}
    pool = make_pool(music, sample_rate_hz=RATE_HZ, progress=_quiet)
    assert pool.samples.shape == (2 + 5, 2 * RATE_HZ)
    np.testing.assert_array_equal(pool.samples[:2], bands.samples[:2])
    for row, seed in enumerate((0, 1, 0, 1, 0)):
        noise = 0.1 * np.random.default_rng(seed).standard_normal(3 * RATE_HZ)
        assert np.corrcoef(pool.samples[2 + row], noise[: 2 * RATE_HZ])[0, 1] > 0.99
    assert (pool.described["recordings"], pool.failed) == (2, [])


def test_what_cannot_be_used_is_told_once_and_left_out(music: Path) -> None:
    (music / "broken.wav").write_bytes(b"not audio at all")
    write_audio(music / "silent.wav", np.zeros(3 * RATE_HZ, np.float32), sample_rate_hz=RATE_HZ)
    pool = make_pool(music, sample_rate_hz=RATE_HZ, progress=_quiet)
    assert sorted(Path(str(error.where)).name for error in pool.failed) == ["broken.wav", "silent.wav"]
    assert pool.described["recordings"] == 2
    assert np.abs(pool.samples).max(axis=1).min() > 1e-3
    for name in ("0.flac", "1.flac"):
        (music / name).unlink()
    with pytest.raises(ConfigError, match="none of 2 accompaniments can be used"):
        make_pool(music, sample_rate_hz=RATE_HZ, progress=_quiet)


def test_a_run_goes_on_with_the_same_music_alone(choir_folder: Path, music: Path, tmp_path: Path) -> None:
    (music / "broken.wav").write_bytes(b"not audio at all")
    arguments = {"data": choir_folder, "out": tmp_path / "run", "overrides": SMALL}
    run = train("torres-cont", accompaniments=music, **arguments)
    described = json.loads((run / "data.json").read_text())
    assert described["accompaniments"]["recordings"] == 2
    assert [Path(failure["where"]).name for failure in described["failed"]] == ["broken.wav"]
    train("torres-cont", accompaniments=music, resume=True, **arguments)
    with pytest.raises(ConfigError, match="begun with other data to accompaniments on"):
        train("torres-cont", resume=True, **arguments)
    (music / "1.flac").write_bytes((music / "0.flac").read_bytes())
    with pytest.raises(ConfigError, match="begun with other data to accompaniments on"):
        train("torres-cont", accompaniments=music, resume=True, **arguments)


def test_a_recipe_that_lays_nothing_under_voices_takes_no_music(
    choir_folder: Path, music: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="lays no music under voices"):
        train(
            "torres-cont", data=choir_folder, out=tmp_path / "run", overrides=[*SMALL, "augment=[]"],
            accompaniments=music,
        )  # fmt: skip
    assert not (tmp_path / "run").exists()
