from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fake_embedder import FakeEmbedder
from singalike.audio.encode import write_audio
from singalike.errors import ConfigError
from singalike.evaluate.trials import read_trials
from singalike.measure.outcome import Outcome
from singalike.measure.results import read_vectors
from singalike.measure.robustness_run import RobustnessSettings, evaluate_robustness


def measure(embedder: FakeEmbedder, root: Path, out: Path, **options) -> Outcome:
    settings = RobustnessSettings(**{"conditions": ("bandwidth",), "draw": 60, **options})
    return evaluate_robustness(embedder, root, out, settings, command="singalike evaluate fake")


def test_the_folder_holds_figures_trials_vectors_and_a_picture(make_voices, tmp_path):
    root, out = make_voices(seconds=1.0), tmp_path / "out"
    outcome = measure(FakeEmbedder(), root, out)
    written = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert written == {"format": "singalike-results", "version": 1, **outcome.document}
    names = {path.name for path in out.iterdir()}
    assert names == {"results.json", "trials.csv", "vectors-native.npz", "robustness.png"}
    assert (written["task"], written["clip_seconds"]) == ("robustness", None)
    assert [(found["change"], found["sides"]) for found in written["results"]] == [
        ("clean", "none"), ("sampled at 16 kHz", "one"), ("sampled at 16 kHz", "both"),
        ("sampled at 8 kHz", "one"), ("sampled at 8 kHz", "both"),
    ]  # fmt: skip
    assert len({found["condition"] for found in written["results"]}) == 5
    assert written["data"]["clips"] == written["data"]["recordings"] == 12  # a recording is one clip
    assert written["trials"]["sha256"] == read_trials(out / "trials.csv").sha256
    assert read_vectors(out, "native")["keys"][0] == "voice0/take0.wav"
    settings = {"conditions": ["bandwidth"], "accompaniments": None, "trials": None, "task": "robustness"}
    assert settings.items() <= written["settings"].items()


def test_another_model_runs_on_the_list_that_was_drawn(make_voices, tmp_path):
    root = make_voices(seconds=1.0)
    first = measure(FakeEmbedder(), root, tmp_path / "a").document
    trials = tmp_path / "a" / "trials.csv"
    second = measure(FakeEmbedder(name="other"), root, tmp_path / "b", trials=trials).document
    assert second["trials"]["sha256"] == first["trials"]["sha256"]
    assert not (tmp_path / "b" / "trials.csv").exists()
    with pytest.raises(ConfigError, match="says how its clips are cut"):
        measure(FakeEmbedder(), root, tmp_path / "c", trials=trials, clip_seconds=0.5)


def test_long_recordings_are_cut_when_asked(make_voices, tmp_path):
    root, out = make_voices(voices=2, takes=2, seconds=1.0), tmp_path / "out"
    document = measure(FakeEmbedder(), root, out, clip_seconds=0.4, cross="recording").document
    assert (document["clip_seconds"], document["data"]["clips"]) == (0.4, 8)
    again = measure(FakeEmbedder(name="other"), root, tmp_path / "b", trials=out / "trials.csv").document
    assert again["clip_seconds"] == 0.4


def test_bad_recordings_are_listed_and_their_trials_left_out(make_voices, tmp_path):
    root = make_voices(seconds=1.0)
    measure(FakeEmbedder(), root, tmp_path / "a")
    (root / "voice0" / "take0.wav").write_bytes(b"not audio at all")
    trials = tmp_path / "a" / "trials.csv"
    outcome = measure(FakeEmbedder(), root, tmp_path / "b", trials=trials)
    (failure,) = outcome.document["data"]["failed"]
    assert (failure["where"], failure["code"]) == ("voice0/take0.wav", "unreadable")
    counts = outcome.document["trials"]
    assert counts["left_out"] > 0
    assert counts["left_out"] + counts["trials"] == len(read_trials(trials))
    assert any("left out" in note for note in outcome.notes)


def test_a_list_that_names_what_is_not_there_is_refused(make_voices, tmp_path):
    root, embedder = make_voices(seconds=1.0), FakeEmbedder()
    (tmp_path / "list.csv").write_text("1,voice0/take0.wav,voice0/nobody.wav\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="voice0/nobody"):
        measure(embedder, root, tmp_path / "out", trials=tmp_path / "list.csv")
    assert embedder.calls == 0


def test_files_that_are_named_like_published_clips_are_tried_as_they_are(make_voices, tmp_path):
    root = make_voices(voices=2, takes=2, seconds=1.0)
    for path in list(root.rglob("*.wav")):
        path.rename(path.with_name(f"{path.stem}_0_1_1s.wav"))
    measure(FakeEmbedder(), root, tmp_path / "out")
    assert "voice0/take0_0_1_1s.wav" in read_trials(tmp_path / "out" / "trials.csv").paths


def test_a_folder_of_accompaniments_is_laid_under_the_voices(make_voices, tmp_path):
    root, music = make_voices(seconds=1.0), tmp_path / "music"
    for number in range(2):
        write_audio(music / f"{number}.wav", np.sin(np.arange(44_100) / (5 + number)), sample_rate_hz=22_050)
    options = {"conditions": ("accompaniment", "misleading"), "accompaniments": music}
    document = measure(FakeEmbedder(), root, tmp_path / "out", **options).document
    assert document["settings"]["accompaniments"] == str(music)
    assert len(document["results"]) == 1 + 3 * 2 + 3
    with pytest.raises(ConfigError, match="at least two"):
        measure(FakeEmbedder(), root, tmp_path / "other", accompaniments=tmp_path / "nowhere")


@pytest.mark.parametrize("options", [{"conditions": ("hum",)}, {"conditions": ()}, {"draw": 1}, {"cross": "gender"}])
def test_settings_that_cannot_be_are_refused(options):
    with pytest.raises(ConfigError):
        RobustnessSettings(**options)


def test_results_of_other_conditions_are_not_overwritten(make_voices, tmp_path):
    root = make_voices(voices=2, takes=2, seconds=1.0)
    measure(FakeEmbedder(), root, tmp_path / "out")
    measure(FakeEmbedder(), root, tmp_path / "out")
    with pytest.raises(ConfigError, match="other settings"):
        measure(FakeEmbedder(), root, tmp_path / "out", conditions=("room",))
