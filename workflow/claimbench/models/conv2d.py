"""Small 2-D convolutional network for images."""

import torch
from torch import nn

from claimbench.models._init import he_uniform


def conv2d(input_shape: tuple[int, ...], classes: int, *, generator: torch.Generator, channels: int = 8) -> nn.Module:
    """Two stride-2 convolutions (5x5 with `channels` maps, 3x3 with twice as many) with ReLU, then a linear layer.

    Args:
        input_shape: `(planes, height, width)` of one image.
        classes: number of logits.
        generator: source of the initial weights.
        channels: feature maps of the first layer, at least 1.

    Returns:
        Module from `[N, planes, height, width]` to logits `[N, classes]`.
    """
    planes, height, width = input_shape
    positions = -(-height // 4) * -(-width // 4)
    with torch.random.fork_rng(devices=[]):  # keeps the layers' own draws from the global state
        model = nn.Sequential(
            nn.Conv2d(planes, channels, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(2 * channels * positions, classes),
        )
    return he_uniform(model, generator)
