"""Moving the pixels of images by an affine map each."""

import torch
from torch import Tensor
from torch.nn import functional


def warp(x: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """Images whose pixel at r comes from `matrix` (r - c) + c + `offset` of the input, c being the centre.

    Values between pixels are interpolated linearly; outside the input the nearest border pixel goes on.

    Args:
        x: `[N, C, H, W]`, floating.
        matrix: `[N, 2, 2]`, acting on (horizontal, vertical) in pixels.
        offset: `[N, 2]`, (horizontal, vertical) in pixels.
    """
    # affine_grid measures in half sides: both axes run from -1 to 1, whatever the height and width.
    half = torch.tensor([x.shape[-1], x.shape[-2]], device=x.device, dtype=x.dtype) / 2
    theta = torch.cat([matrix * half / half.unsqueeze(-1), (offset / half).unsqueeze(-1)], -1)
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
