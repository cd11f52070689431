"""Area under the precision-recall curve, out-of-distribution examples being the positives."""

from torch import Tensor

from claimbench.ood.detection._average_precision import average_precision


def aupr_out(inside: Tensor, outside: Tensor) -> Tensor:
    """The average precision of finding out-of-distribution examples by their low scores.

    Args:
        inside: `[N]`, scores of in-distribution examples.
        outside: `[M]`, scores of out-of-distribution examples.

    Returns:
        0-dimensional, float64, above 0 to 1; scores that say nothing give about M / (N + M).

    Source:
        Hendrycks and Gimpel 2017, section 2, "AUPR Out": labels exchanged and scores negated; the sum as in `aupr_in`.
    """
    return average_precision(-outside, -inside)
