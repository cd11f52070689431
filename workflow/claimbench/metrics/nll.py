"""Negative log-likelihood."""

from torch import Tensor


def nll(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean negative log-likelihood of the targets under the softmax.

    -mean_i log p_i(y_i)

    Args:
        logits: `[N, C]`.
        targets: y, `[N]`, int64, 0 to C - 1.

    Returns:
        0-dimensional, float64, in nats, 0 to infinity.
    """
    return -logits.double().log_softmax(-1).gather(-1, targets.unsqueeze(-1)).mean()
