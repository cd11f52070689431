"""Balanced accuracy: the mean recall of the classes."""

import torch
from torch import Tensor


def balanced_accuracy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean, over the classes that occur among the targets, of the share of the class that is classified right.

    mean_{c: n_c > 0} 1 / n_c * sum_{i: y_i = c} [argmax_j z_ij = c]

    Args:
        logits: z, `[N, C]`.
        targets: y, `[N]`, int64, 0 to C - 1. A class without targets has no recall and does not count.

    Returns:
        0-dimensional, float64, 0 to 1.

    Source:
        As in scikit-learn's `balanced_accuracy_score`.
    """
    is_class = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    right = logits.argmax(-1) == targets
    sizes = is_class.sum(0)
    recalls = (is_class & right.unsqueeze(-1)).sum(0).double() / sizes.clamp(min=1)
    return recalls.sum() / (sizes > 0).sum()
