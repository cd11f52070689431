"""Occlusion: something stands before the object."""

import torch
from torch import Tensor

from claimbench.corruptions._severity import at_severity

KINDS = ("images",)
SEVERITIES = (0.25, 0.375, 0.5, 0.625, 0.75)  # sides of the patch as shares of the image's; ours


def occlusion(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x with a patch set to 0, the mean of standardised data, at a place drawn for each image.

    Args:
        x: `[N, C, H, W]`, standardised.
        severity: 1 to 5.
        generator: draws the place, uniform among those where the whole patch is in the image.

    Returns:
        Of x's shape.

    Raises:
        BadSeverity: `severity` is not 1 to 5.

    Source:
        DeVries and Taylor 2017, "Improved Regularization of Convolutional Neural Networks with Cutout", for the patch.
    """
    share = at_severity(SEVERITIES, severity)
    places = torch.rand(2, len(x), 1, generator=generator).to(x.device)
    rows, columns = (
        _covered(side, max(1, round(share * side)), place) for side, place in zip(x.shape[-2:], places, strict=True)
    )
    return x.masked_fill((rows.unsqueeze(-1) & columns.unsqueeze(-2)).unsqueeze(1), 0)


def _covered(side: int, width: int, place: Tensor) -> Tensor:
    """Which of `side` pixels a patch of `width` covers; `place` `[N, 1]` in [0, 1) says how far along it lies."""
    start = (place * (side - width + 1)).floor()
    pixels = torch.arange(side, device=place.device)
    return (pixels >= start) & (pixels < start + width)
