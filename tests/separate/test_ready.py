from __future__ import annotations

import numpy as np
import pytest
from toys import Toy

from singalike.errors import ConfigError, InputError, TooShortError, UnreadableError
from singalike.separate.batch import separate_all
from singalike.separate.ready import find_stems, named_stems

RATE_HZ = 8000


@pytest.fixture
def parts(noise):
    names = ("vocals", "drums", "bass", "other")
    return {name: noise(1.0, RATE_HZ, seed=i) / 4 for i, name in enumerate(names)}


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_musdb_style(write, parts, tmp_path):
    mix = sum(parts.values())
    for name, samples in {**parts, "mixture": mix}.items():
        write(f"song/{name}.wav", samples, RATE_HZ)
    for place in (tmp_path / "song", tmp_path / "song" / "mixture.wav"):
        found = find_stems(place)
        assert (found.sample_rate_hz, found.frames, found.trimmed_seconds, found.seconds) == (
            RATE_HZ,
            RATE_HZ,
            0.0,
            1.0,
        )
        stems = found.read()
        assert set(stems) == {"mix", "vocals", "accompaniment", "drums", "bass", "other"}
        close(stems["mix"], mix)
        close(stems["vocals"], parts["vocals"])
        close(stems["accompaniment"], mix - parts["vocals"])


@pytest.mark.parametrize("name", ["accompaniment", "no_vocals", "instrumental"])
def test_two_stems_without_a_mix(write, parts, tmp_path, name):
    write("song/vocals.flac", parts["vocals"], RATE_HZ, None)
    write(f"song/{name}.wav", parts["drums"], RATE_HZ)
    (tmp_path / "song" / "cover.jpg").write_bytes(b"")
    stems = find_stems(tmp_path / "song").read()
    assert set(stems) == {"mix", "vocals", "accompaniment"}
    np.testing.assert_allclose(stems["mix"], parts["vocals"] + parts["drums"], atol=1e-4)


def test_four_stems_without_a_mix(write, parts, tmp_path):
    for name, samples in parts.items():
        write(f"song/{name}.wav", samples, RATE_HZ)
    stems = find_stems(tmp_path / "song").read()
    close(stems["mix"], sum(parts.values()))
    close(stems["accompaniment"], parts["drums"] + parts["bass"] + parts["other"])


def test_what_separate_wrote_is_found_beside_the_song(write, parts, tmp_path):
    song = write("music/song.wav", sum(parts.values()), RATE_HZ)
    assert find_stems(song) is None
    separate_all([song], Toy(), tmp_path / "music", cache=tmp_path / "kept")
    stems = find_stems(song).read()
    close(stems["vocals"], 0.3 * stems["mix"])
    close(stems["vocals"] + stems["accompaniment"], stems["mix"])


def test_the_columns_of_a_table(write, parts):
    mix, vocals = write("m.wav", sum(parts.values()), RATE_HZ), write("v.wav", parts["vocals"], RATE_HZ)
    assert named_stems(mix) is None
    close(named_stems(mix, vocals=str(vocals)).read()["accompaniment"], sum(parts.values()) - parts["vocals"])
    given = named_stems(mix, vocals=vocals, accompaniment=write("a.wav", parts["drums"], RATE_HZ))
    close(given.read()["accompaniment"], parts["drums"])
    with pytest.raises(UnreadableError, match="no such file"):
        named_stems(mix, vocals="none.wav")


def test_an_excerpt_is_that_part_of_the_whole(write, parts):
    mix, vocals = write("m.wav", sum(parts.values()), RATE_HZ), write("v.wav", parts["vocals"], RATE_HZ)
    found = named_stems(mix, vocals=vocals)
    whole, part = found.read(), found.read(offset_seconds=0.25, seconds=0.5)
    for name in whole:
        np.testing.assert_array_equal(part[name], whole[name][:, RATE_HZ // 4 : 3 * RATE_HZ // 4])
    for outside in ({"offset_seconds": 0.9, "seconds": 0.2}, {"offset_seconds": 1.0}, {"offset_seconds": -0.1}):
        with pytest.raises(TooShortError, match="not within its 8000"):
            found.read(**outside)


def test_mono_vocals_of_a_stereo_mix(write, noise):
    mix, vocals = noise(1.0, RATE_HZ), noise(1.0, RATE_HZ, 1, seed=1)
    found = named_stems(write("m.wav", mix, RATE_HZ), vocals=write("v.wav", vocals, RATE_HZ))
    close(found.read()["accompaniment"], mix - vocals)
    six = named_stems(write("six.wav", noise(1.0, RATE_HZ, 6), RATE_HZ), vocals=write("m2.wav", mix, RATE_HZ))
    with pytest.raises(InputError, match="channels differ: mix 6, vocals 2"):
        six.read()


def test_lengths_and_rates_that_differ(write, noise):
    mix = write("m.wav", noise(1.0, RATE_HZ), RATE_HZ)
    near = named_stems(mix, vocals=write("near.wav", noise(0.96, RATE_HZ), RATE_HZ))
    assert near.trimmed_seconds == pytest.approx(0.04)
    assert {stem.shape for stem in near.read().values()} == {(2, round(0.96 * RATE_HZ))}
    with pytest.raises(InputError, match=r"lengths differ: mix 1.000 s, vocals 0.900 s") as caught:
        named_stems(mix, vocals=write("far.wav", noise(0.9, RATE_HZ), RATE_HZ))
    assert "0.05 s" in caught.value.hint
    with pytest.raises(InputError, match=r"sample rates differ: mix 8000 Hz, vocals 16000 Hz"):
        named_stems(mix, vocals=write("fast.wav", noise(1.0, 16_000), 16_000))


def test_places_without_stems(write, noise, tmp_path):
    write("empty/mixture.wav", noise(1.0, RATE_HZ), RATE_HZ)
    write("alone/vocals.wav", noise(1.0, RATE_HZ), RATE_HZ)
    assert find_stems(tmp_path / "empty") is None
    assert find_stems(tmp_path / "alone") is None  # vocals of what?
    with pytest.raises(ConfigError, match="no such file or folder"):
        find_stems(tmp_path / "none")
    write("alone/vocals.flac", noise(1.0, RATE_HZ), RATE_HZ, None)
    with pytest.raises(InputError, match=r"vocals.wav and vocals.flac are both the vocals"):
        find_stems(tmp_path / "alone")


def test_a_song_called_vocals_in_an_album_is_not_another_songs_stem(write, noise, tmp_path):
    song = write("album/song.wav", noise(1.0, RATE_HZ), RATE_HZ)
    write("album/vocals.wav", noise(1.0, RATE_HZ), RATE_HZ)
    assert find_stems(song) is None


def test_a_band_that_lacks_a_part_is_no_accompaniment(write, parts, tmp_path):
    for name in ("vocals", "drums", "other"):
        write(f"song/{name}.wav", parts[name], RATE_HZ)
    with pytest.raises(InputError, match="no mixture or accompaniment, and of the band no bass") as caught:
        find_stems(tmp_path / "song")
    assert caught.value.where == str(tmp_path / "song")
    write("song/mixture.wav", sum(parts.values()), RATE_HZ)
    close(find_stems(tmp_path / "song").read()["accompaniment"], sum(parts.values()) - parts["vocals"])
