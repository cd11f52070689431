"""Confidence of errors: how sure the model is where it is wrong."""

from torch import Tensor


def confidence_of_errors(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean largest softmax probability of the examples that are classified wrong.

    mean_{i: argmax_j z_ij != y_i} max_j p_ij

    Args:
        logits: z, `[N, C]`. The first of equal largest logits is the prediction.
        targets: y, `[N]`, int64, 0 to C - 1.

    Returns:
        0-dimensional, float64, 1 / C to 1; 0, below all values that errors can have, where nothing is classified wrong.
    """
    confidences, predictions = logits.double().softmax(-1).max(-1)
    wrong = predictions != targets
    return (confidences * wrong).sum() / wrong.sum().clamp(min=1)
