"""tags, and search --tag: with a head that learnt two tags of virtual singers."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from singalike.audio.choir import melody, sing, singer
from singalike.audio.encode import write_audio
from tiny_model import RATE_HZ

SEEDS = range(500, 530)


def low(seed: int) -> bool:
    return singer(seed).tract_cm > 15.5


@pytest.fixture(scope="session")
def choir(tmp_path_factory) -> Path:
    """A table of thirty singers: who has a long vocal tract ("low/dark"), and who is breathy."""
    folder = tmp_path_factory.mktemp("rated")
    rows = [["path", "voice", "low/dark", "breathy"]]
    for seed in SEEDS:
        samples = sing(singer(seed), melody(seed, seconds=2.0), sample_rate_hz=RATE_HZ)
        write_audio(folder / f"{seed}.wav", samples, sample_rate_hz=RATE_HZ)
        rows.append([f"{seed}.wav", f"v{seed}", str(int(low(seed))), str(int(singer(seed).rd > 1.15))])
    with (folder / "rated.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder / "rated.csv"


@pytest.fixture(scope="session")
def head(choir, model, tmp_path_factory) -> Path:
    from singalike.measure.embedders import find_embedder
    from singalike.measure.vocal_tags_data import VocalTagSettings
    from singalike.measure.vocal_tags_run import evaluate_vocal_tags

    out = tmp_path_factory.mktemp("report")
    settings = VocalTagSettings(save_head=True, seed=1)
    evaluate_vocal_tags(find_embedder(str(model)), choir, out, settings, command="singalike evaluate")
    return out / "tags.npz"


@pytest.fixture
def library(run, model, choir, tmp_path) -> Path:
    folder = tmp_path / "library"
    assert run("index", choir.parent, "--library", folder, "--model", model).exit_code == 0
    return folder


def test_tags_of_files_are_shown_with_probabilities(run, run_json, model, head, choir, silent):
    file = choir.parent / f"{SEEDS[0]}.wav"
    code, document = run_json("tags", file, silent, "--tag-head", head, "--model", model)
    assert code == 1
    assert [failure["path"] for failure in document["failed"]] == [str(silent)]
    (recording,) = document["recordings"]
    assert recording["path"] == str(file)
    assert set(recording["tags"]) == {"low/dark", "breathy"}
    assert list(recording["tags"].values()) == sorted(recording["tags"].values(), reverse=True)
    shown = run("tags", file, "--tag-head", head, "--model", model, "--threshold", 0)
    assert shown.exit_code == 0
    assert "low/dark" in shown.stdout
    assert "breathy" in shown.stdout
    none = run("tags", file, "--tag-head", head, "--model", model, "--threshold", 1)
    assert "breathy" not in none.stdout
    assert run("tags", file, "--tag-head", head, "--model", model, "--threshold", 2).exit_code == 2


def test_the_head_in_the_model_folder_is_taken_by_itself(run_json, model, head, choir, tmp_path):
    import shutil

    own = shutil.copytree(model, tmp_path / "own")
    shutil.copy(head, own / "tags.npz")
    file = choir.parent / f"{SEEDS[0]}.wav"
    assert run_json("tags", file, "--model", own) == run_json("tags", file, "--model", model, "--tag-head", head)


def test_a_library_is_searched_by_tag_without_a_query(run, run_json, library, model, head):
    common = ("--library", library, "--model", model, "--tag-head", head)
    code, document = run_json("search", "--tag", "dark", *common, "-k", 8)
    assert (code, document["query"], document["tags"]) == (0, None, ["dark"])
    shares = [hit["tags"]["low/dark"] for hit in document["hits"]]
    assert shares == sorted(shares, reverse=True)
    right = [low(int(Path(hit["path"]).stem)) for hit in document["hits"]]
    assert sum(right) >= 7  # about half of the singers are
    both = run("search", "--tag", "dark", "--tag", "breathy", *common)
    assert both.exit_code == 0
    assert "breathy" in both.stdout


def test_a_query_is_searched_among_voices_of_a_tag(run, run_json, library, model, head, music):
    query = music / "singer0" / "song0.wav"
    common = (query, "--library", library, "--model", model)
    _, everything = run_json("search", *common, "-k", 30)
    code, document = run_json("search", *common, "-k", 30, "--tag", "low", "--tag-head", head)
    assert code == 0
    kept = [hit["path"] for hit in document["hits"]]
    assert 0 < len(kept) < len(everything["hits"])
    assert [hit["path"] for hit in everything["hits"] if hit["path"] in kept] == kept
    assert all(hit["tags"]["low/dark"] >= 0.5 for hit in document["hits"])
    assert "same voice" in run("search", *common, "--tag", "low", "--tag-head", head).stdout
    nothing = run("search", *common, "--tag", "low", "--tag-head", head, "--tag-threshold", 1)
    assert (nothing.exit_code, "nothing found" in nothing.stdout) == (0, True)


def test_an_unknown_tag_names_the_nearest(run_json, library, model, head):
    common = ("--library", library, "--model", model, "--tag-head", head)
    code, document = run_json("search", "--tag", "breathi", *common)
    assert (code, document["error"]["code"]) == (2, "config")
    assert "breathy" in document["error"]["hint"]


@pytest.mark.parametrize("command", [["tags", "x.wav"], ["search", "--tag", "low"]])
def test_without_a_head_the_command_says_so(run_json, library, model, command):
    where = ["--library", library] if command[0] == "search" else []
    code, document = run_json(*command, *where, "--model", model)
    assert code == 2
    assert document["error"]["what"] == "this model has no tag head"
    assert "vocal-tags" in document["error"]["hint"]


def test_a_head_of_another_model_is_refused(run_json, other_model, head, choir):
    file = choir.parent / f"{SEEDS[0]}.wav"
    code, document = run_json("tags", file, "--model", other_model, "--tag-head", head)
    assert (code, document["error"]["code"]) == (2, "model-mismatch")


def test_options_that_do_not_go_together_are_refused(run, library, model, head, music):
    query, common = music / "singer0" / "song0.wav", ("--library", library, "--model", model)
    assert run("search", *common).exit_code == 2
    assert run("search", query, *common, "--tag-head", head).exit_code == 2
    assert run("search", query, *common, "--tag", "low", "--tag-head", head, "--explain").exit_code == 2
    assert run("search", *common, "--tag", "low", "--tag-head", head, "--tag-threshold", 1.5).exit_code == 2
    assert run("search", *common, "--tag", "low", "--tag-head", head, "-k", 0).exit_code == 2
