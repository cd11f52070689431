"""Small 1-D convolutional network for signals."""

import torch
from torch import nn

from claimbench.models._init import he_uniform


def conv1d(input_shape: tuple[int, ...], classes: int, *, generator: torch.Generator, channels: int = 25) -> nn.Module:
    """Three stride-2 convolutions (widths 5, 3, 3) with ReLU, then a linear layer on all positions.

    Args:
        input_shape: `(planes, length)` of one signal.
        classes: number of logits.
        generator: source of the initial weights.
        channels: feature maps in each layer, at least 1.

    Returns:
        Module from `[N, planes, length]` to logits `[N, classes]`.

    Source: the form of the convolutional baseline of Greydanus and Kobak, MNIST-1D (2020).
    """
    planes, length = input_shape
    positions = length
    for _ in range(3):
        positions = (positions - 1) // 2 + 1
    with torch.random.fork_rng(devices=[]):  # keeps the layers' own draws from the global state
        model = nn.Sequential(
            nn.Conv1d(planes, channels, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv1d(channels, channels, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv1d(channels, channels, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(channels * positions, classes),
        )
    return he_uniform(model, generator)
