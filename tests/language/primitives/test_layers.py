"""Layers of networks against plain Python, person by person; shapes, bounds and what is refused."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.language import check
from fedlab_kernel.language.layers import MOST_ENTRIES, summed
from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.language.public import plain
from fedlab_kernel.language.slices import read, write
from tests.language.primitives.people import Person, answer, asked, catalogue, column_of, sums

BEFORE = "v = vector(p.a, p.b, p.k, p.n)\nx = reshape(v, [1, 2, 2])\n"
SPECIAL = (0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1e308, -1e308, 1e15)
NUMBERS = st.floats(-10, 10) | st.sampled_from(SPECIAL)
ONE: list[Person] = [{"a": 2.0, "b": -4.0, "k": 3, "n": 50, "flag": True, "hue": "blue"}]


_column = partial(column_of, before=BEFORE)


def _over(name: str, *arguments: Any) -> Any:
    evaluate = PRIMITIVES[name].evaluate
    assert evaluate is not None
    with np.errstate(all="ignore"):
        return evaluate(np, *arguments)


def _same(ours: Any, plainly: list[Any]) -> None:
    """Every number has the same bits; nobody sees the sign of a zero, because x / 0 is 0, or which NaN it is."""
    assert np.array_equal(ours, np.moveaxis(np.array(plainly, dtype=np.float64), 0, -1), equal_nan=True)


def _persons(array: Any) -> list[Any]:
    return np.moveaxis(array, -1, 0).tolist()  # type: ignore[no-any-return]


@st.composite
def images(draw: st.DrawFn, most: int = 6) -> Any:
    """Images of up to three persons, shape (channels, height, width, persons)."""
    shape = (draw(st.integers(1, 3)), *(draw(st.integers(1, most)) for _ in range(2)), draw(st.integers(0, 3)))
    return draw(arrays(shape))


@st.composite
def arrays(draw: st.DrawFn, shape: tuple[int, ...]) -> Any:
    """An array of numbers, of which a few are strange."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    values = random.normal(0, 3, shape)
    for number in draw(st.lists(NUMBERS, max_size=3)):
        if values.size:
            values.flat[random.integers(values.size)] = number
    return values


# Convolution ---------------------------------------------------------------------------------------


def _conv(x: Any, kernel: Any, bias: Any, stride: int, padding: int) -> Any:
    """One person's image, entry by entry, from the definition."""
    height, width = len(x[0]), len(x[0][0])

    def pixel(channel: int, row: int, column: int) -> float:
        inside = 0 <= row < height and 0 <= column < width
        return float(x[channel][row][column]) if inside else 0.0

    def entry(filtered: int, row: int, column: int) -> float:
        pattern, terms = kernel[filtered], []
        for a in range(len(pattern[0])):
            for b in range(len(pattern[0][0])):
                for channel in range(len(x)):
                    at = (row * stride + a - padding, column * stride + b - padding)
                    terms.append(pixel(channel, *at) * pattern[channel][a][b])
        total = float(terms[0])
        for term in terms[1:]:
            total += term
        return float(total + bias[filtered])

    down = (height + 2 * padding - len(kernel[0][0])) // stride + 1
    across = (width + 2 * padding - len(kernel[0][0][0])) // stride + 1
    return [[[entry(o, i, j) for j in range(across)] for i in range(down)] for o in range(len(kernel))]


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Any, Any, Any, int, int]:
    """Arguments of `conv` that fit together."""
    x, padding, stride = draw(images()), draw(st.integers(0, 2)), draw(st.integers(1, 3))
    filters = draw(st.integers(1, 3))
    sides = [draw(st.integers(1, length + 2 * padding)) for length in x.shape[1:3]]
    persons = draw(
        st.sampled_from((1, x.shape[3]))
    )  # weights are the same for everybody; a person's own may do as well
    return x, draw(arrays((filters, len(x), *sides, persons))), draw(arrays((filters, 1))), stride, padding


@given(arguments=convolutions())
def test_conv_is_its_definition(arguments: tuple[Any, Any, Any, int, int]) -> None:
    """Over columns and for each person alone it gives the same digits, whatever the numbers are."""
    x, kernel, bias, stride, padding = arguments
    ours = _over("conv", x, kernel, bias, stride, padding)
    persons = x.shape[-1]
    kernels = _persons(np.broadcast_to(kernel, (*kernel.shape[:-1], persons)))
    expected = [_conv(x, k, bias[:, 0].tolist(), stride, padding) for x, k in zip(_persons(x), kernels, strict=True)]
    if persons:
        _same(ours, expected)
    assert ours.shape[-1] == persons


def test_conv_of_a_query() -> None:
    """From the text to the sum: defaults are written out, named and positional arguments are the same computation."""
    kernel = "[[[[1, 10]]], [[[0, 1]]]]"
    assert _column(f"conv(x, {kernel}, [0.5, 0])").shape == (2, 2, 1)
    assert _column(f"conv(x, {kernel}, [1, 2])").node.digest == _column(f"conv(x, {kernel}, [1, 2], 1, 0)").node.digest
    named = _column(f"conv(padding=1, x=x, stride=2, kernel={kernel}, bias=[1, 2])")
    assert named.node.digest == _column(f"conv(x, {kernel}, [1, 2], 2, 1)").node.digest
    assert named.shape == (2, 2, 2)
    query = f"{BEFORE}sum(flatten(conv(x, {kernel}, [0.5, 0])), clip=1e4)"
    assert plain(answer(query, ONE)) == pytest.approx([-37.5, 503.5, -4, 50], abs=1e-3)


# Pools ---------------------------------------------------------------------------------------------


@given(x=images(), data=st.data())
def test_pools_are_means_and_maxima_of_squares(x: Any, data: st.DataObject) -> None:
    """Each square by itself, in plain Python; what fills no square is dropped."""
    size = data.draw(st.integers(1, min(x.shape[1:3])))

    def squares(image: Any) -> list[list[list[list[float]]]]:
        rows, columns = len(image[0]) // size, len(image[0][0]) // size
        return [
            [
                [
                    [channel[i * size + a][j * size + b] for a in range(size) for b in range(size)]
                    for j in range(columns)
                ]
                for i in range(rows)
            ]
            for channel in image
        ]

    def mean(pixels: list[float]) -> float:
        total = pixels[0]
        for pixel in pixels[1:]:
            total += pixel
        return total / (size * size)

    def most(pixels: list[float]) -> float:
        return math.nan if any(map(math.isnan, pixels)) else max(pixels)

    for name, of in (("mean_pool", mean), ("max_pool", most)):
        ours = _over(name, x, size)
        assert ours.shape == (len(x), x.shape[1] // size, x.shape[2] // size, x.shape[3])
        if x.shape[3]:
            _same(ours, [[[[of(s) for s in row] for row in c] for c in squares(image)] for image in _persons(x)])


def test_pools_keep_what_can_be_kept() -> None:
    """A maximum has the pixels' bounds and is whole where they are; a mean has their bounds where these are whole."""
    most, mean = _column("max_pool(x > 0, 2)"), _column("mean_pool(reshape(vector(p.k, p.k, p.n, p.n), [1, 2, 2]), 2)")
    assert (most.kind, most.lo, most.hi, most.shape) == ("int", 0.0, 1.0, (1, 1, 1))
    assert (mean.kind, mean.lo, mean.hi) == ("float", -5.0, 100.0)
    assert plain(answer(f"{BEFORE}sum(flatten(max_pool(x, 2)), clip=1e3)", ONE)) == pytest.approx([50], abs=1e-4)
    assert plain(answer(f"{BEFORE}sum(mean_pool(x, 2)[0][0], clip=1e3)", ONE)) == pytest.approx([12.75], abs=1e-4)


# Group normalisation -------------------------------------------------------------------------------


def _group_norm(x: list[float], groups: int, scale: list[float], shift: list[float]) -> list[float]:
    """One person's channels of equal length, one after the other."""
    count, pixels = len(x) // groups, len(x) // len(scale)
    result = []
    for start in range(0, len(x), count):
        group = x[start : start + count]
        total = 0.0
        for pixel in group:
            total += pixel
        mean = total / count
        total = 0.0
        for pixel in group:
            total += (pixel - mean) * (pixel - mean)
        root = math.sqrt(total / count + 1e-5)
        for at, pixel in enumerate(group, start):
            normal = (pixel - mean) / root
            result.append(normal * scale[at // pixels] + shift[at // pixels])
    return result


@given(x=images(4), vector=st.booleans(), data=st.data())
def test_group_norm_is_its_definition(x: Any, vector: bool, data: st.DataObject) -> None:
    """Groups have mean 0 and variance 1 before they are scaled; images and vectors, with the digits of plain Python."""
    x = x.reshape(math.prod(x.shape[:-1]), x.shape[-1]) if vector else x
    groups = data.draw(st.sampled_from([count for count in range(1, len(x) + 1) if len(x) % count == 0]))
    scale, shift = data.draw(arrays((len(x), 1))), data.draw(arrays((len(x), 1)))
    ours = _over("group_norm", x, groups, scale, shift)
    assert ours.shape == x.shape
    flat = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    expected = [_group_norm(person, groups, scale[:, 0].tolist(), shift[:, 0].tolist()) for person in _persons(flat)]
    if expected:
        _same(ours.reshape(flat.shape), expected)


@given(pixels=st.lists(st.floats(-1e15, 1e15), min_size=2, max_size=9), far=st.sampled_from((0.0, 1e14, 1e300)))
def test_normalised_numbers_have_the_bounds_of_their_group(pixels: list[float], far: float) -> None:
    """No number is further than the root of the group's size from 0, also where the variance is all rounding."""
    x = np.array(pixels)[:, None] + far
    most = _column(f"group_norm({'vector(' + ', '.join(['p.a'] * len(pixels)) + ')'}, 1, {[1] * len(pixels)}, "
                   f"{[0] * len(pixels)})").hi  # fmt: skip
    assert math.sqrt(len(pixels)) <= most <= math.sqrt(len(pixels)) * (1 + 1e-12)
    ours = _over("group_norm", x, 1, np.ones((len(pixels), 1)), np.zeros((len(pixels), 1)))
    assert np.isnan(ours).all() or np.abs(ours).max() <= most


# Embedding, reshape and flatten --------------------------------------------------------------------


@given(rows=st.integers(1, 5), place=st.floats(-3, 8) | st.integers(-3, 8).map(float) | st.sampled_from(SPECIAL))
def test_an_embedding_is_a_row_of_its_table(rows: int, place: float) -> None:
    """The row at the index, the first or last for what lies outside, the first for what is not a number."""
    table = np.arange(rows * 2.0).reshape(rows, 2, 1)
    at = 0 if math.isnan(place) else int(min(max(place, 0), rows - 1))
    assert _over("embedding", table, np.array([place]))[:, 0].tolist() == [2.0 * at, 2.0 * at + 1]
    own = np.concatenate([table, -table], axis=2)
    assert _over("embedding", own, np.array([place, place]))[:, 1].tolist() == [-2.0 * at, -2.0 * at - 1]


def test_an_embedding_takes_labels_conditions_and_whole_numbers() -> None:
    """Rows belong to labels in the order of the catalogue; numbers outside are moved to the ends."""
    query = "sum(embedding([[1, 0.5], [2, 0], [3, -1]], {}), clip=10.0)"
    persons: list[Person] = [{"hue": "blue", "flag": False, "k": -2, "n": 77}]
    assert plain(answer(query.format("p.hue"), persons)) == pytest.approx([3, -1], abs=1e-6)
    assert plain(answer(query.format("p.n"), persons)) == pytest.approx([3, -1], abs=1e-6)
    assert plain(answer(query.format("p.k"), persons)) == pytest.approx([1, 0.5], abs=1e-6)
    assert plain(answer("sum(embedding([[4], [7]], p.flag), clip=10.0)", persons)) == pytest.approx([4], abs=1e-6)
    column = _column("embedding([[1, 0.5], [2, 0], [3, -1]], p.hue)")
    assert (column.kind, column.lo, column.hi, column.shape, column.may_miss) == ("float", -1.0, 3.0, (2,), True)


@given(lengths=st.lists(st.integers(1, 4), min_size=1, max_size=4), persons=st.integers(0, 3))
def test_reshape_and_flatten_undo_each_other(lengths: list[int], persons: int) -> None:
    """Numbers keep their order, row after row, for every person."""
    flat = np.arange(float(math.prod(lengths) * persons)).reshape(math.prod(lengths), persons)
    shaped = _over("reshape", flat, np.array(lengths, dtype=np.float64)[:, None])
    assert shaped.shape == (*lengths, persons)
    if persons:
        assert _persons(shaped)[0] == np.array(_persons(flat)[0]).reshape(lengths).tolist()
    if len(lengths) > 1:
        assert np.array_equal(_over("flatten", shaped), flat)


def test_shapes_of_a_query() -> None:
    """The checker knows the shape, and an image reads row after row."""
    assert _column("x").shape == (1, 2, 2)
    assert _column("flatten(x)").shape == (4,)
    assert _column("flatten(reshape(x > 0, [2, 1, 2]))").kind == "bool"
    assert plain(answer(f"{BEFORE}sum(x[0][1], clip=1e3)", ONE)) == pytest.approx([3, 50], abs=1e-4)


def test_public_lists_are_flattened_to_the_last() -> None:
    """Lists of lists of lists become one list; what would be too long is refused before it is made."""
    flat = check("x = flatten([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])\ny = flatten([1, [2], [[3.5]]])", {})
    assert plain(flat.names["x"]) == [*range(1, 9)]  # type: ignore[arg-type]  # a public value
    assert plain(flat.names["y"]) == [1, 2, 3.5]  # type: ignore[arg-type]
    empty = ",".join(["[]"] * 100)
    many = f"xs = [{empty}]\nys = [{','.join(['xs'] * 100)}]\nz = flatten(ys)"
    assert [found.code for found in check(many, {}).findings] == ["FQ301"]


# All of them ---------------------------------------------------------------------------------------

LAYERS: dict[str, tuple[Any, ...]] = {
    "conv": ((3, 4, 4), (2, 3, 2, 3), (2,), 1, 1),
    "mean_pool": ((3, 4, 4), 2),
    "max_pool": ((3, 4, 4), 2),
    "group_norm": ((4, 3, 3), 2, (4,), (4,)),
    "embedding": ((3, 4), ()),
    "tanh": ((5,),),
    "flatten": ((2, 3, 2),),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_persons_digits_do_not_depend_on_their_neighbours(name: str, seed: int) -> None:
    """In blocks of any length and at any place a person gets the same bits, whatever the others hold."""
    random = np.random.default_rng(seed)
    arguments = [random.normal(0, 3, (*of, 60)) if isinstance(of, tuple) else of for of in LAYERS[name]]
    for array in arguments:
        if isinstance(array, np.ndarray):
            array.reshape(-1)[random.integers(array.size, size=9)] = SPECIAL

    def over(persons: Any) -> Any:
        # Columns as a hospital holds them, persons side by side: the order of additions must not follow the memory's.
        columns = (np.ascontiguousarray(of[..., persons]) if isinstance(of, np.ndarray) else of for of in arguments)
        return _over(name, *columns)

    everybody = np.arange(60)
    ways = [over(everybody), np.roll(over(np.roll(everybody, 7)), -7, axis=-1)]
    ways += [np.concatenate([over(everybody[at : at + size]) for at in range(0, 60, size)], axis=-1) for size in (1, 3)]
    assert len({(way + 0.0).tobytes() for way in ways}) == 1


BOUNDED = (
    "conv(x, [[[[1, -2.5]]], [[[0.1, 0.7]]]], [0.3, 0])", "conv(x, [[[[3]]]], vector(p.b), 1, 1)",
    "conv(x, reshape(v, [1, 1, 2, 2]), [1])", "mean_pool(x, 2)", "max_pool(x, 1)", "tanh(v)",
    "group_norm(x, 1, vector(p.a), [0.1])", "group_norm(v, 2, [1, 2, 3, 4], v)", "embedding(outer(v, v), p.n)",
)  # fmt: skip


@pytest.mark.parametrize("expression", BOUNDED)
@given(a=st.floats(-10, 10), b=st.floats(-10, 10), k=st.integers(-5, 5), n=st.integers(0, 100))
def test_bounds_hold_what_they_bound(expression: str, a: float, b: float, k: int, n: int) -> None:
    """Whatever a person's values are, every number lies between the bounds that the checker found, so none is cut."""
    column = _column(expression)
    assert not math.isnan(column.lo)
    assert math.isfinite(column.hi)
    v = np.array([[a], [b], [k], [n]])
    names = {"v": v, "x": v.reshape(1, 2, 2, 1), "p": _Person(a, b, k, n), "outer": lambda u, w: u[:, None] * w[None],
             "vector": lambda *parts: np.stack(parts), "reshape": lambda x, shape: x.reshape(*shape, 1)}  # fmt: skip
    result = eval(expression, {**{name: _as_called(name) for name in LAYERS}, **names})
    assert column.lo <= result.min()
    assert result.max() <= column.hi


class _Person:
    def __init__(self, a: float, b: float, k: float, n: float) -> None:
        self.a, self.b, self.k, self.n = (np.array([value]) for value in (a, b, k, n))


def _as_called(name: str) -> Any:
    """A layer as a query calls it: lists are public, defaults are filled in."""

    def call(*arguments: Any) -> Any:
        arrays = [np.array(of, dtype=np.float64)[..., None] if isinstance(of, list) else of for of in arguments]
        defaults = (1, 0)[len(arrays) - 3 :] if name == "conv" else ()
        return _over(name, *arrays, *defaults)

    return call


@pytest.mark.parametrize("expression", [
    *BOUNDED, "flatten(x)", "embedding([[1, 2], [3, 4], [0, 0]], p.hue)", "reshape(v, [4])",
    "conv(x, [[[[1, 2]]]], [0], padding=1, stride=2)",
])  # fmt: skip
def test_a_hospital_reads_a_layer_as_it_was_written(expression: str) -> None:
    """A slice that holds it reads back as the same computation, of the same bounds and shape."""
    query = f"{BEFORE}sum(reshape({expression}, [{math.prod(_column(expression).shape)}]), clip=10.0)"
    aggregate = asked(query)
    cut = write(aggregate.node, 1.0)
    reading = read(cut.text, catalogue(8), {})
    assert write(reading.aggregate.node, 1.0) == cut
    assert reading.aggregate.node.digest == aggregate.node.digest
    nobody: list[list[Person]] = [[], [{"a": None}, {"b": 1.0, "k": 2, "n": 3}]]
    for persons in nobody:
        assert not any(sums(query, persons, 4))
    assert not expression.startswith(("conv", "tanh")) or any(sums(query, ONE, 4))


def test_one_missing_argument_leaves_a_person_out() -> None:
    """Whichever argument of a layer is missing, the person contributes nothing."""
    whole: Person = {"a": 1.0, "b": 1.0, "k": 1, "n": 1, "hue": "red"}
    query = "sum(embedding(outer(vector(p.a, p.b, p.k), vector(p.n)), p.hue), clip=10.0)"
    assert any(sums(query, [whole]))
    for name in whole:
        assert not any(sums(query, [{**whole, name: None}]))


@pytest.mark.parametrize("unbounded", [
    "conv(x / p.k, [[[[0, 2]]]], [0])", "conv(x, reshape(v / p.k, [1, 1, 2, 2]), [0])", "mean_pool(x / p.k, 2)",
    "max_pool(x / p.k, 2)", "group_norm(v, 2, v / p.k, v)", "group_norm(v / p.k, 2, v / p.k, v / p.k)",
    "embedding(outer(v, v) / p.k, p.n)", "conv(x * p.wide ** 16 * p.wide ** 16, [[[[0, 0]]]], [0], 1, 1)",
])  # fmt: skip
def test_unbounded_numbers_have_infinite_bounds(unbounded: str) -> None:
    """Where nothing bounds an argument, as is so for weights, bounds are infinite and never not a number."""
    column = _column(unbounded)
    assert column.lo <= 0.0 <= column.hi
    assert _column("group_norm(v / p.k, 2, [1, 1, 1, 1], [0, 0, 0, 0])").hi < 1.5


@given(term=st.floats(-1e300, 1e300), count=st.integers(1, 300))
def test_the_bounds_of_a_sum_hold_its_rounding(term: float, count: int) -> None:
    """The float sum of equal numbers, one after the other, lies within what `summed` says of them."""
    total = term
    for _ in range(count - 1):
        total += term
    lo, hi = summed((term, term), count)
    assert lo <= total <= hi
    assert summed((-math.inf, math.inf), count) == (-math.inf, math.inf)
    assert summed((2.0, 3.0), count) == (2.0 * count, 3.0 * count)


IMAGE = "takes an image of shape (channels, height, width); this is"
REFUSED = [
    ("conv(v, 1, 2)", "FQ212", "v", f"`conv` {IMAGE} a vector of 4.", "write `reshape(v, [1, 2, 2])`"),
    ("mean_pool(concat(v, v, v), 2)", "FQ212", "concat(v, v, v)", f"`mean_pool` {IMAGE} a vector of 12.",
     "write `reshape(concat(v, v, v), [3, 2, 2])`"),
    ("max_pool(concat(v, v), 2)", "FQ212", "concat(v, v)", f"`max_pool` {IMAGE} a vector of 8.",
     "write `reshape(concat(v, v), [channels, height, width])`, which must hold as many numbers"),
    ("max_pool(outer(v, v), 2)", "FQ212", "outer(v, v)", f"`max_pool` {IMAGE} a matrix of 4 by 4.",
     "write `reshape(outer(v, v), [1, 4, 4])`"),
    ("conv(p.a, 1, 2)", "FQ212", "p.a", f"`conv` {IMAGE} one number.",
     "put the pixels side by side first: `vector(…)`"),
    ("conv(p.hue, 1, 2)", "FQ210", "p.hue", "`x` takes numbers, and this column holds categories.",
     "make numbers of its labels with `onehot(…)`"),
    ("conv(x, [[1, 2]], [0])", "FQ212", "[[1, 2]]",
     "`kernel` has shape (filters, channels, height, width); this is a matrix of 1 by 2.",
     "give it a shape such as (8, 1, 3, 3): 8 filters of 3 by 3"),
    ("conv(x, [[[[1], [2, 3]]]], [0])", "FQ212", "[[[[1], [2, 3]]]]", "The lists in this list differ in length.", None),
    ("conv(x, [[[[1]], [[1]]]], [0])", "FQ212", "[[[[1]], [[1]]]]",
     "The image has 1 channel, and `kernel` of shape (1, 2, 1, 1) is for 2.", "give it the shape (1, 1, 1, 1)"),
    ("conv(x, [[[[1]]]], [0, 1])", "FQ212", "[0, 1]",
     "`bias` holds one number for each filter, 1 in all; this is a vector of 2.", "give it the shape (1,)"),
    ("conv(x, [[[[1, 2, 3, 4]]]], [0])", "FQ212", "[[[[1, 2, 3, 4]]]]",
     "A kernel of 1 by 4 does not fit into an image of 2 by 2.", "use a smaller kernel, or `padding=1`"),
    ("conv(x, [[[[1, 2, 3, 4, 5]]]], [0], padding=1)", "FQ212", "[[[[1, 2, 3, 4, 5]]]]",
     "A kernel of 1 by 5 does not fit into an image of 2 by 2 with `padding=1`.",
     "use a smaller kernel, or `padding=2`"),
    ("conv(x, [[[[1]]]], [0], 0)", "FQ215", "0", "`stride` is a whole number from 1 to 64.", None),
    ("conv(x, [[[[1]]]], [0], padding=65)", "FQ215", "65", "`padding` is a whole number from 0 to 64.", None),
    ("conv(reshape(outer(v, v), [16, 1, 1]), [" + str([[[1]]] * 16) + "], [0], padding=64)", "FQ301", "64",
     "The padded image has 266,256 numbers; 65,536 is the most.", "use less padding"),
    ("conv(x, " + str([[[[1]]]] * 16) + ", " + str([0] * 16) + ", padding=32)", "FQ301", None,
     f"`conv` gives 69,696 numbers a person here; {MOST_ENTRIES:,} is the most.", "make it smaller"),
    ("conv([[[1]]], [[[[1]]]], [0])", "FQ210", None,
     "`conv` works on values of one person; these are all public.", None),
    ("max_pool([[[1]]], 1)", "FQ210", None, "`max_pool` works on values of one person; these are all public.", None),
    ("mean_pool(x, 3)", "FQ212", "3", "A square of 3 by 3 does not fit into an image of 2 by 2.",
     "use a `size` of at most 2"),
    ("mean_pool(x, p.k)", "FQ203", "p.k", "`size` is public: it cannot be one value a person, which is private.",
     "use a literal, or release the value first"),
    ("group_norm(outer(v, v), 1, v, v)", "FQ212", "outer(v, v)",
     "`group_norm` takes a vector or an image of shape (channels, height, width), not a matrix of 4 by 4.",
     "make a vector of it with `flatten(…)`"),
    ("group_norm(v, 3, v, v)", "FQ212", "3", "4 entries cannot be divided into 3 groups of one size.",
     "use 2, which divides 4"),
    ("group_norm(x, 9, [1], [0])", "FQ212", "9", "1 channel cannot be divided into 9 groups of one size.",
     "use 1, which divides 1"),
    ("group_norm(v, 2, [1], v)", "FQ212", "[1]",
     "`scale` holds one number for each entry of `x`, 4 in all; this is a vector of 1.", "give it the shape (4,)"),
    ("group_norm(x, 1, [1], v)", "FQ212", "v",
     "`shift` holds one number for each channel of `x`, 1 in all; this is a vector of 4.", "give it the shape (1,)"),
    ("embedding(v, p.hue)", "FQ212", "v",
     "`table` is a matrix with a row for each value of `index`; this is a vector of 4.",
     "give it a shape such as (4, 8): 4 rows of 8"),
    ("embedding([[1], [2]], p.hue)", "FQ212", "p.hue",
     "The number of rows of `table` is 2, and this category has 3 labels.", "make it 3"),
    ("embedding([[1]], p.flag)", "FQ212", "p.flag",
     "The number of rows of `table` is 1, and a condition has 2 values.", "make it 2"),
    ("embedding([[1]], p.a)", "FQ210", "p.a", "`index` is a category, a condition or a whole number a person.",
     "make it whole with `floor(…)`"),
    ("embedding([[1]], p.day)", "FQ210", "p.day",
     "`index` is a category, a condition or a whole number a person.", None),
    ("embedding([[1]], 0)", "FQ210", "0", "`index` takes a column, not a number.", None),
    ("reshape(v, [1, 3])", "FQ212", "[1, 3]", "The shape [1, 3] holds 3 numbers, and this is a vector of 4.",
     "write lengths whose product is 4"),
    ("reshape(x, [5])", "FQ212", "[5]",
     "The shape [5] holds 5 numbers, and this is an array of shape (1, 2, 2), which holds 4.",
     "write lengths whose product is 4"),
    *((f"reshape(v, {shape})", "FQ215", shape, "`shape` is a list of 1 to 4 whole numbers above 0.",
       "for an image of one channel, write `[1, height, width]`")
      for shape in ("4", "[]", "[2.0, 2]", "[-2, -2]", "[True, 4]", '["4"]', "[[4]]")),
    ("reshape(v, [2, n])", "FQ216", "[2, n]", "`shape` must be known before running.", "write the numbers"),
    ("reshape([1, 2], [2, 1])", "FQ210", "[1, 2]",
     "`reshape` takes a vector of one person; a public list is written in its shape.", None),
    ("flatten(v)", "FQ212", "v", "`flatten` takes a matrix or an image, not one vector of 4 a person.",
     "make one with `outer(u, v)`"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "code", "place", "message", "fix"), REFUSED, ids=[case[0][:50] for case in REFUSED]
)
def test_what_does_not_fit_is_refused_where_it_stands(
    expression: str, code: str, place: str | None, message: str, fix: str | None
) -> None:
    """The message says both shapes and the fix what to change; the caret stands at the argument."""
    text = f'p = table("people")\nn = release(count(p), epsilon=1)\n{BEFORE}y = {expression}'
    (found,) = check(text, catalogue(8)).findings
    assert (found.code, found.message, found.fix) == (code, message, fix)
    assert found.span is not None
    line = text.splitlines()[found.span.line - 1]
    assert line[found.span.column - 1 : found.span.end_column - 1] == (expression if place is None else place)
