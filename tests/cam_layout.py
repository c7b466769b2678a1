"""CAM++ as published, written down apart from our module: its layout, and a plain computation on a state dict of it.

The layout is that of 3D-Speaker's ``campplus_cn_en_common.pt`` (937 tensors); the computation follows Wang et al. 2023,
eq. 1 to 6, with tensors of one recording and a loop over segments.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

Layout = dict[str, tuple[int, ...]]
LAYERS, DILATIONS = (12, 24, 16), (1, 2, 2)
DIMENSION = 192


def _bn(name: str, width: int, *, affine: bool = True) -> Layout:
    kinds = ("weight", "bias", "running_mean", "running_var") if affine else ("running_mean", "running_var")
    return {f"{name}.{kind}": (width,) for kind in kinds} | {f"{name}.num_batches_tracked": ()}


def _head() -> Layout:
    layout: Layout = {"head.conv1.weight": (32, 1, 3, 3), **_bn("head.bn1", 32)}
    for at in ("head.layer1.0", "head.layer1.1", "head.layer2.0", "head.layer2.1"):
        for n in (1, 2):
            layout |= {f"{at}.conv{n}.weight": (32, 32, 3, 3), **_bn(f"{at}.bn{n}", 32)}
        if at.endswith("0"):
            layout |= {f"{at}.shortcut.0.weight": (32, 32, 1, 1), **_bn(f"{at}.shortcut.1", 32)}
    return layout | {"head.conv2.weight": (32, 32, 3, 3), **_bn("head.bn2", 32)}


def _layer(at: str, n_in: int) -> Layout:
    return {
        **_bn(f"{at}.nonlinear1.batchnorm", n_in),
        f"{at}.linear1.weight": (128, n_in, 1),
        **_bn(f"{at}.nonlinear2.batchnorm", 128),
        f"{at}.cam_layer.linear_local.weight": (32, 128, 3),
        f"{at}.cam_layer.linear1.weight": (64, 128, 1),
        f"{at}.cam_layer.linear1.bias": (64,),
        f"{at}.cam_layer.linear2.weight": (32, 64, 1),
        f"{at}.cam_layer.linear2.bias": (32,),
    }


def _whole() -> Layout:
    layout = _head() | {"xvector.tdnn.linear.weight": (128, 320, 5), **_bn("xvector.tdnn.nonlinear.batchnorm", 128)}
    width = 128
    for block, layers in enumerate(LAYERS, start=1):
        for layer in range(layers):
            layout |= _layer(f"xvector.block{block}.tdnnd{layer + 1}", width + 32 * layer)
        width += 32 * layers
        transit = f"xvector.transit{block}"
        layout |= {**_bn(f"{transit}.nonlinear.batchnorm", width), f"{transit}.linear.weight": (width // 2, width, 1)}
        width //= 2
    layout |= _bn("xvector.out_nonlinear.batchnorm", width)
    layout |= {"xvector.dense.linear.weight": (DIMENSION, 2 * width, 1)}
    return layout | _bn("xvector.dense.nonlinear.batchnorm", DIMENSION, affine=False)


LAYOUT = _whole()


def random_state(*, seed: int = 0) -> dict[str, Tensor]:
    """A state of the layout: random weights, and statistics near those that data would leave."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for key, shape in LAYOUT.items():
        fan_in = int(np.prod(shape[1:])) or 1
        state[key] = torch.randn(shape, generator=generator) * (2.0 / fan_in) ** 0.5
        if key.endswith("running_var"):
            state[key] = 0.5 + state[key].abs()
        elif "bn" in key or "batchnorm" in key or "shortcut.1" in key:
            state[key] = 0.1 * state[key] + (1.0 if key.endswith("weight") else 0.0)
        elif "cam_layer.linear" in key and "local" not in key:
            state[key] = 4.0 * state[key]  # masks far from one half, so that it matters what they are made from
        if key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(1000)
    return state


def write_checkpoint(path: Path, *, seed: int = 0) -> Path:
    """As published: the named tensors, nothing around them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(random_state(seed=seed), path)
    return path


def vector(state: Mapping[str, Tensor], image: np.ndarray, *, segment: int = 100) -> np.ndarray:
    """What the publication describes, in double precision, of one log-mel (80, F): (192,), not normalised."""
    s = {key: value.double() for key, value in state.items()}

    def bn(x: Tensor, at: str) -> Tensor:
        shape = (-1, *[1] * (x.ndim - 1))
        mean, var = (s[f"{at}.{kind}"].reshape(shape) for kind in ("running_mean", "running_var"))
        x = (x - mean) / (var + 1e-5).sqrt()
        return x * s[f"{at}.weight"].reshape(shape) + s[f"{at}.bias"].reshape(shape) if f"{at}.weight" in s else x

    def conv(x: Tensor, at: str, **options: Any) -> Tensor:
        convolve = F.conv2d if x.ndim == 3 else F.conv1d
        return convolve(x[None], s[f"{at}.weight"], s.get(f"{at}.bias"), **options)[0]

    x = torch.from_numpy(np.asarray(image, np.float64))[None]
    x = bn(conv(x, "head.conv1", padding=1), "head.bn1").relu()
    for stage in (1, 2):
        for block in (0, 1):
            at, stride = f"head.layer{stage}.{block}", (2 - block, 1)
            y = bn(conv(x, f"{at}.conv1", stride=stride, padding=1), f"{at}.bn1").relu()
            y = bn(conv(y, f"{at}.conv2", padding=1), f"{at}.bn2")
            if block == 0:
                x = bn(conv(x, f"{at}.shortcut.0", stride=stride), f"{at}.shortcut.1")
            x = (x + y).relu()
    x = bn(conv(x, "head.conv2", stride=(2, 1), padding=1), "head.bn2").relu()
    x = x.reshape(-1, x.shape[-1])  # (32 · 10, F)
    x = bn(conv(x, "xvector.tdnn.linear", stride=2, padding=2), "xvector.tdnn.nonlinear.batchnorm").relu()
    for block, (layers, dilation) in enumerate(zip(LAYERS, DILATIONS, strict=True), start=1):
        for layer in range(1, layers + 1):
            at = f"xvector.block{block}.tdnnd{layer}"
            y = conv(bn(x, f"{at}.nonlinear1.batchnorm").relu(), f"{at}.linear1")
            y = bn(y, f"{at}.nonlinear2.batchnorm").relu()
            x = torch.cat([x, _masked(s, f"{at}.cam_layer", y, dilation, segment)])
        x = conv(bn(x, f"xvector.transit{block}.nonlinear.batchnorm").relu(), f"xvector.transit{block}.linear")
    frames = bn(x, "xvector.out_nonlinear.batchnorm").relu().numpy()
    pooled = np.concatenate([frames.mean(1), frames.std(1, ddof=1)])
    projected = s["xvector.dense.linear.weight"][..., 0] @ torch.from_numpy(pooled)
    return bn(projected, "xvector.dense.nonlinear.batchnorm").numpy()


def _masked(s: Mapping[str, Tensor], at: str, x: Tensor, dilation: int, segment: int) -> Tensor:
    """Eq. 3 to 6, segment by segment; the last one is as long as it is."""
    local = F.conv1d(x[None], s[f"{at}.linear_local.weight"], padding=dilation, dilation=dilation)[0]
    whole = x.mean(1)
    for start in range(0, x.shape[1], segment):
        context = whole + x[:, start : start + segment].mean(1)
        hidden = (s[f"{at}.linear1.weight"][..., 0] @ context + s[f"{at}.linear1.bias"]).relu()
        mask = torch.sigmoid(s[f"{at}.linear2.weight"][..., 0] @ hidden + s[f"{at}.linear2.bias"])
        local[:, start : start + segment] *= mask[:, None]
    return local
