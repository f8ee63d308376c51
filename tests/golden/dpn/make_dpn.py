#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes network.pt: what a small Dual Path Network of PyTorch computes, for dpn_golden_test.cc.

    /usr/bin/python3 tests/golden/dpn/make_dpn.py

A dict of tensors that torch.load and torch::pickle_load read: "before.NAME", the parameters and
buffers; "images" and "output_gradient"; then, in training and afterwards in evaluation mode, "MODE.output",
"MODE.image_gradient" and "MODE.gradient.NAME" of each parameter; "after.NAME", the buffers.
"""

import pathlib

import torch

import dpn

# Both kinds of block, with and without stride, images of odd sizes.
LAYOUT = dict(channels=3, stem=(6, 5, 2, True), groups=2, outputs=5,
              stages=[(2, 4, 8, 2, 1), (2, 8, 12, 3, 2)])


def main():
    torch.manual_seed(1)
    network = dpn.DualPathNetwork(**LAYOUT)
    for module in network.modules():  # No value that it is born with hides a mistake.
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 1.5)
    images = torch.randn(4, 3, 33, 27)
    output_gradient = torch.randn(4, 5)

    golden = {"images": images, "output_gradient": output_gradient}
    golden.update({f"before.{name}": value.clone() for name, value in network.state_dict().items()})
    for mode in ("train", "eval"):
        network.train(mode == "train")
        network.zero_grad()
        leaf = images.clone().requires_grad_()
        output = network(leaf)
        output.backward(output_gradient)
        golden[f"{mode}.output"] = output.detach()
        golden[f"{mode}.image_gradient"] = leaf.grad
        for name, parameter in network.named_parameters():
            golden[f"{mode}.gradient.{name}"] = parameter.grad.clone()
    golden.update({f"after.{name}": value.clone() for name, value in network.named_buffers()})
    torch.save(golden, pathlib.Path(__file__).parent / "network.pt")


if __name__ == "__main__":
    main()
