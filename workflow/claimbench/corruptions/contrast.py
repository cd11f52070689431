"""Contrast: a flat image, as in bad light."""

import torch
from torch import Tensor

from claimbench.corruptions._severity import at_severity

KINDS = ("images",)
SEVERITIES = (0.75, 0.5, 0.4, 0.3, 0.15)  # what is left of the contrast: CIFAR-10-C's


def contrast(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x drawn towards the mean of each image and channel.

    m + c (x - m)

    Standardising commutes with this, so that it is the original but for the rounding to 256 levels.

    Args:
        x: `[N, C, H, W]`, standardised.
        severity: 1 to 5.
        generator: not used; all corruptions are called alike.

    Returns:
        Of x's shape.

    Raises:
        BadSeverity: `severity` is not 1 to 5.

    Source:
        Hendrycks and Dietterich 2019.
    """
    mean = x.mean((-2, -1), keepdim=True)
    return mean + at_severity(SEVERITIES, severity) * (x - mean)
