"""The 1,797 handwritten digits, 8 by 8 pixels, that come with scikit-learn."""

from __future__ import annotations

import numpy as np

from .exhibit import Exhibit

NAME = "digits"
TITLE = "Handwritten digits"

GREYS = 16


def load() -> Exhibit:
    """The digits, 0 (paper) to 1 (ink) in 17 greys."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return Exhibit(
        TITLE,
        '1,797 pictures of UCI\'s "Optical Recognition of Handwritten Digits" (Alpaydin, Kaynak 1998), CC BY 4.0, as '
        "bundled with scikit-learn.",
        (bunch.data / GREYS).astype(np.float32),
        bunch.target.astype(np.int64),
        10,
        (1, 8, 8),
        GREYS,
    )
