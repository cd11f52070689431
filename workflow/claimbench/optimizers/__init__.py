"""Optimizers: `optimizers/<name>.py` defines `<name>(params, *, lr, ...) -> torch.optim.Optimizer` and `SPACE`, the
default search space of its hyper-parameters.

A `Lanewise` optimizer takes hyper-parameters that differ between lanes and moves a whole stack at once; any other
`torch.optim.Optimizer` gets one object per lane, on views of the stacked parameters.
"""

from collections.abc import Callable

import torch

from claimbench import registry
from claimbench.optimizers._lanewise import Lanewise

__all__ = ["Lanewise", "get", "is_lanewise"]

Build = Callable[..., torch.optim.Optimizer]


def get(name: str) -> Build:
    """The optimizer's constructor; raises UnknownName."""
    found: Build = registry.load("optimizers", name)
    return found


def is_lanewise(name: str) -> bool:
    """Whether one object serves a stack of lanes with hyper-parameters of their own."""
    probe = torch.nn.Parameter(torch.zeros(1))
    return isinstance(get(name)([probe]), Lanewise)
