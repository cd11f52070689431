"""Adaptive expected calibration error: bins that hold equally many examples."""

import torch
from torch import Tensor

BINS = 15


def adaptive_ece(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean gap between confidence and accuracy over 15 bins of equally many examples, in order of confidence.

    1 / N * sum_b |sum_{i in b} ([prediction_i = y_i] - confidence_i)|

    Confidence is the largest softmax probability. With r_i examples of less confidence, example i is in bin
    floor(15 r_i / N): bins differ by at most one example where confidences do, and examples of equal confidence share
    a bin, so that the result does not depend on their order. Below 15 examples each has a bin of its own.

    Args:
        logits: `[N, C]`.
        targets: y, `[N]`, int64, 0 to C - 1.

    Returns:
        0-dimensional, float64, 0 to 1.

    Source:
        Mukhoti et al. 2020, "Calibrating Deep Neural Networks using Focal Loss", AdaECE; their code places the bins'
        edges between quantiles, which differs by an example a bin and leaves out the least confident one.
    """
    confidences, predictions = logits.double().softmax(-1).max(-1)
    bins = torch.arange(BINS, device=logits.device)
    less_confident = torch.searchsorted(confidences.sort(-1).values, confidences)
    in_bin = ((BINS * less_confident // len(targets)).unsqueeze(-1) == bins).double()
    gaps = (predictions == targets).double() - confidences
    return (gaps @ in_bin).abs().sum() / len(targets)
