"""Label noise: `noise/<name>.py` defines `<name>(x, y, classes, rate, generator) -> Tensor`, the noisy labels `[N]`.

x `[N, ...]` are the inputs, y `[N]` the labels (int64, 0 to classes - 1), classes at least 2, rate the wanted share of
changed labels. The same generator state changes at a higher rate every label that it changes at a lower one, and to the
same class.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import torch
from torch import Tensor

from claimbench.registry import UnknownName

__all__ = ["Noise", "get", "names"]

Noise = Callable[[Tensor, Tensor, int, float, torch.Generator], Tensor]

_NOISES: dict[str, Noise] = {
    file.stem: getattr(import_module(f"{__name__}.{file.stem}"), file.stem)
    for file in sorted(Path(__file__).parent.glob("[!_]*.py"))
}
globals().update(_NOISES)  # importing a file bound its module to the name; the name is the function's


def names() -> tuple[str, ...]:
    """The names of all label noises, sorted."""
    return tuple(_NOISES)


def get(name: str) -> Noise:
    """The label noise of that name.

    Raises:
        UnknownName: there is none; the message has the nearest name.
    """
    if name not in _NOISES:
        raise UnknownName("noise", name, names())
    return _NOISES[name]
