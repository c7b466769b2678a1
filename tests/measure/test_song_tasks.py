from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fake_embedder import FakeEmbedder
from noise_songs import RATE_HZ, write_songs
from singalike.errors import ConfigError
from singalike.evaluate import artist_similarity, gender, query_by_singer, singer_identification
from singalike.measure.outcome import Outcome
from singalike.measure.results import read_results, read_vectors
from singalike.measure.song_run import evaluate_songs
from singalike.measure.song_settings import SONG_TASKS as NAMES
from singalike.measure.song_settings import TRACK_TASKS, SongSettings
from singalike.measure.song_tasks import SONG_TASKS
from singalike.measure.task_table import TASKS, find_task

pytest.importorskip("torch")


def of_artist(artist: int, song: int) -> str:
    return f"gender:{'f' if artist % 2 else 'm'};genre:{'folk' if artist % 2 else 'rock'};{'slow' if song else 'fast'}"


def measure(table: Path, out: Path, task: str, **options) -> Outcome:
    embedder = options.pop("embedder", None) or FakeEmbedder(sample_rate_hz=RATE_HZ)
    levels = {} if task in TRACK_TASKS else {"levels": ("1", "song")}
    settings = SongSettings(task, **{**levels, **options})
    return evaluate_songs(embedder, table, out, settings, command=f"singalike evaluate fake --task {task}")


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    return write_songs(tmp_path / "data", tags=of_artist)


def test_every_task_has_an_entry_and_every_entry_a_task():
    assert set(SONG_TASKS) == set(NAMES)
    assert {"similarity", "singers", *NAMES} <= set(TASKS)
    for name in NAMES:
        assert find_task(name).settings_for(name, {}) == SongSettings(name)
    with pytest.raises(ConfigError, match="no task 'moods'"):
        find_task("moods")
    with pytest.raises(ConfigError, match="gender takes no folds, trials"):
        find_task("gender").settings_for("gender", {"trials": "list.csv", "folds": 3, "seed": 1})


def test_figures_are_those_of_the_vectors_written(songs, tmp_path):
    document = measure(songs, tmp_path / "out", "artist-similarity").document
    assert read_results(tmp_path / "out") == {"format": "singalike-results", "version": 1, **document}
    conditions = ["vocals, 1 s", "vocals, song", "mixture, 1 s", "mixture, song"]
    assert [found["condition"] for found in document["results"]] == conditions
    for domain in ("vocals", "mixture"):
        kept = read_vectors(tmp_path / "out", domain)
        names = kept["recordings"], kept["voices"]
        expected = artist_similarity.evaluate(kept["vectors"], *names, seed=0, levels=("1", "song"))
        for level, figures in expected.items():
            assert figures.pop("notes")[0] in document["notes"]
            assert {"condition": f"{domain}, {level}", **figures} in document["results"]
    about = {name: document["data"][name] for name in ("name", "recordings", "clips", "voices", "failed")}
    assert about == {"name": "songs", "recordings": 18, "clips": 36, "voices": 6, "failed": []}
    assert (document["clip_seconds"], document["seed"]) == (1.0, 0)
    json.dumps(document)


def test_gender_by_the_tags_of_songs(songs, tmp_path):
    document = measure(songs, tmp_path / "out", "gender", domain="vocals").document
    kept = read_vectors(tmp_path / "out", "vocals")
    genders = ["female" if int(voice[-1]) % 2 else "male" for voice in kept["voices"]]
    names = kept["recordings"], kept["voices"], genders
    expected = gender.evaluate(kept["vectors"], *names, seed=0, levels=["1", "song"])
    assert document["results"] == [{"condition": f"vocals, {level}", **found} for level, found in expected.items()]


def test_artists_with_less_to_learn_from(songs, tmp_path):
    document = measure(songs, tmp_path / "out", "artists", domain="vocals", shares=(1.0, 0.5)).document
    first = document["results"][0]
    assert first["accuracy"] > 0.8  # noise of another colour
    assert first["chance"] == pytest.approx(1 / 6)
    assert [found["condition"] for found in document["results"]][2] == "vocals, 1 s, 50 % of training"
    assert any("6 artists are there" in note for note in document["notes"])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"results.json", "vectors-vocals.npz"}


def test_artist_similarity_finishes_vectors_and_leaves_single_songs_out(tmp_path):
    table = write_songs(tmp_path / "data")
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join(line for line in lines if "artist0/song0" in line or "artist0" not in line) + "\n")
    embedder = FakeEmbedder(sample_rate_hz=RATE_HZ)
    embedder.finish = lambda matrix: matrix - matrix.mean(axis=0)
    document = measure(table, tmp_path / "out", "artist-similarity", domain="vocals", embedder=embedder).document
    kept = read_vectors(tmp_path / "out", "vocals")
    np.testing.assert_allclose(kept["vectors"].mean(axis=0), 0, atol=1e-6)
    assert "artist0" not in kept["voices"]
    expected = artist_similarity.evaluate(kept["vectors"], kept["recordings"], kept["voices"], seed=0, levels=["song"])
    found = document["results"][1]
    notes = expected["song"].pop("notes")
    assert found == {"condition": "vocals, song", **expected["song"]}
    assert found["mnr"] == pytest.approx(0.2)  # always first of five
    assert document["notes"] == ["1 songs whose artist has no other are left out", *notes]


def test_classes_and_tags_by_published_parts_or_dealt(tmp_path):
    def in_turn(artist: int, song: int) -> str:
        return ("train", "validation", "test")[artist // 2 % 3] if song else ""

    dealt = write_songs(tmp_path / "dealt", tags=of_artist)
    published = write_songs(tmp_path / "published", tags=of_artist, splits=in_turn)
    for task, metric in (("genres", "accuracy"), ("instruments", "accuracy"), ("tags", "roc_auc")):
        table = published if task != "instruments" else dealt
        if task == "instruments":
            table.write_text(table.read_text(encoding="utf-8").replace("genre:", "instrument:"), encoding="utf-8")
        document = measure(table, tmp_path / task, task, domain="mixture").document
        assert 0 <= document["results"][1][metric] <= 1
        without = "6 songs of no part are left out"
        said = "no parts are given: artists were dealt 80/10/10" if task == "instruments" else without
        assert said in document["notes"]
    tags = read_results(tmp_path / "tags")["results"][1]
    assert set(tags["by_tag"]) == {"genre:folk", "genre:rock"}  # every song but the first is slow
    assert tags["songs"] == 12


def tracks_of(out: Path, domain: str) -> tuple[np.ndarray, list[str], list[str]]:
    """One vector a song from the windows written: the mean of their unit vectors."""
    kept = read_vectors(out, domain)
    songs = sorted(set(kept["recordings"].tolist()))
    vectors = []
    for song in songs:
        own = kept["vectors"][kept["recordings"] == song].astype(np.float64)
        vectors.append(np.mean([vector / np.linalg.norm(vector) for vector in own], axis=0))
    singers = [kept["voices"][kept["recordings"] == song][0] for song in songs]
    return np.array(vectors), songs, singers


@pytest.mark.parametrize(
    ("task", "evaluate"),
    [("query-by-singer", query_by_singer.evaluate), ("singer-identification", singer_identification.evaluate)],
)
def test_tracks_are_asked_in_each_domain_and_answered_from_each(songs, tmp_path, task, evaluate):
    document = measure(songs, tmp_path / "out", task).document
    pairs = [("vocals", "vocals"), ("mixture", "mixture"), ("vocals", "mixture"), ("mixture", "vocals")]
    assert [found["condition"] for found in document["results"]] == [f"{one} → {two}" for one, two in pairs]
    sides = {domain: tracks_of(tmp_path / "out", domain) for domain in ("vocals", "mixture")}
    for (one, two), found in zip(pairs, document["results"], strict=True):
        expected = evaluate(sides[one][0], sides[two][0], *sides[one][1:], seed=0)
        assert expected.pop("notes") == []
        about = {"condition": f"{one} → {two}", "query": one, "collection": two}
        assert found == {
            **about, **{n: pytest.approx(v) if isinstance(v, (float, list)) else v for n, v in expected.items()}
        }  # fmt: skip
    first = {"query-by-singer": "map", "singer-identification": "top_1"}[task]
    assert document["results"][0][first] > 0.8  # noise of another colour
    assert "levels" not in document["settings"]
    files = {"results.json", "vectors-vocals.npz", "vectors-mixture.npz"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == files
    json.dumps(document)


def test_tracks_of_one_domain_have_one_condition(songs, tmp_path):
    document = measure(songs, tmp_path / "out", "query-by-singer", domain="mixture").document
    assert [found["condition"] for found in document["results"]] == ["mixture → mixture"]


def test_a_singer_who_loses_a_song_asks_no_more_and_is_counted(tmp_path):
    table = write_songs(tmp_path / "data", artists=4, songs=2)
    (table.parent / "artist3" / "song1" / "accompaniment.wav").write_bytes(b"not audio at all")
    document = measure(table, tmp_path / "out", "query-by-singer").document
    assert [(found["queries"], found["ranked"]) for found in document["results"]] == [(6, 6)] * 4
    assert document["notes"] == ["1 singers have one track only: it is ranked, but never a query"]
    assert len(document["data"]["failed"]) == 1


@pytest.mark.parametrize("task", TRACK_TASKS)
def test_tracks_have_no_levels_and_singers_need_two(songs, tmp_path, task):
    with pytest.raises(ConfigError, match=f"levels are not for the task {task}: its items are whole songs"):
        SongSettings(task, levels=("5",))
    table = write_songs(tmp_path / "few", songs=1, seconds=1.0)
    embedder = FakeEmbedder(sample_rate_hz=RATE_HZ)
    with pytest.raises(ConfigError, match="0 of 6 artists have 2 songs or more"):
        measure(table, tmp_path / "out", task, embedder=embedder)
    assert embedder.calls == 0


def test_a_song_that_fails_is_listed_and_not_scored(songs, tmp_path):
    (songs.parent / "artist3" / "song1" / "vocals.wav").write_bytes(b"not audio at all")
    document = measure(songs, tmp_path / "out", "artist-similarity").document
    (failure,) = document["data"]["failed"]
    assert failure["where"].endswith("artist3/song1/vocals.wav")
    assert document["data"]["recordings"] == 17
    assert "artist3/song1" not in "".join(read_vectors(tmp_path / "out", "mixture")["recordings"])


def test_failures_that_leave_too_few_say_so(tmp_path):
    table = write_songs(tmp_path / "data", artists=2)
    for song in range(2):
        (table.parent / "artist1" / f"song{song}" / "vocals.wav").write_bytes(b"not audio at all")
    with pytest.raises(ConfigError, match="vocals, of the songs that could be embedded: 1 of 2 artists have 3 songs"):
        measure(table, tmp_path / "out", "artists")


def test_the_same_command_replaces_its_results_and_another_does_not(songs, tmp_path):
    embedder = FakeEmbedder(sample_rate_hz=RATE_HZ)
    first = measure(songs, tmp_path / "out", "artist-similarity", embedder=embedder).document
    calls = embedder.calls
    second = measure(songs, tmp_path / "out", "artist-similarity", embedder=embedder).document
    assert (embedder.calls, second["results"]) == (calls, first["results"])
    with pytest.raises(ConfigError, match="holds results of other settings"):
        measure(songs, tmp_path / "out", "artist-similarity", version="authors")


@pytest.mark.parametrize(
    ("task", "tags", "match"),
    [
        ("gender", lambda artist, song: "", "no song has a tag gender:"),
        ("gender", lambda artist, song: f"gender:{'f' if artist < 2 else 'm'}", "female has 2"),
        ("gender", lambda artist, song: f"gender:{'f' if song else 'm'}", "6 singers have two genders"),
        ("genres", lambda artist, song: f"genre:{'a' if artist < 2 else 'b'}", "a has 2"),
        ("instruments", lambda artist, song: "instrument:a;instrument:b", "no song has a tag instrument:"),
        ("tags", lambda artist, song: "gender:f", "no song has a tag"),
    ],
)
def test_labels_that_do_not_do_are_said_before_anything_is_embedded(
    tmp_path, task: str, tags: Callable[[int, int], str], match: str
):
    embedder = FakeEmbedder(sample_rate_hz=RATE_HZ)
    table = write_songs(tmp_path / "data", tags=tags, seconds=1.0)
    with pytest.raises(ConfigError, match=match):
        measure(table, tmp_path / "out", task, embedder=embedder)
    assert embedder.calls == 0
    assert not (tmp_path / "out").exists()
