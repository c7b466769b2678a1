"""embed and compare."""

from __future__ import annotations

import numpy as np
import pytest

from singalike.model.hub import load_model


def test_embed_writes_unit_vectors_in_the_order_of_the_files(run_json, model, music, tmp_path):
    out = tmp_path / "new" / "v.npz"
    code, document = run_json("embed", music, "--out", out, "--model", model)
    assert code == 0
    vectors = np.load(out)
    assert vectors["paths"].tolist() == sorted(str(path) for path in music.rglob("*.wav"))
    assert [r["path"] for r in document["recordings"]] == vectors["paths"].tolist()
    assert vectors["vectors"].dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors["vectors"], axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors["seconds"], 3.0, atol=0.01)
    assert str(vectors["model"]) == document["model"] == load_model(model).fingerprint
    assert len(vectors["status"]) == 6
    assert "window_vectors" not in vectors


def test_a_vector_does_not_depend_on_its_batch(run, model, music, tmp_path):
    one = music / "singer1" / "song0.wav"
    run("embed", music, "--out", tmp_path / "all.npz", "--model", model)
    run("embed", one, "--out", tmp_path / "one.npz", "--model", model)
    everything, alone = np.load(tmp_path / "all.npz"), np.load(tmp_path / "one.npz")
    row = everything["paths"].tolist().index(str(one))
    np.testing.assert_array_equal(everything["vectors"][row], alone["vectors"][0])


def test_windows_point_back_to_their_recording(run, model, music, tmp_path):
    assert run("embed", music, "--out", tmp_path / "v.npz", "--model", model, "--windows").exit_code == 0
    v = np.load(tmp_path / "v.npz")
    assert len(v["window_vectors"]) == len(v["window_recording"]) == len(v["window_start_seconds"])
    assert v["window_seconds"].tolist() == [1.0] * 6
    for row, vector in enumerate(v["vectors"]):
        mean = v["window_vectors"][v["window_recording"] == row].mean(0)
        np.testing.assert_allclose(mean / np.linalg.norm(mean), vector, atol=1e-6)


def test_a_bad_file_is_listed_and_stops_nothing(run, run_json, model, music, silent, tmp_path):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"not audio at all")
    good = music / "singer0" / "song0.wav"
    arguments = ("embed", silent, broken, good, "--out", tmp_path / "v.npz", "--model", model)
    code, document = run_json(*arguments)
    assert code == 1
    assert [r["path"] for r in document["recordings"]] == [str(good)]
    v = np.load(tmp_path / "v.npz")
    assert v["vectors"].shape[0] == 1
    assert v["failed_paths"].tolist() == [str(silent), str(broken)]
    assert v["failed_codes"].tolist() == ["silent", "unreadable"]
    assert [f["code"] for f in document["failed"]] == ["silent", "unreadable"]
    result = run(*arguments)
    assert "silent.wav" in result.stderr
    assert "broken.wav" in result.stderr


def test_nothing_usable_leaves_an_empty_file_not_zeros(run, model, silent, tmp_path):
    assert run("embed", silent, "--out", tmp_path / "v.npz", "--model", model, "--windows").exit_code == 1
    v = np.load(tmp_path / "v.npz")
    assert v["vectors"].shape == v["window_vectors"].shape == (0, 24)


def test_a_folder_without_audio_is_an_input_error(run_json, model, papers, tmp_path):
    code, document = run_json("embed", papers, "--out", tmp_path / "v.npz", "--model", model)
    assert code == 1
    assert document["error"]["where"] == str(papers)
    assert "2" in document["error"]["hint"]
    assert not (tmp_path / "v.npz").exists()


def test_a_folder_as_out_or_an_unknown_model_is_a_configuration_error(run, model, music, tmp_path):
    assert run("embed", music, "--out", tmp_path, "--model", model).exit_code == 2
    assert run("embed", music, "--out", tmp_path / "v.npz", "--model", "no-such-model").exit_code == 2


def test_an_earlier_file_survives_a_failure_to_write(run, model, music, tmp_path, monkeypatch):
    out = tmp_path / "v.npz"
    out.write_bytes(b"before")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    result = run("embed", music, "--out", out, "--model", model)
    assert result.exit_code == 2
    assert "No space left" in result.stderr
    assert out.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [out]


def test_compare_gives_cosine_probability_percentile(run, run_json, model, music):
    a, b = music / "singer0" / "song0.wav", music / "singer0" / "song1.wav"
    code, document = run_json("compare", a, b, "--model", model)
    assert code == 0
    encoder = load_model(model)
    cosine = float(encoder.embed(a) @ encoder.embed(b))
    assert document["cosine"] == pytest.approx(cosine, abs=1e-6)
    assert document["probability"] == pytest.approx(encoder.card.calibration.probability(cosine), abs=1e-5)
    assert document["percentile"] == pytest.approx(50 * (cosine + 1), abs=1e-3)
    assert document["cohort"] == "nobody"
    assert document["failed"] == []
    assert "nobody" in run("compare", a, b, "--model", model).stdout


def test_a_recording_is_one_voice_with_itself(run_json, model, music):
    same = music / "singer0" / "song0.wav"
    assert run_json("compare", same, same, "--model", model)[1]["cosine"] == pytest.approx(1)


def test_compare_folders_gives_all_pairs(run_json, model, music):
    code, document = run_json("compare", music / "singer0", music / "singer1", "--model", model)
    assert code == 0
    assert len(document["pairs"]) == 4
    mean = np.mean([pair["cosine"] for pair in document["pairs"]])
    assert document["mean_cosine"] == pytest.approx(mean)


def test_compare_without_calibration_gives_no_probability(run, run_json, other_model, music):
    files = music / "singer0" / "song0.wav", music / "singer1" / "song0.wav"
    _, document = run_json("compare", *files, "--model", other_model)
    assert document["probability"] is document["percentile"] is None
    assert "–" in run("compare", *files, "--model", other_model).stdout


def test_compare_with_a_silent_file_fails_by_name(run_json, model, music, silent):
    code, document = run_json("compare", music / "singer0" / "song0.wav", silent, "--model", model)
    assert code == 1
    assert document["pairs"] == []
    assert [f["path"] for f in document["failed"]] == [str(silent)]
