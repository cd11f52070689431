"""Scores: `scores/<name>.py` defines `<name>(logits) -> Tensor`, `[N]` float64, higher for more in-distribution.

Logits are `[N, C]` of any floating type; everything is computed in float64.
"""

from collections.abc import Callable

from torch import Tensor

from claimbench import registry

Score = Callable[[Tensor], Tensor]


def names() -> tuple[str, ...]:
    """The names of all scores, sorted."""
    return registry.names("ood/scores")


def get(name: str) -> Score:
    """The score of that name; raises UnknownName."""
    found: Score = registry.load("ood/scores", name)
    return found
