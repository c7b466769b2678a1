from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fake_embedder import FakeEmbedder
from noise_songs import RATE_HZ, coloured, write_songs
from singalike.audio.encode import write_audio
from singalike.corpus.songs import Song, read_songs
from singalike.errors import InputError, SilentError
from singalike.measure.song_windows import cut_song, embed_songs

BOTH = ("vocals", "mixture")


def make_song(folder: Path, **stems: np.ndarray) -> Song:
    for name, samples in stems.items():
        write_audio(folder / f"{name}.wav", samples, sample_rate_hz=RATE_HZ)
    return Song(folder.name, "somebody", {name: folder / f"{name}.wav" for name in stems})


def embedder(**options) -> FakeEmbedder:
    return FakeEmbedder(sample_rate_hz=RATE_HZ, **options)


@pytest.fixture
def phrases() -> np.ndarray:
    """Six seconds, sung in the second, fourth and fifth."""
    sounds = np.repeat([0, 1, 0, 1, 1, 0], RATE_HZ).astype(np.float32)
    return coloured(0, 0, seconds=6) * sounds


def test_windows_are_those_in_which_somebody_sings_on_vocals_and_mixture_alike(tmp_path, phrases):
    band = coloured(9, 0, seconds=6)
    song = make_song(tmp_path / "a", mixture=0.5 * (phrases + band), vocals=0.5 * phrases)
    for domain in BOTH:
        sung = cut_song(song, domain, to_hz=RATE_HZ, sung_only=True)
        assert sung.starts_seconds.tolist() == [1, 3, 4]
    assert cut_song(song, "mixture", to_hz=RATE_HZ, sung_only=False).starts_seconds.tolist() == [0, 1, 2, 3, 4, 5]
    assert cut_song(song, "vocals", to_hz=RATE_HZ, sung_only=False).starts_seconds.tolist() == [1, 3, 4]
    alone = Song("alone", "somebody", {"mixture": song.files["mixture"]})
    assert len(cut_song(alone, "mixture", to_hz=RATE_HZ, sung_only=True).starts_seconds) == 6


def test_the_level_of_a_song_is_nothing_that_of_its_vocals_in_it_is(tmp_path, phrases):
    band = coloured(9, 0, seconds=6)
    quiet = make_song(tmp_path / "a", mixture=0.01 * (phrases + band), vocals=0.01 * phrases)
    assert cut_song(quiet, "vocals", to_hz=RATE_HZ, sung_only=True).starts_seconds.tolist() == [1, 3, 4]
    bleed = make_song(tmp_path / "b", mixture=band, vocals=0.01 * phrases)
    with pytest.raises(SilentError, match="b: nobody sings"):
        cut_song(bleed, "mixture", to_hz=RATE_HZ, sung_only=True)


def test_a_mixture_that_is_not_there_is_the_sum_of_its_parts(tmp_path, phrases):
    band = coloured(9, 0, seconds=6)
    parts = make_song(tmp_path / "a", vocals=phrases, accompaniment=band)
    waveform = cut_song(parts, "mixture", to_hz=RATE_HZ, sung_only=True)
    np.testing.assert_allclose(waveform.samples, phrases + band, atol=3e-3)  # decoding takes offsets away
    assert waveform.starts_seconds.tolist() == [1, 3, 4]


def test_windows_lie_the_same_for_a_model_of_another_rate(tmp_path, phrases):
    song = make_song(tmp_path / "a", vocals=phrases)
    waveform = cut_song(song, "vocals", to_hz=16_000, sung_only=True)
    assert waveform.starts_seconds.tolist() == [1, 3, 4]
    assert len(waveform.clip(3)) == 16_000


def test_vectors_are_those_of_the_windows_alone_and_are_kept(tmp_path):
    songs, model = read_songs(write_songs(tmp_path / "data", artists=2, songs=1, seconds=2.4)), embedder()
    found = embed_songs(model, songs, BOTH, sung_only=True)
    assert list(found.clips) == ["vocals", "mixture"]
    clips = found.clips["vocals"]
    assert clips.keys.tolist() == [f"{song.name}@{start}.00" for song in songs for start in (0, 1)]
    assert clips.voices.tolist() == ["artist0", "artist0", "artist1", "artist1"]
    waveform = cut_song(songs[1], "vocals", to_hz=RATE_HZ, sung_only=True)
    np.testing.assert_array_equal(clips.vectors[3], embedder().embed(waveform.clip(1), sample_rate_hz=RATE_HZ))
    assert (clips.vectors != found.clips["mixture"].vectors).any()
    assert model.calls == 8
    again = embed_songs(model, songs, BOTH, sung_only=True)
    assert model.calls == 8
    np.testing.assert_array_equal(again.clips["mixture"].vectors, found.clips["mixture"].vectors)
    assert again.sha256 == found.sha256
    write_audio(songs[0].files["accompaniment"], coloured(5, 5, seconds=2.4), sample_rate_hz=RATE_HZ)
    embed_songs(model, songs, BOTH, sung_only=True)
    assert model.calls == 12  # another sum, another peak


def test_bad_songs_are_listed_and_stop_nothing(tmp_path):
    songs = read_songs(write_songs(tmp_path / "data", artists=4, songs=1))
    songs[0].files["vocals"].write_bytes(b"not audio at all")
    write_audio(songs[1].files["vocals"], coloured(1, 1, seconds=1.5), sample_rate_hz=RATE_HZ)
    songs[2].files["accompaniment"].unlink()
    seen = []
    found = embed_songs(
        embedder(), songs, BOTH, sung_only=True, progress=lambda done, of, what: seen.append((done, of))
    )
    assert [failure["code"] for failure in found.failed] == ["unreadable", "input", "unreadable"]
    assert found.failed[0]["where"].endswith("artist0/song0/vocals.wav")
    assert found.failed[1]["where"] == songs[1].name
    assert "not of one length" in found.failed[1]["what"]
    assert {name for clips in found.clips.values() for name in clips.recordings} == {songs[3].name}
    assert (found.recordings, seen[-1]) == (1, (4, 4))
    with pytest.raises(InputError, match="none of 3 songs can be embedded"):
        embed_songs(embedder(), songs[:3], BOTH, sung_only=True)


def test_a_window_without_a_finite_vector_is_left_out_and_listed(tmp_path):
    (song,) = read_songs(write_songs(tmp_path / "data", artists=1, songs=1))
    model = embedder()
    fine = model.embed
    model.embed = lambda samples, **rate: fine(samples, **rate) * (np.nan if model.calls == 2 else 1)
    found = embed_songs(model, [song], ("vocals",), sung_only=True)
    assert [failure["where"] for failure in found.failed] == [f"{song.name} (vocals)@1.00"]
    assert found.clips["vocals"].starts_seconds.tolist() == [0]


def test_a_window_that_fails_in_one_domain_is_left_out_of_both(tmp_path):
    (song,) = read_songs(write_songs(tmp_path / "data", artists=1, songs=1))
    model = embedder()
    fine = model.embed
    model.embed = lambda samples, **rate: fine(samples, **rate) * (np.nan if model.calls == 2 else 1)
    found = embed_songs(model, [song], BOTH, sung_only=True)
    assert [failure["where"] for failure in found.failed] == [f"{song.name} (vocals)@1.00"]
    assert {domain: clips.starts_seconds.tolist() for domain, clips in found.clips.items()} == {
        "vocals": [0],
        "mixture": [0],
    }


def test_stems_of_another_rate_are_brought_to_one(tmp_path, phrases):
    song = make_song(tmp_path / "a", vocals=phrases, accompaniment=coloured(9, 0, seconds=6))
    write_audio(tmp_path / "a" / "wide.wav", np.repeat(coloured(9, 0, seconds=6), 2), sample_rate_hz=2 * RATE_HZ)
    wide = replace(song, files={**song.files, "accompaniment": tmp_path / "a" / "wide.wav"})
    assert len(cut_song(wide, "mixture", to_hz=RATE_HZ, sung_only=True).samples) == 6 * RATE_HZ


def test_four_stems_are_a_mixture(tmp_path, phrases):
    band = {name: 0.3 * coloured(i, 1, seconds=6) for i, name in enumerate(("drums", "bass"))}
    song = make_song(tmp_path / "a", vocals=phrases, other=np.zeros_like(phrases), **band)
    waveform = cut_song(song, "mixture", to_hz=RATE_HZ, sung_only=True)
    np.testing.assert_allclose(waveform.samples, phrases + band["drums"] + band["bass"], atol=3e-3)
    assert waveform.starts_seconds.tolist() == [1, 3, 4]
    found = embed_songs(embedder(), [song], BOTH, sung_only=True)
    assert [len(found.clips[domain].keys) for domain in BOTH] == [3, 3]


def test_vocals_at_one_side_are_as_loud_alone_as_in_the_mixture(tmp_path, phrases):
    band = coloured(9, 0, seconds=6)
    left, middle = np.stack([phrases, 0 * phrases]), np.stack([band, band])
    song = make_song(tmp_path / "a", mixture=0.5 * (left + middle), vocals=0.5 * left, accompaniment=0.5 * middle)
    parts = replace(song, files={name: path for name, path in song.files.items() if name != "mixture"})
    vocals, mixture, made = (
        cut_song(one, domain, to_hz=RATE_HZ, sung_only=True).samples
        for one, domain in ((song, "vocals"), (song, "mixture"), (parts, "mixture"))
    )
    np.testing.assert_allclose(vocals, 0.25 * (phrases - phrases.mean()), atol=1e-4)
    np.testing.assert_allclose(made, mixture, atol=1e-4)
    alone = replace(song, files={"vocals": song.files["vocals"]})  # a recording like any other
    heard = cut_song(alone, "vocals", to_hz=RATE_HZ, sung_only=True).samples
    np.testing.assert_allclose(heard, 2 * vocals, atol=1e-4)
