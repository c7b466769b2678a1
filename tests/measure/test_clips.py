from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fake_embedder import FakeEmbedder
from singalike.audio.decode import decode
from singalike.audio.encode import write_audio
from singalike.audio.resample import resample
from singalike.errors import ConfigError, InputError, ModelMismatchError, SilentError
from singalike.measure.clips import Embedded, conditions_for, embed_clips
from singalike.measure.data import read_data
from singalike.measure.results import save_arrays
from singalike.measure.trial_names import WHOLE, Cut
from singalike.model.hub import home

CUT = Cut(1.0, shorten_silences=True)


def embed(embedder: FakeEmbedder, root: Path, cut: Cut = CUT, **options) -> Embedded:
    conditions = options.pop("conditions", ("native",))
    return embed_clips(embedder, read_data(root).recordings, cut, conditions=conditions, **options)


def test_clips_are_pieces_of_the_recording_embedded_alone(make_voices):
    root, embedder = make_voices(voices=2, takes=1), FakeEmbedder()
    clips = embed(embedder, root).clips["native"]
    assert clips.keys.tolist() == [f"voice{v}/take0.wav@{s}.00" for v in (0, 1) for s in (0, 1)]
    assert clips.recordings.tolist() == ["voice0/take0.wav"] * 2 + ["voice1/take0.wav"] * 2
    assert clips.voices.tolist() == ["voice0", "voice0", "voice1", "voice1"]
    assert clips.starts_seconds.tolist() == [0, 1, 0, 1]
    assert clips.model == embedder.fingerprint
    samples = decode(root / "voice1" / "take0.wav", sample_rate_hz=22_050).samples
    expected = FakeEmbedder().embed(samples[22_050:44_100], sample_rate_hz=22_050)
    np.testing.assert_array_equal(clips.vectors[3], expected)


def test_a_model_of_another_rate_is_given_the_same_clips(make_voices):
    root = make_voices(voices=2, takes=1, seconds=3.0001)
    low, high = (embed(FakeEmbedder(sample_rate_hz=hz), root).clips["native"] for hz in (8000, 44_100))
    assert low.keys.tolist() == high.keys.tolist()
    assert len(low.keys) == 6


def test_long_silences_are_cut_short_unless_they_are_kept(tmp_path):
    chance = np.random.default_rng(0)
    sound = 0.3 * chance.normal(size=22_050).clip(-3, 3).astype(np.float32)
    hiss = 1e-4 * np.tile(sound, 5)
    samples = np.concatenate((sound, hiss, sound))
    write_audio(tmp_path / "data" / "a" / "gap.wav", samples, sample_rate_hz=22_050)
    shortened = embed(FakeEmbedder(), tmp_path / "data").clips["native"]
    kept = embed(FakeEmbedder(), tmp_path / "data", Cut(1.0, shorten_silences=False)).clips["native"]
    every = embed(FakeEmbedder(), tmp_path / "data", Cut(1.0, shorten_silences=False, all_clips=True))
    assert shortened.starts_seconds.tolist() == [0, 2]  # 1 s of sound, 1.3 s of silence, 1 s of sound
    assert kept.starts_seconds.tolist() == [0, 6]
    assert every.clips["native"].starts_seconds.tolist() == list(range(7))


def test_the_bottleneck_takes_away_what_is_above_8_khz(make_voices):
    root = make_voices(voices=1, takes=1)
    clips = embed(FakeEmbedder(), root, conditions=("native", "16 kHz")).clips
    assert clips["native"].keys.tolist() == clips["16 kHz"].keys.tolist()
    band_hz = 22_050 / 2 / 32
    low, high = slice(0, int(7000 / band_hz)), slice(int(8400 / band_hz), None)
    np.testing.assert_allclose(clips["16 kHz"].vectors[:, low], clips["native"].vectors[:, low], rtol=0.01, atol=1e-4)
    assert clips["16 kHz"].vectors[:, high].max() < 0.02 * clips["native"].vectors[:, high].min()
    samples = decode(root / "voice0" / "take0.wav", sample_rate_hz=22_050).samples
    narrow = resample(resample(samples, from_hz=22_050, to_hz=16_000), from_hz=16_000, to_hz=22_050)
    expected = FakeEmbedder().embed(narrow[:22_050], sample_rate_hz=22_050)
    np.testing.assert_array_equal(clips["16 kHz"].vectors[0], expected)


@pytest.mark.parametrize(("hz", "expected"), [(8000, 1), (16_000, 1), (22_050, 2), (44_100, 2)])
def test_only_models_above_16_khz_have_a_bottleneck(hz, expected):
    assert len(conditions_for(hz)) == expected
    assert conditions_for(hz, bottleneck=False) == ("native",)


def test_what_is_embedded_once_is_kept_by_content(make_voices):
    root, embedder = make_voices(voices=2, takes=2), FakeEmbedder()
    first = embed(embedder, root)
    assert embedder.calls == 8
    (root / "voice0" / "take0.wav").rename(root / "voice0" / "renamed.wav")
    again = embed(embedder, root)
    assert embedder.calls == 8
    assert sorted(again.clips["native"].vectors.tolist()) == sorted(first.clips["native"].vectors.tolist())
    assert again.sha256 != first.sha256  # another name is another list of clips
    write_audio(root / "voice0" / "renamed.wav", np.sin(np.arange(44_100) / 9), sample_rate_hz=22_050)
    embed(embedder, root)
    assert embedder.calls == 10
    embed(embedder, root, Cut(2.0, shorten_silences=True))
    assert embedder.calls == 14
    other = FakeEmbedder(name="other")
    embed(other, root)
    assert other.calls == 8


def test_an_interrupted_run_goes_on_where_it_stopped(make_voices):
    root = make_voices(voices=2, takes=2)

    def stop(number: int, samples: np.ndarray) -> None:
        if number == 6:
            raise KeyboardInterrupt

    interrupted = FakeEmbedder()
    interrupted.on_call = stop
    with pytest.raises(KeyboardInterrupt):
        embed(interrupted, root)
    resumed, whole = FakeEmbedder(), FakeEmbedder()
    clips = embed(resumed, root).clips["native"]
    assert resumed.calls == 4  # two recordings of two clips were kept whole
    for file in (home() / "vectors").rglob("*.npz"):
        file.unlink()
    np.testing.assert_array_equal(embed(whole, root).clips["native"].vectors, clips.vectors)


def test_a_damaged_file_of_the_cache_is_made_anew_and_another_models_is_refused(make_voices):
    root, embedder = make_voices(voices=1, takes=1), FakeEmbedder()
    vectors = embed(embedder, root).clips["native"].vectors
    (file,) = (home() / "vectors").rglob("*.npz")
    file.write_bytes(file.read_bytes()[:100])
    np.testing.assert_array_equal(embed(embedder, root).clips["native"].vectors, vectors)
    assert embedder.calls == 4
    save_arrays(file, model=np.array("somebody else"), starts_seconds=np.zeros(1), vectors=np.ones((1, 32)))
    with pytest.raises(ModelMismatchError, match="somebody els"):
        embed(embedder, root)


def test_bad_recordings_are_listed_and_stop_nothing(make_voices):
    root = make_voices(voices=2, takes=1)
    (root / "voice0" / "broken.wav").write_bytes(b"not audio at all")
    write_audio(root / "voice1" / "silent.wav", np.zeros(44_100, np.float32), sample_rate_hz=22_050)
    seen = []
    found = embed(FakeEmbedder(), root, progress=lambda done, of, what: seen.append((done, of, what)))
    assert [(f["where"], f["code"]) for f in found.failed] == [
        ("voice0/broken.wav", "unreadable"),
        ("voice1/silent.wav", "silent"),
    ]
    assert found.recordings == 2
    assert set(found.clips["native"].recordings) == {"voice0/take0.wav", "voice1/take0.wav"}
    assert seen[-1] == (4, 4, "voice1/take0.wav")


def test_a_file_that_went_away_is_a_failure(make_voices):
    recordings = read_data(make_voices(voices=1, takes=2)).recordings
    gone = recordings["voice0/take0.wav"]
    recordings["voice0/take0.wav"] = replace(gone, path=gone.path.with_name("gone.wav"))
    found = embed_clips(FakeEmbedder(), recordings, CUT, conditions=("native",))
    assert [(f["where"], f["code"]) for f in found.failed] == [("voice0/take0.wav", "unreadable")]


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_a_clip_without_a_finite_vector_is_left_out_everywhere(make_voices, bad):
    root, embedder = make_voices(voices=1, takes=1), FakeEmbedder()
    fine = embedder.embed
    embedder.embed = lambda samples, **rate: fine(samples, **rate) * (bad if embedder.calls == 4 else 1)
    found = embed(embedder, root, conditions=("native", "16 kHz"))
    (failure,) = found.failed
    assert failure["code"] == "not-finite"
    assert failure["where"] == "voice0/take0.wav@1.00"
    assert [clips.keys.tolist() for clips in found.clips.values()] == [["voice0/take0.wav@0.00"]] * 2
    assert np.isfinite(found.clips["native"].vectors).all()


def test_a_failed_clip_is_tried_again(make_voices):
    root, embedder = make_voices(voices=1, takes=1), FakeEmbedder()

    def fail(number: int, samples: np.ndarray) -> None:
        if number == 1:
            raise SilentError("nothing")

    embedder.on_call = fail
    assert len(embed(embedder, root).failed) == 1
    assert not embed(embedder, root).failed


def test_nothing_usable_at_all_is_an_error(tmp_path):
    path = tmp_path / "data" / "a" / "broken.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not audio at all")
    with pytest.raises(InputError, match=r"none of 1 recordings .* a/broken.wav"):
        embed(FakeEmbedder(), tmp_path / "data")


def test_layers(make_voices):
    root = make_voices(voices=1, takes=1)
    assert embed(FakeEmbedder(layers=3), root, layers=True).clips["native"].vectors.shape == (2, 3, 32)
    assert embed(FakeEmbedder(), root, layers=True).clips["native"].vectors.shape == (2, 32)


def test_a_whole_recording_is_one_clip(make_voices):
    root = make_voices(voices=1, takes=1, seconds=1.0)
    (root / "voice0" / "take0.wav").rename(root / "voice0" / "song_4_8_4s.wav")
    clips = embed(FakeEmbedder(), root, WHOLE).clips["native"]
    assert clips.keys.tolist() == ["voice0/song_4_8_4s.wav"]
    assert clips.recordings.tolist() == ["voice0/song"]  # what the published preparation cut it from


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.01, float("nan"), float("inf")])
def test_clips_of_no_length_are_refused(seconds):
    with pytest.raises(ConfigError, match="at least"):
        Cut(seconds, shorten_silences=True)
