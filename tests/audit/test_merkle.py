from __future__ import annotations

from hashlib import sha256

import pytest

from fedlab_kernel.audit.merkle import (
    EMPTY_ROOT,
    Tree,
    hash_children,
    hash_leaf,
    verify_consistency,
    verify_inclusion,
)

LARGEST = 70

# The leaves and tree heads that the tests of Certificate Transparency implementations share.
CT_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def head(data: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not data:
        return sha256().digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = split(len(data))
    return sha256(b"\x01" + head(data[:k]) + head(data[k:])).digest()


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def path(m: int, data: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1, word for word."""
    if len(data) == 1:
        return []
    k = split(len(data))
    if m < k:
        return [*path(m, data[:k]), head(data[k:])]
    return [*path(m - k, data[k:]), head(data[:k])]


def subproof(m: int, data: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2, word for word."""
    if m == len(data):
        return [] if whole else [head(data)]
    k = split(len(data))
    if m <= k:
        return [*subproof(m, data[:k], whole), head(data[k:])]
    return [*subproof(m - k, data[k:], False), head(data[:k])]


def leaves(size: int) -> list[bytes]:
    """Different data for each leaf."""
    return [b"leaf %d" % index for index in range(size)]


def grown(size: int) -> Tree:
    """The tree over `leaves(size)`."""
    tree = Tree()
    for data in leaves(size):
        tree.append(hash_leaf(data))
    return tree


def flipped(value: bytes) -> list[bytes]:
    """All values that differ from `value` in one bit."""
    number = int.from_bytes(value, "big")
    return [(number ^ 1 << bit).to_bytes(len(value), "big") for bit in range(8 * len(value))]


def test_hashes_are_those_of_the_rfc() -> None:
    """The empty tree, an empty leaf, a leaf and a node have the published hashes."""
    assert EMPTY_ROOT.hex() == CT_ROOTS[0]
    assert hash_leaf(b"").hex() == CT_ROOTS[1]
    assert hash_leaf(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    node = hash_children(b"N123", b"N456")
    assert node.hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def test_roots_are_those_of_certificate_transparency() -> None:
    """The eight leaves that implementations of the RFC share give the published tree heads at every size."""
    tree = Tree()
    assert [tree.append(hash_leaf(bytes.fromhex(data))) for data in CT_LEAVES] == list(range(8))
    assert [tree.root(size).hex() for size in range(9)] == CT_ROOTS
    assert tree.root() == tree.root(8)


def test_proofs_are_those_of_the_rfc() -> None:
    """Roots and all inclusion and consistency proofs of all sizes equal the RFC's recursive definition."""
    data, tree = leaves(LARGEST), grown(LARGEST)
    for size in range(LARGEST + 1):
        assert tree.root(size) == head(data[:size])
        for index in range(size):
            assert tree.inclusion(index, size) == path(index, data[:size])
        for old in range(1, size + 1):
            assert tree.consistency(old, size) == subproof(old, data[:size], True)


def test_every_true_proof_is_accepted() -> None:
    """Each proof of the tree is accepted by the verifier, at every size, from size 0 on."""
    data, tree = leaves(LARGEST), grown(LARGEST)
    roots = [tree.root(size) for size in range(LARGEST + 1)]
    for size in range(LARGEST + 1):
        for index in range(size):
            assert verify_inclusion(hash_leaf(data[index]), index, size, tree.inclusion(index, size), roots[size])
        for old in range(size + 1):
            assert verify_consistency(old, roots[old], size, roots[size], tree.consistency(old, size))


def test_an_inclusion_proof_shows_one_leaf_only() -> None:
    """A proof is rejected for any other leaf, for any other index, and with a hash missing or added."""
    tree = grown(20)
    hashes = [hash_leaf(data) for data in leaves(20)]
    for size in range(1, 21):
        root = tree.root(size)
        for index in range(size):
            proof = tree.inclusion(index, size)
            for other in (*range(-1, index), *range(index + 1, size + 2)):
                assert not verify_inclusion(hashes[index], other, size, proof, root)
                if 0 <= other < 20:
                    assert not verify_inclusion(hashes[other], index, size, proof, root)
            assert not verify_inclusion(hashes[index], index, size, proof[:-1], root) or not proof
            assert not verify_inclusion(hashes[index], index, size, proof[1:], root) or not proof
            for extra in (b"", bytes(32), root, hashes[index]):
                assert not verify_inclusion(hashes[index], index, size, [*proof, extra], root)
                assert not verify_inclusion(hashes[index], index, size, [extra, *proof], root)


def test_a_consistency_proof_shows_two_trees_only() -> None:
    """A proof is rejected for other sizes and roots, backwards, and with a hash missing or added."""
    tree = grown(20)
    roots = [tree.root(size) for size in range(21)]
    for new in range(21):
        for old in range(new + 1):
            proof = tree.consistency(old, new)
            for other in (*range(old), *range(old + 1, 21)):
                assert not verify_consistency(old, roots[other], new, roots[new], proof)
            # Every tree begins with the empty one, so from size 0 the new root is not examined.
            for other in (*range(new), *range(new + 1, 21)) if old else ():
                assert not verify_consistency(old, roots[old], new, roots[other], proof)
            if old < new:
                assert not verify_consistency(new, roots[new], old, roots[old], proof)
            for cut in range(len(proof)):
                shorter = proof[:cut] + proof[cut + 1 :]
                assert not verify_consistency(old, roots[old], new, roots[new], shorter)
            for extra in (b"", bytes(32), roots[old], roots[new]):
                assert not verify_consistency(old, roots[old], new, roots[new], [*proof, extra])
                assert not verify_consistency(old, roots[old], new, roots[new], [extra, *proof])


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 8), (5, 8), (6, 7), (4, 11)])
def test_any_changed_bit_breaks_an_inclusion_proof(index: int, size: int) -> None:
    """Each single bit of leaf, proof and root counts."""
    tree, leaf = grown(size), hash_leaf(leaves(size)[index])
    proof, root = tree.inclusion(index, size), tree.root()
    assert verify_inclusion(leaf, index, size, proof, root)
    assert not any(verify_inclusion(bad, index, size, proof, root) for bad in flipped(leaf))
    assert not any(verify_inclusion(leaf, index, size, proof, bad) for bad in flipped(root))
    for at, node in enumerate(proof):
        for bad in flipped(node):
            assert not verify_inclusion(leaf, index, size, [*proof[:at], bad, *proof[at + 1 :]], root)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (1, 2), (4, 8), (3, 7), (6, 8), (7, 11), (8, 8)])
def test_any_changed_bit_breaks_a_consistency_proof(old: int, new: int) -> None:
    """Each single bit of either root (where the proof speaks of it) and of the proof counts."""
    tree = grown(new)
    proof, before, after = tree.consistency(old, new), tree.root(old), tree.root()
    assert verify_consistency(old, before, new, after, proof)
    assert not any(verify_consistency(old, bad, new, after, proof) for bad in flipped(before))
    if old:  # every tree begins with the empty one, whatever its root
        assert not any(verify_consistency(old, before, new, bad, proof) for bad in flipped(after))
    for at, node in enumerate(proof):
        for bad in flipped(node):
            assert not verify_consistency(old, before, new, after, [*proof[:at], bad, *proof[at + 1 :]])


def test_the_empty_tree_has_one_root() -> None:
    """No other root is consistent with size 0, not even with itself."""
    assert verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    assert not verify_consistency(0, bytes(32), 0, bytes(32), [])
    assert not verify_consistency(0, bytes(32), 1, hash_leaf(b""), [])


def test_a_node_cannot_pass_for_a_leaf() -> None:
    """Leaf and node hashes differ, so an inner node is no leaf of a smaller tree (second preimage)."""
    tree = grown(4)
    inner = tree.root(2)
    assert not verify_inclusion(hash_leaf(inner), 0, 2, tree.inclusion(0, 4)[1:], tree.root())
    assert hash_leaf(b"a" * 32 + b"b" * 32) != hash_children(b"a" * 32, b"b" * 32)


def test_hashes_of_another_length_are_rejected() -> None:
    """Bytes cannot move from one hash of a proof to its neighbour."""
    tree = grown(2)
    left, right = hash_leaf(b"leaf 0"), hash_leaf(b"leaf 1")
    assert verify_inclusion(left, 0, 2, [right], tree.root())
    assert not verify_inclusion(left + right[:1], 0, 2, [right[1:]], tree.root())
    larger = grown(3)
    third = hash_leaf(b"leaf 2")
    assert verify_consistency(2, tree.root(), 3, larger.root(), [third])
    assert not verify_consistency(2, tree.root() + third[:1], 3, larger.root(), [third[1:]])


def test_a_truncated_tree_grows_as_if_it_had_never_been_larger() -> None:
    """After truncation to any size, the same leaves give the same roots and proofs again."""
    data = leaves(20)
    for size in range(21):
        tree = grown(20)
        tree.truncate(size)
        assert (tree.size, tree.root()) == (size, head(data[:size]))
        for leaf in data[size:]:
            tree.append(hash_leaf(leaf))
        assert tree.root() == head(data)
        assert tree.inclusion(11, 20) == path(11, data)


def test_sizes_outside_the_tree_are_errors() -> None:
    """Asking a tree for what it does not have raises ValueError."""
    tree = grown(5)
    with pytest.raises(ValueError, match="5 leaves, not 6"):
        tree.root(6)
    with pytest.raises(ValueError, match="5 leaves, not -1"):
        tree.truncate(-1)
    with pytest.raises(ValueError, match="no leaf 3"):
        tree.inclusion(3, 3)
    with pytest.raises(ValueError, match="did not grow from one of 4"):
        tree.consistency(4, 3)
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        tree.append(bytes(31))
