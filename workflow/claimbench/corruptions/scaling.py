"""Scaling: a wrong gain of the instrument, or a wrong unit."""

import math

import torch
from torch import Tensor

from claimbench.corruptions._severity import at_severity

KINDS = ("signals", "table")
SEVERITIES = (1.25, 1.5, 2.0, 2.5, 3.0)  # factors; ours


def scaling(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x multiplied or divided by a factor, each alike, drawn for each example and channel.

    x s^u,   u = -1 or 1

    Args:
        x: `[N, C, ...]`, standardised; a table's features are its channels.
        severity: 1 to 5.
        generator: draws u.

    Returns:
        Of x's shape.

    Raises:
        BadSeverity: `severity` is not 1 to 5.
    """
    u = 2 * torch.randint(2, x.shape[:2], generator=generator).to(x) - 1
    factors = (u * math.log(at_severity(SEVERITIES, severity))).exp()
    return x * factors.view(x.shape[:2] + (1,) * (x.dim() - 2))
