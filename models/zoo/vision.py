"""Convolutional networks, torchvision's and others."""

import torch
import torchvision
from torch import nn

from case import Case, bits, floats, integers, network


def image_case(module, pixels=64, classes=10, batch=4, channels=3):
    return Case(module, {"image": floats(channels, pixels, pixels, batch=batch)},
                "softmax-cross-entropy", integers(classes, batch=batch), batch)


@network("vision", needs=("convolution",))
def lenet(size, drop):
    module = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5),
        nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(),
        nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    return image_case(module, 28, channels=1, batch=8)


def torchvision_case(name, **settings):
    make = getattr(torchvision.models, name)
    return image_case(make(weights=None, num_classes=10, **settings))


@network("vision", needs=("convolution",))
def resnet18(size, drop):
    return torchvision_case("resnet18")


@network("vision", needs=("convolution",))
def resnet50(size, drop):
    return torchvision_case("resnet50")


@network("vision", needs=("convolution",))
def mobilenet_v2(size, drop):
    return torchvision_case("mobilenet_v2", dropout=drop)


@network("vision", needs=("convolution",))
def efficientnet_b0(size, drop):
    return torchvision_case("efficientnet_b0", dropout=drop,
                            stochastic_depth_prob=drop)


@network("vision", needs=("convolution",))
def squeezenet(size, drop):
    return torchvision_case("squeezenet1_1", dropout=drop)


@network("vision", needs=("convolution",))
def vgg16(size, drop):
    from torchvision.models.vgg import cfgs, make_layers
    module = nn.Sequential(
        make_layers(cfgs["D"]), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(),
        nn.Linear(512, 128), nn.ReLU(True), nn.Dropout(drop), nn.Linear(128, 10))
    return image_case(module, 32)


@network("vision", needs=("convolution",))
def convnext(size, drop):
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt
    blocks = [CNBlockConfig(16, 32, 1), CNBlockConfig(32, 64, 1),
              CNBlockConfig(64, None, 1)]
    return image_case(ConvNeXt(blocks, drop, num_classes=10))


@network("vision", needs=("convolution",))
def vit_torchvision(size, drop):
    return image_case(torchvision.models.VisionTransformer(
        32, 8, size.layers, size.heads, size.hidden, 2 * size.hidden, dropout=drop,
        num_classes=10), 32, batch=8)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()

        def block(inputs, outputs):
            layers = []
            for channels in (inputs, outputs):
                layers += [nn.Conv2d(channels, outputs, 3, padding=1),
                           nn.BatchNorm2d(outputs), nn.ReLU(True)]
            return nn.Sequential(*layers)

        self.a, self.b, self.c = block(3, 8), block(8, 16), block(24, 8)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(16, 16, 2, 2)
        self.head = nn.Conv2d(8, 1, 1)

    def forward(self, image):
        a = self.a(image)
        up = self.up(self.b(self.pool(a)))
        return self.head(self.c(torch.cat([a, up], 1)))


@network("vision", needs=("convolution",))
def unet(size, drop):
    return Case(UNet(), {"image": floats(3, 32, 32, batch=4)}, "binary-cross-entropy",
                bits(1, 32, 32, batch=4), 4)
