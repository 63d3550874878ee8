"""A statistic for tests of what is added up: it tells the sums as they are."""

from __future__ import annotations

from collections.abc import Sequence

from fedlab_kernel.language.public import Public, from_plain
from fedlab_kernel.language.statistics.statistic import HalfWidth, Noise, Statistic


class SumsOnly(Statistic):
    """What finishes as the list of its sums, each with the error of its noise."""

    __slots__ = ()

    def finish(self, total: Sequence[float], _noise: Noise) -> Public:
        """The noisy sums."""
        return from_plain(list(total))

    def half_width(self, _total: Sequence[float], noise: Noise) -> HalfWidth:
        """That of one sum, for each."""
        return [noise.half_width((1.0,))] * self.dimension

    def expected(self, _persons: float, noise: Noise) -> HalfWidth:
        """The same, however many persons there are."""
        return noise.half_width((1.0,))
