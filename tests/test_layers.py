"""Imports point one way, and the use half never needs torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import singalike

ROOT = Path(singalike.__file__).parent
LEARNING = {"torch", "lightning", "librosa", "sklearn", "onnx", "safetensors", "yaml"}
# Room -> rooms it may import, from the bottom up.
BELOW: dict[str, set[str]] = {
    "audio": set(),
    "model": {"audio"},
    "separate": {"audio", "model"},
    "library": {"audio", "model"},
    "demo": {"audio", "model", "library"},
    "match": {"audio", "separate", "model", "library", "demo"},
    "cli": {"audio", "model", "separate", "library", "demo", "match"},
    "corpus": {"audio", "model"},
    "features": set(),
    "augment": {"audio"},
    "losses": set(),
    "pairs": {"corpus"},
    "encoders": {"features"},
    "evaluate": {"corpus", "model", "audio"},
    "train": {"audio", "model", "corpus", "features", "augment", "encoders", "losses", "pairs", "evaluate"},
    "measure": {"audio", "model", "corpus", "features", "augment", "encoders", "evaluate"},
}
USE_HALF = ("audio", "model", "library", "demo", "cli")


def _imports(path: Path, *, only_on_import: bool = False) -> set[str]:
    """Full names of imported modules; with ``only_on_import`` not those inside functions or TYPE_CHECKING."""
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        inside = isinstance(node, ast.FunctionDef) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        )
        if not (only_on_import and inside):
            todo += ast.iter_child_nodes(node)
    return found


def _modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def test_every_room_is_known() -> None:
    rooms = {p.name for p in ROOT.iterdir() if p.is_dir() and (p / "__init__.py").is_file()}
    assert rooms == set(BELOW)


@pytest.mark.parametrize("room", sorted(BELOW))
def test_imports_point_down(room: str) -> None:
    for path in _modules(room):
        rooms = {name.split(".")[1] for name in _imports(path) if name.startswith("singalike.")} & set(BELOW)
        # The train and export commands reach the learning half, inside their functions.
        upward = rooms - BELOW[room] - {room}
        if room == "cli":
            at_import = {n.split(".")[1] for n in _imports(path, only_on_import=True) if n.startswith("singalike.")}
            upward &= at_import
        assert not upward, f"{path.relative_to(ROOT)} imports {', '.join(sorted(upward))}"


@pytest.mark.parametrize("room", USE_HALF)
def test_the_use_half_never_imports_torch(room: str) -> None:
    for path in _modules(room):
        heavy = {name.split(".")[0] for name in _imports(path)} & LEARNING
        assert not heavy, f"{path.relative_to(ROOT)} imports {', '.join(sorted(heavy))}"


@pytest.mark.parametrize("room", ["losses", "pairs", "evaluate"])
def test_no_encoder_in_losses_pairs_and_evaluation(room: str) -> None:
    for path in _modules(room):
        assert not [name for name in _imports(path) if name.startswith("singalike.encoders")], path


def test_the_use_half_runs_without_torch_loaded() -> None:
    program = (
        "import sys, singalike, singalike.cli, singalike.library, singalike.demo.run, singalike.model.hub;"
        "bad = {'torch', 'lightning', 'librosa', 'sklearn'} & set(sys.modules); sys.exit(', '.join(bad) or 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_public_names_resolve() -> None:
    for name in singalike.__all__:
        assert getattr(singalike, name) is not None
