"""Gaussian noise: independent, of equal strength everywhere."""

import torch
from torch import Tensor

from claimbench.corruptions._severity import at_severity

KINDS = ("signals", "images", "table")
# Standard deviations of the noise. ImageNet-C's for pixels in [0, 1] (0.08, 0.12, 0.18, 0.26, 0.38), divided by 0.225,
# the deviation of ImageNet's pixels; for signals and tables the choice of the same numbers is ours.
SEVERITIES = (0.36, 0.53, 0.80, 1.16, 1.69)


def gaussian_noise(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x plus normal noise.

    x + sigma e,   e ~ N(0, 1) independently

    Args:
        x: `[N, ...]`, standardised.
        severity: 1 to 5.
        generator: draws e.

    Returns:
        Of x's shape; not clipped, as standardised inputs have no bounds.

    Raises:
        BadSeverity: `severity` is not 1 to 5.

    Source:
        Hendrycks and Dietterich 2019, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations".
    """
    return x + at_severity(SEVERITIES, severity) * torch.randn(x.shape, generator=generator).to(x)
