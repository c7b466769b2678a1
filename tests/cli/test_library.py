"""index, search, remove, enroll, identify, voices, forget."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def library(run, model, music, tmp_path) -> Path:
    folder = tmp_path / "library"
    assert run("index", music, "--library", folder, "--model", model).exit_code == 0
    return folder


def test_index_counts_and_is_idempotent(run_json, model, music, tmp_path):
    arguments = ("index", music, "--library", tmp_path / "library", "--model", model)
    code, first = run_json(*arguments)
    assert (code, first["indexed"]["added"], first["recordings"]) == (0, 6, 6)
    code, second = run_json(*arguments)
    assert (code, second["indexed"]["added"], second["indexed"]["unchanged"]) == (0, 0, 6)


def test_index_says_what_failed_and_exits_1(run, run_json, model, music, silent, tmp_path):
    arguments = ("index", music, silent, "--library", tmp_path / "library", "--model", model)
    code, document = run_json(*arguments)
    assert (code, document["recordings"]) == (1, 6)
    assert [f["path"] for f in document["indexed"]["failed"]] == [str(silent)]
    result = run(*arguments)
    assert result.exit_code == 1
    assert "silent.wav" in result.stderr
    assert "6 unchanged, 1 failed" in result.stdout


def test_index_notices_deleted_files(run, run_json, model, music, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(music, copy)
    arguments = ("index", copy, "--library", tmp_path / "library", "--model", model)
    run(*arguments)
    shutil.rmtree(copy / "singer2")
    _, document = run_json(*arguments)
    assert (document["indexed"]["removed"], document["recordings"]) == (2, 4)


def test_remove_takes_out_files_and_folders_that_may_be_gone(run, run_json, library, music, tmp_path):
    code, document = run_json("remove", music / "singer0" / "song0.wav", music / "singer1", "--library", library)
    assert (code, document["removed"], document["recordings"]) == (0, 3, 3)
    assert (music / "singer1" / "song0.wav").is_file()
    assert "3 removed, 0 recordings" in run("remove", music, "--library", library).stdout
    assert run("remove", music, "--library", library).exit_code == 2


def test_search_says_what_another_model_embedded_and_is_not_searched(
    run, run_json, model, other_model, music, tmp_path
):
    copy, library = tmp_path / "copy", tmp_path / "library"
    shutil.copytree(music, copy)
    run("index", copy, "--library", library, "--model", model)
    asked = ("search", copy / "singer0" / "song0.wav", "--library", library, "--model")
    assert run_json(*asked, model)[1]["unsearched"] == 0
    (copy / "singer2" / "song1.wav").unlink()
    run("index", "--reindex", "--library", library, "--model", other_model)
    assert run_json(*asked, other_model)[1]["unsearched"] == 1
    result = run(*asked, other_model)
    assert (result.exit_code, "not searched: 1" in result.stderr) == (0, True)


@pytest.mark.parametrize("command", [("index", "."), ("search", "a.wav"), ("match", "a.wav"), ("voices",), ("doctor",)])
def test_an_empty_name_is_not_the_folder_one_is_in(run, command):
    result = run(*command, "--library", "")
    assert (result.exit_code, "has a name" in result.stderr) == (2, True)


def test_an_empty_folder_with_entries_is_taken_for_an_unmounted_drive(run_json, model, music, tmp_path):
    drive, library = tmp_path / "drive", tmp_path / "library"
    shutil.copytree(music, drive)
    arguments = ("index", drive, "--library", library, "--model", model)
    run_json(*arguments)
    shutil.rmtree(drive)
    drive.mkdir()
    code, document = run_json(*arguments)
    assert (code, document["error"]["where"]) == (2, str(drive))
    assert "6 recordings" in document["error"]["what"]
    assert run_json("remove", drive, "--library", library)[1]["removed"] == 6
    assert run_json(*arguments)[0] == 1  # an empty folder, now without entries: no audio files


def test_indexing_papers_is_an_input_error(run_json, model, papers, tmp_path):
    code, document = run_json("index", papers, "--library", tmp_path / "library", "--model", model)
    assert code == 1
    assert document["error"]["where"] == str(papers)


def test_index_without_paths_or_of_a_missing_folder_is_refused(run, model, tmp_path):
    assert run("index", "--library", tmp_path / "library", "--model", model).exit_code == 2
    assert run("index", tmp_path / "gone", "--library", tmp_path / "l", "--model", model).exit_code == 2


def test_another_model_is_refused_until_reindexed(run, run_json, library, other_model, music):
    query = music / "singer0" / "song0.wav"
    code, document = run_json("index", music, "--library", library, "--model", other_model)
    assert (code, document["error"]["code"]) == (2, "model-mismatch")
    code, document = run_json("index", "--reindex", "--library", library, "--model", other_model)
    assert (code, document["reindexed"]["updated"], document["recordings"]) == (0, 6, 6)
    assert run("search", query, "--library", library, "--model", other_model).exit_code == 0


def test_search_ranks_by_cosine(run, run_json, library, model, music):
    query = music / "singer0" / "song0.wav"
    arguments = ("search", query, "--library", library, "--model", model, "-k", 3)
    code, document = run_json(*arguments)
    assert code == 0
    hits = document["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert str(query) not in [hit["path"] for hit in hits]
    table = run(*arguments).stdout
    assert hits[0]["path"] in table
    assert f"{hits[0]['score']:.3f}" in table
    assert "higher is closer" in table


def test_search_explains_with_times(run, run_json, library, model, music):
    arguments = (
        "search",
        music / "singer0" / "song0.wav",
        "--library",
        library,
        "--model",
        model,
        "--explain",
    )
    segments = run_json(*arguments)[1]["hits"][0]["segments"]
    assert segments["query_end_seconds"] - segments["query_start_seconds"] == pytest.approx(1.0)
    assert f"0:{segments['query_start_seconds']:04.1f}–" in run(*arguments).stdout


def test_search_can_keep_the_query_itself(run_json, library, model, music):
    query = music / "singer0" / "song0.wav"
    _, document = run_json("search", query, "--library", library, "--model", model, "--keep-duplicates")
    assert document["hits"][0]["path"] == str(query)
    assert document["hits"][0]["score"] == pytest.approx(1)


def test_search_folds_copies_into_one_hit(run, run_json, library, model, music, tmp_path):
    copy = tmp_path / "copy.wav"
    shutil.copy(music / "singer1" / "song0.wav", copy)
    run("index", copy, "--library", library, "--model", model)
    arguments = ("search", music / "singer0" / "song0.wav", "--library", library, "--model", model)
    _, document = run_json(*arguments)
    assert sum(len(hit["duplicates"]) for hit in document["hits"]) == 1
    assert "(+1 copy)" in run(*arguments).stdout


@pytest.mark.parametrize("command", [["search", "x.wav"], ["identify", "x.wav"], ["forget", "X"]])
def test_a_missing_library_exits_2(run_json, model, tmp_path, command):
    models = [] if command[0] == "forget" else ["--model", model]
    code, document = run_json(*command, "--library", tmp_path / "none", *models)
    assert (code, document["error"]["code"]) == (2, "config")
    assert not (tmp_path / "none").exists()


def test_a_missing_or_silent_query_exits_1(run, library, model, silent, tmp_path):
    for query in (tmp_path / "none.wav", silent):
        result = run("search", query, "--library", library, "--model", model)
        assert result.exit_code == 1
        assert str(query) in result.stderr


def test_bad_numbers_exit_2(run, library, model, music):
    query = music / "singer0" / "song0.wav"
    for option in (["-k", 0], ["--max-per-artist", 0], ["--max-per-album", -1]):
        assert run("search", query, "--library", library, "--model", model, *option).exit_code == 2


def test_enroll_identify_forget(run, run_json, library, model, music):
    common = ("--library", library, "--model", model)
    for who in range(2):
        code, enrolment = run_json("enroll", f"Singer {who}", music / f"singer{who}" / "song0.wav", *common)
        assert (code, enrolment["exemplars"], enrolment["added"]) == (0, 1, 1)
    known = music / "singer1" / "song0.wav"
    code, found = run_json("identify", known, *common)
    assert (code, found["name"]) == (0, "Singer 1")
    assert "Singer 1" in run("identify", known, *common).stdout
    _, found = run_json("identify", music / "singer2" / "song1.wav", *common, "--threshold", 1.0)
    assert found["name"] == "unknown"
    assert len(found["candidates"]) == 2
    _, listed = run_json("voices", "--library", library)
    assert [(v["name"], v["exemplars"], v["usable"]) for v in listed["voices"]] == [
        ("Singer 0", 1, 1),
        ("Singer 1", 1, 1),
    ]
    assert "Singer 0" in run("voices", "--library", library).stdout
    code, erased = run_json("forget", " Singer 1", "--library", library)
    assert (code, erased["erased"]) == (0, 1)
    code, document = run_json("forget", "Singer 1", "--library", library)
    assert code == 2
    assert "Singer 0" in document["error"]["hint"]


def test_nobody_is_enrolled(run, library):
    assert run("voices", "--library", library).stdout == "nobody is enrolled\n"


def test_doctor_names_voices_that_cannot_be_compared(run_json, library, model, other_model, music, tmp_path):
    copy = shutil.copy(music / "singer0" / "song0.wav", tmp_path / "gone.wav")
    run_json("enroll", "Gone", copy, "--library", library, "--model", model)
    tmp_path.joinpath("gone.wav").unlink()
    run_json("index", "--reindex", "--library", library, "--model", other_model)
    _, document = run_json("doctor", "--library", library, "--model", other_model)
    (check,) = [check for check in document["checks"] if check["name"] == "voices"]
    assert check["status"] == "warning"
    assert "Gone (1 of 1)" in check["found"]


def test_enroll_lists_what_failed(run_json, library, model, music, silent, papers):
    common = ("--library", library, "--model", model)
    code, enrolment = run_json("enroll", "A", music / "singer0", silent, *common)
    assert (code, enrolment["exemplars"]) == (1, 2)
    assert [f["path"] for f in enrolment["failed"]] == [str(silent)]
    assert run_json("enroll", "B", papers, *common)[0] == 1


def test_identify_without_voices_exits_2(run, library, model, music):
    query = music / "singer0" / "song0.wav"
    assert run("identify", query, "--library", library, "--model", model).exit_code == 2


def test_titles_are_neither_markup_nor_terminal_commands(run, model, music, tmp_path):
    odd = tmp_path / "[bold]odd\x1b[2J.wav"
    shutil.copy(music / "singer0" / "song0.wav", odd)
    common = ("--library", tmp_path / "library", "--model", model)
    run("index", odd, *common)
    shown = run("search", music / "singer1" / "song0.wav", *common).stdout
    assert "[bold]odd�[2J" in shown
    assert "\x1b" not in shown
