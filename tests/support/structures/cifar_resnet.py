"""ResNet for CIFAR-10 (He et al. 2015, section 4.2, shortcut option A), as a user writes a structure file."""

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """Two 3x3 convolutions; a stride drops every second pixel of the shortcut and pads its channels with zeros."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.padding = stride, (outputs - inputs) // 2

    def forward(self, x):
        shortcut = x
        if self.stride != 1:
            shortcut = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.padding, self.padding))
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + shortcut)


class CifarResNet(nn.Module):
    """Three stages of `blocks` blocks each."""

    blocks = 3

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self.stage(16, 16, 1)
        self.layer2 = self.stage(16, 32, 2)
        self.layer3 = self.stage(32, 64, 2)
        self.linear = nn.Linear(64, num_classes)

    def stage(self, inputs, outputs, stride):
        rest = [Block(outputs, outputs, 1) for _ in range(self.blocks - 1)]
        return nn.Sequential(Block(inputs, outputs, stride), *rest)

    def forward(self, images):
        x = torch.relu(self.bn1(self.conv1(images)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


class ResNet20(CifarResNet):
    blocks = 3


class ResNet32(CifarResNet):
    blocks = 5


class ResNet44(CifarResNet):
    blocks = 7


class ResNet56(CifarResNet):
    blocks = 9
