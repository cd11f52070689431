"""How much the replicates could have shown, and how many more it would take."""

import math
from collections.abc import Callable

from scipy import special

POWER = 0.8
MOST = 100_000
"""More replicates than this are not worth naming."""


def detection_power(effect: float, error: float, df: float, alpha: float = 0.05) -> float:
    """Probability that a two-sided t test at `alpha` finds `effect` in its own direction."""
    if error == 0:
        return float(effect != 0)
    return 1.0 - float(special.nctdtr(df, abs(effect) / error, special.stdtrit(df, 1 - alpha / 2)))


def equivalence_power(effect: float, margin: float, error: float, df: float, alpha: float = 0.05) -> float:
    """Probability (a lower bound) that two one-sided t tests at `alpha` place `effect` within the margin."""
    if error == 0:
        return float(abs(effect) < margin)
    critical = special.stdtrit(df, 1 - alpha)
    inside = [special.stdtr(df, (margin + sign * effect) / error - critical) for sign in (1, -1)]
    return max(0.0, float(inside[0] + inside[1] - 1))


def minimum_detectable_effect(error: float, df: float, alpha: float = 0.05) -> float:
    """The smallest true effect that a two-sided t test at `alpha` finds with power 0.8, in the effect's unit."""
    return float(special.nctdtrinc(df, 1 - POWER, special.stdtrit(df, 1 - alpha / 2))) * error


def replicates_needed(power_at: Callable[[float, float], float], error: float, df: float, n: int) -> int | None:
    """Replicates, in all and per task, that give a power of 0.8 were the estimate the truth; None above `MOST`.

    Args:
        power_at: power as a function of standard error and degrees of freedom.
        error, df, n: those of the measurements at hand; with n' replicates the error is error * sqrt(n / n').
    """

    def enough(count: int) -> bool:
        return power_at(error * math.sqrt(n / count), df * (count - 1) / (n - 1)) >= POWER

    low, high = n, 2 * n
    while not enough(high):
        low, high = high, 2 * high
        if low > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
