"""Weights as 8-bit integers: a quarter of the bytes, one scale a group of at most 64 weights.

Symmetric and linear (Jacob et al. 2018, section 2, with a zero point of 0). The weights of an output channel c, laid
out in a row, are cut into groups g of equal size; of a weight w in such a group

    scale[c, g] = max |w| / 127        level = round(w / scale[c, g])        w' = level · scale[c, g]

so that |w − w'| <= scale / 2. The integers are how weights are kept, not how they are used: w' is float32 again, and
products are as exact as they were. A scale for a whole channel would save 5 % of the bytes, but one large weight would
make all others of its channel coarse: with groups, vectors of CAM++ move less than half as far (1 − cosine). Clipping
the largest weights for a finer scale makes it worse.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

FEWEST = 4096  # of fewer weights nothing worth having is saved
SCALE = ".scale"  # the scales' name, behind their weights' name
_LEVELS = 127
_SMALLEST_GROUP, _LARGEST_GROUP = 16, 64
_LAYERS = (nn.Conv1d, nn.Conv2d, nn.Linear)


def quantise(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return levels (C, ...) int8, between -127 and 127, and scales (C, G) float32 of weights (C, ...) float32."""
    row = weight[0].numel()
    sizes = (size for size in range(_LARGEST_GROUP, _SMALLEST_GROUP - 1, -1) if row % size == 0)
    groups = weight.reshape(len(weight), -1, next(sizes, row))
    scale = groups.abs().amax(2) / _LEVELS
    scale = scale.clamp_min(torch.finfo(torch.float32).tiny)  # zeros stay zeros
    return (groups / scale[:, :, None]).round().to(torch.int8).view(weight.shape), scale


def dequantise(levels: Tensor, scale: Tensor) -> Tensor:
    """Return the weights (C, ...) float32 that levels (C, ...) int8 and scales (C, G) stand for."""
    return (levels.to(torch.float32).view(*scale.shape, -1) * scale[:, :, None]).view(levels.shape)


def quantised_state(network: nn.Module) -> dict[str, Tensor]:
    """Return a network's state with the weights of its convolutions and linear layers as integers.

    A weight of at least :data:`FEWEST` numbers is kept as int8 under its name, its scales under its name and
    :data:`SCALE`. Everything else (biases, normalisation, recurrent layers, first and narrow layers) stays as it is.
    """
    state = dict(network.state_dict())
    for layer, module in network.named_modules():
        name = f"{layer}.weight"
        if isinstance(module, _LAYERS) and name in state and state[name].numel() >= FEWEST:
            state[name], state[name + SCALE] = quantise(state[name])
    return state


def dequantised_state(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state that was stored, by :func:`quantised_state` or as it is, as ``load_state_dict`` takes it."""
    scales = {name + SCALE for name, tensor in stored.items() if tensor.dtype == torch.int8}
    return {
        name: dequantise(tensor, stored[name + SCALE]) if tensor.dtype == torch.int8 else tensor
        for name, tensor in stored.items()
        if name not in scales
    }
