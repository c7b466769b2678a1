"""What a file is by its first bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from singalike.audio.containers import (
    EXTENSIONS,
    end_is_missing,
    has_wrong_extension,
    mp3_states_its_length,
    read_head,
    sniff,
)


@pytest.mark.parametrize(
    ("extension", "container"),
    [
        ("wav", "wav"),
        ("flac", "flac"),
        ("aiff", "aiff"),
        ("ogg", "ogg"),
        ("opus", "ogg"),
        ("mp3", "mp3"),
        ("aac", "aac"),
        ("m4a", "mp4"),
        ("webm", "matroska"),
    ],
)
def test_each_container_is_known_by_content_and_complete(write, glide, extension, container):
    path = write(f"a.{extension}", glide(1, 48000), 48000)
    assert sniff(read_head(path)) == container
    assert not has_wrong_extension(path, container)
    assert not end_is_missing(path, container)


@pytest.mark.parametrize(("container", "cut"), [("wav", 2), ("wav", 5000), ("ogg", 1000)])
def test_a_missing_end_is_noticed(write, glide, container, cut):
    path = write(f"a.{container}", glide(1, 48000), 48000)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - cut)
    assert end_is_missing(path, container)


@pytest.mark.parametrize("head", [b"", b"\xff", b"RIFF\0\0\0\0AVI ", b"hello", bytes(64)])
def test_anything_else_has_no_name(head):
    assert sniff(head) == ""


@pytest.mark.parametrize(
    ("name", "container", "wrong"),
    [
        ("a.WAV", "wav", False),
        ("a.ogg", "wav", True),
        ("a.txt", "wav", True),
        ("a", "wav", False),
        ("a.mp3", "", False),
        ("a.opus", "ogg", False),
        ("a.mp4", "mp4", False),
    ],
)
def test_extensions(name, container, wrong):
    assert has_wrong_extension(Path(name), container) is wrong
    assert not container or container in EXTENSIONS


@pytest.mark.parametrize("picture_bytes", [0, 300, 200_000])
def test_an_mp3_states_its_length_behind_its_tag(write, glide, tmp_path, picture_bytes):
    content = write("a.mp3", glide(1, 48000), 48000).read_bytes()
    mute = write("b.mp3", glide(1, 48000), 48000, write_xing="0", id3v2_version="0").read_bytes()
    size = bytes((picture_bytes >> shift) & 0x7F for shift in (21, 14, 7, 0))
    tag = b"ID3\x04\0\0" + size + bytes(picture_bytes)
    for name, audio, stated in (("c.mp3", content, True), ("d.mp3", mute, False)):
        for head in (b"", tag):
            (tmp_path / name).write_bytes(head + audio)
            assert mp3_states_its_length(tmp_path / name) is stated
