"""A tiny random HT-Demucs, saved in both layouts that the package reads."""

from __future__ import annotations

import hashlib
import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch

ARGUMENTS: dict[str, Any] = {
    "sources": ["drums", "bass", "other", "vocals"],
    "channels": 8,
    "bottom_channels": 16,
    "t_layers": 1,
    "t_heads": 2,
    "dconv_comp": 2,
    "segment": Fraction(1, 2),
}


def network(seed: int = 0, **changes: Any):
    from demucs.htdemucs import HTDemucs

    torch.manual_seed(seed)
    return HTDemucs(**(ARGUMENTS | changes)).eval()


def save_hub(folder: Path, *networks: Any, weights: object = None) -> Path:
    """Write ``htdemucs.yaml`` and one ``.safetensors`` a network, as the package's ``tools/export_hf.py`` does."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    signatures = [f"{i:08x}" for i in range(len(networks))]
    for signature, one in zip(signatures, networks, strict=True):
        _, kwargs = one._init_args_kwargs
        metadata = {"klass": "demucs.htdemucs.HTDemucs", "args": "[]", "kwargs": json.dumps(kwargs, default=_encode)}
        save_file(one.state_dict(), folder / f"{signature}.safetensors", metadata=metadata)
    lines = f"models: {json.dumps(signatures)}\n" + (f"weights: {json.dumps(weights)}\n" if weights else "")
    (folder / "htdemucs.yaml").write_text(lines)
    return folder


def save_pickle(folder: Path, one: Any, *, half: bool = True) -> Path:
    """Write ``<signature>-<checksum>.th``, as the package's ``serialize_model`` and ``save_with_checksum`` do."""
    folder.mkdir(parents=True, exist_ok=True)
    args, kwargs = one._init_args_kwargs
    state = {key: value.half() if half else value for key, value in one.state_dict().items()}
    content = io.BytesIO()
    torch.save({"klass": type(one), "args": args, "kwargs": kwargs, "state": state, "training_args": {}}, content)
    checksum = hashlib.sha256(content.getvalue()).hexdigest()[:8]
    file = folder / f"955717e8-{checksum}.th"
    file.write_bytes(content.getvalue())
    return file


def _encode(value: object) -> object:
    if isinstance(value, Fraction):
        return {"_type": "fraction", "numerator": value.numerator, "denominator": value.denominator}
    raise TypeError(value)
