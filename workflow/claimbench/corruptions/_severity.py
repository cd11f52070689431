"""Reading a corruption's parameter from its table of severities."""

from collections.abc import Sequence

from claimbench.errors import ClaimbenchError


class BadSeverity(ClaimbenchError):
    """A severity that is not 1 to 5."""


def at_severity(severities: Sequence[float], severity: int) -> float:
    """The parameter at `severity`, 1 to 5.

    Raises:
        BadSeverity: it is none of these; there is no severity 0, which is the clean input.
    """
    if severity not in (1, 2, 3, 4, 5):
        raise BadSeverity(f"severity: expected 1, 2, 3, 4 or 5, got {severity!r}")
    return severities[severity - 1]
