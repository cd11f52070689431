"""Asymmetric label noise: each class is taken for the next one."""

import torch
from torch import Tensor


def asymmetric(x: Tensor, y: Tensor, classes: int, rate: float, generator: torch.Generator) -> Tensor:
    """Labels of which each is changed with probability `rate` to the next class.

    y <- (y + 1) mod C

    Args:
        x: not used; all label noises are called alike.
        y: `[N]`, int64, 0 to C - 1.
        classes: C, at least 2.
        rate: 0 to 1; below 0.5 most labels of a class are still right.
        generator: draws which labels are changed; the same ones as in symmetric noise.

    Returns:
        `[N]`, int64.

    Source:
        Han et al. 2018, "Co-teaching: Robust training of deep neural networks with extremely noisy labels", pair
        flipping.
    """
    changed = torch.rand(len(y), generator=generator) < rate
    return torch.where(changed.to(y.device), (y + 1) % classes, y)
