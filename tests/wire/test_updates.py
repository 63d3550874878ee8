from __future__ import annotations

import numpy as np
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.language.attachments import pack
from fedlab_kernel.language.public import List, Tensor, from_plain
from fedlab_kernel.wire import messages
from fedlab_kernel.wire.updates import read_update, read_weights, update_bytes, weight_bytes, weights_bytes


def test_weights_and_updates_come_back_bit_by_bit() -> None:
    """What was written is read, the largest, smallest and negative numbers included."""
    weights = np.array([0.0, -0.0, 1e-45, -3.4028235e38], np.float32)
    assert read_weights(weights_bytes(weights), 4).tobytes() == weights.tobytes()
    update = np.array([0, -1, 2**63 - 1, -(2**63)], np.int64)
    assert np.array_equal(read_update(update_bytes(update), 4), update)


@pytest.mark.parametrize("count", [3, 5])
def test_another_size_is_refused(count: int) -> None:
    """Neither side takes more or fewer numbers than the model has."""
    with pytest.raises(Refused, match="FW204"):
        read_weights(bytes(4 * count), 4)
    with pytest.raises(Refused, match="FF407"):
        read_update(bytes(8 * count), 4)


def test_the_weights_of_a_request_are_told_apart_from_the_rest() -> None:
    """Weights, corrections and models that a text uses are weights; long lists, texts and cells are not."""
    model = Tensor((100,), bytes(400)).packed
    numbers = from_plain([0.5] * 100)
    assert isinstance(numbers, List)
    listed = pack(numbers)
    assert model is not None
    assert listed is not None
    given = tuple(messages.Attachment(one.hash, one.data) for one in (model, listed))
    release = messages.ReleaseRequest("text", given, 0, 0)
    rest: tuple[bytes, dict[str, str]] = (bytes(32), {})
    one = messages.Round("h", bytes(16), release, 1e-8, "cell", *rest, 0, bytes(80), 0.5, 0.0, bytes(40))
    many = messages.Ask("h", bytes(16), (release, release), 1e-8, "cell", *rest)
    probe, end = messages.Probe("h", (release,), *rest), messages.Settle("h", release, 1e-8, *rest)
    size = len(model.data)
    assert [weight_bytes(each, 1000) for each in (one, many, probe, end)] == [size + 120, 2 * size, size, size]
    assert [weight_bytes(each, 15) for each in (one, many, probe, end)] == [60 + 60 + 40, 60, 60, 60]
    assert weight_bytes(messages.Hello("h"), 1000) == 0
