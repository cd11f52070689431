"""Projected gradient descent: many small steps within the ball."""

import torch
from torch import Tensor

from claimbench.attacks._gradient import Model, input_gradient


def pgd(
    f: Model,
    x: Tensor,
    y: Tensor,
    epsilon: float,
    steps: int,
    step_size: float,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Inputs after `steps` steps of signed gradient ascent, each followed by projection onto the L-infinity ball.

    d <- clip(d + step_size sign(d CE(f(x + d), y) / dx), -epsilon, epsilon)

    Args:
        f: inputs `[N, ...]` to logits `[N, C]`.
        x: `[N, ...]`, floating, standardised.
        y: `[N]`, int64, the true classes.
        epsilon: radius of the L-infinity ball, at least 0, in the units of x.
        steps: at least 0.
        step_size: in the units of x; often 2.5 epsilon / steps.
        generator: draws the start, uniform in the ball; None starts at x.

    Returns:
        x + d, without a gradient: after the last step, whether or not an earlier one had a higher loss.

    Source:
        Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial Attacks", section 2.1.
    """
    x = x.detach()
    delta = torch.zeros_like(x)
    if generator is not None:
        delta = epsilon * (2 * torch.rand(x.shape, generator=generator).to(x) - 1)
    for _ in range(steps):
        delta = (delta + step_size * input_gradient(f, x + delta, y).sign()).clamp(-epsilon, epsilon)
    return x + delta
