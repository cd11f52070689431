"""Random inputs that identities share."""

import torch
from torch import Tensor


def uniform(low: float, high: float, generator: torch.Generator) -> Tensor:
    """A number between `low` and `high`, 0-dimensional, float64."""
    return low + (high - low) * torch.rand((), dtype=torch.float64, generator=generator)


def random_logits(generator: torch.Generator) -> Tensor:
    """Normal logits `[C]`, float64, with 2 to 20 classes and a scale from 0.01 to 100."""
    classes = int(torch.randint(2, 21, (), generator=generator))
    return 10 ** uniform(-2, 2, generator) * torch.randn(classes, dtype=torch.float64, generator=generator)


def for_every_label(logits: Tensor) -> tuple[Tensor, Tensor]:
    """One logit vector `[C]` with each label in turn: logits `[C, C]` and targets `[C]`."""
    classes = len(logits)
    return logits.expand(classes, classes), torch.arange(classes)
