"""Class-wise expected calibration error: every class's probability is judged, not only the largest."""

import torch
from torch import Tensor

BINS = 15


def classwise_ece(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over classes of the calibration error of the class's probability, in 15 equally wide bins.

    1 / C * sum_c 1 / N * sum_b |sum_{i: p_ic in b} ([y_i = c] - p_ic)|

    Bin b holds (b / 15, (b + 1) / 15], and the first bin 0 too.

    Args:
        logits: `[N, C]`.
        targets: y, `[N]`, int64, 0 to C - 1. A class without targets counts: its error is its mean probability.

    Returns:
        0-dimensional, float64, 0 to 2 / C.

    Source:
        Kull et al. 2019, "Beyond temperature scaling: Obtaining well-calibrated multiclass probabilities with
        Dirichlet calibration", classwise-ECE.
    """
    probabilities = logits.double().softmax(-1)
    classes = torch.arange(logits.shape[-1], device=logits.device)
    inner_edges = torch.arange(1, BINS, device=logits.device).double() / BINS
    bins = torch.bucketize(probabilities, inner_edges)
    gaps = (targets.unsqueeze(-1) == classes).double() - probabilities
    sums = torch.stack([(gaps * (bins == b)).sum(0) for b in range(BINS)])
    return sums.abs().sum(0).mean() / len(targets)
