# SPDX-License-Identifier: MIT
"""The optimizer of one pass gives the numbers of torch's."""

import pytest
import torch
from torch import nn

import bittensor_cpp


def trained(optimizer_of, **options):
    """A model's parameters and the optimizer's state after some steps with a falling rate."""
    torch.manual_seed(3)
    model = nn.Linear(7, 5)
    optimizer = optimizer_of(model.parameters(), lr=0.1, **options)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    for _ in range(5):
        optimizer.zero_grad(set_to_none=True)
        model(torch.rand(3, 7)).square().sum().backward()
        optimizer.step()
        scheduler.step()
    moments = [one.get("momentum_buffer") for one in optimizer.state_dict()["state"].values()]
    return nn.utils.parameters_to_vector(model.parameters()), moments


@pytest.mark.parametrize("options", [
    dict(momentum=0.9), dict(), dict(momentum=0.9, nesterov=True),
    dict(momentum=0.9, weight_decay=0.1), dict(momentum=0.9, dampening=0.5)])
def test_numbers_and_state_are_those_of_torch(options):
    ours, theirs = (trained(one, **options) for one in (bittensor_cpp.SGD, torch.optim.SGD))
    assert torch.allclose(ours[0], theirs[0], atol=1e-6)
    for one, other in zip(ours[1], theirs[1]):
        assert one is None and other is None or torch.allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("make", [
    lambda: torch.rand(5, 7, dtype=torch.float64), lambda: torch.rand(7, 5).t()])
def test_what_does_not_lie_in_one_row_of_floats_is_left_to_torch(make):
    start = make()
    ends = []
    for optimizer_of in (bittensor_cpp.SGD, torch.optim.SGD):
        parameter = start.clone().requires_grad_()
        optimizer = optimizer_of([parameter], lr=0.1, momentum=0.9)
        for _ in range(2):
            parameter.grad = torch.ones_like(parameter)
            optimizer.step()
        ends.append(parameter.detach())
    assert torch.equal(*ends)


def test_closure_is_called():
    parameter = torch.ones(3, requires_grad=True)
    optimizer = bittensor_cpp.SGD([parameter], lr=0.1, momentum=0.9)

    def closure():
        optimizer.zero_grad()
        loss = parameter.sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 3
    assert torch.allclose(parameter, torch.full((3,), 0.9))


def test_parameter_without_a_gradient_stays():
    moved, still = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    moved.grad = torch.ones(3)
    bittensor_cpp.SGD([moved, still], lr=0.1, momentum=0.9).step()
    assert torch.allclose(moved, torch.full((3,), 0.9)) and torch.equal(still, torch.ones(3))
