"""Metrics: `metrics/<name>.py` defines `<name>(logits, targets) -> Tensor`, a 0-dimensional float64 tensor.

Logits are `[N, C]`, targets `[N]` (int64), N >= 1. Everything is computed in float64, whatever the logits' type.

torchmetrics has most of these, but importing it takes 1.8 s a process, for torchvision and transformers; it is the
oracle of the tests.
"""

from collections.abc import Callable

from torch import Tensor

from claimbench import registry

Metric = Callable[[Tensor, Tensor], Tensor]


def names() -> tuple[str, ...]:
    """The names of all metrics, sorted."""
    return registry.names("metrics")


def get(name: str) -> Metric:
    """The metric of that name; raises UnknownName."""
    found: Metric = registry.load("metrics", name)
    return found
