"""Gaussian low-pass filtering along one axis."""

import torch
from torch import Tensor
from torch.nn import functional

RADIUS = 4.0  # deviations at which the kernel is cut off, as in scipy and scikit-image


def gaussian_filter(x: Tensor, sigma: float, axis: int) -> Tensor:
    """x convolved along `axis` with a Gaussian of deviation `sigma` samples; beyond the ends the end's value goes on.

    Args:
        x: `[...]`, floating.
        sigma: above 0.
        axis: the axis that is filtered.
    """
    radius = int(RADIUS * sigma + 0.5)
    offsets = torch.arange(-radius, radius + 1, device=x.device, dtype=x.dtype)
    kernel = (-(offsets**2) / (2 * sigma**2)).exp()
    lines = x.movedim(axis, -1)
    rows = functional.pad(lines.reshape(-1, 1, lines.shape[-1]), (radius, radius), mode="replicate")
    filtered = functional.conv1d(rows, (kernel / kernel.sum()).view(1, 1, -1))
    return filtered.view(lines.shape).movedim(-1, axis)
