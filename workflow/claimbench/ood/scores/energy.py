"""Negative free energy."""

from torch import Tensor


def energy(logits: Tensor) -> Tensor:
    """The negative free energy of an example, at temperature 1.

    -E = log sum_j exp(z_j)

    Args:
        logits: z, `[N, C]`.

    Returns:
        `[N]`, float64; the sign is turned, so that higher is more in-distribution as for all scores.

    Source:
        Liu et al. 2020, "Energy-based Out-of-distribution Detection", the score with T = 1.
    """
    return logits.double().logsumexp(-1)
