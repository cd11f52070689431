"""Corruptions: `corruptions/<name>.py` defines `<name>(x, severity, generator) -> Tensor`, of x's shape and type.

Inputs `[N, ...]` are standardised: signals `[N, C, L]` and images `[N, C, H, W]` with mean 0 and deviation 1 over all,
tables `[N, F]` over each feature. Severity is 1 to 5. `KINDS` in a file says which of these its corruption suits,
`SEVERITIES` its parameter at each severity. An example's corruption depends on the example and on the draws alone, not
on the others of its batch; the draws do not depend on the severity, so that one generator state gives the same
corruption more or less strongly.
"""

from collections.abc import Callable
from importlib import import_module

import torch
from torch import Tensor

from claimbench import registry
from claimbench.corruptions._severity import BadSeverity

__all__ = ["BadSeverity", "Corruption", "get", "kinds", "names"]

Corruption = Callable[[Tensor, int, torch.Generator], Tensor]


def names(kind: str | None = None) -> tuple[str, ...]:
    """The names of the corruptions that suit `kind` ("signals", "images", "table"), or of all, sorted."""
    return tuple(name for name in registry.names("corruptions") if kind is None or kind in kinds(name))


def kinds(name: str) -> tuple[str, ...]:
    """The kinds of data that the corruption of that name suits; raises UnknownName."""
    registry.path("corruptions", name)
    return tuple(import_module(f"{__name__}.{name}").KINDS)


def get(name: str) -> Corruption:
    """The corruption of that name; raises UnknownName."""
    found: Corruption = registry.load("corruptions", name)
    return found
