"""RMSprop: torch's own object, one for each lane."""

from collections.abc import Iterable

import torch
from torch import Tensor

SPACE = {
    "lr": {"low": 3e-4, "high": 3e-2, "log": True},
    "weight_decay": {"low": 1e-5, "high": 1e-2, "log": True},
}


def rmsprop(
    params: Iterable[Tensor],
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
) -> torch.optim.Optimizer:
    """v <- alpha v + (1 - alpha) g^2; theta <- theta - lr g / (sqrt(v) + eps), with momentum on the quotient.

    Args:
        params: parameters of one model.
        lr: learning rate, > 0.
        alpha: decay of the squared gradient's average, in [0, 1).
        eps: added to the root, > 0.
        momentum: in [0, 1).
        weight_decay: L2 coefficient, >= 0, added to the gradient.

    Source: torch.optim.RMSprop; Tieleman and Hinton, Lecture 6.5 (2012).
    """
    return torch.optim.RMSprop(params, lr=lr, alpha=alpha, eps=eps, momentum=momentum, weight_decay=weight_decay)
