"""Another model takes a library over: resumable, ids kept, voices too."""

from __future__ import annotations

import shutil

import pytest
from fake_model import FakeModel, sing_to

from singalike.errors import ModelMismatchError
from singalike.library import Library


class InterruptedByTestError(Exception):
    pass


@pytest.fixture
def newer() -> FakeModel:
    return FakeModel(seed=7)


def test_reindex_keeps_ids_and_takes_voices_along(library, music, newer):
    library.add(music)
    library.enroll("Ann", music / "0.wav", music / "1.wav")
    before = [(r.id, r.path) for r in library.recordings()]
    with Library(library.folder, model=newer) as other:
        summary = other.reindex()
        assert (summary.updated, summary.failed) == (4, [])
        assert [(r.id, r.path) for r in other.recordings()] == before
        assert {r.fingerprint for r in other.recordings()} == {newer.fingerprint}
        assert len(other.search(music / "0.wav")) == 3
        assert other.identify(music / "0.wav").name == "Ann"
        assert other.add(music).unchanged == 4
    with pytest.raises(ModelMismatchError):
        library.search(music / "0.wav")


def test_interrupted_reindex_refuses_the_new_model_and_goes_on(library, music, newer):
    library.add(music)

    def interrupt(done, total, path):
        if done == 2:
            raise InterruptedByTestError

    with Library(library.folder, model=newer) as other:
        with pytest.raises(InterruptedByTestError):
            other.reindex(progress=interrupt)
        with pytest.raises(ModelMismatchError):
            other.search(music / "0.wav")
        # Meanwhile the old model never meets the new vectors.
        assert {hit.path.name for hit in library.search(music / "2.wav", keep_duplicates=True)} == {
            "2.wav",
            "3.wav",
        }
        assert library.unsearched() == 2
        assert other.reindex().updated == 2
        assert other.unsearched() == 0
        assert len(newer.embedded) == 4
        assert len(other.search(music / "0.wav")) == 3


def test_recording_without_its_file_is_listed_and_not_searched(library, music, newer, tmp_path):
    library.add(music)
    (music / "1.wav").rename(tmp_path / "aside.wav")
    with Library(library.folder, model=newer) as other:
        (failure,) = other.reindex().failed
        assert failure.path == music / "1.wav"
        assert "1.wav" not in {hit.path.name for hit in other.search(music / "0.wav")}
        assert (len(other), other.unsearched()) == (4, 1)  # not forgotten: it may come back
        (tmp_path / "aside.wav").rename(music / "1.wav")
        assert (other.add(music).updated, len(other.search(music / "0.wav"))) == (1, 3)


def test_a_voice_is_not_taken_along_from_a_file_that_now_holds_another(library, music, newer, tmp_path):
    library.enroll("Ann", music / "0.wav", music / "1.wav")
    sing_to(music / "0.wav", 3, take=2)
    with Library(library.folder, model=newer) as other:
        (failure,) = other.reindex().failed
        assert failure.path == music / "0.wav"
        assert "changed since" in failure.what
        assert [(voice.exemplars, voice.usable) for voice in other.voices()] == [(2, 1)]
        assert other.enroll("Ann", music / "0.wav").exemplars == 2


def test_copies_are_embedded_once(library, music, newer):
    shutil.copy(music / "0.wav", music / "copy.wav")
    library.add(music)
    with Library(library.folder, model=newer) as other:
        assert other.reindex().updated == 5
    assert len(newer.embedded) == 4


def test_library_without_vectors_takes_any_model(library, music, newer, tmp_path):
    library.add(music)
    library.remove(music)
    with Library(library.folder, model=newer) as other:
        assert other.add(music).added == 4
        assert other.search(sing_to(tmp_path / "q.wav", 1, take=1))[0].path.name == "1.wav"
