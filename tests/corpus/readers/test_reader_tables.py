"""The readers of tables made for this project: open voices and GTSinger's demonstration clips."""

from __future__ import annotations

import pytest

from singalike.corpus.readers import genders, gtsinger_demo, open_voices
from singalike.errors import ConfigError


@pytest.fixture
def voices(tmp_path):
    rows = [
        ("a.opus", "ann", "sung", "c4", "utau", "MIT"),
        ("b.opus", "ann", "spoken", "u1", "pjs", "CC BY-SA 4.0"),
        ("c.opus", "bea", "sung", "calm", "ravdess-song", "CC BY-NC-SA 4.0"),
        (
            "d.opus",
            "cis",
            "sung",
            "d4",
            "utau",
            "custom: redistribution allowed with credit; commercial use: ask",
        ),
        (
            "e.opus",
            "dot",
            "sung",
            "e4",
            "utau",
            "custom: edits allowed except pitch/formant; commercial use: ask",
        ),
        ("f.opus", "eva", "sung", "f4", "utau", "custom: editing and commercial use allowed with credit"),
    ]
    lines = ["recording_id,path,voice_id,kind,session,source,licence"]
    lines += [f"{n},{','.join(row)}" for n, row in enumerate(rows)]
    (tmp_path / "recordings.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "abcdef"),
        ({"commercial": True}, "abf"),
        ({"voice_edits": True}, "abcdf"),
        ({"kinds": {"sung"}, "commercial": True}, "af"),
        ({"sources": {"pjs", "ravdess-song"}}, "bc"),
    ],
)
def test_open_voices_filters(voices, filters, expected):
    assert "".join(r.path.stem for r in open_voices.read(voices, **filters)) == expected


def test_open_voices_fills_the_recording(voices):
    first = open_voices.read(voices)[0]
    assert first.path == voices / "a.opus"
    assert (first.voice, first.kind, first.session, first.licence) == ("ann", "sung", "c4", "MIT")


def test_open_voices_says_when_nothing_is_left_or_a_column_lacks(voices):
    with pytest.raises(ConfigError, match="no recording passes"):
        open_voices.read(voices, sources={"nobody"})
    (voices / "recordings.csv").write_text("path,voice_id\n")
    with pytest.raises(ConfigError, match="no column kind, licence, session, source"):
        open_voices.read(voices)


def test_gtsinger_reads_clips_and_traits(tmp_path):
    (tmp_path / "clips.csv").write_text(
        "path,singer,voice_part,gender,kind,song,licence\n"
        "sung/A/1.flac,A,Tenor,m,sung,Lied,CC\nspoken/A/2.flac,A,Tenor,m,spoken,Lied,CC\n"
    )
    (clip,) = gtsinger_demo.read(tmp_path, kinds={"sung"})
    assert (clip.path, clip.voice, clip.song) == (tmp_path / "sung/A/1.flac", "A", "Lied")
    assert len(gtsinger_demo.read(tmp_path)) == 2
    assert gtsinger_demo.traits(tmp_path, "voice_part") == {"A": "Tenor"}
    with pytest.raises(ConfigError, match="no column language"):
        gtsinger_demo.traits(tmp_path, "language")
    with pytest.raises(ConfigError, match="no clip of these kinds"):
        gtsinger_demo.read(tmp_path, kinds={"mix"})


@pytest.mark.shared
def test_the_real_voices_are_as_many_as_their_table_says(shared_data):
    allowed = open_voices.read(shared_data, commercial=True)
    assert len(open_voices.read(shared_data)) == 1799
    assert len({r.voice for r in allowed}) == 530
    assert len({r.voice for r in allowed if r.kind == "sung"}) == 12
    assert not any("ravdess" in r.path.as_posix() or r.voice == "hikari-one" for r in allowed)
    assert all(r.path.is_file() for r in allowed)
    clips = gtsinger_demo.read(shared_data / "eval" / "gtsinger")
    assert len(clips) == 165
    assert len({r.voice for r in clips}) == gtsinger_demo.DATASET.voices
    assert set(genders("gtsinger-demo", shared_data / "eval" / "gtsinger")) == {r.voice for r in clips}
