"""evaluate."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import numpy as np
import pytest

from noise_songs import write_songs

TASK = ("--task", "similarity", "--clip-seconds", 1, "--draw", 40)


def test_similarity_of_a_folder_of_singers(run_json, model, music, tmp_path):
    out = tmp_path / "out"
    code, document = run_json("evaluate", model, "--data", music, *TASK, "--out", out)
    assert code == 0
    assert document["out"] == str(out)
    assert document["model"]["name"] == "tiny-0"
    assert document["data"]["name"] == music.name
    (found,) = document["results"]  # a model at 8 kHz knows no bottleneck
    assert 0 <= found["eer_low"] <= found["eer"] <= found["eer_high"] <= 1
    assert {"mnr_eq7", "mnr_released_code", "auc"} <= found.keys()
    written = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert {**written, "out": str(out)} == {"format": "singalike-results", "version": 1, **document}


def test_the_table_says_what_is_better(run, model, music, tmp_path):
    result = run("evaluate", model, "--data", music, *TASK, "--out", tmp_path / "out")
    assert result.exit_code == 0
    for word in ("lower is better", "EER", "eq. 7", "released code", "3 singers", "40 trials", "95 %"):
        assert word in result.stdout
    assert f"singalike report {tmp_path / 'out'}" in result.stdout


def test_groups_by_a_table_of_traits(run, run_json, model, music, tmp_path):
    traits = tmp_path / "traits.csv"
    traits.write_text("voice,part\nsinger0,alto\nsinger1,alto\nsinger2,bass\n", encoding="utf-8")
    given = ("evaluate", model, "--data", music, *TASK, "--out", tmp_path / "out", "--by", "part", "--traits", traits)
    code, document = run_json(*given)
    assert code == 0
    groups = document["results"][0]["groups"]
    assert {"eer", "miss_rate", "false_accept_rate", "singers"} <= groups["alto"].keys()
    assert sum(group["targets"] for group in groups.values()) <= 20
    result = run(*given)
    assert result.exit_code == 0
    for word in ("by part", "misses", "false accepts", "alto"):
        assert word in result.stdout


def test_the_command_kept_repeats_the_evaluation(run, run_json, model, music, tmp_path):
    given = ("evaluate", model, "--data", music, *TASK, "--out", tmp_path / "a b", "--seed", 3, "--keep-silences")
    _, document = run_json(*given, "--kinds", "vocals", "--no-bottleneck")
    words = shlex.split(document["command"])
    assert words[:3] == ["singalike", "evaluate", str(model)]
    for option in ("--keep-silences", "--no-bottleneck", "--kinds"):
        assert option in words
    assert not {"--json", "--folds", "--trials", "--cross"} & set(words)
    assert run(*words[1:]).exit_code == 0
    again = json.loads((tmp_path / "a b" / "results.json").read_text(encoding="utf-8"))
    assert again["command"] == document["command"]
    assert again["results"] == document["results"]


def test_two_models_on_one_list(run_json, model, other_model, music, tmp_path):
    _, first = run_json("evaluate", model, "--data", music, *TASK, "--out", tmp_path / "a")
    arguments = ("evaluate", other_model, "--data", music, "--task", "similarity")
    trials = ("--trials", tmp_path / "a" / "trials.csv")
    code, second = run_json(*arguments, *trials, "--out", tmp_path / "b")
    assert code == 0
    assert second["trials"]["sha256"] == first["trials"]["sha256"]
    code, refused = run_json(*arguments, *trials, "--out", tmp_path / "a")
    assert code == 2
    assert "tiny-0" in refused["error"]["what"]
    assert "--out" in refused["error"]["hint"]


def test_a_bad_file_is_listed_and_stops_nothing(run, run_json, model, music, tmp_path):
    folder = tmp_path / "music"
    for path in sorted(music.rglob("*.wav")):
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        (folder / path.parent.name / path.name).write_bytes(path.read_bytes())
    (folder / "singer0" / "broken.wav").write_bytes(b"not audio at all")
    arguments = ("evaluate", model, "--data", folder, *TASK, "--out", tmp_path / "out")
    code, document = run_json(*arguments)
    assert code == 1
    assert document["data"]["recordings"] == 6
    assert [(f["where"], f["code"]) for f in document["data"]["failed"]] == [("singer0/broken.wav", "unreadable")]
    result = run(*arguments)
    assert result.exit_code == 1
    assert "failed: singer0/broken.wav: " in result.stderr
    assert np.load(tmp_path / "out" / "vectors-native.npz")["vectors"].any(axis=1).all()


def test_singers(run, model, music, tmp_path):
    pytest.importorskip("torch")
    arguments = ("evaluate", model, "--data", music, "--task", "singers", "--out", tmp_path / "out")
    result = run(*arguments)  # two songs each, five folds
    assert result.exit_code == 2
    assert "5 folds need 5 files" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"--task": "moods"}, "artist-similarity"),
        ({"--data": "no-such-folder"}, "no-such-folder"),
        ({"--trials": "no-such-list.csv"}, "no-such-list.csv"),
        ({"--reader": "nobody"}, "vocalset"),
        ({"--split": "test"}, "test"),
        ({"--cross": "song"}, "song"),
        ({"--by": "gender"}, "--traits"),
        ({"--traits": "no-such-table.csv"}, "--by"),
        ({"--task": "singers", "--by": "kind"}, "no groups"),
        ({"--weights": "weights.pt"}, "weights.pt"),
        ({"--level": "5"}, "similarity takes no levels"),
        ({"--task": "gender", "--folds": "4"}, "gender takes no folds"),
        ({"--task": "gender"}, "no songs here"),
    ],
)
def test_a_request_that_cannot_be_is_a_configuration_error(run, model, music, tmp_path, change, word):
    options = {"--data": music, "--task": "similarity", "--out": tmp_path / "out", **change}
    result = run("evaluate", model, *(part for option in options.items() for part in option))
    assert result.exit_code == 2
    assert word in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_task_on_songs(run, run_json, model, tmp_path):
    table = write_songs(tmp_path / "songs", songs=2)
    given = ("evaluate", model, "--data", table, "--task", "artist-similarity", "--out", tmp_path / "out")
    options = ("--level", "song", "--level", 2, "--pairs", "authors", "--seed", 7)
    code, document = run_json(*given, *options)
    assert code == 0
    assert [one["condition"] for one in document["results"]] == [
        "vocals, song", "vocals, 2 s", "mixture, song", "mixture, 2 s",
    ]  # fmt: skip
    assert document["settings"]["levels"] == ["song", "2"]
    words = shlex.split(document["command"])
    for option in ("--level", "--pairs", "--seed"):
        assert option in words
    result = run(*words[1:])
    assert result.exit_code == 0
    for word in ("lower is better", "MNR", "EER", "6 artists", "12 recordings", "mixture, 2 s", "singalike report"):
        assert word in result.stdout
    assert "note: 6 artists are there" in result.stderr
    again = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert again["results"] == document["results"]
    assert again["command"] == document["command"]


def test_query_by_singer_on_a_folder_of_songs(run, run_json, model, tmp_path):
    write_songs(tmp_path / "made", artists=3, songs=2)
    songs = tmp_path / "songs"
    for vocals in sorted((tmp_path / "made").glob("*/*/vocals.wav")):
        place = songs / vocals.parent.parent.name / vocals.parent.name
        place.mkdir(parents=True)
        (place / "vocals.wav").write_bytes(vocals.read_bytes())
        (place / "mixture.wav").write_bytes(vocals.read_bytes())
    given = ("evaluate", model, "--data", songs, "--task", "query-by-singer", "--out", tmp_path / "out")
    code, document = run_json(*given, "--seed", 3)
    assert code == 0
    assert [one["condition"] for one in document["results"]] == [
        "vocals → vocals", "mixture → mixture", "vocals → mixture", "mixture → vocals",
    ]  # fmt: skip
    assert len({one["map"] for one in document["results"]}) == 1  # the mixtures are the vocals
    for one in document["results"]:
        assert (one["queries"], one["ranked"]) == (6, 5)
    written = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert {**written, "out": str(tmp_path / "out")} == {"format": "singalike-results", "version": 1, **document}
    result = run(*shlex.split(document["command"])[1:])
    assert result.exit_code == 0
    for word in ("higher is better", "mAP", "P@5", "not mAP", "3 singers", "mixture → vocals", "95 %"):
        assert word in result.stdout
    refused = run(*given, "--level", 5)
    assert refused.exit_code == 2
    assert "whole songs" in refused.stderr


def test_singer_identification(run, model, tmp_path):
    table = write_songs(tmp_path / "songs", artists=6, songs=2)
    given = ("evaluate", model, "--data", table, "--task", "singer-identification", "--out", tmp_path / "out")
    result = run(*given, "--domain", "vocals")
    assert result.exit_code == 0
    for word in ("top-1", "top-5", "chance", "16.67", "6 singers", "vocals → vocals"):
        assert word in result.stdout


def test_songs_that_fail_are_listed(run, model, tmp_path):
    table = write_songs(tmp_path / "songs", songs=3)
    (tmp_path / "songs" / "artist1" / "song2" / "vocals.wav").write_bytes(b"not audio at all")
    options = ("--task", "artist-similarity", "--level", "song", "--domain", "vocals")
    result = run("evaluate", model, "--data", table, *options, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "failed: " in result.stderr
    assert "artist1/song2/vocals.wav" in result.stderr
    assert "17 recordings" in result.stdout


def test_nothing_heavy_is_imported_for_the_command_line():
    program = "import sys, singalike.cli.evaluate; sys.exit(bool({'numpy', 'torch', 'matplotlib'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_similarity_of_artists_needs_no_torch(model, tmp_path):
    program = (
        "import sys; from pathlib import Path; from singalike.measure.embedders import find_embedder;"
        "from singalike.measure.task_table import find_task; task = find_task('artist-similarity');"
        "settings = task.settings_for('artist-similarity', {'levels': ['song']});"
        "task.evaluate(find_embedder(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), settings, command='');"
        "sys.exit(bool({'torch', 'sklearn', 'librosa'} & set(sys.modules)))"
    )
    table = write_songs(tmp_path / "songs", songs=2, seconds=1.2)
    subprocess.run([sys.executable, "-c", program, model, table, tmp_path / "out"], check=True)


def test_similarity_never_imports_torch(model, music, tmp_path):
    program = (
        "import sys; from pathlib import Path; from singalike.measure.embedders import find_embedder;"
        "from singalike.measure.run import evaluate; from singalike.measure.settings import Settings;"
        "settings = Settings('similarity', clip_seconds=1.0, draw=20);"
        "evaluate(find_embedder(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), settings, command='');"
        "sys.exit(bool({'torch', 'sklearn', 'librosa'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program, model, music, tmp_path / "out"], check=True)


@pytest.mark.shared
@pytest.mark.slow
def test_ge2e_on_real_singers_gives_the_figure_of_the_records(run_json, shared_data, tmp_path):
    pytest.importorskip("resemblyzer")
    singers = shared_data / "eval" / "gtsinger"
    options = ("--reader", "gtsinger-demo", "--kinds", "sung", "--task", "similarity")
    _, document = run_json(
        "evaluate", "ge2e", "--data", singers, *options, "--trials", singers / "trials.csv", "--out", tmp_path / "out"
    )
    assert document["results"][0]["eer"] == pytest.approx(0.308, abs=0.001)
