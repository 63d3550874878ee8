"""The labels of a batch, from the gradient of the output's biases.

Type: label reconstruction, white box, passive (Zhao et al. 2020, "iDLG"; Wainakh et al. 2022, "User-level label
leakage from gradients in federated learning", LLG).
Threat model: the attacker is the server. They know the network and its weights, how many persons are in the batch, and
the gradient of their mean cross-entropy; they change nothing.
Method: a class's bias has the gradient (mean probability that the network gives the class) - (share of the batch that
has this label). It is negative only where somebody has the label.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .seen import SeenGradients

_GUESSED = 64  # pictures of noise on which the mean probabilities are guessed


def label_of_one(seen: SeenGradients) -> int:
    """The label of a batch of one: the only class whose bias has a negative gradient.

    It is always right, unless the network is so sure of the person that the gradient is 0.
    """
    return int(seen.gradients[-1].argmin())


def labels_of_batch(seen: SeenGradients) -> Tensor:
    """The labels of a batch, one of each person, in ascending order; shape (B,).

    The mean probabilities are guessed by showing noise to the network. Each person of a class lowers its gradient by
    1 / B: persons are taken away from the class where this leaves the most, until there are B. Classes with a negative
    gradient come first, as they are certain.

    For B = 1 see `label_of_one`. For more the counts are right wherever the guess is less than 1 / 2B from the truth in
    every class, which holds for small batches of a network that is not trained yet.
    """
    if seen.batch == 1:
        return torch.tensor([label_of_one(seen)])
    seen_bias = seen.gradients[-1].double()
    left = _probabilities(seen) - seen_bias
    certain = seen_bias.argsort()[: min(seen.batch, int((seen_bias < 0).sum()))]
    found = certain.tolist()
    left[certain] -= 1 / seen.batch
    while len(found) < seen.batch:
        at = int(left.argmax())
        found.append(at)
        left[at] -= 1 / seen.batch
    return torch.tensor(sorted(found))


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """Targets that are sure of the labels, shape (B, C)."""
    return torch.nn.functional.one_hot(labels, classes).float()


def _probabilities(seen: SeenGradients) -> Tensor:
    """Mean probabilities of the classes on noise, shape (C,), read from a gradient as nothing but the loss is known."""
    draw = torch.Generator().manual_seed(seen.seed)
    noise = torch.rand((_GUESSED, *seen.shape), generator=draw)
    targets = torch.full((_GUESSED, seen.classes), 1 / seen.classes)
    bias = seen.weights[-1].detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(seen.victim.loss([*seen.weights[:-1], bias], noise, targets), bias)
    return gradient.double() + 1 / seen.classes
