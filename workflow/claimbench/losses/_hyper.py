"""Hyper-parameters of losses: their type and the check of their range."""

import sys

from torch import Tensor

Hyper = float | Tensor
"""A Python number, or a 0-dimensional tensor (one lane's value under `torch.func.vmap`)."""

_MAX = sys.float_info.max


def check_range(name: str, value: Hyper, low: float = -_MAX, high: float = _MAX, *, open_low: bool = False) -> None:
    """Raise ValueError unless `low <= value <= high`, or `low < value` where `open_low`.

    By default any finite number passes. Tensors pass unchecked: looking at their value would stop vmap and, on a GPU,
    wait for the device.
    """
    if isinstance(value, Tensor):
        return
    if not low <= value <= high or (open_low and value == low):
        lower = "(-inf" if low == -_MAX else f"{'(' if open_low else '['}{low:g}"
        upper = "inf)" if high == _MAX else f"{high:g}]"
        raise ValueError(f"{name}: expected a number in {lower}, {upper}, got {value!r}")
