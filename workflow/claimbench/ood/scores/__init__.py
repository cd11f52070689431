"""Scores: `scores/<name>.py` defines `<name>(logits) -> Tensor`, `[N]` float64, higher for more in-distribution.

Logits are `[N, C]` of any floating type; everything is computed in float64.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from torch import Tensor

from claimbench.registry import UnknownName

__all__ = ["Score", "get", "names"]

Score = Callable[[Tensor], Tensor]

_SCORES: dict[str, Score] = {
    file.stem: getattr(import_module(f"{__name__}.{file.stem}"), file.stem)
    for file in sorted(Path(__file__).parent.glob("[!_]*.py"))
}
globals().update(_SCORES)  # importing a file bound its module to the name; the name is the function's


def names() -> tuple[str, ...]:
    """The names of all scores, sorted."""
    return tuple(_SCORES)


def get(name: str) -> Score:
    """The score of that name.

    Raises:
        UnknownName: there is none; the message has the nearest name.
    """
    if name not in _SCORES:
        raise UnknownName("ood/scores", name, names())
    return _SCORES[name]
