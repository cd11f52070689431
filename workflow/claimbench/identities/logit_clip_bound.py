"""Clipping the logits' norm bounds cross-entropy."""

import math

import torch
from torch import Tensor

from claimbench.identities._random import for_every_label, random_logits, uniform
from claimbench.losses.clipped_cross_entropy import clipped_cross_entropy


def logit_clip_bound(inputs: int, generator: torch.Generator) -> Tensor:
    """Cross-entropy of clipped logits stays below a bound, for every label.

    l <= log(1 + (C - 1) exp(sqrt(2) tau))

    Two logits of a vector of norm tau differ by at most sqrt(2) tau. For two classes the bound is reached.

    Args:
        inputs: how many logit vectors are drawn, with 2 to 20 classes, scales from 0.01 to 100, tau from 0.01 to 100;
            half of them point in the direction that is worst for one label.
        generator: draws them.

    Returns:
        `[inputs]`, float64: how far the largest loss over the labels exceeds the bound, 0 where it does not.

    Source:
        Wei et al. 2023, "Mitigating Memorization of Noisy Labels by Clipping the Model Prediction", the bound on
        cross-entropy.
    """
    return torch.stack([_violation(generator) for _ in range(inputs)])


def _violation(generator: torch.Generator) -> Tensor:
    logits = random_logits(generator)
    if torch.rand((), generator=generator) < 0.5:
        logits = _worst_direction(logits)
    tau = 10 ** uniform(-2, 2, generator)
    losses = clipped_cross_entropy(*for_every_label(logits), tau=tau)
    bound = torch.nn.functional.softplus(math.log(len(logits) - 1) + math.sqrt(2) * tau)
    return (losses.max() - bound).clamp(min=0)


def _worst_direction(logits: Tensor) -> Tensor:
    """Logits of the same norm with the largest loss for label 0: all others equal, the mean 0."""
    worst = torch.ones_like(logits)
    worst[0] = 1 - len(logits)
    return worst * (logits.norm() / worst.norm())
