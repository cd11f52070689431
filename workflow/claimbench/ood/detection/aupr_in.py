"""Area under the precision-recall curve, in-distribution examples being the positives."""

from torch import Tensor

from claimbench.ood.detection._average_precision import average_precision


def aupr_in(inside: Tensor, outside: Tensor) -> Tensor:
    """The average precision of finding in-distribution examples by their high scores.

    Args:
        inside: `[N]`, scores of in-distribution examples.
        outside: `[M]`, scores of out-of-distribution examples.

    Returns:
        0-dimensional, float64, above 0 to 1; scores that say nothing give about N / (N + M).

    Source:
        Hendrycks and Gimpel 2017, section 2, "AUPR In"; the sum of scikit-learn's `average_precision_score`, where
        OpenOOD uses the trapezoidal rule, which is too hopeful between far thresholds.
    """
    return average_precision(inside, outside)
