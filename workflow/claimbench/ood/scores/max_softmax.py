"""Maximum softmax probability."""

from torch import Tensor


def max_softmax(logits: Tensor) -> Tensor:
    """The largest softmax probability: the baseline of out-of-distribution detection.

    max_j p_j

    Args:
        logits: `[N, C]`.

    Returns:
        `[N]`, float64, 1 / C to 1. Examples whose probability rounds to 1 are tied.

    Source:
        Hendrycks and Gimpel 2017, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples in Neural
        Networks".
    """
    return logits.double().softmax(-1).amax(-1)
