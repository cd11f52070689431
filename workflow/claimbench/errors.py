"""Errors meant for the person at the keyboard: one sentence on what is wrong, where, and what would be right."""

import difflib
from collections.abc import Iterable
from pathlib import Path


class ClaimbenchError(Exception):
    """Something that the user can mend. `cli.main` prints it without a traceback and exits with 2."""


class SpecError(ClaimbenchError):
    """A claim, task or configuration file is wrong: names file and field."""

    def __init__(self, path: Path | str, field: str, problem: str) -> None:
        self.path, self.field, self.problem = Path(path), field, problem
        super().__init__(f"{path}: {field}: {problem}")


class DataUnavailable(ClaimbenchError):
    """A data set cannot be had here; the message says which file to put where."""


class CorruptData(ClaimbenchError):
    """A file's content differs from its recorded hash; the message has file, expected and found hash."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """`name`'s closest valid spelling as a half-sentence for an error message, or the empty string.

    >>> nearest("squentopy", ["squentropy", "focal"])
    '; did you mean "squentropy"?'
    """
    close = difflib.get_close_matches(str(name), list(allowed), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""
