"""Mean absolute error between the softmax and the one-hot target, halved."""

from torch import Tensor

from claimbench.losses._logits import not_p


def mae(logits: Tensor, targets: Tensor) -> Tensor:
    """Half the absolute error between softmax and one-hot target: the probability missed.

    l = 1 - p_y = 1/2 * sum_k |p_k - [k = y]|

    Papers write both 2 (1 - p_y), the whole sum, and 1 - p_y; this is the latter, as in the code of Ma et al. 2020 and
    in `gce` at q = 1. Over all labels it sums to C - 1.

    Args:
        logits: `[N, C]`, floating point, C >= 2.
        targets: y, `[N]`, int64, 0 to C - 1.

    Returns:
        `[N]`, 0 to 1.

    Source:
        Ghosh, Kumar and Sastry 2017, "Robust Loss Functions under Label Noise for Deep Neural Networks", MAE, halved.
    """
    return not_p(logits, targets)
