"""Cosine learning-rate schedule."""

import math


def cosine(step: int, steps: int) -> float:
    """Half a cosine from 1 down to 0: (1 + cos(pi step / steps)) / 2.

    Args:
        step: the step about to be taken, 0 <= step < steps.
        steps: the length of training.

    Returns:
        The factor on the learning rate, in (0, 1].

    Source: Loshchilov and Hutter, SGDR (2017), equation 5, without restarts.
    """
    return 0.5 * (1.0 + math.cos(math.pi * step / steps))
