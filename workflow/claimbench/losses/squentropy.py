"""Squentropy: cross-entropy plus the mean squared logit of the wrong classes."""

from torch import Tensor

from claimbench.losses._hyper import Hyper, check_range
from claimbench.losses._logits import is_target, log_p


def squentropy(logits: Tensor, targets: Tensor, *, alpha: Hyper = 1.0) -> Tensor:
    """Cross-entropy plus the mean squared logit of the wrong classes.

    l = -log p_y + alpha / (C - 1) * sum_{j != y} f_j^2

    The paper's loss has no parameter: alpha = 1. alpha = 0 is cross-entropy.

    Args:
        logits: f, `[N, C]`, floating point, C >= 2.
        targets: y, `[N]`, int64, 0 to C - 1.
        alpha: weight of the square term, at least 0.

    Returns:
        `[N]`, 0 to infinity.

    Raises:
        ValueError: alpha is a Python number below 0.

    Source:
        Hui, Belkin and Wright 2023, "Cut your Losses with Squentropy", the definition of the loss for several classes.
    """
    check_range("alpha", alpha, 0)
    squares = logits.square().masked_fill(is_target(logits, targets), 0)
    return -log_p(logits, targets) + alpha * squares.sum(-1) / (logits.shape[-1] - 1)
