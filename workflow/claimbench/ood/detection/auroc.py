"""Area under the receiver operating characteristic of a score."""

import torch
from torch import Tensor


def auroc(inside: Tensor, outside: Tensor) -> Tensor:
    """The chance that an in-distribution example has the higher score of two; equal scores count half.

    P(inside > outside) + P(inside = outside) / 2

    Args:
        inside: `[N]`, scores of in-distribution examples.
        outside: `[M]`, scores of out-of-distribution examples.

    Returns:
        0-dimensional, float64, 0 to 1; the same whichever of the two is called positive.

    Source:
        Hanley and McNeil 1982, "The Meaning and Use of the Area under a Receiver Operating Characteristic Curve".
    """
    inside, ordered = inside.double(), outside.double().sort().values
    below = torch.searchsorted(ordered, inside) + torch.searchsorted(ordered, inside, right=True)
    return below.double().mean() / 2 / len(outside)
