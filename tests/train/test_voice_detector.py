"""The detector of voices that a run ends with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from singalike.audio.choir import accompany, melody, sing, singer  # noqa: E402
from singalike.augment import Chain  # noqa: E402
from singalike.corpus.recordings import Recording  # noqa: E402
from singalike.errors import ConfigError, MissingWeightsError  # noqa: E402
from singalike.train import accompaniments, voice_detector  # noqa: E402
from singalike.train.accompaniments import Pool  # noqa: E402
from singalike.train.export import export_run  # noqa: E402
from singalike.train.network import Exportable  # noqa: E402
from singalike.train.prepare import Part  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402
from singalike.train.run import train  # noqa: E402
from singalike.train.voice_detector import fit_voice, take_voice, voice_file  # noqa: E402

RATE_HZ = 16_000
SMALL = [
    "batch_size=3", "steps_per_epoch=1", "max_epochs=1", "crop_seconds=1.0", "projection=16", "features=voice16k",
    "encoder={name: tdnn, width: 32, aggregate: 32, dimension: 32}", "data.validation_share=0.34",
    "augment=[{name: accompaniment, probability: 0.5}]", "hears_voice=true",
]  # fmt: skip


@pytest.fixture
def run(choir_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(accompaniments, "_BANDS", 12)
    for name, number in (("_PIECES", 30), ("_NOISES", 8)):
        monkeypatch.setattr(voice_detector, name, number)
    return train("torres-cont", data=choir_folder, out=tmp_path / "run", overrides=SMALL)


class BandLevels(torch.nn.Module):
    """Stands for a trained network: says how loud each band of a waveform is, in dB."""

    sample_rate_hz, readouts = RATE_HZ, ()

    def level(self, waveforms: torch.Tensor) -> torch.Tensor:
        return waveforms / waveforms.square().mean(-1, keepdim=True).sqrt()

    def front_end(self, waveforms: torch.Tensor) -> torch.Tensor:
        power = torch.stft(waveforms, 512, window=torch.hann_window(512), return_complex=True).abs().square()
        return power[:, 1:241].unflatten(1, (24, 10)).mean(dim=2)

    def encoder(self, powers: torch.Tensor) -> torch.Tensor:
        decibels = 10 * (powers + 1e-3).log10()
        return torch.cat([decibels.mean(-1), decibels.std(-1)], dim=-1)


def _sung(number: int) -> np.ndarray:
    return sing(singer(number), melody(number, seconds=2.0), sample_rate_hz=RATE_HZ)


def _played(number: int) -> np.ndarray:
    return accompany(melody(number, seconds=2.0), seed=number, sample_rate_hz=RATE_HZ)


def test_voices_and_bands_that_it_never_heard_are_told_apart(tmp_path: Path) -> None:
    recipe = load_recipe("torres-cont", [*SMALL, "crop_seconds=1.5"])
    recordings, samples = [], []
    for number in range(16):
        samples.append(tmp_path / f"{number}.npy")
        np.save(samples[-1], (20_000 * _sung(number)).astype(np.int16))
        recordings.append(Recording(path=tmp_path / f"{number}.wav", voice=str(number), kind="sung"))
    pool = Pool(np.stack([_played(number) for number in range(16)]), {}, [])
    network = BandLevels()
    detector = fit_voice(
        network, Part(recordings, samples, None), pool, Chain([]), recipe=recipe, progress=lambda *_: None
    )  # pyright: ignore[reportArgumentType]
    whole = Exportable(network)  # pyright: ignore[reportArgumentType]
    heard = [np.stack([make(50 + i) for i in range(12)])[:, :24_000] for make in (_sung, _played)]
    voices, bands = (detector.probability(whole(torch.from_numpy(one)).numpy()) for one in heard)
    assert np.mean(voices > 0.5) >= 0.9
    assert np.mean(bands < 0.5) >= 0.9


def test_the_fingerprint_covers_it(run: Path, tmp_path: Path) -> None:
    first = export_run(run, tmp_path / "a", checkpoint="last")
    detector = take_voice(run, "last")
    again = export_run(run, tmp_path / "b", checkpoint="last")
    assert (first.fingerprint, first.voice) == (again.fingerprint, detector)
    detector.bias += 1.0
    voice_detector.keep_voice(detector, run, "last")
    assert export_run(run, tmp_path / "c", checkpoint="last").fingerprint != first.fingerprint


def test_it_is_fitted_once_and_again_where_it_is_gone(run: Path, choir_folder: Path, tmp_path: Path) -> None:
    file = voice_file(run, "last")
    before, written = file.read_bytes(), file.stat().st_mtime_ns
    train("torres-cont", data=choir_folder, out=run, overrides=SMALL, resume=True)
    assert file.stat().st_mtime_ns == written
    file.unlink()
    with pytest.raises(MissingWeightsError, match="no detector of voices of checkpoint 'last'"):
        export_run(run, tmp_path / "model", checkpoint="last")
    train("torres-cont", data=choir_folder, out=run, overrides=SMALL, resume=True)
    assert file.read_bytes() == before


def test_without_music_there_is_nothing_to_tell_voices_from() -> None:
    with pytest.raises(ConfigError, match="hears_voice is for recordings with the augmentation accompaniment"):
        load_recipe("torres-cont", ["hears_voice=true", "augment=[]"])
