"""Normalized losses sum to one over the labels."""

import torch
from torch import Tensor

from claimbench.identities._random import for_every_label, random_logits
from claimbench.losses.mae import mae
from claimbench.losses.nce import nce
from claimbench.losses.rce import rce


def normalized_losses_sum_to_one(inputs: int, generator: torch.Generator) -> Tensor:
    """For every prediction the normalized losses of all labels sum to 1, which makes them robust to symmetric label
    noise.

    sum_k l(f, k) = 1 for NCE, for NMAE = (1 - p_y) / (C - 1) and for NRCE = -A (1 - p_y) / (-A (C - 1))

    Args:
        inputs: how many logit vectors are drawn, with 2 to 20 classes and scales from 0.01 to 100.
        generator: draws them.

    Returns:
        `[inputs]`, float64: the largest |sum - 1| of the three losses.

    Source:
        Ma et al. 2020, "Normalized Loss Functions for Deep Learning with Noisy Labels", the normalization and its
        lemma.
    """
    return torch.stack([_largest_error(random_logits(generator)) for _ in range(inputs)])


def _largest_error(logits: Tensor) -> Tensor:
    batch, labels = for_every_label(logits)
    others = len(logits) - 1
    sums = [
        nce(batch, labels).sum(),
        mae(batch, labels).sum() / others,
        rce(batch, labels, A=-4.0).sum() / (4.0 * others),
    ]
    return (torch.stack(sums) - 1).abs().max()
