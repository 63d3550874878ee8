"""Finds the data that a user names: a built-in set, an npz file, or a folder of pictures."""

from __future__ import annotations

from pathlib import Path

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.language.names import near

from . import built_in, titles
from .exhibit import Exhibit
from .folder import from_folder
from .npz import from_npz


def load(where: str) -> Exhibit:
    """The data of a name or a path.

    Args:
        where: a built-in name; or an npz file with `images` (N×H×W or N×H×W×3, uint8 or float from 0 to 1) or
            `records` (N×d), and maybe `labels` (N); or a folder of PNG or JPEG pictures, all of one size, whose
            sub-folders, if it has any, are classes. A folder called like a built-in set is `./name`.

    Raises:
        Refused: FU513 if it is none of these, or the data in it cannot be attacked.
    """
    known = titles()
    if where in known:
        return built_in(where)
    path = Path(where).expanduser()
    if path.is_dir():
        return from_folder(path)
    if path.is_file():
        if path.suffix.lower() == ".npz":
            return from_npz(path)
        problem = f"{path.name} is neither an npz file nor a folder of pictures, so the lab cannot read it"
        raise Refused(diagnose("FU513", problem, fix="give the folder of a picture, or save arrays with `numpy.savez`"))
    fix = near(where, known) or f"choose one of {', '.join(known)}, or check the path of your file"
    raise Refused(diagnose("FU513", f"there are no built-in data, file or folder called `{where}`", fix=fix))
