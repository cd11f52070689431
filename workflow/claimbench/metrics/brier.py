"""Brier score."""

import torch
from torch import Tensor


def brier(logits: Tensor, targets: Tensor) -> Tensor:
    """The squared distance of the softmax from the one-hot target, summed over classes, mean over examples.

    mean_i sum_j (p_ij - [j = y_i])^2

    Args:
        logits: `[N, C]`.
        targets: y, `[N]`, int64, 0 to C - 1.

    Returns:
        0-dimensional, float64, 0 to 2. For two classes it is twice the score that counts only one of them.

    Source:
        Brier 1950, "Verification of Forecasts Expressed in Terms of Probability".
    """
    one_hot = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    return (logits.double().softmax(-1) - one_hot.double()).square().sum(-1).mean()
