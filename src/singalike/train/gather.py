"""One batch over several processes: what an objective with negatives has to see."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch import distributed as dist


class _AllGather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.rows = len(x)
        parts = [torch.empty_like(x) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, x.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous()
        dist.all_reduce(total)
        start = dist.get_rank() * ctx.rows
        return total[start : start + ctx.rows]


def gathered(x: Tensor) -> Tensor:
    """Return the rows of all processes, (B, ...) each, in the order of their ranks: (W·B, ...).

    Differentiable: each process computes the loss of the whole batch, and the gradient of a row is the sum of
    what every process's loss says of it. Averaged over processes, as distributed training does, the gradients
    of the parameters are those of one process on the whole batch. Without other processes ``x`` is returned.
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return x
    gathered_rows = _AllGather.apply(x)
    assert isinstance(gathered_rows, Tensor)
    return gathered_rows
