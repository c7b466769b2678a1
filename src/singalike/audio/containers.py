"""What a file is by its first bytes, and whether all of it is there.

Decoders forgive: libsndfile quietly shortens a WAV or Ogg file whose end is missing. The few header fields
that tell are read here (Microsoft/IBM RIFF 1991; RFC 3533 "The Ogg Encapsulation Format", section 6).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from singalike.errors import UnreadableError

HEAD_BYTES = 4096

# Container -> the extensions that may carry it.
EXTENSIONS = {
    "wav": {".wav", ".wave", ".bwf", ".rf64", ".w64"},
    "flac": {".flac"},
    "ogg": {".ogg", ".oga", ".opus", ".spx", ".ogv"},
    "mp3": {".mp3", ".mp2", ".mpga"},
    "aac": {".aac", ".adts"},
    "mp4": {".m4a", ".m4b", ".m4r", ".mp4", ".m4v", ".mov", ".3gp", ".aac"},
    "matroska": {".webm", ".weba", ".mkv", ".mka"},
    "aiff": {".aif", ".aiff", ".aifc"},
}

_NOT_AUDIO = (
    (b"#EXTM3U", "a playlist"),
    (b"ffconcat", "a playlist"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x7fELF", "a program"),
)


def read_head(path: Path) -> bytes:
    """Read the first bytes of a file, or say why that cannot be.

    Raises
    ------
    UnreadableError
        The file is missing, a folder, not a regular file, not permitted, empty, or plainly no audio.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableError("is a folder, not a file", where=path, hint="name the files in it")
        if not stat.S_ISREG(mode):  # a pipe or device would hang or never end
            raise UnreadableError("is not a regular file", where=path, hint="save the audio to a file first")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise UnreadableError("there is no such file", where=path, hint="check the path") from None
    except PermissionError:
        raise UnreadableError("may not be read", where=path, hint="check the file's permissions") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise UnreadableError(f"cannot be opened: {error}", where=path, hint="check the path") from error
    if not head:
        raise UnreadableError("is empty (0 bytes)", where=path, hint="copy or download the file again")
    if (what := _not_audio(head)) is not None:
        raise UnreadableError(f"is {what}, not audio", where=path, hint="name an audio or video file")
    return head


def _not_audio(head: bytes) -> str | None:
    for magic, what in _NOT_AUDIO:
        if head.startswith(magic):
            return what
    # Text is kept away from FFmpeg for a second reason: playlists make it open other files and addresses.
    if not any(byte < 9 or (13 < byte < 32 and byte != 27) for byte in head):
        return "a text file"
    return None


def sniff(head: bytes) -> str:
    """Name the container by its first bytes: a key of :data:`EXTENSIONS`, or "" when they say nothing."""
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    for magic, container in (
        (b"fLaC", "flac"),
        (b"OggS", "ogg"),
        (b"\x1aE\xdf\xa3", "matroska"),
        (b"ID3", "mp3"),
    ):
        if head.startswith(magic):
            return container
    if head[4:8] == b"ftyp":
        return "mp4"
    if len(head) > 1 and head[0] == 0xFF:
        if head[1] & 0xF6 == 0xF0:  # an MPEG sync word with layer bits 0 is ADTS
            return "aac"
        if head[1] & 0xE0 == 0xE0:
            return "mp3"
    return ""


def has_wrong_extension(path: Path, container: str) -> bool:
    """Tell whether the name promises something else; no extension, or an unknown container, does not."""
    suffix = path.suffix.lower()
    return bool(container and suffix) and suffix not in EXTENSIONS[container]


def end_is_missing(path: Path, container: str) -> bool:
    """Tell whether a WAV or Ogg file ends before its own headers say; False for other containers."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if container == "wav":
            head = file.read(12)
            if head[:4] != b"RIFF":
                return False
            promised = int.from_bytes(head[4:8], "little") + 8
            # 0 and 2^32 - 1 (or nearly) are what a program that writes to a pipe leaves there.
            return 8 < promised < 0xFFFF0000 and size < promised - 1
        if container == "ogg":
            file.seek(max(0, size - 2 * 65307), os.SEEK_SET)  # 65307 bytes: the largest page
            tail = file.read()
            page = tail[max(0, tail.rfind(b"OggS")) :]
            whole = len(page) > 26 and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])
            return not (whole and page[5] & 4)  # bit 2 of the flags: the last page of its stream
    return False


def mp3_states_its_length(path: Path) -> bool:
    """Tell whether an MP3 begins with a "Xing" or "Info" frame, which holds the number of frames to come.

    Without one libsndfile takes the length from the first frame's bit rate and stops there: most of a
    variable-rate file may be lost.
    """
    with path.open("rb") as file:
        tag = file.read(10)
        if tag[:3] == b"ID3":  # its size is 4 times 7 bits (ID3v2.4.0, section 3.1)
            file.seek(10 + sum((byte & 0x7F) << 7 * (3 - i) for i, byte in enumerate(tag[6:10])))
        else:
            file.seek(0)
        frame = file.read(1500)  # the longest Layer III frame has 1441 bytes
    return b"Xing" in frame or b"Info" in frame
