"""Mean logit margin."""

import torch
from torch import Tensor


def mean_margin(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean distance of the target's logit from the largest other one.

    mean_i (z_i(y_i) - max_{j != y_i} z_ij)

    Args:
        logits: z, `[N, C]`, C >= 2.
        targets: y, `[N]`, int64, 0 to C - 1.

    Returns:
        0-dimensional, float64; an example's margin is above 0 where it is classified right.
    """
    logits = logits.double()
    index = targets.unsqueeze(-1)
    is_target = index == torch.arange(logits.shape[-1], device=logits.device)
    largest_other = logits.masked_fill(is_target, -torch.inf).amax(-1)
    return (logits.gather(-1, index).squeeze(-1) - largest_other).mean()
