from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from fake_embedder import FakeEmbedder
from singalike.errors import ConfigError, ModelMismatchError
from singalike.evaluate.clip_vectors import ClipVectors
from singalike.evaluate.clips import clip_scores, evaluate_clips
from singalike.evaluate.trials import Trials, read_trials, write_trials
from singalike.evaluate.verification import det_curve
from singalike.measure.data import read_data
from singalike.measure.results import read_arrays, read_results, read_vectors, save_arrays
from singalike.measure.run import Outcome, evaluate
from singalike.measure.settings import Settings
from singalike.measure.tasks import check


def measure(embedder: FakeEmbedder, root: Path, out: Path, *, task: str = "similarity", **options) -> Outcome:
    options = {"clip_seconds": 1.0, "draw": 60, "bottleneck": False, **options}
    if options.get("trials"):
        options["clip_seconds"] = options.pop("seconds", None)
    return evaluate(embedder, root, out, Settings(task=task, **options), command="singalike evaluate fake")


def write_list(path: Path, *rows: tuple[int, str, str], **drawn: object) -> Path:
    labels, a, b = zip(*rows, strict=True)
    write_trials(Trials(np.array(labels).astype(bool), a, b, drawn), path)
    return path


def test_figures_are_those_of_the_vectors_and_trials_written(make_voices, tmp_path):
    root, out = make_voices(), tmp_path / "out"
    document = measure(FakeEmbedder(), root, out, bottleneck=True).document
    trials = read_trials(out / "trials.csv")
    assert document["trials"]["sha256"] == trials.sha256
    assert trials.drawn["clip_seconds"] == 1.0
    assert {path.name for path in out.iterdir()} == {
        "results.json", "trials.csv", "vectors-native.npz", "vectors-16khz.npz", "det.npz", "det.png",
    }  # fmt: skip
    curves = read_arrays(out / "det.npz")
    for found in document["results"]:
        kept = read_vectors(out, found["condition"])
        clips = ClipVectors(
            tuple(kept["keys"].tolist()), kept["vectors"], kept["recordings"], kept["voices"], str(kept["model"])
        )
        expected = evaluate_clips(clips, trials, seed=0)
        expected.pop("notes")
        assert found == {"condition": found["condition"], **expected}
        rates = det_curve(clip_scores(clips, trials), trials.labels)
        for name, rate in zip(("accepts", "rejects"), rates, strict=True):
            np.testing.assert_array_equal(curves[f"{found['condition']}_false_{name}"], rate)
    assert [found["condition"] for found in document["results"]] == ["native", "16 kHz"]
    assert document["results"][0]["eer"] < 0.1  # these voices are easily told apart


def test_the_document_says_what_was_done(make_voices, tmp_path):
    root, out, embedder = make_voices(), tmp_path / "out", FakeEmbedder()
    outcome = measure(embedder, root, out)
    written = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert written == {"format": "singalike-results", "version": 1, **outcome.document}
    assert written["task"] == "similarity"
    assert written["command"] == "singalike evaluate fake"
    assert written["model"] == {"name": "fake", "fingerprint": embedder.fingerprint, "sample_rate_hz": 22_050}
    about = {name: written["data"][name] for name in ("name", "recordings", "clips", "voices", "failed")}
    assert about == {"name": "voices", "recordings": 12, "clips": 24, "voices": 4, "failed": []}
    assert (written["clip_seconds"], written["seed"]) == (1.0, 0)


def test_another_model_runs_on_the_list_that_was_drawn(make_voices, tmp_path):
    root = make_voices()
    first = measure(FakeEmbedder(), root, tmp_path / "a").document
    other = FakeEmbedder(name="other", sample_rate_hz=8000)
    second = measure(other, root, tmp_path / "b", trials=tmp_path / "a" / "trials.csv").document
    assert second["trials"]["sha256"] == first["trials"]["sha256"]
    assert second["data"]["sha256"] == first["data"]["sha256"]
    assert second["clip_seconds"] == 1.0  # the list says so
    assert [found["condition"] for found in second["results"]] == ["native"]
    assert not (tmp_path / "b" / "trials.csv").exists()


def test_a_list_contradicts_another_length_of_clips(make_voices, tmp_path):
    root = make_voices()
    measure(FakeEmbedder(), root, tmp_path / "a")
    for options in ({"seconds": 2.0}, {"shorten_silences": False}):
        with pytest.raises(ConfigError, match="the list's clips have"):
            measure(FakeEmbedder(), root, tmp_path / "b", trials=tmp_path / "a" / "trials.csv", **options)


@pytest.mark.parametrize("cross", ["recording", "session"])
def test_targets_cross_recordings_or_sessions(make_voices, tmp_path, cross):
    root = make_voices()
    for voice in root.iterdir():
        (voice / "hall").mkdir()
        (voice / "take0.wav").rename(voice / "hall" / "take0.wav")
        (voice / "room").mkdir()
        for take in ("take1.wav", "take2.wav"):
            (voice / take).rename(voice / "room" / take)
    measure(FakeEmbedder(), root, tmp_path / "out", cross=cross)
    trials = read_trials(tmp_path / "out" / "trials.csv")
    assert trials.drawn["cross"] == cross
    recordings = [(a.partition("@")[0], b.partition("@")[0]) for a, b in zip(trials.path_a, trials.path_b, strict=True)]
    targets = [pair for pair, label in zip(recordings, trials.labels, strict=True) if label]
    aspects = targets if cross == "recording" else [tuple(p.rpartition("/")[0] for p in pair) for pair in targets]
    assert all(a != b for a, b in aspects)
    within = {tuple(p.rpartition("/")[0] for p in pair) for pair in targets}
    assert any(a == b for a, b in within) is (cross == "recording")


def test_what_cannot_be_crossed_is_said_before_anything_is_embedded(make_voices, tmp_path):
    embedder = FakeEmbedder()
    with pytest.raises(ConfigError, match="no song"):
        measure(embedder, make_voices(), tmp_path / "out", cross="song")
    assert embedder.calls == 0


def test_a_list_of_files_embeds_each_whole(make_voices, tmp_path):
    rows = [(1, "voice0/take0.wav", "voice0/take1.wav"), (0, "voice0/take0.wav", "voice1/take0.wav")]
    path = write_list(tmp_path / "files.csv", *rows)
    embedder = FakeEmbedder()
    outcome = measure(embedder, make_voices(voices=2), tmp_path / "out", trials=path)
    assert embedder.calls == 3  # of six recordings, those that the list names
    assert outcome.document["clip_seconds"] is None
    (found,) = outcome.document["results"]
    assert found["trials"] == 2
    assert "mnr_eq7" not in found  # one clip a recording
    assert found["mnr_released_code_set_size"] == 2
    assert any("mnr_eq7" in note for note in outcome.notes)
    keys = read_vectors(tmp_path / "out", "native")["keys"].tolist()
    assert keys == ["voice0/take0.wav", "voice0/take1.wav", "voice1/take0.wav"]


def test_the_published_names_are_found_in_the_original_files(make_voices, tmp_path):
    root, path = make_voices(voices=2, takes=2, seconds=8.5), tmp_path / "speaker_pairs.txt"
    path.write_text(
        "1,voice0/take0_0_4_4s.wav,voice0/take1_4_8_4s.wav\n0,voice0/take0_4_8_4s.wav,voice1/take1_0_4_4s.wav\n",
        encoding="utf-8",
    )
    document = measure(FakeEmbedder(), root, tmp_path / "out", trials=path).document
    assert document["clip_seconds"] == 4.0
    assert document["results"][0]["trials"] == 2
    assert "mnr_eq7" in document["results"][0]


def test_a_list_that_names_what_is_not_there_is_refused_before_anything_is_embedded(make_voices, tmp_path):
    path = write_list(
        tmp_path / "list.csv",
        (1, "voice0/take0.wav@0.00", "voice0/take1.wav@0.00"),
        (0, "voice0/take0.wav@0.00", "voice9/take0.wav@0.00"),
    )
    embedder = FakeEmbedder()
    with pytest.raises(ConfigError, match=r"1 of 3 clips are not in the data: voice9/take0\.wav@0\.00"):
        measure(embedder, make_voices(), tmp_path / "out", trials=path, seconds=1.0)
    assert embedder.calls == 0


def test_a_clip_after_the_end_of_its_recording_is_an_error(make_voices, tmp_path):
    path = write_list(
        tmp_path / "list.csv",
        (1, "voice0/take0.wav@0.00", "voice0/take1.wav@60.00"),
        (0, "voice0/take0.wav@0.00", "voice1/take0.wav@0.00"),
    )
    (root := make_voices()).joinpath("voice3", "broken.wav").write_bytes(b"not audio at all")
    with pytest.raises(ConfigError, match=r"1 of 3 clips .* no vector: voice0/take1\.wav@60\.00"):
        measure(FakeEmbedder(), root, tmp_path / "out", trials=path, seconds=1.0)


def test_trials_of_a_recording_that_failed_are_left_out_and_counted(make_voices, tmp_path):
    root = make_voices()
    measure(FakeEmbedder(), root, tmp_path / "a")
    (root / "voice0" / "take0.wav").write_bytes(b"not audio any more")
    outcome = measure(FakeEmbedder(), root, tmp_path / "b", trials=tmp_path / "a" / "trials.csv")
    listed = read_trials(tmp_path / "a" / "trials.csv")
    lost = sum("voice0/take0.wav" in a + b for a, b in zip(listed.path_a, listed.path_b, strict=True))
    about = outcome.document["trials"]
    assert lost > 0
    assert (about["sha256"], about["trials"], about["left_out"]) == (listed.sha256, len(listed) - lost, lost)
    assert [failure["where"] for failure in outcome.document["data"]["failed"]] == ["voice0/take0.wav"]
    assert any("left out" in note for note in outcome.notes)


def test_identical_clips_are_refused_unless_asked_for(make_voices, tmp_path):
    same = "voice0/take0.wav"
    path = write_list(tmp_path / "list.csv", (1, same, same), (0, same, "voice1/take0.wav"))
    with pytest.raises(ConfigError, match="with itself"):
        measure(FakeEmbedder(), make_voices(), tmp_path / "out", trials=path)
    document = measure(FakeEmbedder(), make_voices(), tmp_path / "out", trials=path, allow_identical=True).document
    assert document["results"][0]["targets"] == 1


def test_the_same_command_replaces_its_results_and_embeds_nothing(make_voices, tmp_path):
    root, embedder = make_voices(), FakeEmbedder()
    first = measure(embedder, root, tmp_path / "out").document
    calls = embedder.calls
    second = measure(embedder, root, tmp_path / "out").document
    assert embedder.calls == calls
    assert second["results"] == first["results"]


def test_results_of_another_model_or_settings_are_not_replaced(make_voices, tmp_path):
    root, out = make_voices(), tmp_path / "out"
    measure(FakeEmbedder(), root, out)
    before = (out / "results.json").read_bytes()
    for embedder, options, match in (
        (FakeEmbedder(name="other"), {}, "results of the model fake"),
        (FakeEmbedder(), {"seed": 1}, "seed: 0"),
        (FakeEmbedder(), {"task": "singers", "folds": 3}, "task: similarity"),
    ):
        with pytest.raises(ConfigError, match=match) as caught:
            measure(embedder, root, out, **options)
        assert "another --out" in caught.value.hint
    assert (out / "results.json").read_bytes() == before


def test_a_users_own_file_is_not_overwritten(make_voices, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "trials.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"trials.csv would be overwritten"):
        measure(FakeEmbedder(), make_voices(), tmp_path / "out")
    assert (tmp_path / "out" / "trials.csv").read_text(encoding="utf-8") == "mine"


def test_without_matplotlib_there_are_figures_and_a_note(make_voices, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    outcome = measure(FakeEmbedder(), make_voices(), tmp_path / "out")
    assert "eer" in outcome.document["results"][0]
    assert any(note.startswith("no det.png") for note in outcome.notes)
    assert (tmp_path / "out" / "det.npz").is_file()


def test_vectors_of_another_model_than_the_results_are_refused(make_voices, tmp_path):
    out = tmp_path / "out"
    measure(FakeEmbedder(), make_voices(), out)
    arrays = read_vectors(out, "native")
    save_arrays(out / "vectors-native.npz", **{**arrays, "model": np.array("another")})
    with pytest.raises(ModelMismatchError):
        read_vectors(out, "native")
    (out / "vectors-native.npz").unlink()
    with pytest.raises(ConfigError, match="no vectors"):
        read_vectors(out, "native")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "singalike-results", "version": 2}'])
def test_what_are_not_our_results_is_refused(tmp_path, text):
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="results"):
        read_results(tmp_path)


def test_singers_are_named_by_their_files(make_voices, tmp_path):
    pytest.importorskip("torch")
    root = make_voices(voices=3, takes=3)
    outcome = measure(FakeEmbedder(layers=2), root, tmp_path / "out", task="singers", folds=3)
    (found,) = outcome.document["results"]
    assert found["accuracy"] > 2 * found["chance"]
    assert found["accuracy_low"] <= found["accuracy"] <= found["accuracy_high"]
    assert (len(found["folds"]), found["files"], found["singers"]) == (3, 9, 3)
    assert "trials" not in outcome.document
    assert read_vectors(tmp_path / "out", "native")["vectors"].shape == (18, 2, 32)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"results.json", "vectors-native.npz"}


def test_a_singer_with_too_few_files_is_said_before_anything_is_embedded(make_voices, tmp_path):
    root, embedder = make_voices(voices=3, takes=4), FakeEmbedder()
    (root / "voice1" / "take0.wav").unlink()
    with pytest.raises(ConfigError, match="voice1 has 3"):
        measure(embedder, root, tmp_path / "out", task="singers", folds=4)
    assert embedder.calls == 0
    check(read_data(root, min_files=4).recordings, Settings("singers", folds=4, min_files=4))


@pytest.mark.parametrize(
    "options",
    [
        {"task": "tags"},
        {"cross": "gender"},
        {"draw": 1},
        {"min_files": 0},
        {"task": "singers", "trials": Path("list.csv")},
    ],
)
def test_settings_that_cannot_be_are_refused(options):
    with pytest.raises(ConfigError):
        Settings(**{"task": "similarity", **options})


def test_data_are_filtered_and_named_below_their_root(make_voices, tmp_path):
    root = make_voices(voices=2, takes=2)
    table = root / "table.csv"
    table.write_text(
        "path,voice,kind,split\n"
        "voice0/take0.wav,ann,sung,test\nvoice0/take1.wav,ann,spoken,test\nvoice1/take0.wav,bob,sung,train\n",
        encoding="utf-8",
    )
    assert list(read_data(table).recordings) == ["voice0/take0.wav", "voice0/take1.wav", "voice1/take0.wav"]
    assert list(read_data(table, split="test").recordings) == ["voice0/take0.wav", "voice0/take1.wav"]
    assert list(read_data(table, kinds=["sung"]).recordings) == ["voice0/take0.wav", "voice1/take0.wav"]
    assert list(read_data(table, min_files=2).recordings) == ["voice0/take0.wav", "voice0/take1.wav"]
    assert read_data(table).name == "table"
    assert read_data(root, reader="folder").name == "voices"
    with pytest.raises(ConfigError, match="none of 3 recordings passes"):
        read_data(table, split="validation")
    with pytest.raises(ConfigError, match="no reader"):
        read_data(table, reader="nobody")


def test_a_dataset_read_by_name_keeps_its_name_and_voices(tmp_path, make_voices):
    root = make_voices(voices=1, takes=2)
    (root / "voice0").rename(root / "Alto-1#a song")
    for number in range(2):
        (root / "Alto-1#a song" / f"take{number}.wav").rename(root / "Alto-1#a song" / f"000{number}.wav")
    data = read_data(root, reader="m4singer")
    assert data.name == "M4Singer"
    assert {key: r.voice for key, r in data.recordings.items()} == {
        "Alto-1#a song/0000.wav": "Alto-1",
        "Alto-1#a song/0001.wav": "Alto-1",
    }
