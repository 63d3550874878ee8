"""A hundred faces, 25 by 25 pixels, that come with scikit-image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fedlab_kernel.errors import Refused, diagnose

from .classes import MADE_UP, made_up
from .exhibit import Exhibit
from .pictures import EIGHT_BITS, pictures

NAME = "faces"
TITLE = "Faces"

FACES = 100
"""The first so many pictures are faces; the others are of what was behind people."""


def load() -> Exhibit:
    """The faces, and as a class one of ten waiting rooms, which is made up: nobody says who these people are.

    Raises:
        Refused: FU513 if scikit-image is not installed.
    """
    try:
        from skimage.data import lfw_subset
    except ImportError as error:
        problem = "the faces come with scikit-image, which is not installed"
        raise Refused(diagnose("FU513", problem, fix="run `pip install 'fedlab-kernel[lab]'`")) from error
    # Scaling has left numbers between the greys; a file of a picture would hold the nearest grey.
    scaled: npt.NDArray[np.float64] = lfw_subset()[:FACES]  # type: ignore[no-untyped-call]
    pixels = (scaled * EIGHT_BITS).round().astype(np.uint8)
    inputs, shape, greys = pictures(pixels, NAME)
    rooms = made_up(FACES)
    return Exhibit(
        TITLE,
        "100 photographs of Labeled Faces in the Wild (Huang, Mattar, Lee, Learned-Miller 2012), public for research, "
        "as bundled with scikit-image; here rounded to 256 greys.",
        inputs,
        rooms.labels,
        rooms.count,
        shape,
        greys,
        notes=f"The class of a face, in which of {MADE_UP} waiting rooms the person sits, is made up.",
    )
