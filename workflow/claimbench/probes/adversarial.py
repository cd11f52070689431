"""Accuracy under attack: one signed gradient step, and projected gradient descent."""

from claimbench import attacks, metrics
from claimbench.probes import Subject

EPSILON = 0.1  # of the inputs' standard deviation
STEPS = 10
EXAMPLES = 500  # of the test set, the first ones: attacks cost a gradient for each step


def adversarial(subject: Subject) -> dict[str, float]:
    """`fgsm_accuracy` and `pgd_accuracy`, in the L-infinity ball of radius `EPSILON` on standardised inputs.

    PGD takes `STEPS` steps of EPSILON / 4 from a random start.

    Source: Goodfellow et al. (2015); Madry et al. (2018).
    """
    x, y = subject.test_x[:EXAMPLES], subject.test_y[:EXAMPLES]
    one = attacks.fgsm(subject.classify, x, y, EPSILON)
    many = attacks.pgd(subject.classify, x, y, EPSILON, STEPS, EPSILON / 4, subject.generator("attack"))
    accuracy = metrics.get("accuracy")
    return {
        "fgsm_accuracy": accuracy(subject.classify(one), y).item(),
        "pgd_accuracy": accuracy(subject.classify(many), y).item(),
    }
