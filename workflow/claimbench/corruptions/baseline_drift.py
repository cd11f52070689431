"""Baseline drift: a slow wave under the signal, as breathing puts under an electrocardiogram."""

import math

import torch
from torch import Tensor

from claimbench.corruptions._severity import at_severity

KINDS = ("signals",)
SEVERITIES = (0.25, 0.5, 0.75, 1.0, 1.5)  # amplitudes, in deviations of the data; ours


def baseline_drift(x: Tensor, severity: int, generator: torch.Generator) -> Tensor:
    """x plus one period of a sine, of a phase drawn for each example.

    x_t + a sin(2 pi (t / L + phi)),   t = 0 .. L - 1, phi uniform in [0, 1)

    Args:
        x: `[N, C, L]`, standardised.
        severity: 1 to 5.
        generator: draws phi.

    Returns:
        Of x's shape; its mean over time is x's.

    Raises:
        BadSeverity: `severity` is not 1 to 5.
    """
    phase = torch.rand(len(x), 1, 1, generator=generator).to(x)
    time = torch.arange(x.shape[-1], device=x.device, dtype=x.dtype) / x.shape[-1]
    return x + at_severity(SEVERITIES, severity) * (2 * math.pi * (time + phase)).sin()
