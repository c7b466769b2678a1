"""Checkpoints of other people's networks: read without running what is in them, loaded name by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from singalike.errors import ModelMismatchError


def read_state(path: Path, *, hint: str) -> dict[str, Tensor]:
    """Return the named tensors of a torch checkpoint.

    Args:
        path: The file.
        hint: What a file of another kind should have been.

    Raises:
        ModelMismatchError: It is not a file of named tensors.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a web page, a truncated download, ...: torch raises what it likes
        raise ModelMismatchError("not a torch checkpoint", where=path, hint="get the file again") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelMismatchError("not a file of named tensors", where=path, hint=hint)
    return dict(state)


def load_strictly(network: nn.Module, state: Mapping[str, Tensor], *, where: Path) -> None:
    """Load a state into a network that has exactly its names and shapes.

    Raises:
        ModelMismatchError: They differ; the message names the first of each kind.
    """
    own = network.state_dict()
    differing = {
        "missing": [name for name in own if name not in state],
        "unexpected": [name for name in state if name not in own],
        "of another shape": [name for name in own if name in state and own[name].shape != state[name].shape],
    }
    if any(differing.values()):
        parts = [f"{len(names)} {kind} ({', '.join(names[:3])})" for kind, names in differing.items() if names]
        raise ModelMismatchError(f"not a checkpoint of this network: {'; '.join(parts)}", where=where)
    network.load_state_dict(state)
