"""Accuracy: the share of examples that are classified right."""

from torch import Tensor


def accuracy(logits: Tensor, targets: Tensor) -> Tensor:
    """The share of examples whose largest logit is the target's.

    mean_i [argmax_j z_ij = y_i]

    Args:
        logits: z, `[N, C]`. The first of equal largest logits is the prediction.
        targets: y, `[N]`, int64, 0 to C - 1.

    Returns:
        0-dimensional, float64, 0 to 1.
    """
    return (logits.argmax(-1) == targets).double().mean()
