from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from singalike.audio.encode import write_audio
from singalike.audio.quality import Channels
from singalike.corpus import cache
from singalike.corpus.cache import Preparation, cache_all, cached
from singalike.errors import SilentError, UnreadableError

RATE_HZ = 16_000
FILES = 10

# Prepares a folder one by one, each a while long, for the test to kill.
SLOWLY = """
import sys, time
from pathlib import Path
from singalike.corpus import cache
real = cache.decode
def slow(*args, **kwargs):
    time.sleep(0.05)
    return real(*args, **kwargs)
cache.decode = slow
cache.cache_all(sorted(Path(sys.argv[1]).iterdir()), cache.Preparation(16_000), Path(sys.argv[2]), jobs=1)
"""


def _write(path: Path, seconds: float = 1.5, frequency_hz: float = 440.0) -> Path:
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return write_audio(path, 0.25 * np.sin(2 * np.pi * frequency_hz * time), sample_rate_hz=RATE_HZ)


def test_an_empty_file_that_a_crash_left_is_made_again(tmp_path: Path) -> None:
    recording, folder = _write(tmp_path / "a.wav"), tmp_path / "cache"
    place = cached(recording, Preparation(RATE_HZ), folder)
    whole = place.read_bytes()
    place.write_bytes(b"")
    assert cached(recording, Preparation(RATE_HZ), folder) == place
    assert place.read_bytes() == whole


def _arrays(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.npy"))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return _write(tmp_path / "a.wav", seconds=2)


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Path]]:
    """Replace a function of the cache by itself and a list of the paths it is called with."""

    def count(name: str) -> list[Path]:
        calls, real = [], getattr(cache, name)
        monkeypatch.setattr(cache, name, lambda path, *a, **k: calls.append(path) or real(path, *a, **k))
        return calls

    return count


def test_samples_are_normalised_and_kept(recording: Path, tmp_path: Path, count) -> None:
    decoded = count("decode")
    path = cached(recording, Preparation(RATE_HZ), tmp_path / "cache")
    samples = np.load(path)
    assert samples.dtype == np.int16
    assert len(samples) == 2 * RATE_HZ
    assert np.abs(samples).max() == 32_767
    assert cached(recording, Preparation(RATE_HZ), tmp_path / "cache") == path
    assert decoded == [recording]
    assert [p for p in (tmp_path / "cache").rglob("*") if p.is_file() and p.parent.name != "hashes"] == [path]


def test_a_changed_file_and_another_preparation_are_done_anew(recording: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    first = cached(recording, Preparation(RATE_HZ), folder)
    others = [Preparation(8000), Preparation(RATE_HZ, shorten_silences=False), Preparation(RATE_HZ, speed=1.1)]
    assert len({first, *(cached(recording, other, folder) for other in others)}) == 4
    write_audio(recording, np.random.default_rng(0).normal(0, 0.1, RATE_HZ), sample_rate_hz=RATE_HZ)
    assert cached(recording, Preparation(RATE_HZ), folder) != first


def test_all_channels_of_a_stem_count_and_a_recordings_live_ones(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, RATE_HZ)
    path = write_audio(tmp_path / "left.wav", np.stack([sound, 0 * sound]), sample_rate_hz=RATE_HZ)
    for channels, share in zip(get_args(Channels), (1.0, 0.5), strict=True):
        how = Preparation(RATE_HZ, shorten_silences=False, levelled=False, channels=channels)
        kept = np.load(cached(path, how, tmp_path / "cache")) / 32_767
        np.testing.assert_allclose(kept, share * (sound - sound.mean()), atol=1e-4)
    assert len(_arrays(tmp_path / "cache")) == 2


def test_the_name_depends_on_the_content_alone(recording: Path, tmp_path: Path, count) -> None:
    folder = tmp_path / "cache"
    first = cached(recording, Preparation(RATE_HZ), folder)
    decoded, hashed = count("decode"), count("sha256")
    moved = recording.rename(tmp_path / "moved.wav")
    os.utime(moved, ns=(1, 1))
    assert cached(moved, Preparation(RATE_HZ), folder) == first
    assert (decoded, hashed) == ([], [moved])


def test_a_file_is_hashed_once_and_a_damaged_memo_is_written_again(recording: Path, tmp_path: Path, count) -> None:
    folder, hashed = tmp_path / "cache", count("sha256")
    first = cached(recording, Preparation(RATE_HZ), folder)
    cached(recording, Preparation(8000), folder)
    assert hashed == [recording]
    (memo,) = (folder / "hashes").iterdir()
    memo.write_text("")
    assert cached(recording, Preparation(RATE_HZ), folder) == first
    assert cached(recording, Preparation(RATE_HZ), folder) == first
    assert hashed == [recording, recording]


def test_one_content_under_several_paths_is_decoded_once(recording: Path, tmp_path: Path, monkeypatch) -> None:
    copies = [Path(shutil.copy(recording, tmp_path / f"copy{i}.wav")) for i in range(3)]
    decoded, all_hashed, real = [], threading.Barrier(4, timeout=10), cache._content
    real_decode = cache.decode

    def content(path: Path, memo: Path) -> str:
        found = real(path, memo)
        all_hashed.wait()  # all four threads now find that nothing is decoded yet
        return found

    monkeypatch.setattr(cache, "_content", content)
    monkeypatch.setattr(cache, "decode", lambda path, **k: decoded.append(path) or real_decode(path, **k))
    done, failed = cache_all([recording, *copies], Preparation(RATE_HZ), tmp_path / "cache", jobs=4)
    assert not failed
    assert list(done) == [recording, *copies]
    assert set(done.values()) == set(_arrays(tmp_path / "cache"))
    assert len(set(done.values())) == len(decoded) == 1


def test_speed_moves_pitch_and_length_together(recording: Path, tmp_path: Path) -> None:
    samples = np.load(cached(recording, Preparation(RATE_HZ, speed=1.25), tmp_path / "cache"))
    assert len(samples) == round(2 * RATE_HZ / 1.25)
    peak_hz = np.abs(np.fft.rfft(samples)).argmax() * RATE_HZ / len(samples)
    assert peak_hz == pytest.approx(440 * 1.25, abs=1)


def test_long_silences_are_shortened(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, RATE_HZ)
    path = write_audio(
        tmp_path / "a.wav", np.concatenate([sound, np.zeros(5 * RATE_HZ), sound]), sample_rate_hz=RATE_HZ
    )
    assert len(np.load(cached(path, Preparation(RATE_HZ), tmp_path))) == pytest.approx(3.3 * RATE_HZ, abs=RATE_HZ // 10)
    assert len(np.load(cached(path, Preparation(RATE_HZ, shorten_silences=False), tmp_path))) == 7 * RATE_HZ


def test_clicks_that_become_silence_are_an_error_not_zeros(tmp_path: Path) -> None:
    samples = np.zeros(3 * RATE_HZ)
    samples[RATE_HZ : RATE_HZ + 800] = np.random.default_rng(0).normal(0, 0.2, 800)  # 50 ms
    path = write_audio(tmp_path / "a.wav", samples, sample_rate_hz=RATE_HZ)
    with pytest.raises(SilentError, match="only clicks"):
        cached(path, Preparation(RATE_HZ), tmp_path / "cache")
    assert len(np.load(cached(path, Preparation(RATE_HZ, shorten_silences=False), tmp_path / "cache"))) == 3 * RATE_HZ


def test_a_bad_file_does_not_stop_the_others(recording: Path, tmp_path: Path, monkeypatch) -> None:
    missing, broken, steps = tmp_path / "missing.wav", _write(tmp_path / "broken.wav"), []
    real = cache.sha256

    def disk(path: Path) -> str:
        if path == broken:
            raise OSError(5, "Input/output error")
        return real(path)

    monkeypatch.setattr(cache, "sha256", disk)
    done, failed = cache_all(
        [missing, broken, recording], Preparation(RATE_HZ), tmp_path / "cache",
        progress=lambda i, n: steps.append((i, n)),
    )  # fmt: skip
    assert list(done) == [recording]
    assert [(type(error), error.where) for error in failed] == [
        (UnreadableError, str(missing)),
        (UnreadableError, str(broken)),
    ]
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_a_folder_that_cannot_be_written_is_not_a_bad_recording(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file"):
        cache_all([recording], Preparation(RATE_HZ), tmp_path / "file" / "cache")


def test_a_failed_write_leaves_nothing_and_old_drafts_go(recording: Path, tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    old, fresh = folder / "x.1-1.tmp", folder / "y.1-1.tmp"
    for draft in (old, fresh):
        draft.touch()
    os.utime(old, (0, 0))

    def full(file, array) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space"):
        cache_all([recording], Preparation(RATE_HZ), folder)
    assert [p for p in folder.rglob("*") if p.suffix in {".npy", ".tmp"}] == [fresh]


def test_kill_9_loses_nothing_that_was_finished(tmp_path: Path, count) -> None:
    music, folder = tmp_path / "music", tmp_path / "cache"
    paths = [_write(music / f"{i}.wav", frequency_hz=200 + 50 * i) for i in range(FILES)]
    process = subprocess.Popen([sys.executable, "-c", SLOWLY, str(music), str(folder)])
    while len(_arrays(folder)) < 2:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = len(_arrays(folder))
    assert 2 <= finished < FILES
    decoded = count("decode")
    done, failed = cache_all(paths, Preparation(RATE_HZ), folder)
    assert not failed
    assert len(decoded) == FILES - finished
    assert all(len(np.load(path)) == 1.5 * RATE_HZ for path in done.values())
