"""Learning-rate schedules: `schedules/<name>.py` defines `<name>(step, steps)`, the factor on the learning rate."""

from collections.abc import Callable
from importlib import import_module

from claimbench import registry


def get(name: str) -> Callable[[int, int], float]:
    """The schedule, by its file's name."""
    registry.path("schedules", name)  # an unknown name is refused with the nearest valid one
    return getattr(import_module(f"claimbench.schedules.{name}"), name)
