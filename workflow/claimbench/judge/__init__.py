"""The judge: statistics from measurements to verdicts, with intervals, corrections and words.

judge_claim    one claim's measurements -> the content of its verdict file
adjust_suite   all verdict files -> the same with the verdicts that survive Benjamini-Hochberg over the suite
"""

from claimbench.judge.claim import judge_claim
from claimbench.judge.multiplicity import adjust_suite

__all__ = ["adjust_suite", "judge_claim"]
