"""Fast gradient sign method: one step."""

from torch import Tensor

from claimbench.attacks._gradient import Model, input_gradient


def fgsm(f: Model, x: Tensor, y: Tensor, epsilon: float) -> Tensor:
    """Inputs moved by epsilon in the direction in which the loss, taken as linear, grows most.

    x + epsilon sign(d CE(f(x), y) / dx)

    Args:
        f: inputs `[N, ...]` to logits `[N, C]`.
        x: `[N, ...]`, floating, standardised.
        y: `[N]`, int64, the true classes.
        epsilon: radius of the L-infinity ball, at least 0, in the units of x.

    Returns:
        Of x's shape, without a gradient. Values with gradient 0 stay.

    Source:
        Goodfellow et al. 2015, "Explaining and Harnessing Adversarial Examples", section 4.
    """
    return x.detach() + epsilon * input_gradient(f, x, y).sign()
