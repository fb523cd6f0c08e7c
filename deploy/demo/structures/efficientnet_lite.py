"""EfficientNet-Lite0 and Lite1 in plain PyTorch: a model structure as a user of Mo writes one."""

from __future__ import annotations

import math

import torch
from torch import nn

STAGES = (
    # repeats, kernel, stride, expansion, channels in, channels out
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)
"""Lite0's stages; the Lite family widens nothing up to Lite1 and keeps the first and last stage's depth."""
STEM_CHANNELS = 32
HEAD_CHANNELS = 1280
BATCH_NORM_EPS = 1e-3


class SameConv(nn.Conv2d):
    """Convolution padded as TensorFlow's SAME does, for an input of `size` x `size` pixels."""

    def __init__(
        self, size: int, channels_in: int, channels_out: int, kernel: int, stride: int, groups: int = 1
    ) -> None:
        super().__init__(channels_in, channels_out, kernel, stride, groups=groups, bias=False)
        total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
        before, after = total // 2, total - total // 2
        self.pad = nn.ZeroPad2d((before, after, before, after))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = super().forward(self.pad(x))
        return y


def normalised(channels: int) -> nn.BatchNorm2d:
    """Batch normalisation with TensorFlow's epsilon."""
    return nn.BatchNorm2d(channels, eps=BATCH_NORM_EPS)


class Block(nn.Module):
    """Expand, filter each channel, project; the input is added where shapes allow."""

    def __init__(
        self, size: int, kernel: int, stride: int, expansion: int, channels_in: int, channels_out: int
    ) -> None:
        super().__init__()
        inner = channels_in * expansion
        self.expands = expansion != 1
        self.adds = stride == 1 and channels_in == channels_out
        if self.expands:
            self._expand_conv = SameConv(size, channels_in, inner, 1, 1)
            self._bn0 = normalised(inner)
        self._depthwise_conv = SameConv(size, inner, inner, kernel, stride, groups=inner)
        self._bn1 = normalised(inner)
        self._project_conv = SameConv(math.ceil(size / stride), inner, channels_out, 1, 1)
        self._bn2 = normalised(channels_out)
        self.relu6 = nn.ReLU6()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = self.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.adds else y


class EfficientNetLite(nn.Module):
    """Images (batch, 3, size, size), float32, (x - 127) / 128, to logits (batch, num_classes)."""

    def __init__(self, size: int, depth: float, num_classes: int) -> None:
        super().__init__()
        self._conv_stem = SameConv(size, 3, STEM_CHANNELS, 3, 2)
        self._bn0 = normalised(STEM_CHANNELS)
        self._blocks = nn.ModuleList()
        size = math.ceil(size / 2)
        for index, (repeats, kernel, stride, expansion, channels_in, channels_out) in enumerate(STAGES):
            outermost = index in (0, len(STAGES) - 1)
            for repeat in range(repeats if outermost else math.ceil(repeats * depth)):
                first = repeat == 0
                self._blocks.append(
                    Block(
                        size,
                        kernel,
                        stride if first else 1,
                        expansion,
                        channels_in if first else channels_out,
                        channels_out,
                    )
                )
                size = math.ceil(size / stride) if first else size
        self._conv_head = SameConv(size, STAGES[-1][-1], HEAD_CHANNELS, 1, 1)
        self._bn1 = normalised(HEAD_CHANNELS)
        self._avg_pooling = nn.AdaptiveAvgPool2d(1)
        self._fc = nn.Linear(HEAD_CHANNELS, num_classes)
        self.relu6 = nn.ReLU6()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = self.relu6(self._bn1(self._conv_head(x)))
        logits: torch.Tensor = self._fc(torch.flatten(self._avg_pooling(x), 1))
        return logits


class EfficientNetLite0(EfficientNetLite):
    """224 x 224 pixels."""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__(224, 1.0, num_classes)


class EfficientNetLite1(EfficientNetLite):
    """240 x 240 pixels, 1.1 times as deep."""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__(240, 1.1, num_classes)
