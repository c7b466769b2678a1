"""Enrolled voices: named, unknown, warned about, forgotten."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_model import FakeModel, sing_to

from singalike.errors import ConfigError
from singalike.library import Library
from singalike.library.identify import MAX_EXEMPLARS, most_different, voice_scores
from singalike.model.card import Alone


def takes(folder: Path, seed: int, n: int) -> list[Path]:
    return [sing_to(folder / f"voice{seed}-{take}.wav", seed, take=take, seconds=0.7) for take in range(n)]


@pytest.fixture
def choir(library, tmp_path):
    for seed, name in enumerate(["Ann", "Bob", "Cleo"]):
        library.enroll(name, *takes(tmp_path / name, seed, 4))
    return library


def test_enrolled_voice_is_named(choir, tmp_path):
    found = choir.identify(sing_to(tmp_path / "q.wav", 1, take=9))
    assert found.name == "Bob"
    assert found.score >= found.threshold == 0.6
    assert found.candidates[0].name == "Bob"
    assert len(found.candidates) == 3
    assert len(choir.identify(tmp_path / "q.wav", k=1).candidates) == 1
    assert found.as_dict()["candidates"][0] == {
        "name": "Bob",
        "score": found.score,
        "probability": found.probability,
    }


def test_stranger_is_unknown_and_the_candidates_still_listed(choir, tmp_path):
    found = choir.identify(sing_to(tmp_path / "q.wav", 50))
    assert found.name == "unknown"
    assert found.score < found.threshold
    assert len(found.candidates) == 3


def test_threshold_may_be_given_and_must_be_a_score(choir, tmp_path):
    query = sing_to(tmp_path / "q.wav", 1, take=9)
    assert choir.identify(query, threshold=1.0).name == "unknown"
    assert choir.identify(query, threshold=-1.0).name == "Bob"
    for bad in (float("nan"), float("inf"), 1.5):
        with pytest.raises(ConfigError, match="score between"):
            choir.identify(query, threshold=bad)
    with pytest.raises(ConfigError, match="at least 1"):
        choir.identify(query, k=0)


def test_model_without_calibration_needs_a_threshold(tmp_path):
    with Library(tmp_path / "l", model=FakeModel(calibrated=False)) as library:
        enrolment = library.enroll("Ann", *takes(tmp_path, 0, 2))
        assert "no calibration" in enrolment.warnings[0]
        with pytest.raises(ConfigError, match="no calibration"):
            library.identify(tmp_path / "voice0-0.wav")
        assert library.identify(tmp_path / "voice0-0.wav", threshold=0.5).name == "Ann"


def test_score_is_half_the_closest_exemplar_half_all(choir, tmp_path, model):
    query = sing_to(tmp_path / "q.wav", 1, take=9)
    vector = model.embed_recording(query).vector
    cosines = [model.embed_recording(p).vector @ vector for p in sorted((tmp_path / "Bob").iterdir())]
    expected = (max(cosines) + np.mean(cosines)) / 2
    assert choir.identify(query).score == pytest.approx(expected, abs=1e-6)


def test_scores_of_several_queries_are_those_of_each():
    names = np.array(["b", "a", "b", "b"])
    cosines = np.random.default_rng(0).uniform(-1, 1, (5, 4))
    voices, scores = voice_scores(names, cosines)
    assert voices == ["a", "b"]
    np.testing.assert_array_equal(scores[:, 0], cosines[:, 1])  # one exemplar: its cosine
    for query, row in zip(cosines, scores, strict=True):
        assert voice_scores(names, query)[1].tolist() == row.tolist()


def test_a_stranger_gains_half_as_much_by_more_exemplars_as_by_the_closest_alone():
    rng = np.random.default_rng(0)
    few, many = (
        np.mean([voice_scores(np.full(n, "Ann"), rng.normal(0.3, 0.1, n))[1][0] for _ in range(2000)]) for n in (3, 30)
    )
    highest = np.mean([rng.normal(0.3, 0.1, 30).max() - rng.normal(0.3, 0.1, 3).max() for _ in range(2000)])
    assert many - few < 0.6 * highest


def test_recording_of_somebody_else_is_warned_about(library, tmp_path):
    enrolment = library.enroll("Ann", *takes(tmp_path, 0, 4), *takes(tmp_path, 50, 1))
    assert len(enrolment.warnings) == 1
    assert "voice50-0.wav" in enrolment.warnings[0]
    assert library.enroll("Bob", *takes(tmp_path, 1, 3)).warnings == []


def test_whether_recordings_agree_is_read_as_of_two_and_not_by_the_threshold(tmp_path):
    model = FakeModel()
    model.card.calibration.unknown_threshold = 1.0
    with Library(tmp_path / "library", model=model) as library:
        assert library.enroll("Ann", *takes(tmp_path, 0, 3)).warnings == []
        model.card.calibration.alone = Alone(slope=10.0, intercept=-11.0, fitted_on="a choir in which all are alike")
        assert len(library.enroll("Ann", *takes(tmp_path, 0, 3)).warnings) == 3


def test_enrolling_again_adds_and_the_same_file_counts_once(library, tmp_path):
    first, second, third = takes(tmp_path, 0, 3)
    assert (library.enroll("Ann", first).added, library.enroll("Ann", first, second).added) == (1, 1)
    again = library.enroll(" Ann ", third)
    assert (again.name, again.added, again.exemplars) == ("Ann", 1, 3)
    assert again.cohesion > 0.9
    (voice,) = library.voices()
    assert (voice.name, voice.exemplars, voice.usable) == ("Ann", 3, 3)


def test_bad_files_are_listed_and_alone_enroll_nobody(library, tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no audio")
    nobody = library.enroll("Ann", bad)
    assert (nobody.exemplars, len(nobody.failed), library.voices()) == (0, 1, [])
    some = library.enroll("Ann", bad, *takes(tmp_path, 0, 2))
    assert (some.exemplars, len(some.failed)) == (2, 1)


@pytest.mark.parametrize("name", ["", "  ", "unknown", "Unknown"])
def test_names_that_would_confuse_are_refused(library, tmp_path, name):
    with pytest.raises(ConfigError, match="cannot be called"):
        library.enroll(name, *takes(tmp_path, 0, 1))


def test_nobody_enrolled(library, music):
    library.add(music)
    with pytest.raises(ConfigError, match="no voice is enrolled"):
        library.identify(music / "0.wav")


def test_too_many_exemplars_leave_the_most_different(library, tmp_path):
    enrolment = library.enroll("Ann", *takes(tmp_path, 0, MAX_EXEMPLARS + 3))
    assert enrolment.exemplars == MAX_EXEMPLARS


def test_most_different_covers_every_direction():
    rng = np.random.default_rng(0)
    crowd = np.eye(8)[0] + 0.01 * rng.normal(size=(50, 8))
    vectors = np.concatenate([crowd, np.eye(8)[1:4]])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    chosen = most_different(vectors, 4)
    assert chosen[0] < 50
    assert set(chosen[1:]) == {50, 51, 52}
    assert sorted(most_different(vectors[:3], 10)) == [0, 1, 2]


def test_forgotten_voice_leaves_no_bytes(library, tmp_path, music):
    library.add(music)
    secret = "Zerlina-Quux"
    others = [f"Somebody-{i:03d}-{'x' * 50}" for i in range(60)]  # enough for several pages
    files = takes(tmp_path / secret, 5, 3)  # their paths tell the name too
    for name in others[:30]:
        library.enroll(name, music)
    library.enroll(secret, *files)
    for name in others[30:]:
        library.enroll(name, music)
    assert _holding(library.folder, secret)
    assert library.forget(secret) == 3
    assert _holding(library.folder, secret) == []
    assert secret not in {voice.name for voice in library.voices()}
    assert len(library.voices()) == 60
    assert library.forget(secret) == 0
    assert _holding(library.folder, others[0])
    library.close()
    assert _holding(library.folder, secret) == []


def test_forget_says_when_another_process_keeps_the_log(library, tmp_path, monkeypatch):
    library.enroll("Ann", *takes(tmp_path, 0, 1))
    reader = Library(library.folder, model=FakeModel())
    reader._open().connection.execute("BEGIN")
    reader.voices()  # holds a state of the database
    library._open().connection.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(ConfigError, match="another process"):
        library.forget("Ann")
    reader.close()
    assert library.voices() == []
    assert library.forget("Ann") == 0
    assert _holding(library.folder, "Ann") == []


def _holding(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.iterdir() if text.encode() in path.read_bytes()]


def test_among_voices_that_are_less_alike_a_score_says_more_and_strangers_are_named_no_more_easily(tmp_path):
    model = FakeModel()
    model.card.calibration.background = 0.99
    with Library(tmp_path / "library", model=model) as library:
        for seed in range(5):
            library.enroll(f"voice {seed}", *takes(tmp_path / str(seed), seed, 4))
        query = sing_to(tmp_path / "q.wav", 1, take=9)
        found = library.identify(query)
        assert found.probability > model.card.calibration.probability(found.score)
        assert found.threshold == 0.6
        library.forget("voice 4")  # of 16 recordings nobody can tell
        model.card.calibration.alone = Alone(slope=2.0, intercept=-1.5, fitted_on="several collections")
        few = library.identify(query)
        assert few.threshold == 0.6
        assert few.probability == pytest.approx(1 / (1 + np.exp(1.5 - 2.0 * few.score)))
        assert library.identify(query, threshold=0.8).threshold == 0.8
