"""Detection metrics: `detection/<name>.py` defines `<name>(inside, outside) -> Tensor`, 0-dimensional float64.

`inside` `[N]` and `outside` `[M]` are scores of in- and out-of-distribution examples, N and M at least 1, none of them
NaN, higher for more in-distribution.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from torch import Tensor

from claimbench.registry import UnknownName

__all__ = ["Detection", "get", "names"]

Detection = Callable[[Tensor, Tensor], Tensor]

_METRICS: dict[str, Detection] = {
    file.stem: getattr(import_module(f"{__name__}.{file.stem}"), file.stem)
    for file in sorted(Path(__file__).parent.glob("[!_]*.py"))
}
globals().update(_METRICS)  # importing a file bound its module to the name; the name is the function's


def names() -> tuple[str, ...]:
    """The names of all detection metrics, sorted."""
    return tuple(_METRICS)


def get(name: str) -> Detection:
    """The detection metric of that name.

    Raises:
        UnknownName: there is none; the message has the nearest name.
    """
    if name not in _METRICS:
        raise UnknownName("ood/detection", name, names())
    return _METRICS[name]
