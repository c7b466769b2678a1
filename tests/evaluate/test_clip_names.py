from __future__ import annotations

import pytest

from singalike.evaluate.clip_names import find_clips


def find(name: str, *clips: tuple[str, str]) -> list[int] | None:
    """Find a name among (key, voice)."""
    keys = [key for key, _ in clips]
    recordings = [key.partition("@")[0] for key in keys]
    return find_clips([name], keys, recordings, [voice for _, voice in clips]).get(name)


@pytest.mark.parametrize(
    ("name", "key", "voice"),
    [
        # As in the pair lists of Torres et al. (2023), and where the clips lie in the datasets.
        ("male8/m8_caro_straight_24_28_4s.wav", "FULL/male8/excerpts/straight/m8_caro_straight.wav@24.00", "male8"),
        ("male8/m9_caro_vibrato_36_40_4s.wav", "FULL/male8/excerpts/vibrato/m9_caro_vibrato.wav@36.00", "male8"),
        ("female2/slow_vibrato_arps_32_36_4s.wav", "female2/arpeggios/vibrato/slow_vibrato_arps.wav@32.0", "f2"),
        ("Alto-7/Alto-7#体面-0005_0_4_4s.wav", "Alto-7#体面/0005.wav@0.00", "Alto-7"),
        ("Bass-1/Bass-1#Loveyou-0005_0_4_4s.wav", "m4singer/Bass-1#Love, you/0005.wav@0", "Bass-1"),
        ("data/Alto-7/Alto-7#体面-0005_4_8_4s.wav", "Alto-7/Alto-7#体面-0005.wav@4.0", "Alto-7"),
        ("v1/take.wav@4.00", "v1/take.wav@4.00", "v1"),
    ],
)
def test_one_clip_by_its_name(name, key, voice):
    recording, _, start = key.partition("@")
    later, stranger = f"{recording}@{float(start) + 4}", f"other/{recording.rpartition('/')[2]}@{start}"
    assert find(name, (stranger, "other"), (later, voice), (key, voice)) == [2]


@pytest.mark.parametrize(
    "name",
    [
        "male1/take_0_4_4s.wav",  # a singer by a part of the name
        "female1/tak_0_4_4s.wav",
        "female1/take_2_6_4s.wav",
        "female1/take_0_4_4s",
        "take_0_4_4s.wav",
        "female1",
        "",
    ],
)
def test_what_is_not_there_is_not_found(name):
    assert find(name, ("female1/take.wav@0.00", "female1"), ("female1/take.wav@4.00", "female1")) is None


def test_a_recording_is_all_its_clips():
    clips = ("v/a.wav@0.00", "v"), ("v/b.wav@0.00", "v"), ("v/a.wav@4.00", "v")
    assert find("v/a.wav", *clips) == [0, 2]


def test_whole_files_whose_names_look_published_are_themselves():
    clips = ("v/a.wav@0.00", "v"), ("v/a_0_4_4s.wav", "v")
    assert find("v/a_0_4_4s.wav", *clips) == [1]


def test_of_two_files_of_one_name_the_first_is_meant():
    clips = ("v/scales/x.wav@0.00", "v"), ("v/arpeggios/x.wav@0.00", "v")
    assert find("v/x_0_4_4s.wav", *clips) == [0]
