"""Gaussian blur: an image out of focus."""

import torch
from torch import Tensor

from claimbench.corruptions._gaussian import gaussian_filter
from claimbench.corruptions._severity import at_severity

KINDS = ("images",)
SEVERITIES = (0.4, 0.6, 0.7, 0.8, 1.0)  # standard deviations in pixels: CIFAR-10-C's


def gaussian_blur(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x filtered with a Gaussian along both axes.

    Args:
        x: `[N, C, H, W]`, standardised.
        severity: 1 to 5.
        generator: not used; all corruptions are called alike.

    Returns:
        Of x's shape.

    Raises:
        BadSeverity: `severity` is not 1 to 5.

    Source:
        Hendrycks and Dietterich 2019, one of the extra corruptions.
    """
    sigma = at_severity(SEVERITIES, severity)
    return gaussian_filter(gaussian_filter(x, sigma, -1), sigma, -2)
