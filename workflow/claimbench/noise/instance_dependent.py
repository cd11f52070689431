"""Instance-dependent label noise: which labels are wrong, and how, depends on the inputs."""

import torch
from torch import Tensor

DEVIATION = 0.1  # of the examples' flip rates


def instance_dependent(x: Tensor, y: Tensor, classes: int, rate: float, generator: torch.Generator) -> Tensor:
    """Labels changed with a rate of the example's own, to a class chosen by a random projection of its input.

    q_i ~ N(rate, 0.1^2) truncated to [0, 1];   W_c ~ N(0, 1)^(S x C) for each class c;   a_i = x_i W_{y_i}
    P(y_i stays) = 1 - q_i;   P(y_i <- j) = q_i exp(a_ij) / sum_{k != y_i} exp(a_ik),   j != y_i

    Inputs are taken as they come. Standardised ones give a_ij the deviation sqrt(S), so that for images the new class
    is nearly a function of input and label. The authors' code projects pixels of 0 to 255, which makes it one entirely.

    Args:
        x: `[N, ...]`, S values each.
        y: `[N]`, int64, 0 to C - 1.
        classes: C, at least 2.
        rate: 0 to 1. The truncation moves the expected share of changed labels away from 0 and 1: it is within 0.001
            of a `rate` from 0.3 to 0.7, but 0.205 at 0.2 and 0.129 at 0.1.
        generator: draws q, which labels are changed, W, and the new classes.

    Returns:
        `[N]`, int64.

    Source:
        Xia et al. 2020, "Part-dependent Label Noise: Towards Instance-dependent Label Noise", the generation of
        noisy labels in its appendix; q, W and the softmax over wrong classes as in the authors' code.
    """
    inputs = x.flatten(1).double().cpu()
    labels = y.cpu()
    changed = torch.rand(len(y), generator=generator, dtype=torch.float64) < _flip_rates(len(y), rate, generator)
    activations = torch.full((len(y), classes), -torch.inf, dtype=torch.float64)
    for label in range(classes):
        members = labels == label
        weights = torch.randn(inputs.shape[1], classes, generator=generator, dtype=torch.float64)
        activations[members] = inputs[members] @ weights
    activations[torch.arange(len(y)), labels] = -torch.inf
    wrong = torch.multinomial(activations.softmax(-1), 1, generator=generator).squeeze(-1)
    return torch.where(changed, wrong, labels).to(y.device)


def _flip_rates(count: int, rate: float, generator: torch.Generator) -> Tensor:
    """Draws from the normal distribution around `rate`, truncated to [0, 1], by inverting its distribution function."""
    ends = torch.tensor([-rate, 1 - rate], dtype=torch.float64) / DEVIATION
    low, high = torch.special.ndtr(ends)
    uniform = torch.rand(count, generator=generator, dtype=torch.float64)
    return (rate + DEVIATION * torch.special.ndtri(low + (high - low) * uniform)).clamp(0, 1)
