"""What the README shows is what happens."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import soundfile

from singalike.audio.choir import melody, sing, singer

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RATE_HZ = 22_050


@pytest.fixture
def music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the README's code names."""
    for name, who, tune in (("song.mp3", 1, 1), ("a.wav", 2, 2), ("b.mp3", 2, 3), ("Music/c.flac", 1, 4)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, sing(singer(who), melody(tune, seconds=4.0), sample_rate_hz=RATE_HZ), RATE_HZ)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_lines_run(music: Path) -> None:
    code = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(code) == 1
    names: dict[str, object] = {}
    exec(code[0], names)  # the README's own lines
    assert names["vector"].shape == (192,)  # pyright: ignore
    assert len(names["library"]) == 1  # pyright: ignore


def test_every_command_it_names_exists() -> None:
    named = set(re.findall(r"singalike (\w+)(?= [\w~./-])", README))
    shown = subprocess.run(
        [sys.executable, "-m", "singalike.cli", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert {"index", "search", "enroll", "train", "export"} <= named
    for command in named:
        assert re.search(rf"\b{command}\b", shown), command


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


@pytest.mark.slow
def test_the_wheel_holds_what_the_package_reads(tmp_path: Path) -> None:
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns(".git", ".venv*", "runs", "demo", "*.egg-info", "build")
    shutil.copytree(ROOT, source, ignore=lambda d, names: ignored(d, names) if Path(d) == ROOT else set())
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path), str(source)]
    subprocess.run(pip, check=True)
    held = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    for path in (ROOT / "src").rglob("*"):
        if path.is_file() and path.suffix in {".py", ".yaml", ".json", ".onnx", ".safetensors", ".typed"}:
            assert path.relative_to(ROOT / "src").as_posix() in held
