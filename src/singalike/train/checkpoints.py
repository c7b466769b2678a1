"""Checkpoints that appear whole or not at all, wherever temporary files go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from singalike.atomic import draft


class AtomicCheckpoints(TorchCheckpointIO):
    """Lightning's, but for the draft: that of its own lies in the system's temporary folder.

    From another file system it is not moved but copied over the checkpoint before, and a run that is killed meanwhile
    has none.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write a checkpoint in one step; OSError leaves the one before as it was."""
        with draft(path) as place:
            torch.save(checkpoint, place)
