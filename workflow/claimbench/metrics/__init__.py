"""Metrics: `metrics/<name>.py` defines `<name>(logits, targets) -> Tensor`, a 0-dimensional float64 tensor.

Logits are `[N, C]`, targets `[N]` (int64), N >= 1. Everything is computed in float64, whatever the logits' type.
`temperature.py` is no metric: it fits temperature scaling.

torchmetrics has most of these, but importing it takes 1.8 s a process, for torchvision and transformers; it is the
oracle of the tests.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from torch import Tensor

from claimbench.metrics.temperature import fit_temperature
from claimbench.registry import UnknownName

__all__ = ["Metric", "fit_temperature", "get", "names"]

Metric = Callable[[Tensor, Tensor], Tensor]

_METRICS: dict[str, Metric] = {
    file.stem: getattr(import_module(f"{__name__}.{file.stem}"), file.stem)
    for file in sorted(Path(__file__).parent.glob("[!_]*.py"))
    if file.stem != "temperature"
}
globals().update(_METRICS)  # importing a file bound its module to the name; the name is the function's


def names() -> tuple[str, ...]:
    """The names of all metrics, sorted."""
    return tuple(_METRICS)


def get(name: str) -> Metric:
    """The metric of that name.

    Raises:
        UnknownName: there is none; the message has the nearest name.
    """
    if name not in _METRICS:
        raise UnknownName("metrics", name, names())
    return _METRICS[name]
