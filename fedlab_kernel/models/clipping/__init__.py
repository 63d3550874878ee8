"""Clipping engines, and the proof of how far a clipped sum in floating point is from an exact one.

Let person i's *contribution* be v_i = c_i g_i, where g_i is the gradient as its form states it (`layers.gradient`: the
exact product a_i d_iᵀ of float32 vectors, or float32 numbers) and c_i the factor that was used, both after all rounding
that led to them; v_i = 0 for whom does not count. Claim:

1. |v_i| <= C, the clipping norm.
2. For a given number of rows n, and given weights, v_i depends on row i of the inputs and of `member` alone.
3. The result differs from the exact sum of the v_i by at most C / 512 (`FLOAT_ERROR`) in L2.

So where one row is exchanged for one that does not count, and n and the order of rows stay, the result changes by
at most C (1 + 2/512). Rows are therefore to be drawn from *places*, those where nobody is among them, in an order that
depends on no data: n and who stands where then do not depend on a person either. (Persons taken out of the rows shift
the others, and libraries add up a row's products in an order that may depend on where it stands. Rounding that differs
can be made as large as one likes by weights that amplify it.)

Let u = 2**-24 (2**-53 where products are formed in float64) and m the number of rows of a microbatch.

1. The norm in float64 is off by a share of at most 2**-30, and c_i, computed in float64 as
   min(1, C / |g_i|) (1 - 2**-20), by another share of 2**-24 when it is rounded;
   (1 - 2**-20) (1 + 2**-30) (1 + 2**-24) (1 + 2**-50) < 1. Rounding is relative because c_i >= 2**-126: C >= 2**-26 is
   required, and norms beyond 2**99 do not count.
2. Operations treat rows one by one: no value of one enters another's, products of matrices included, and what is done
   in which order depends on shapes only. Of rows that do not count, what is not finite is replaced by 0 before rows
   are added, since 0 times that is not 0; rows that count hold nothing that is not finite and are not changed.
3. Forming c_i d_i, times a_i, and adding m rows in any order rounds each product at most m + 1 times, so an entry is
   off by at most gamma_(m+1) times the sum of the sizes of its terms, gamma_k = k u / (1 - k u) (Higham, Accuracy
   and Stability of Numerical Algorithms, 2nd ed. 2002, sections 3.1 and 3.5); all entries together, by the triangle
   inequality over persons and because the terms of person i have L2 norm |v_i| <= C, by at most gamma_(m+1) m C. (It
   is essential that a person is *one* term of each entry. Convolutions, where places of one person may cancel, form
   g_i first.) One more rounding is reckoned, m + 2 in all, which covers the rest: underflow, at most 2**-125 for each
   of D entries and 2**-125 |a_i| for each of d_i, with |a_i| <= 2**40 by the rule of `Product` and D <= 2**24, is
   below 2**-70 a person, that is far below u C; microbatches are added in float64, at most 2**-53 n C each time,
   fewer than 2**21 times. Over all microbatches: n gamma_(m+2) C, and `precision` picks m and u so that this is at
   most C / 512; in float64 it always is, n being below 2**21.

Overflow cannot happen: terms are bounded by C <= 2**60, and c_i <= 1.
"""

from __future__ import annotations

from ..program import Program
from .book_keeping import BookKeeping
from .engine import ClippingEngine
from .per_person import PerPerson

__all__ = ["ClippingEngine", "engine_for"]


def engine_for(program: Program) -> ClippingEngine:
    """The fastest engine that covers a program."""
    return BookKeeping() if program.layered else PerPerson()
