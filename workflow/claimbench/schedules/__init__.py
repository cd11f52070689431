"""Learning-rate schedules: `schedules/<name>.py` defines `<name>(step, steps)`, the factor on the learning rate."""

from collections.abc import Callable
from importlib import import_module


def get(name: str) -> Callable[[int, int], float]:
    """The schedule, by its file's name."""
    return getattr(import_module(f"claimbench.schedules.{name}"), name)
