"""False positive rate where 95 % of the in-distribution examples are accepted."""

from torch import Tensor


def fpr_at_95_tpr(inside: Tensor, outside: Tensor) -> Tensor:
    """The share of out-of-distribution examples that is accepted when at least 95 % of the others are.

    mean_k [outside_k >= t],   t = the largest threshold with mean_i [inside_i >= t] >= 0.95

    In-distribution examples are the positives, as in the paper; OpenOOD calls the others positive, which is another
    number.

    Args:
        inside: `[N]`, scores of in-distribution examples.
        outside: `[M]`, scores of out-of-distribution examples. One equal to the threshold is accepted.

    Returns:
        0-dimensional, float64, 0 to 1; lower is better.

    Source:
        Liang et al. 2018, "Enhancing The Reliability of Out-of-distribution Image Detection in Neural Networks",
        its evaluation metrics.
    """
    rejected = len(inside) // 20  # at most 5 %, in whole numbers: 0.95 N need not be exact
    threshold = inside.double().sort().values[rejected]
    return (outside.double() >= threshold).double().mean()
