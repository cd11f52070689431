"""Detection metrics: `detection/<name>.py` defines `<name>(inside, outside) -> Tensor`, 0-dimensional float64.

`inside` `[N]` and `outside` `[M]` are scores of in- and out-of-distribution examples, N and M at least 1, none of them
NaN, higher for more in-distribution.
"""

from collections.abc import Callable

from torch import Tensor

from claimbench import registry

Detection = Callable[[Tensor, Tensor], Tensor]


def names() -> tuple[str, ...]:
    """The names of all detection metrics, sorted."""
    return registry.names("ood/detection")


def get(name: str) -> Detection:
    """The detection metric of that name; raises UnknownName."""
    found: Detection = registry.load("ood/detection", name)
    return found
