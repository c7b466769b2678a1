from __future__ import annotations

from pathlib import Path

import pytest

from singalike.audio.encode import write_audio
from singalike.corpus.songs import Song
from singalike.errors import ConfigError
from singalike.measure.song_data import domains_of, genders_of, labels_of, plain_tags, read_song_data
from singalike.measure.song_settings import SongSettings

HERE = Path(__file__)


def song(name: str, *tags: str, voice: str = "ann", stems: tuple[str, ...] = ("mixture",)) -> Song:
    return Song(name, voice, dict.fromkeys(stems, HERE), tags)


def test_what_all_songs_have_is_measured_unless_something_is_asked():
    whole, mix, vocals = song("a", stems=("mixture", "vocals")), song("b"), song("c", stems=("vocals",))
    parts = song("d", stems=("vocals", "accompaniment"))
    assert domains_of([whole, parts], None) == ("vocals", "mixture")
    assert domains_of([whole, mix], None) == ("mixture",)
    assert domains_of([whole, vocals], None) == ("vocals",)
    assert domains_of([whole, parts], "both") == ("vocals", "mixture")
    assert domains_of([whole], "vocals") == ("vocals",)
    with pytest.raises(ConfigError, match="--domain"):
        domains_of([mix, vocals], None)
    with pytest.raises(ConfigError, match=r"1 of 2 songs have no vocals: b .*separate"):
        domains_of([whole, mix], "both")
    with pytest.raises(ConfigError, match="1 of 1 songs have no mixture: c"):
        domains_of([vocals], "mixture")


def test_a_singer_has_the_gender_that_any_song_says():
    songs = [song("a", "gender:F"), song("b"), song("c", voice="bob"), song("d", "gender: male", voice="cid")]
    labels, notes = genders_of(songs)
    assert labels == {"a": "female", "b": "female", "d": "male"}
    assert notes == ["1 singers without a tag gender:… are left out"]
    with pytest.raises(ConfigError, match=r"ann \(female, male\)"):
        genders_of([song("a", "gender:f"), song("b", "gender:m")])


def test_labels_are_tags_of_a_kind_and_only_one_counts():
    songs = [song("a", "genre:Rock", "slow"), song("b", "genre:Rock", "genre:Pop"), song("c", "genres", "mood:Rock")]
    labels, notes = labels_of(songs, "genre")
    assert labels == {"a": "Rock"}
    assert notes == ["1 songs without a tag genre:… are left out", "1 songs of several tags genre:… are left out"]
    assert plain_tags(song("a", "genre:Rock", "slow", "gender:f")) == {"genre:Rock", "slow"}


def test_a_dataset_of_recordings_is_songs_of_one_voice(tmp_path):
    import numpy as np

    for name in ("p1/a.wav", "p2/b.wav"):
        write_audio(tmp_path / "voices" / name, np.sin(np.arange(8000) / 9), sample_rate_hz=8000)
    data = read_song_data(tmp_path / "voices", SongSettings("artists", reader="folder"))
    assert [(one.name, one.voice, list(one.files)) for one in data.songs] == [
        ("p1/a.wav", "p1", ["vocals"]),
        ("p2/b.wav", "p2", ["vocals"]),
    ]
    assert data.name == "voices"
    with pytest.raises(ConfigError, match="none of 2 recordings"):
        read_song_data(tmp_path / "voices", SongSettings("artists", reader="folder", kinds=("sung",)))
    with pytest.raises(ConfigError, match="songs have no kinds"):
        read_song_data(tmp_path, SongSettings("artists", kinds=("sung",)))
    with pytest.raises(ConfigError, match="has no options"):
        read_song_data(tmp_path, SongSettings("artists", reader="folder", options=("split=1",)))
    with pytest.raises(ConfigError, match="no reader is called 'nobody'"):
        read_song_data(tmp_path, SongSettings("artists", reader="nobody"))


def test_tables_are_filtered_by_split(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"x")
    table = tmp_path / "songs.csv"
    table.write_text("path,voice,split,song\nx.wav,ann,train,one\nx.wav,bob,test,two\n", encoding="utf-8")
    assert [one.voice for one in read_song_data(table, SongSettings("artists", split="test")).songs] == ["bob"]
    with pytest.raises(ConfigError, match="none of 2 songs is of the split validation"):
        read_song_data(table, SongSettings("artists", split="validation"))


def test_options_of_a_reader_are_parsed():
    settings = SongSettings("tags", reader="magnatagatune", options=("split=lists/won", "top_tags=10"))
    assert settings.reader_options() == {"split": "lists/won", "top_tags": 10}
    with pytest.raises(ConfigError, match="name=value, not 'split'"):
        SongSettings("tags", reader="magnatagatune", options=("split",)).reader_options()


@pytest.mark.parametrize(
    "options",
    [
        {"task": "moods"},
        {"domain": "drums"},
        {"levels": ("0",)},
        {"levels": ()},
        {"task": "artists", "shares": (2.0,)},
        {"shares": (0.5,)},
        {"version": "authors"},
        {"task": "artist-similarity", "version": "mine"},
        {"task": "tags", "top_tags": 0},
        {"top_tags": 10},
        {"options": ("split=a",)},
    ],
)
def test_settings_that_cannot_be_are_refused(options):
    with pytest.raises(ConfigError):
        SongSettings(**{"task": "gender", **options})
