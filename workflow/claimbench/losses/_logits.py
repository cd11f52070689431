"""Pieces that losses share: probabilities in logarithms, exact near 0 and 1, and clipping of the logits' norm.

Every function takes logits `[..., C]` with C >= 2 and, where it needs them, targets `[...]` (int64, 0 to C - 1).
"""

import torch
from torch import Tensor

from claimbench.losses._hyper import Hyper, check_range


def is_target(logits: Tensor, targets: Tensor) -> Tensor:
    """A mask `[..., C]`, true at each example's target."""
    return torch.arange(logits.shape[-1], device=logits.device) == targets.unsqueeze(-1)


def log_p(logits: Tensor, targets: Tensor) -> Tensor:
    """log p_y, the logarithm of the target's softmax probability, `[...]`."""
    return logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)


def log_not_p(logits: Tensor, targets: Tensor) -> Tensor:
    """log(1 - p_y) = log sum_{j != y} p_j, `[...]`; exact, with a finite gradient, also where p_y rounds to 1."""
    return logits.log_softmax(-1).masked_fill(is_target(logits, targets), -torch.inf).logsumexp(-1)


def not_p(logits: Tensor, targets: Tensor) -> Tensor:
    """1 - p_y, `[...]`, without the cancellation of the subtraction."""
    return log_not_p(logits, targets).exp()


def clip_norm(logits: Tensor, tau: Hyper) -> Tensor:
    """Scale down the logit vectors whose Euclidean norm exceeds a threshold: LogitClip.

    z <- z * min(1, tau / ||z||_2)

    Any loss can follow. The authors' code, with a parameter `temp`, scales the vectors whose norm exceeds `temp` to the
    norm 1 / `temp`, which is this formula only for temp = tau = 1; here the paper's text is followed.

    Args:
        logits: `[..., C]`.
        tau: threshold, above 0; infinity leaves the logits as they are.

    Returns:
        Logits `[..., C]` with norm at most tau.

    Raises:
        ValueError: tau is a Python number that is not above 0.

    Source:
        Wei et al. 2023, "Mitigating Memorization of Noisy Labels by Clipping the Model Prediction", the definition of
        LogitClip.
    """
    check_range("tau", tau, 0, torch.inf, open_low=True)
    norm = torch.linalg.vector_norm(logits, dim=-1, keepdim=True)
    return logits / (norm / tau).clamp(min=1)
