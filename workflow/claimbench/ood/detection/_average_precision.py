"""Average precision, the area under the precision-recall curve without interpolation."""

import torch
from torch import Tensor


def average_precision(positives: Tensor, negatives: Tensor) -> Tensor:
    """The mean, over positives, of the precision when all that scores at least as high is called positive.

    mean_i P_i / (P_i + N_i), with P_i positives and N_i negatives that score at least as high as positive i

    This is sum_k (R_k - R_{k-1}) P_k over the distinct thresholds: each positive brings 1 / N of recall.

    Args:
        positives: `[N]`, scores; higher should mean positive.
        negatives: `[M]`, scores.

    Returns:
        0-dimensional, float64, above 0 to 1.
    """
    positives, negatives = positives.double(), negatives.double()
    true = len(positives) - torch.searchsorted(positives.sort().values, positives)
    false = len(negatives) - torch.searchsorted(negatives.sort().values, positives)
    return (true.double() / (true + false)).mean()
