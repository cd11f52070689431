"""Normalized cross-entropy: cross-entropy divided by its sum over all labels."""

from torch import Tensor

from claimbench.losses._logits import log_p


def nce(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy as a share of the cross-entropies of all labels.

    l = log p_y / sum_k log p_k

    Over all labels it sums to 1, which makes it robust to symmetric label noise.

    Args:
        logits: `[N, C]`, floating point, C >= 2.
        targets: y, `[N]`, int64, 0 to C - 1.

    Returns:
        `[N]`, 0 to 1.

    Source:
        Ma et al. 2020, "Normalized Loss Functions for Deep Learning with Noisy Labels", NCE.
    """
    return log_p(logits, targets) / logits.log_softmax(-1).sum(-1)
