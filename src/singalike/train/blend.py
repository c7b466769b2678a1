"""Weights between those that training began with and those it ended with.

A network trained on little, from one trained on much, gains where it was trained and loses elsewhere; on the line
between the two there are networks that keep most of both (Wortsman et al. 2022, *Robust fine-tuning of zero-shot
models*, eq. 1).
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import nn

from singalike.atomic import draft
from singalike.errors import MissingWeightsError

_INITIAL = "initial.safetensors"


def keep_initial(network: nn.Module, run: Path) -> None:
    """Write what a network begins with into its run's folder, atomically."""
    with draft(run / _INITIAL) as place:
        place.write_bytes(save({name: value.contiguous() for name, value in network.state_dict().items()}))


@torch.no_grad()
def blend_with_initial(network: nn.Module, run: Path, share: float) -> None:
    """Replace every weight w of a trained network by ``share · w₀ + (1 − share) · w``, w₀ the initial one.

    Args:
        network: changed in place; numbers that are counted (batches seen) stay as they are.
        run: the folder that :func:`keep_initial` wrote into.
        share: of the initial weights, 0 to 1.

    Raises:
        MissingWeightsError: the initial weights are not there.
    """
    path = run / _INITIAL
    if not path.is_file():
        raise MissingWeightsError(f"no {_INITIAL}: what training began with", where=run)
    initial = load_file(path)
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            value.lerp_(initial[name], share)
