"""Translation: an image off its centre."""

import math

import torch
from torch import Tensor

from claimbench.corruptions._severity import at_severity
from claimbench.corruptions._warp import warp

KINDS = ("images",)
SEVERITIES = (0.04, 0.08, 0.12, 0.16, 0.2)  # distances, as shares of the longer side; ours


def translate(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x moved by a distance, not whole pixels, in a direction drawn for each image; the border's values fill the gap.

    Args:
        x: `[N, C, H, W]`, standardised.
        severity: 1 to 5.
        generator: draws the direction, uniform.

    Returns:
        Of x's shape.

    Raises:
        BadSeverity: `severity` is not 1 to 5.
    """
    direction = 2 * math.pi * torch.rand(len(x), generator=generator).to(x)
    distance = at_severity(SEVERITIES, severity) * max(x.shape[-2:])
    offset = distance * torch.stack([direction.cos(), direction.sin()], -1)
    return warp(x, torch.eye(2, device=x.device, dtype=x.dtype).expand(len(x), 2, 2), offset)
