"""claimbench: papers' claims about losses, optimizers and training methods, measured fairly and judged."""

__version__ = "0.1.0"
