"""Reverse cross-entropy: prediction and target change places."""

from torch import Tensor

from claimbench.losses._hyper import Hyper, check_range
from claimbench.losses._logits import not_p


def rce(logits: Tensor, targets: Tensor, *, A: Hyper = -4.0) -> Tensor:
    """The cross-entropy of the one-hot target under the prediction, with log 0 replaced by A.

    l = -sum_k p_k log [k = y] = -A * (1 - p_y)

    A multiple of `mae`: A only scales it. The code of Ma et al. 2020, and much other code, clips the one-hot target at
    1e-4, which makes A = log 1e-4 = -9.21, 2.3 times the default here.

    Args:
        logits: `[N, C]`, floating point, C >= 2.
        targets: y, `[N]`, int64, 0 to C - 1.
        A: stands for log 0, at most 0.

    Returns:
        `[N]`, 0 to -A.

    Raises:
        ValueError: A is a Python number above 0.

    Source:
        Wang et al. 2019, "Symmetric Cross Entropy for Robust Learning with Noisy Labels", RCE.
    """
    check_range("A", A, high=0)
    return -A * not_p(logits, targets)
