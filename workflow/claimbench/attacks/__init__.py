"""Attacks: inputs moved a little, within an L-infinity ball, so that a model errs.

An attack sees the model as a function f from inputs `[N, ...]` to logits `[N, C]`, which must treat each example by
itself (batch normalisation in evaluation mode). Inputs are standardised: the radius epsilon is in deviations of the
data, and the ball is not cut to the range of valid pixels.
"""

from claimbench.attacks._gradient import Model
from claimbench.attacks.fgsm import fgsm
from claimbench.attacks.pgd import pgd

__all__ = ["Model", "fgsm", "pgd"]
