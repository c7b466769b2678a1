"""Searching: order, the query itself, duplicates, caps, explanations, refusals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_model import HOP_SECONDS, RATE_HZ, WINDOW_SECONDS, FakeModel, sing_to, voice, write

from singalike.errors import ConfigError, ModelMismatchError, UnreadableError
from singalike.library import Library
from singalike.library.store import Store


def names(hits) -> list[str]:
    return [hit.path.name for hit in hits]


def tagged(path: Path, seed: int, *, take: int, artist: str, album: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, format="FLAC") as file:
        file.artist, file.title = artist, f"take {take}"
        if album:
            file.album = album
        file.write(voice(seed, take=take, seconds=1.5 + take))  # another length: another recording
    return path


def test_the_model_says_from_where_on_recordings_may_be_copies(tmp_path):
    """A copy with noise: as near as the model's own figure asks, or not."""
    (tmp_path / "music").mkdir()
    take = voice(1, take=0, seconds=2.0)
    noise = np.random.default_rng(0).normal(size=len(take)).astype(np.float32) * np.abs(take).max()
    for name, samples in (("take", take), ("noisy", take + 0.3 * noise)):
        soundfile.write(tmp_path / "music" / f"{name}.wav", samples, RATE_HZ)
    model = FakeModel()
    with Library(tmp_path / "library", model=model) as library:
        library.add(tmp_path / "music")
        query = sing_to(tmp_path / "query.wav", 1, take=1)
        for least, hits in ((0.9999, 2), (0.2, 1)):
            model.card.calibration.duplicate_cosine = least
            assert library.duplicate_cosine == least
            assert len(library.search(query)) == hits


def test_closest_voice_comes_first(library, music, tmp_path):
    library.add(music)
    query = sing_to(tmp_path / "query.wav", 2, take=1)
    hits = library.search(query)
    assert names(hits)[0] == "2.wav"
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].probability == pytest.approx(1 / (1 + np.exp(-(10 * hits[0].score - 5))))
    assert names(library.search(query, k=2)) == names(hits)[:2]
    json.dumps([hit.as_dict() for hit in hits])


def test_query_of_the_library_is_answered_from_the_store_and_not_its_own_hit(library, music, model, tmp_path):
    library.add(music)
    assert "1.wav" not in names(library.search(music / "1.wav"))
    copy = shutil.copy(music / "1.wav", tmp_path / "elsewhere.wav")
    assert names(library.search(copy)) == names(library.search(music / "1.wav"))
    assert len(model.embedded) == 4
    assert names(library.search(music / "1.wav", keep_duplicates=True))[0] == "1.wav"


def test_changed_query_file_is_embedded_anew(library, music, model):
    library.add(music)
    sing_to(music / "1.wav", 3, take=4)  # since it was added
    assert names(library.search(music / "1.wav"))[0] == "3.wav"
    assert len(model.embedded) == 5


def test_copies_of_one_recording_are_one_hit(library, music, tmp_path):
    samples = voice(2, take=1)
    original = write(tmp_path / "more" / "a.wav", samples)
    shutil.copy(original, tmp_path / "more" / "b.wav")  # the same bytes
    write(tmp_path / "more" / "c.flac", samples * 0.5)  # the same recording
    sing_to(tmp_path / "more" / "d.wav", 2, take=2, seconds=2.5)  # the same voice
    library.add(music, tmp_path / "more")
    hits = library.search(sing_to(tmp_path / "query.wav", 2, take=3))
    by_name = {hit.path.name: {Path(path).name for path in hit.duplicates} for hit in hits}
    (folded,) = [{name, *others} for name, others in by_name.items() if "b.wav" in {name, *others}]
    assert {"a.wav", "b.wav", "c.flac"} <= folded
    assert "d.wav" in by_name
    everything = library.search(tmp_path / "query.wav", keep_duplicates=True)
    assert len(everything) == 8
    assert all(hit.duplicates == [] for hit in everything)


def test_same_mean_but_other_windows_is_another_recording(library, tmp_path):
    halves = [voice(1, seconds=2.0), voice(2, seconds=2.0)]
    write(tmp_path / "forth.wav", np.concatenate(halves))
    write(tmp_path / "back.wav", np.concatenate(halves[::-1]))
    library.add(tmp_path / "forth.wav", tmp_path / "back.wav")
    query = sing_to(tmp_path / "query.wav", 1, take=1)
    assert sorted(names(library.search(query))) == ["back.wav", "forth.wav"]


def test_caps_per_artist_and_album(library, tmp_path):
    for take in range(3):
        tagged(tmp_path / f"ann{take}.flac", 1, take=take, artist="Ann", album=f"{take > 0}")
        tagged(tmp_path / f"bob{take}.flac", 2, take=take, artist="Bob; ann ", album="Greatest Hits")
        sing_to(tmp_path / f"untagged{take}.wav", 3, take=take, seconds=1.5 + take)
    library.add(*tmp_path.glob("*.*"))
    query = sing_to(tmp_path / "query" / "q.wav", 1, take=9)
    assert len(library.search(query)) == 9
    capped = library.search(query, max_per_artist=1)
    # "Bob; ann" is also Ann's, and untagged files are not one artist.
    assert sorted(name[:3] for name in names(capped)) == ["ann", "unt", "unt", "unt"]
    albums = library.search(query, max_per_album=1)
    assert sorted(name[:3] for name in names(albums)) == ["ann", "ann", "bob", "unt", "unt", "unt"]
    assert names(library.search(query, k=2, max_per_artist=1)) == names(capped)[:2]


def test_caps_look_further_than_the_first_neighbours(library, tmp_path):
    for take in range(12):
        tagged(tmp_path / f"ann{take}.flac", 1, take=take, artist="Ann")
    tagged(tmp_path / "bob.flac", 2, take=0, artist="Bob")
    library.add(*tmp_path.glob("*.flac"))
    hits = library.search(sing_to(tmp_path / "q.wav", 1, take=50), k=2, max_per_artist=1)
    assert [hit.artist for hit in hits] == ["Ann", "Bob"]


def test_tags_are_read(library, tmp_path):
    library.add(tagged(tmp_path / "x.flac", 1, take=2, artist="Ann", album="First"))
    (recording,) = library.recordings()
    assert (recording.title, recording.artist, recording.album) == ("take 2", "Ann", "First")


def test_explain_names_the_segments_that_match(library, tmp_path):
    last = np.concatenate([voice(8, seconds=3.0), voice(1, seconds=1.0)])  # voice 1 from 3 s on
    first = np.concatenate([voice(1, take=1, seconds=1.0), voice(9, seconds=2.0)])
    write(tmp_path / "hit.wav", last)
    query = write(tmp_path / "query.wav", first)
    library.add(tmp_path / "hit.wav")
    (hit,) = library.search(query, explain=True)
    pair = hit.segments
    assert 0 <= pair.query_start_seconds <= 1.0 - WINDOW_SECONDS + HOP_SECONDS / 2
    assert 3.0 - HOP_SECONDS / 2 <= pair.hit_start_seconds <= 3.5
    assert pair.query_end_seconds - pair.query_start_seconds == pytest.approx(WINDOW_SECONDS)
    assert pair.hit_end_seconds <= 4.0
    assert hit.score < pair.score <= 1.0
    assert library.search(query)[0].segments is None


@pytest.mark.parametrize(
    "arguments", [{"k": 0}, {"k": -1}, {"k": 2.5}, {"k": True}, {"max_per_artist": 0}, {"max_per_album": -3}]
)
def test_numbers_out_of_range_are_refused(library, music, arguments):
    library.add(music)
    with pytest.raises(ConfigError, match="at least 1"):
        library.search(music / "0.wav", **arguments)


def test_missing_library_and_missing_query(tmp_path, music, library):
    with pytest.raises(ConfigError, match="no library here"):
        library.search(music / "0.wav")
    assert not library.folder.exists()
    library.add(music)
    with pytest.raises(UnreadableError):
        library.search(tmp_path / "none.wav")


def test_empty_library_has_no_hits(library, music, tmp_path):
    (tmp_path / "empty").mkdir()
    library.add(tmp_path / "empty")
    assert library.search(music / "0.wav") == []


def test_other_file_or_newer_format_is_not_taken_for_a_library(tmp_path, music):
    (tmp_path / "library.sqlite").write_bytes(b"not a database, certainly not one " * 100)
    with pytest.raises(ConfigError, match="cannot be opened"):
        len(Library(tmp_path))
    newer = Library(tmp_path / "newer", model=FakeModel())
    newer.add(music)
    newer._open().connection.execute("PRAGMA user_version = 999")
    newer.close()
    with pytest.raises(ConfigError, match="999"):
        len(newer)


def test_without_calibration_there_is_no_probability(tmp_path, music):
    with Library(tmp_path / "l", model=FakeModel(calibrated=False)) as library:
        library.add(music)
        assert {hit.probability for hit in library.search(music / "0.wav")} == {None}


def test_another_model_is_refused_by_both_fingerprints(library, music, tmp_path):
    library.add(music)
    with Library(library.folder, model=FakeModel(seed=7)) as other:
        for refused in (
            lambda: other.add(music),
            lambda: other.search(music / "0.wav"),
            lambda: other.search(sing_to(tmp_path / "q.wav", 9)),
            lambda: other.enroll("Ann", music / "0.wav"),
            lambda: other.identify(music / "0.wav"),
        ):
            with pytest.raises(ModelMismatchError) as caught:
                refused()
            assert FakeModel().fingerprint[:12] in caught.value.what
            assert other._get_model().fingerprint[:12] in caught.value.what
            assert "reindex" in caught.value.hint
    assert {r.fingerprint for r in library.recordings()} == {FakeModel().fingerprint}


def test_among_recordings_that_are_less_alike_the_same_score_says_more(tmp_path):
    for seed in range(20):
        sing_to(tmp_path / "music" / f"{seed}.wav", seed)
    query, model = sing_to(tmp_path / "query.wav", 2, take=1), FakeModel()
    with Library(tmp_path / "library", model=model) as library:
        library.add(tmp_path / "music")
        store = Store(library.folder, create=False)
        vectors = store.all_vectors()[2]
        store.close()
        level = float(np.median((vectors @ vectors.T)[np.triu_indices(20, 1)]))
        alone = library.search(query)[0]
        model.card.calibration.background = level + 0.3 * (1 - level)
        among = library.search(query)[0]
        assert among.score == alone.score
        assert among.probability == pytest.approx(model.card.calibration.against(level).probability(alone.score))
        assert among.probability > alone.probability
        library.remove(tmp_path / "music" / "19.wav")  # of 19 nobody can tell
        assert library.search(query)[0].probability == alone.probability
