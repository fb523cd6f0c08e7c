"""A small network for digits of 8 x 8 pixels, as a user writes a structure file."""

import torch
from torch import nn


def stage(channels_in: int, channels_out: int) -> nn.Sequential:
    """Convolution, normalisation, and half the edge."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )


class DigitsNet(nn.Module):
    """Images (batch, 1, 8, 8), float32, (x - 120) / 60, to logits (batch, num_classes)."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(stage(1, 16), stage(16, 32))
        self.head = nn.Linear(32 * 4, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(torch.flatten(self.features(x), 1))
        return logits
