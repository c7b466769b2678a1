from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fake_embedder import FakeEmbedder
from singalike.audio.encode import write_audio
from singalike.corpus.accompaniments import Recordings
from singalike.errors import ConfigError
from singalike.evaluate.trials import Trials
from singalike.measure.clips import embed_clips
from singalike.measure.data import read_data
from singalike.measure.robustness import measure_robustness
from singalike.measure.robustness_plot import robustness_figure, save_robustness
from singalike.measure.trial_names import WHOLE, Cut

RATE_HZ = 22_050
HEARD_APART_HZ = 4000  # voices are above, music below
FEW = {"replicates": 40}
CHEAP = ("room", "bandwidth", "duration")


class Listener(FakeEmbedder):
    """Hears only what lies above 4 kHz, or only what lies below."""

    def __init__(self, *, above: bool) -> None:
        super().__init__(name="voice" if above else "music")
        self.above = above

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        vector = super().embed(samples, sample_rate_hz=sample_rate_hz)
        places = np.arange(len(vector)) * sample_rate_hz / 2 / len(vector)
        return vector * ((places > HEARD_APART_HZ) == self.above)


def band_noise(seed: list[int], low_hz: float, high_hz: float, *, seconds: float) -> np.ndarray:
    """(T,) noise in a band, coloured by the first number of the seed."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=round(seconds * RATE_HZ)))
    hz = np.linspace(0, RATE_HZ / 2, len(spectrum))
    knots = np.random.default_rng(seed[0]).uniform(0, 1, 12) ** 2
    colour = np.interp(hz, np.linspace(low_hz, high_hz, 12), knots) * ((low_hz < hz) & (hz < high_hz))
    samples = np.fft.irfft(spectrum * colour)
    return (0.5 * samples / np.abs(samples).max()).astype(np.float32)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four voices, three takes each (the last a short one), above 4 kHz, over a little hum."""
    for voice in range(4):
        for take, seconds in enumerate((2.5, 2.5, 1.5)):
            high = band_noise([voice, take], 4500, 11_000, seconds=seconds)
            hum = 0.02 * band_noise([90 + voice, take], 50, 2000, seconds=seconds)
            write_audio(tmp_path / "voices" / f"v{voice}" / f"{take}.wav", high + hum, sample_rate_hz=RATE_HZ)
    return tmp_path / "voices"


@pytest.fixture
def music(tmp_path: Path) -> Recordings:
    """Three pieces, below 3.5 kHz."""
    for piece in range(3):
        samples = band_noise([50 + piece, 0], 50, 3500, seconds=3.0)
        write_audio(tmp_path / "music" / f"{piece}.wav", samples, sample_rate_hz=RATE_HZ)
    return Recordings(tmp_path / "music")


def all_pairs(keys: list[str]) -> Trials:
    pairs = [(a, b) for number, a in enumerate(keys) for b in keys[:number]]
    labels = np.array([a.partition("/")[0] == b.partition("/")[0] for a, b in pairs])
    return Trials(labels, tuple(a for a, _ in pairs), tuple(b for _, b in pairs))


def measure(
    embedder: FakeEmbedder, root: Path, *, cut: Cut = WHOLE, trials: Trials | None = None, groups=CHEAP, **options
) -> tuple[dict[tuple[str, str], dict], list[str]]:
    """Return the results by (change, sides) and the notes."""
    recordings = read_data(root).recordings
    clips = embed_clips(embedder, recordings, cut, conditions=("native",)).clips["native"]
    embedder.calls = 0  # those under conditions count
    trials = trials or all_pairs(clips.keys.tolist())
    results, notes = measure_robustness(
        embedder, clips, recordings, trials, cut, seed=0, groups=groups, **FEW, **options
    )
    return {(found["change"], found["sides"]): found for found in results}, notes


def test_every_condition_stands_with_one_side_and_with_both(root):
    found, notes = measure(FakeEmbedder(), root)
    names = [
        "room 0.4 s",
        "room 1.0 s",
        "sampled at 16 kHz",
        "sampled at 8 kHz",
        "1 s",
        "2 s",
        "1 s, drawn",
        "2 s, drawn",
    ]
    assert list(found) == [("clean", "none"), *((name, sides) for name in names for sides in ("one", "both"))]
    clean = found["clean", "none"]
    assert clean["eer"] == 0
    assert "growth" not in clean
    assert (clean["trials"], clean["clips"], clean["left_out"], clean["singers"]) == (66, 12, 0, 4)
    assert found["room 0.4 s", "one"]["trials"] == 132
    assert found["2 s", "one"]["left_out"] == found["2 s", "both"]["left_out"] == 4
    assert found["2 s", "one"]["condition"] == "2 s, one side"
    assert (found["2 s", "one"]["trials"], found["2 s", "both"]["trials"]) == (8 * 11, 28)
    assert "2 s: 4 of 12 clips are left out, the first because: v0/2.wav: 1.50 s, not 2 s" in notes
    assert "10 s, both sides: not measured" in "; ".join(notes)


def test_accompaniments_are_heard_by_who_hears_only_them(root, music):
    groups = ("accompaniment", "misleading")
    voice, _ = measure(Listener(above=True), root, groups=groups, accompaniments=music)
    deaf, _ = measure(Listener(above=False), root, groups=groups, accompaniments=music)
    for level in ("-6 dB", "0 dB", "+6 dB"):
        assert voice[f"accompaniment {level}", "both"]["eer"] == 0
        assert voice[f"misleading accompaniment {level}", "both"]["eer"] == 0
        assert deaf[f"misleading accompaniment {level}", "both"]["eer"] > 0.95
        assert 0.2 < deaf[f"accompaniment {level}", "both"]["eer"] < 0.8
    assert ("misleading accompaniment 0 dB", "one") not in voice
    test = deaf["misleading accompaniment 0 dB", "both"]
    assert test["eer_low"] > 0.9
    assert (test["trials"], test["targets"], test["left_out"]) == (66, 12, 0)


def test_figures_are_of_the_changed_sounds(root):
    """Half the voices' spectrum is gone at 8 kHz: none of theirs is left, only the hum."""
    found, _ = measure(Listener(above=True), root, groups=["bandwidth"])
    assert found["sampled at 16 kHz", "both"]["eer"] < 0.2
    hum, _ = measure(Listener(above=False), root, groups=["bandwidth"])
    assert hum["sampled at 8 kHz", "both"]["eer"] == hum["clean", "none"]["eer"]


def test_clips_of_a_recording_are_changed_one_by_one(root):
    embedder, cut, seen = FakeEmbedder(), Cut(0.7, shorten_silences=False), []
    embedder.on_call = lambda number, samples: seen.append(len(samples))
    found, notes = measure(embedder, root, cut=cut, groups=["bandwidth", "duration"])
    clips = 8 * 3 + 4 * 2
    assert found["clean", "none"]["clips"] == found["sampled at 8 kHz", "one"]["clips"] == clips
    assert set(seen) == {round(0.7 * RATE_HZ)}
    assert ("1 s", "one") not in found
    assert any(note.startswith(f"1 s: {clips} of {clips} clips are left out") for note in notes)


def test_vectors_are_finished_together_with_the_clean_ones(root):
    embedder, seen = FakeEmbedder(), []

    def finish(matrix: np.ndarray) -> np.ndarray:
        seen.append(matrix.shape)
        return matrix - matrix.mean(axis=0)

    embedder.finish = finish
    found, _ = measure(embedder, root, groups=["bandwidth", "duration"])
    assert (24, 32) in seen
    assert (20, 32) in seen  # of 2 s, eight clips were heard
    assert np.isfinite(found["sampled at 8 kHz", "one"]["eer"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda trials: replace(trials, labels=~trials.labels), "contradict the voices"),
        (lambda trials: replace(trials, labels=np.zeros(len(trials), bool)), "contradict the voices"),
    ],
)
def test_labels_that_contradict_the_voices_are_refused(root, change: Callable[[Trials], Trials], message: str):
    keys = list(read_data(root).recordings)
    with pytest.raises(ConfigError, match=message):
        measure(FakeEmbedder(), root, trials=change(all_pairs(keys)), groups=["bandwidth"])


def test_trials_of_whole_recordings_do_not_fit_clips(root):
    trials = all_pairs(list(read_data(root).recordings))
    with pytest.raises(ConfigError, match="several clips"):
        measure(FakeEmbedder(), root, cut=Cut(0.5, shorten_silences=False), trials=trials, groups=["bandwidth"])


def test_an_unknown_group_is_refused_before_anything_is_embedded(root):
    embedder = FakeEmbedder()
    with pytest.raises(ConfigError, match="no conditions hum"):
        measure(embedder, root, groups=["hum"])
    assert embedder.calls == 0


def test_the_picture_shows_every_condition_beside_the_clean_clips(root, tmp_path):
    pytest.importorskip("matplotlib")
    found, _ = measure(FakeEmbedder(), root)
    axes = robustness_figure(list(found.values()), title="a model").axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == list(dict.fromkeys(name for name, sides in found if sides != "none"))
    assert axes.get_legend_handles_labels()[1] == ["clean, 0.0 %", "one side changed", "both sides changed"]
    for sides, line in (("one", axes.lines[1]), ("both", axes.lines[2])):
        shown = [100 * result["eer"] for (_, other), result in found.items() if other == sides]
        np.testing.assert_allclose(np.asarray(line.get_xdata()), shown)
    save_robustness(tmp_path / "robustness.png", list(found.values()))
    assert (tmp_path / "robustness.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ConfigError):
        robustness_figure([found["clean", "none"]])
