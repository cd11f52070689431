"""Symmetric label noise: to any other class alike."""

import torch
from torch import Tensor


def symmetric(x: Tensor, y: Tensor, classes: int, rate: float, generator: torch.Generator) -> Tensor:
    """Labels of which each is changed with probability `rate`, for certain, to one of the other classes, each alike.

    y <- (y + k) mod C,   k uniform on 1 .. C - 1

    Args:
        x: not used; all label noises are called alike.
        y: `[N]`, int64, 0 to C - 1.
        classes: C, at least 2.
        rate: 0 to 1.
        generator: draws which labels are changed, and k.

    Returns:
        `[N]`, int64. At the rate (C - 1) / C nothing of the labels is left.

    Source:
        van Rooyen et al. 2015, "Learning with Symmetric Label Noise". Papers whose "uniform" noise may draw the true
        class again have the rate (C - 1) / C of theirs.
    """
    changed = torch.rand(len(y), generator=generator) < rate
    offset = torch.randint(1, classes, (len(y),), generator=generator)
    return torch.where(changed.to(y.device), (y + offset.to(y.device)) % classes, y)
