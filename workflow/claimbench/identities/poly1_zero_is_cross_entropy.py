"""Poly-1 with epsilon = 0 is cross-entropy."""

import torch
from torch import Tensor

from claimbench.identities._random import for_every_label, random_logits
from claimbench.losses.cross_entropy import cross_entropy
from claimbench.losses.poly1 import poly1
from claimbench.losses.poly1_focal import poly1_focal


def poly1_zero_is_cross_entropy(inputs: int, generator: torch.Generator) -> Tensor:
    """Poly-1 with epsilon = 0, and Poly-1 focal loss with epsilon = gamma = 0, are cross-entropy, for every label.

    Args:
        inputs: how many logit vectors are drawn, with 2 to 20 classes and scales from 0.01 to 100.
        generator: draws them.

    Returns:
        `[inputs]`, float64: the largest difference over the labels.

    Source:
        Leng et al. 2022, "PolyLoss: A Polynomial Expansion Perspective of Classification Loss Functions", L_Poly-1.
    """
    return torch.stack([_largest_error(random_logits(generator)) for _ in range(inputs)])


def _largest_error(logits: Tensor) -> Tensor:
    batch, labels = for_every_label(logits)
    expected = cross_entropy(batch, labels)
    found = torch.stack([poly1(batch, labels, epsilon=0.0), poly1_focal(batch, labels, gamma=0.0, epsilon=0.0)])
    return (found - expected).abs().max()
