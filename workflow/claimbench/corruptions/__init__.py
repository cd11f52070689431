"""Corruptions: `corruptions/<name>.py` defines `<name>(x, severity, generator) -> Tensor`, of x's shape and type.

Inputs `[N, ...]` are standardised: signals `[N, C, L]` and images `[N, C, H, W]` with mean 0 and deviation 1 over all,
tables `[N, F]` over each feature. Severity is 1 to 5. `KINDS` in a file says which of these its corruption suits,
`SEVERITIES` its parameter at each severity. An example's corruption depends on the example and on the draws alone, not
on the others of its batch; the draws do not depend on the severity, so that one generator state gives the same
corruption more or less strongly.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor

from claimbench.corruptions._severity import BadSeverity
from claimbench.registry import UnknownName

__all__ = ["BadSeverity", "Corruption", "get", "kinds", "names"]

Corruption = Callable[[Tensor, int, torch.Generator], Tensor]

_MODULES: dict[str, ModuleType] = {
    file.stem: import_module(f"{__name__}.{file.stem}") for file in sorted(Path(__file__).parent.glob("[!_]*.py"))
}
globals().update(  # importing a file bound its module to the name; the name is the function's
    {name: getattr(module, name) for name, module in _MODULES.items()}
)


def names(kind: str | None = None) -> tuple[str, ...]:
    """The names of the corruptions that suit `kind` ("signals", "images", "table"), or of all, sorted."""
    return tuple(name for name in _MODULES if kind is None or kind in kinds(name))


def kinds(name: str) -> tuple[str, ...]:
    """The kinds of data that the corruption of that name suits; raises UnknownName."""
    return tuple(_module(name).KINDS)


def get(name: str) -> Corruption:
    """The corruption of that name.

    Raises:
        UnknownName: there is none; the message has the nearest name.
    """
    corruption: Corruption = getattr(_module(name), name)
    return corruption


def _module(name: str) -> ModuleType:
    if name not in _MODULES:
        raise UnknownName("corruptions", name, names())
    return _MODULES[name]
