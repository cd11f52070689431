"""Expected calibration error."""

import torch
from torch import Tensor

BINS = 15


def ece(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean gap between confidence and accuracy over 15 equally wide bins of confidence.

    sum_b n_b / N * |accuracy_b - confidence_b| = 1 / N * sum_b |sum_{i in b} ([prediction_i = y_i] - confidence_i)|

    Confidence is the largest softmax probability; bin b holds (b / 15, (b + 1) / 15], so confidence 1 belongs to the
    last bin. torchmetrics gives confidence 1 a bin of its own and counts a bin's lower edge in.

    Args:
        logits: `[N, C]`.
        targets: y, `[N]`, int64, 0 to C - 1.

    Returns:
        0-dimensional, float64, 0 to 1.

    Source:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3 and its text on bins.
    """
    confidences, predictions = logits.double().softmax(-1).max(-1)
    bins = torch.arange(BINS, device=logits.device)
    inner_edges = bins[1:].double() / BINS
    in_bin = (torch.bucketize(confidences, inner_edges).unsqueeze(-1) == bins).double()
    gaps = (predictions == targets).double() - confidences
    return (gaps @ in_bin).abs().sum() / len(targets)
