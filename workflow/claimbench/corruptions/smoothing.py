"""Smoothing: a signal that has passed a low-pass filter."""

import torch
from torch import Tensor

from claimbench.corruptions._gaussian import gaussian_filter
from claimbench.corruptions._severity import at_severity

KINDS = ("signals",)
SEVERITIES = (0.5, 1.0, 1.5, 2.0, 3.0)  # standard deviations of the filter, in samples; ours, for signals of length 40


def smoothing(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x filtered with a Gaussian along time.

    Args:
        x: `[N, C, L]`, standardised.
        severity: 1 to 5.
        generator: not used; all corruptions are called alike.

    Returns:
        Of x's shape.

    Raises:
        BadSeverity: `severity` is not 1 to 5.
    """
    return gaussian_filter(x, at_severity(SEVERITIES, severity), -1)
