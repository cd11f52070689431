"""Learning-rate schedules: `schedules/<name>.py` defines `<name>(step, steps)`, the factor on the learning rate."""

from collections.abc import Callable

from claimbench import registry

Schedule = Callable[[int, int], float]


def names() -> tuple[str, ...]:
    """The names of all schedules, sorted."""
    return registry.names("schedules")


def get(name: str) -> Schedule:
    """The schedule of that name; raises UnknownName."""
    found: Schedule = registry.load("schedules", name)
    return found
