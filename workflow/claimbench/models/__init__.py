"""Models: `models/<name>.py` defines `<name>(input_shape, classes, *, generator, ...) -> torch.nn.Module`.

Weights are drawn from the generator that is passed, never from the global state, so that all arms of a replicate
start alike.
"""

from collections.abc import Callable
from importlib import import_module

from torch import nn

from claimbench import registry


def get(name: str) -> Callable[..., nn.Module]:
    """The model's constructor, by its file's name."""
    registry.path("models", name)  # an unknown name is refused with the nearest valid one
    return getattr(import_module(f"claimbench.models.{name}"), name)
