"""Impulse noise: some values become extreme, as with broken pixels or switching transients."""

import torch
from torch import Tensor

from claimbench.corruptions._severity import at_severity

KINDS = ("signals", "images")
# Shares of the values that are replaced: ImageNet-C's; for signals the choice of the same numbers is ours.
SEVERITIES = (0.03, 0.06, 0.09, 0.17, 0.27)


def impulse_noise(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x with a share of its values replaced by the example's smallest or largest value, each alike (salt and pepper).

    Standardised inputs have no black and white; the example's own extremes stand for them.

    Args:
        x: `[N, ...]`, standardised.
        severity: 1 to 5.
        generator: draws which values are replaced, and by which extreme.

    Returns:
        Of x's shape.

    Raises:
        BadSeverity: `severity` is not 1 to 5.

    Source:
        Hendrycks and Dietterich 2019, whose code replaces each channel of a pixel by itself.
    """
    hit = torch.rand(x.shape, generator=generator).to(x.device) < at_severity(SEVERITIES, severity)
    high = torch.rand(x.shape, generator=generator).to(x.device) < 0.5
    axes = tuple(range(1, x.dim()))
    extreme = torch.where(high, x.amax(axes, keepdim=True), x.amin(axes, keepdim=True))
    return torch.where(hit, extreme, x)
