"""Maximum logit."""

from torch import Tensor


def max_logit(logits: Tensor) -> Tensor:
    """The largest logit.

    max_j z_j

    Args:
        logits: z, `[N, C]`.

    Returns:
        `[N]`, float64.

    Source:
        Hendrycks et al. 2022, "Scaling Out-of-Distribution Detection for Real-World Settings", MaxLogit.
    """
    return logits.double().amax(-1)
