from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from fake_embedder import FakeEmbedder
from singalike.audio.encode import write_audio
from singalike.errors import ConfigError
from singalike.measure.outcome import Outcome
from singalike.measure.results import read_vectors
from singalike.measure.vocal_tags_data import VocalTagSettings
from singalike.measure.vocal_tags_plot import vocal_tags_figure
from singalike.measure.vocal_tags_run import evaluate_vocal_tags
from singalike.model.tag_head import TagHead

RATE_HZ, SINGERS = 8000, 20


@pytest.fixture
def rated(tmp_path) -> Path:
    """Twenty singers, one file each of three segments of 0.5 s; a bright one has more of its power up high."""
    chance = np.random.default_rng(0)
    rows = []
    for who in range(SINGERS):
        spectrum = np.fft.rfft(chance.normal(size=round(1.5 * RATE_HZ)))
        tilt = np.linspace(1, 0, len(spectrum)) if who % 2 else np.linspace(0, 1, len(spectrum))
        samples = np.fft.irfft(spectrum * tilt, round(1.5 * RATE_HZ))
        write_audio(tmp_path / f"{who}.wav", 0.5 * samples / np.abs(samples).max(), sample_rate_hz=RATE_HZ)
        rows += [
            [f"{who}.wav", f"singer{who}", start, 0.5, who % 2 == 0, chance.random() < 0.5] for start in (0, 0.5, 1)
        ]
    with (tmp_path / "rated.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "voice", "start_seconds", "seconds", "bright", "lucky"])
        writer.writerows([*row[:4], *map(int, row[4:])] for row in rows)
    return tmp_path / "rated.csv"


def measure(source: Path, out: Path, embedder: FakeEmbedder | None = None, **options) -> Outcome:
    embedder = embedder or FakeEmbedder(sample_rate_hz=RATE_HZ)
    return evaluate_vocal_tags(embedder, source, out, VocalTagSettings(**options), command="singalike evaluate fake")


def test_the_folder_holds_figures_vectors_a_picture_and_the_head(rated, tmp_path):
    out = tmp_path / "out"
    outcome = measure(rated, out, save_head=True)
    written = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert written == {"format": "singalike-results", "version": 1, **outcome.document}
    assert {path.name for path in out.iterdir()} == {
        "results.json", "vectors-segments.npz", "vocal-tags.png", "tags.npz",
    }  # fmt: skip
    (found,) = written["results"]
    assert found["by_tag"]["bright"]["roc_auc"] > 0.9
    assert found["tested_artists"] == 2
    assert (written["task"], written["clip_seconds"], written["data"]["clips"]) == ("vocal-tags", 0.5, 3 * SINGERS)
    assert (written["data"]["recordings"], written["data"]["tag_holds_from"]) == (SINGERS, 0.5)
    assert written["notes"] == ["no parts are given: artists were dealt 80/10/10"]
    head = TagHead.load(out / "tags.npz")
    assert (head.tags, head.fingerprint) == (("bright", "lucky"), written["model"]["fingerprint"])
    assert head.roc_auc.tolist() == [found["by_tag"][tag]["roc_auc"] for tag in head.tags]
    assert head.about["data"] == "rated"
    clips = read_vectors(out, "segments")
    said = head.predict(clips["vectors"])[:, 0] > 0.5
    truth = [int(name.removeprefix("singer")) % 2 == 0 for name in clips["voices"].tolist()]
    assert np.mean(said == np.array(truth)) > 0.9


def test_a_segment_is_the_stretch_that_its_row_names(rated, tmp_path):
    heard = []
    embedder = FakeEmbedder(sample_rate_hz=RATE_HZ)
    embedder.on_call = lambda number, samples: heard.append(samples)
    measure(rated, tmp_path / "out", embedder)
    assert {len(samples) for samples in heard} == {RATE_HZ // 2}
    assert len(heard) == 3 * SINGERS
    measure(rated, tmp_path / "again", embedder)
    assert embedder.calls == 3 * SINGERS  # kept


def test_no_head_is_written_unless_asked_and_asking_changes_no_figure(rated, tmp_path):
    plain = measure(rated, tmp_path / "out").document
    assert not (tmp_path / "out" / "tags.npz").exists()
    kept = measure(rated, tmp_path / "out", save_head=True).document
    assert (kept["results"], kept["settings"]) == (plain["results"], plain["settings"])
    assert (tmp_path / "out" / "tags.npz").is_file()


def test_segments_that_fail_are_listed_and_left_out(rated, tmp_path):
    (tmp_path / "3.wav").write_bytes(b"no audio")
    write_audio(
        tmp_path / "4.wav", np.sin(np.arange(RATE_HZ) / 3), sample_rate_hz=RATE_HZ
    )  # the last half second is gone
    document = measure(rated, tmp_path / "out").document
    assert [failure["code"] for failure in document["data"]["failed"]] == ["unreadable"] * 3 + ["too-short"]
    assert "3.wav" in document["data"]["failed"][0]["where"]
    assert document["data"]["clips"] == 3 * SINGERS - 4


def test_published_parts_are_kept_where_no_artist_is_in_two(rated, tmp_path):
    rows = list(csv.reader(rated.open()))
    parts = ["train"] * 30 + ["validation"] * 15 + ["test"] * 15
    split = [[*rows[0], "split"], *([*row, part] for row, part in zip(rows[1:], parts, strict=True))]
    table = tmp_path / "split.csv"

    def write() -> Path:
        with table.open("w", newline="") as file:
            csv.writer(file).writerows(split)
        return table

    document = measure(write(), tmp_path / "out").document
    assert (document["notes"], document["results"][0]["items"]) == ([], 15)
    split[1][-1] = "test"
    with pytest.raises(ConfigError, match="singer0: two parts"):
        measure(write(), tmp_path / "other")
    split[1:] = [[*row[:-1], "train"] for row in split[1:]]
    with pytest.raises(ConfigError, match="only the parts"):
        measure(write(), tmp_path / "other")


def test_ratings_over_one_need_a_threshold(rated, tmp_path):
    text = rated.read_text().replace(",1,0\n", ",3,0\n").replace(",1,1\n", ",3,1\n")
    rated.write_text(text)
    embedder = FakeEmbedder(sample_rate_hz=RATE_HZ)
    with pytest.raises(ConfigError, match="ratings go up to 3") as caught:
        measure(rated, tmp_path / "out", embedder)
    assert "--rated-from" in caught.value.hint
    assert embedder.calls == 0
    found = measure(rated, tmp_path / "out", embedder, rated_from=2.0).document["results"][0]
    assert list(found["by_tag"]) == ["bright"]


def test_a_reader_brings_its_threshold(tmp_path):
    root, count = tmp_path / "kvt", 40
    chance = np.random.default_rng(0)
    for number in range(count):
        write_audio(root / f"segment_mix/{number}.wav", chance.normal(size=2000), sample_rate_hz=RATE_HZ)
    (root / "data").mkdir()
    segments = [{"title": "x", "artist": f"a{n}", "segID": n, "offset": 0} for n in range(count)]
    (root / "data/segments.json").write_text(json.dumps(segments))
    (root / "data/tags.json").write_text('["Husky", "Male"]')
    np.save(root / "data/ratings.npy", np.stack([np.arange(count) % 2 + 1, np.full(count, 1)], axis=1))
    document = measure(root, tmp_path / "out", reader="kvt").document
    assert (document["data"]["name"], document["data"]["tag_holds_from"]) == ("KVT", 2.0)
    assert list(document["results"][0]["by_tag"]) == ["husky"]  # a rating of 1 is none
    with pytest.raises(ConfigError, match="no reader of rated segments is called 'vctk'"):
        VocalTagSettings(reader="vctk")


def test_results_of_another_threshold_are_not_overwritten(rated, tmp_path):
    measure(rated, tmp_path / "out")
    with pytest.raises(ConfigError, match="other settings"):
        measure(rated, tmp_path / "out", rated_from=0.7)


def test_the_picture_has_a_row_a_tag_the_best_on_top():
    by_tag = {"a": {"roc_auc": 0.6, "pr_auc": 0.3, "holds": 0.2}, "b": {"roc_auc": 0.9, "pr_auc": 0.8, "holds": 0.5}}
    figure = vocal_tags_figure({"by_tag": by_tag, "roc_auc": 0.75, "roc_auc_low": 0.7, "roc_auc_high": 0.8}, title="x")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "a"]
    drawn = {line.get_label(): list(np.asarray(line.get_xdata(), float)) for line in axes.lines}
    assert drawn["ROC-AUC"] == pytest.approx([90, 60])
    assert drawn["chance (PR-AUC)"] == pytest.approx([50, 20])
    with pytest.raises(ConfigError, match="no tags"):
        vocal_tags_figure({"by_tag": {}})
