"""Time shift: a signal that comes too early or too late."""

import torch
from torch import Tensor

from claimbench.corruptions._severity import at_severity

KINDS = ("signals",)
SEVERITIES = (0.05, 0.1, 0.15, 0.2, 0.25)  # shares of the signal's length; ours


def time_shift(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x moved along the time axis by a number of samples, to either side alike; its end's value fills the gap.

    x_t <- x_min(max(t - s, 0), L - 1),   s = -round(share L) or round(share L), drawn for each example

    Args:
        x: `[N, C, L]`, standardised; the least severity moves nothing where L is 10 or less.
        severity: 1 to 5.
        generator: draws the side.

    Returns:
        Of x's shape.

    Raises:
        BadSeverity: `severity` is not 1 to 5.
    """
    length = x.shape[-1]
    side = 2 * torch.randint(2, (len(x), 1, 1), generator=generator).to(x.device) - 1
    shift = side * round(at_severity(SEVERITIES, severity) * length)
    source = (torch.arange(length, device=x.device) - shift).clamp(0, length - 1)
    return x.gather(-1, source.expand(x.shape))
