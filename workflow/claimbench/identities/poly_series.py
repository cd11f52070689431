"""Cross-entropy is a power series in the probability missed."""

import torch
from torch import Tensor

from claimbench.identities._random import random_logits, uniform
from claimbench.losses.cross_entropy import cross_entropy

TERMS = 200
LEAST_P = 0.1


def poly_series(inputs: int, generator: torch.Generator) -> Tensor:
    """Cross-entropy equals the partial sum of its expansion, for probabilities above 0.1.

    -log p_y = sum_{j >= 1} (1 - p_y)^j / j

    The 200 terms that are summed leave out at most 0.9^201 / (201 * 0.1) = 3e-11.

    Args:
        inputs: how many predictions are drawn: p_y uniform from 0.1 to 1, the other logits with 1 to 19 classes and
            scales from 0.01 to 100.
        generator: draws them.

    Returns:
        `[inputs]`, float64: |partial sum - cross-entropy|.

    Source:
        Leng et al. 2022, "PolyLoss: A Polynomial Expansion Perspective of Classification Loss Functions", the expansion
        of cross-entropy.
    """
    return torch.stack([_error(generator) for _ in range(inputs)])


def _error(generator: torch.Generator) -> Tensor:
    logits = random_logits(generator)
    p = uniform(LEAST_P, 1, generator)
    logits[0] = torch.logit(p) + logits[1:].logsumexp(0)  # gives class 0 the probability p
    j = torch.arange(1, TERMS + 1, dtype=torch.float64)
    loss = cross_entropy(logits.unsqueeze(0), torch.tensor([0])).squeeze(0)
    return (((1 - p) ** j / j).sum() - loss).abs()
