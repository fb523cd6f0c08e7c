"""Small networks of many kinds, with random weights: what converters and engines must take."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional


class Kind(NamedTuple):
    """How to make a network and what it takes: (channels, height, width)."""

    make: Callable[[], nn.Module]
    shape: tuple[int, int, int]


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)
    )


class Residual(nn.Module):
    """Convolutions with a shortcut, and a linear head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.one, self.two = conv(3, 16, stride=2), conv(16, 16), conv(16, 16)
        self.head = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.stem(x))
        x = torch.relu(x + self.two(torch.relu(self.one(x))))
        return self.head(x.mean((2, 3)))


class Squeezed(nn.Module):
    """Depthwise convolutions, squeeze and excitation, hardswish: MobileNet v3's parts."""

    def __init__(self) -> None:
        super().__init__()
        self.expand, self.depth, self.project = conv(3, 24, 1), conv(24, 24, 5, 2, 24), conv(24, 16, 1)
        self.squeeze, self.excite = nn.Conv2d(24, 8, 1), nn.Conv2d(8, 24, 1)
        self.head = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.hardswish(self.depth(functional.relu6(self.expand(x))))
        gate = functional.adaptive_avg_pool2d(x, 1)
        x = x * functional.hardsigmoid(self.excite(torch.relu(self.squeeze(gate))))
        return self.head(functional.adaptive_avg_pool2d(self.project(x), 1).flatten(1))


class TwoHeads(nn.Module):
    """One trunk, two tasks, the second with its softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(conv(3, 16, stride=4), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.colour, self.kind = nn.Linear(16, 4), nn.Linear(16, 7)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.trunk(x)
        return self.colour(x), torch.softmax(self.kind(x), 1)


class Grid(nn.Module):
    """A detector of FastestDet's kind: three scales brought together, one grid of objectness, boxes and classes."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(conv(3, 8, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.middle, self.coarse = conv(8, 16, stride=2), conv(16, 32, stride=2)
        self.out = nn.Conv2d(56, 5 + 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        fine = self.fine(x)
        middle = torch.relu(self.middle(fine))
        coarse = functional.interpolate(torch.relu(self.coarse(middle)), scale_factor=2.0)
        y = self.out(torch.cat([functional.avg_pool2d(fine, 3, 2, 1), middle, coarse], 1))
        return torch.cat([torch.sigmoid(y[:, :1]), y[:, 1:5], torch.softmax(y[:, 5:], 1)], 1)


class Decoded(nn.Module):
    """A detector that decodes its boxes in the graph: boxes and scores."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(3, 16, stride=4), nn.LeakyReLU(0.1), conv(16, 16, stride=2), nn.ReLU())
        self.boxes, self.scores = nn.Conv2d(16, 4, 1), nn.Conv2d(16, 3, 1)
        rows, columns = torch.meshgrid(torch.arange(4.0), torch.arange(4.0), indexing="ij")
        self.register_buffer("points", torch.stack([columns, rows], -1).reshape(1, 16, 2) * 8 + 4)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.body(x)
        sides = functional.softplus(self.boxes(x)).flatten(2).transpose(1, 2) * 8
        boxes = torch.cat([self.points - sides[..., :2], self.points + sides[..., 2:]], -1)
        return boxes, torch.sigmoid(self.scores(x)).flatten(2).transpose(1, 2)


class Perceptron(nn.Module):
    """Linear layers on grey pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 32), nn.ReLU(), nn.Linear(32, 10), nn.Softmax(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


class Upsampler(nn.Module):
    """Encoder and decoder with a transposed convolution and a bilinear resize: a map of classes pooled to scores."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = conv(3, 12, stride=2), nn.ConvTranspose2d(12, 12, 2, 2)
        self.out = nn.Conv2d(15, 5, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.up(functional.gelu(self.down(x)))
        y = functional.interpolate(y, size=(48, 48), mode="bilinear", align_corners=False)
        x = functional.interpolate(x, size=(48, 48), mode="bilinear", align_corners=False)
        return self.out(torch.cat([x, y], 1)).amax((2, 3))


class Attention(nn.Module):
    """A small vision transformer: patches, a class token, two encoder layers with layer normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 32, 8, 8)
        self.token = nn.Parameter(torch.randn(1, 1, 32))
        self.places = nn.Parameter(torch.randn(1, 17, 32))
        layer = nn.TransformerEncoderLayer(32, 4, 64, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        return self.head(self.encoder(x)[:, 0])


class Reader(nn.Module):
    """A text line's network: convolutions, a two-way LSTM over the columns, CTC's numbers (steps, symbols + blank)."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(3, 16, stride=2), nn.ReLU(), conv(16, 16, stride=2), nn.ReLU())
        self.lstm = nn.LSTM(16, 12, batch_first=True, bidirectional=True)
        self.head = nn.Linear(24, 11)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.body(x).mean(2).transpose(1, 2)
        return self.head(self.lstm(x)[0])


class Columns(nn.Module):
    """A text line's network without recurrence, as LPRNet's followers are."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(3, 16, stride=2), nn.ReLU(), nn.MaxPool2d((2, 1)), conv(16, 24), nn.ReLU())
        self.head = nn.Conv2d(24, 11, (1, 5), padding=(0, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x)).mean(2).transpose(1, 2)


KINDS = {
    "residual": Kind(Residual, (3, 32, 32)),
    "squeezed": Kind(Squeezed, (3, 32, 32)),
    "two-heads": Kind(TwoHeads, (3, 32, 32)),
    "grid": Kind(Grid, (3, 64, 64)),
    "decoded": Kind(Decoded, (3, 32, 32)),
    "perceptron": Kind(Perceptron, (1, 28, 28)),
    "upsampler": Kind(Upsampler, (3, 32, 32)),
    "attention": Kind(Attention, (3, 32, 32)),
    "reader": Kind(Reader, (3, 16, 64)),
    "columns": Kind(Columns, (3, 16, 64)),
}


def make(kind: str) -> nn.Module:
    """The network with weights that are the same at every call, ready for inference."""
    torch.manual_seed(0)
    network = KINDS[kind].make()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None and module.running_var is not None:
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval()
