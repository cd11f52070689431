"""Whether one arm's runs diverge more often than the other's."""

from collections.abc import Sequence

from scipy import special


def mcnemar_exact(arm: Sequence[bool], than: Sequence[bool]) -> float:
    """Exact two-sided McNemar p of equal divergence rates in paired runs.

    p = min(1, 2 P(Binomial(b + c, 1/2) <= min(b, c))), b and c being the pairs in which only one of the two diverged.

    Args:
        arm, than: whether each run diverged, in the same order.
    Returns: p; 1 where no pair differs.
    Raises: ValueError where the lengths differ.
    Source: McNemar (1947); the exact form is the sign test on the discordant pairs.
    """
    only_arm = sum(a and not b for a, b in zip(arm, than, strict=True))
    only_than = sum(b and not a for a, b in zip(arm, than, strict=True))
    return min(1.0, 2 * float(special.bdtr(min(only_arm, only_than), only_arm + only_than, 0.5)))
