"""Losses: `losses/<name>.py` defines `<name>(logits, targets, *, ...) -> Tensor`, one value per example.

A loss is a pure function of logits `[N, C]`, targets `[N]` (int64) and hyper-parameters; a hyper-parameter is a Python
number or a 0-dimensional tensor, so that `torch.func.vmap` can run many settings at once. A new loss is a new file here
and a line in the test table.

>>> from claimbench.losses import squentropy
"""

from collections.abc import Callable
from importlib import import_module

from torch import Tensor

from claimbench import registry

Loss = Callable[..., Tensor]

_LOSSES: dict[str, Loss] = {
    name: getattr(import_module(f"{__name__}.{name}"), name) for name in registry.names("losses")
}
globals().update(_LOSSES)  # importing a file bound its module to the name; the name is the function's


def get(name: str) -> Loss:
    """The loss of that name.

    Raises:
        UnknownName: there is none; the message has the nearest name.
    """
    if name not in _LOSSES:
        raise registry.UnknownName("losses", name, tuple(_LOSSES))
    return _LOSSES[name]
