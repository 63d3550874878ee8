"""Improved deep leakage from gradients: the labels first, then pictures whose gradient is the one that was seen.

Type: data reconstruction, white box, passive (Zhao, Mopuri and Bilen 2020, "iDLG: improved deep leakage from
gradients").
Threat model: as `dlg`. The labels are hard: each person has one class.
Method: labels come from the gradient of the output's biases (see `labels`), which is certain for one person and usual
for a few; then L-BFGS moves the pictures only, as in `dlg`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..reconstruction import Reconstruction
from .dlg import matched
from .labels import labels_of_batch, one_hot
from .seen import SeenGradients

NAME = "idlg"
TITLE = "Labels first, then deep leakage"


def reconstruct(seen: SeenGradients) -> Iterator[Reconstruction]:
    """The best batch so far after every twenty steps."""
    return matched(seen, one_hot(labels_of_batch(seen), seen.classes))
