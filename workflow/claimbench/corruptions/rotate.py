"""Rotation: a tilted image."""

import math

import torch
from torch import Tensor

from claimbench.corruptions._severity import at_severity
from claimbench.corruptions._warp import warp

KINDS = ("images",)
SEVERITIES = (10.0, 20.0, 30.0, 40.0, 50.0)  # degrees; ours


def rotate(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x turned about its centre by an angle, to either side alike; the border's values fill the gaps.

    Args:
        x: `[N, C, H, W]`, standardised.
        severity: 1 to 5.
        generator: draws the side for each image.

    Returns:
        Of x's shape.

    Raises:
        BadSeverity: `severity` is not 1 to 5.
    """
    side = 2 * torch.randint(2, (len(x),), generator=generator).to(x) - 1
    angle = side * math.radians(at_severity(SEVERITIES, severity))
    cos, sin = angle.cos(), angle.sin()
    matrix = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
    return warp(x, matrix, torch.zeros(len(x), 2, device=x.device, dtype=x.dtype))
