"""Mean confidence."""

from torch import Tensor


def mean_confidence(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean of the largest softmax probability.

    mean_i max_j p_ij

    Args:
        logits: `[N, C]`.
        targets: not used; all metrics are called alike.

    Returns:
        0-dimensional, float64, 1 / C to 1.
    """
    return logits.double().softmax(-1).amax(-1).mean()
