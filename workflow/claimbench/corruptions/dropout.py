"""Dropout: missing values, filled in with the mean."""

import torch
from torch import Tensor

from claimbench.corruptions._severity import at_severity

KINDS = ("signals", "table")
SEVERITIES = (0.1, 0.2, 0.3, 0.4, 0.5)  # shares of the values that are lost; ours


def dropout(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x with a share of its samples or features set to 0, which is the mean of standardised data.

    What is kept is not scaled up: this is loss of data, not the regulariser.

    Args:
        x: `[N, ...]`, standardised.
        severity: 1 to 5.
        generator: draws which values are lost, each by itself.

    Returns:
        Of x's shape.

    Raises:
        BadSeverity: `severity` is not 1 to 5.
    """
    lost = torch.rand(x.shape, generator=generator).to(x.device) < at_severity(SEVERITIES, severity)
    return x.masked_fill(lost, 0)
