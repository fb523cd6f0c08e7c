"""FastestDet: a ShuffleNetV2 backbone, one grid of objectness, boxes and classes; as a user writes a structure file."""

import torch
from torch import nn
from torch.nn import functional


def conv_bn_relu(inputs, outputs, kernel, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class ShuffleBlock(nn.Module):
    """With stride 1 half of the channels pass by; with stride 2 both halves are computed from all of them."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.stride = stride
        middle = outputs // 2
        self.branch_main = nn.Sequential(
            nn.Conv2d(inputs, middle, 1, bias=False), nn.BatchNorm2d(middle), nn.ReLU(inplace=True),
            nn.Conv2d(middle, middle, 3, stride, 1, groups=middle, bias=False), nn.BatchNorm2d(middle),
            nn.Conv2d(middle, outputs - inputs, 1, bias=False), nn.BatchNorm2d(outputs - inputs), nn.ReLU(inplace=True),
        )  # fmt: skip
        if stride == 2:
            self.branch_proj = nn.Sequential(
                nn.Conv2d(inputs, inputs, 3, 2, 1, groups=inputs, bias=False), nn.BatchNorm2d(inputs),
                nn.Conv2d(inputs, inputs, 1, bias=False), nn.BatchNorm2d(inputs), nn.ReLU(inplace=True),
            )  # fmt: skip

    def forward(self, x):
        if self.stride == 2:
            return torch.cat([self.branch_proj(x), self.branch_main(x)], 1)
        return torch.cat([x[:, ::2], self.branch_main(x[:, 1::2])], 1)


class Backbone(nn.Module):
    """Three stages; each gives its features."""

    def __init__(self, stages=((4, 48), (8, 96), (4, 192)), channels=24):
        super().__init__()
        self.first_conv = conv_bn_relu(3, channels, 3, 2)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        for number, (blocks, outputs) in enumerate(stages, 2):
            rest = [ShuffleBlock(outputs // 2, outputs, 1) for _ in range(blocks - 1)]
            setattr(self, f"stage{number}", nn.Sequential(ShuffleBlock(channels, outputs, 2), *rest))
            channels = outputs

    def forward(self, x):
        fine = self.stage2(self.maxpool(self.first_conv(x)))
        middle = self.stage3(fine)
        return fine, middle, self.stage4(middle)


class Conv1x1(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1x1 = conv_bn_relu(inputs, outputs, 1)

    def forward(self, x):
        return self.conv1x1(x)


class Head(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv5x5 = nn.Sequential(
            *conv_bn_relu(inputs, inputs, 5, groups=inputs),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x):
        return self.conv5x5(x)


class Pyramid(nn.Module):
    """One, two and three depthwise convolutions beside each other."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.Conv1x1 = Conv1x1(inputs, outputs)
        for count in (1, 2, 3):
            layers = [layer for _ in range(count) for layer in conv_bn_relu(outputs, outputs, 5, groups=outputs)]
            setattr(self, f"S{count}", nn.Sequential(*layers))
        self.output = nn.Sequential(nn.Conv2d(outputs * 3, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        x = self.Conv1x1(x)
        return torch.relu(x + self.output(torch.cat([self.S1(x), self.S2(x), self.S3(x)], 1)))


class DetectHead(nn.Module):
    def __init__(self, inputs, num_classes):
        super().__init__()
        self.conv1x1 = Conv1x1(inputs, inputs)
        self.obj_layers, self.reg_layers = Head(inputs, 1), Head(inputs, 4)
        self.cls_layers = Head(inputs, num_classes)

    def forward(self, x):
        x = self.conv1x1(x)
        scores = torch.softmax(self.cls_layers(x), 1)
        return torch.cat([torch.sigmoid(self.obj_layers(x)), self.reg_layers(x), scores], 1)


class FastestDet(nn.Module):
    """Images (n, 3, 352, 352), BGR / 255, to (n, 5 + classes, 22, 22)."""

    def __init__(self, num_classes=80):
        super().__init__()
        self.backbone = Backbone()
        self.SPP = Pyramid(48 + 96 + 192, 96)
        self.detect_head = DetectHead(96, num_classes)

    def forward(self, x):
        fine, middle, coarse = self.backbone(x)
        fine = functional.avg_pool2d(fine, 3, 2, 1)
        coarse = functional.interpolate(coarse, scale_factor=2.0, mode="nearest")
        return self.detect_head(self.SPP(torch.cat([fine, middle, coarse], 1)))
