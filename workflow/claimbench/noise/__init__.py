"""Label noise: `noise/<name>.py` defines `<name>(x, y, classes, rate, generator) -> Tensor`, the noisy labels `[N]`.

x `[N, ...]` are the inputs, y `[N]` the labels (int64, 0 to classes - 1), classes at least 2, rate the wanted share of
changed labels. The same generator state changes at a higher rate every label that it changes at a lower one, and to the
same class.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from claimbench import registry

Noise = Callable[[Tensor, Tensor, int, float, torch.Generator], Tensor]


def names() -> tuple[str, ...]:
    """The names of all label noises, sorted."""
    return registry.names("noise")


def get(name: str) -> Noise:
    """The label noise of that name; raises UnknownName."""
    found: Noise = registry.load("noise", name)
    return found
