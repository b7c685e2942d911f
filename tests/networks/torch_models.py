"""AlexNet and GoogLeNet in PyTorch, with the names of torchvision's modules.

And weights for them. PyTorch is imported by the functions that need it, because most
test runs do without.
"""
# SPDX-License-Identifier: BSD-3-Clause

import math
import zlib

import numpy as np

# Filters: branch 1; branch 2, reduced and full; branch 3 likewise; branch 4.
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def alexnet():
    from torch import nn

    def convolution(n_inputs, n_outputs, size, stride=1):
        return nn.Conv2d(n_inputs, n_outputs, size, stride, padding=(size - 1) // 2)

    model = nn.Sequential()
    model.features = nn.Sequential(
        # 2, where an output of the input's size would want 5.
        nn.Conv2d(3, 64, 11, 4, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        convolution(64, 192, 5),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        convolution(192, 384, 3),
        nn.ReLU(),
        convolution(384, 256, 3),
        nn.ReLU(),
        convolution(256, 256, 3),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
    )
    model.avgpool = nn.AdaptiveAvgPool2d((6, 6))
    model.flatten = nn.Flatten()
    model.classifier = nn.Sequential(
        nn.Dropout(),
        nn.Linear(256 * 6 * 6, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Linear(4096, 1000),
    )
    return model.eval()


def googlenet():
    import torch
    from torch import nn

    def block(n_inputs, n_outputs, size, stride=1):
        block = nn.Sequential()
        block.conv = nn.Conv2d(
            n_inputs, n_outputs, size, stride, (size - 1) // 2, bias=False
        )
        block.bn = nn.BatchNorm2d(n_outputs, eps=1e-3)
        block.append(nn.ReLU())
        return block

    def pool(size, stride=2, padding=0):
        return nn.MaxPool2d(size, stride, padding, ceil_mode=True)

    class Inception(nn.Module):
        def __init__(self, n_inputs, a, b_reduced, b, c_reduced, c, d):
            super().__init__()
            self.branch1 = block(n_inputs, a, 1)
            self.branch2 = nn.Sequential(
                block(n_inputs, b_reduced, 1), block(b_reduced, b, 3)
            )
            self.branch3 = nn.Sequential(
                block(n_inputs, c_reduced, 1), block(c_reduced, c, 3)
            )
            self.branch4 = nn.Sequential(pool(3, 1, 1), block(n_inputs, d, 1))

        def forward(self, x):
            return torch.cat([branch(x) for branch in self.children()], 1)

    model = nn.Sequential()
    model.conv1 = block(3, 64, 7, 2)
    model.maxpool1 = pool(3)
    model.conv2 = block(64, 64, 1)
    model.conv3 = block(64, 192, 3)
    model.maxpool2 = pool(3)
    n_channels = 192
    for name, sizes in INCEPTIONS.items():
        setattr(model, f"inception{name}", Inception(n_channels, *sizes))
        n_channels = sizes[0] + sizes[2] + sizes[4] + sizes[5]
        if name == "3b":
            model.maxpool3 = pool(3)
        elif name == "4e":
            model.maxpool4 = pool(2)
    model.avgpool = nn.AdaptiveAvgPool2d((1, 1))
    model.flatten = nn.Flatten()
    model.dropout = nn.Dropout(0.2)
    model.fc = nn.Linear(1024, 1000)
    return model.eval()


def noise(shape, seed):
    """Numbers from -1 to 1 that no version of anything changes."""
    x = np.arange(math.prod(shape), dtype=np.uint32)
    x = (x + np.uint32(seed)) * np.uint32(0x9E3779B1)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    x = (x ^ (x >> np.uint32(16))).view(np.int32)
    return (x.astype(np.float32) / np.float32(2**31)).reshape(shape)


def state_of(shapes):
    """A state dict for names and shapes, which lets the activations keep their size."""
    state = {}
    for name, shape in shapes.items():
        numbers = noise(shape, zlib.crc32(name.encode()))
        kind = name.rpartition(".")[2]
        if kind == "num_batches_tracked":
            state[name] = np.array(7)
        elif len(shape) > 1:
            fan_in = math.prod(shape[1:])
            state[name] = numbers * np.float32(math.sqrt(6 / fan_in))
        elif kind in ("running_var", "weight"):
            state[name] = 1 + numbers / 2
        else:
            state[name] = numbers / 5
    return state


def pictures(n_pictures=1):
    """Channels last, as Keras wants them."""
    return noise((n_pictures, 224, 224, 3), 1)


def activations(model, state, modules):
    """Outputs of modules of a PyTorch model, and its own as "logits", channels last."""
    import torch

    model.load_state_dict({name: torch.tensor(a) for name, a in state.items()})
    outputs = {}

    def keep(name):
        def hook(_module, _inputs, output):
            outputs[name] = np.moveaxis(output.numpy(), 1, -1).copy()

        return hook

    handles = [
        model.get_submodule(name).register_forward_hook(keep(name)) for name in modules
    ]
    with torch.no_grad():
        batch = torch.tensor(np.moveaxis(pictures(), -1, 1))
        outputs["logits"] = model(batch).numpy()
    for handle in handles:
        handle.remove()
    return outputs
