from __future__ import annotations

import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.federation.aggregation import Aggregation, PlainSum


class AggregationConformance:
    """What every way of adding up must do; only run by subclasses."""

    aggregation: Aggregation

    def test_vectors_are_added_entry_by_entry(self) -> None:
        """The sum has one entry a coordinate, exact for large and negative integers."""
        answers = {"north": [1, -(2**50)], "south": [2, 2**50 + 1], "east": [3, 5]}
        assert self.aggregation.combine(answers, 2) == [6, 6]

    def test_one_hospital_is_its_own_sum(self) -> None:
        """A roster of one gives that hospital's answer."""
        assert self.aggregation.combine({"north": [4, 5]}, 2) == [4, 5]

    def test_an_answer_of_another_length_is_refused(self) -> None:
        """An answer that does not fit the question is not added up, and its hospital is named."""
        with pytest.raises(Refused) as refused:
            self.aggregation.combine({"north": [1, 2], "south": [1]}, 2)
        assert refused.value.diagnostics[0].code == "FF407"
        assert "south" in refused.value.diagnostics[0].message


class TestPlainSum(AggregationConformance):
    """Addition in the open."""

    aggregation = PlainSum()
