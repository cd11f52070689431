"""Identities: `identities/<name>.py` defines `<name>(inputs, generator) -> Tensor`, the errors of a statement.

An identity is a mathematical statement of a paper. It is tried on `inputs` random inputs, in float64; the result is
`[inputs]`: 0 where the statement holds exactly, else by how much it is missed; for an inequality max(0, left - right).
"""

from collections.abc import Callable
from importlib import import_module

import torch
from torch import Tensor

from claimbench import registry

Identity = Callable[[int, torch.Generator], Tensor]

_IDENTITIES: dict[str, Identity] = {
    name: getattr(import_module(f"{__name__}.{name}"), name) for name in registry.names("identities")
}
globals().update(_IDENTITIES)  # importing a file bound its module to the name; the name is the function's


def get(name: str) -> Identity:
    """The identity of that name.

    Raises:
        UnknownName: there is none; the message has the nearest name.
    """
    if name not in _IDENTITIES:
        raise registry.UnknownName("identities", name, tuple(_IDENTITIES))
    return _IDENTITIES[name]
