"""Macro F1: the mean over classes of the harmonic mean of precision and recall."""

import torch
from torch import Tensor


def macro_f1(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean F1 of the classes that occur among the targets or the predictions.

    mean_{c: n_c + m_c > 0} 2 t_c / (n_c + m_c)

    n_c counts the targets of class c, m_c the predictions and t_c the predictions of c that are right. A class that is
    predicted but is nobody's target has F1 = 0; one that is neither does not count.

    Args:
        logits: z, `[N, C]`. The first of equal largest logits is the prediction.
        targets: y, `[N]`, int64, 0 to C - 1.

    Returns:
        0-dimensional, float64, 0 to 1.

    Source:
        As in scikit-learn's `f1_score` with `average="macro"`.
    """
    classes = torch.arange(logits.shape[-1], device=logits.device)
    is_class = targets.unsqueeze(-1) == classes
    is_predicted = logits.argmax(-1, keepdim=True) == classes
    sizes = is_class.sum(0) + is_predicted.sum(0)
    f1 = 2 * (is_class & is_predicted).sum(0).double() / sizes.clamp(min=1)
    return f1.sum() / (sizes > 0).sum()
