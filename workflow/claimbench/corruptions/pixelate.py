"""Pixelation: an image of too few pixels, enlarged."""

import torch
from torch import Tensor

from claimbench.corruptions._severity import at_severity

KINDS = ("images",)
# Sides of the small image as shares; ours, between those of CIFAR-10-C (0.95 to 0.65: no change at 8 pixels) and of
# ImageNet-C (0.6 to 0.25).
SEVERITIES = (0.75, 0.625, 0.5, 0.375, 0.25)


def pixelate(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x shrunk to fewer pixels and brought back, each new pixel being the mean of the area that it covers.

    Where the sides divide, this takes means over blocks and repeats them.

    Args:
        x: `[N, C, H, W]`, standardised.
        severity: 1 to 5.
        generator: not used; all corruptions are called alike.

    Returns:
        Of x's shape.

    Raises:
        BadSeverity: `severity` is not 1 to 5.

    Source:
        Hendrycks and Dietterich 2019, box filters both ways; theirs count a pixel in or out by its centre, these by its
        overlap.
    """
    share = at_severity(SEVERITIES, severity)
    rows, columns = (_there_and_back(side, max(1, round(share * side))).to(x) for side in x.shape[-2:])
    return rows @ x @ columns.T


def _there_and_back(side: int, small: int) -> Tensor:
    """The `[side, side]` matrix that takes a line of pixels to `small` ones and back."""
    return _box(small, side) @ _box(side, small)


def _box(old: int, new: int) -> Tensor:
    """The `[new, old]` matrix of means: new pixel k is the mean of the old ones over [k, k + 1) old / new."""
    start = torch.arange(new, dtype=torch.float64).unsqueeze(-1) * old / new
    pixels = torch.arange(old, dtype=torch.float64)
    overlap = torch.minimum(start + old / new, pixels + 1) - torch.maximum(start, pixels)
    return overlap.clamp(min=0) * new / old
