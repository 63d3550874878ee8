"""The Merkle tree of RFC 6962 (and 9162): roots, inclusion and consistency proofs, and how to check them.

A proof is a list of 32-byte hashes, innermost first. Checking one needs no tree, only the two `verify_`
functions at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def hash_leaf(data: bytes) -> bytes:
    """The hash of a leaf, SHA-256(0x00 ‖ data) (RFC 9162, section 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node, SHA-256(0x01 ‖ left ‖ right) (RFC 9162, section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (at least 2): where the RFC divides a tree."""
    return 1 << ((size - 1).bit_length() - 1)


class Tree:
    """An append-only tree held in memory; append, root and proofs take O(log n) hashes.

    Level k holds the roots of the complete subtrees of 2^k leaves, packed side by side, so that a leaf
    costs 64 bytes in all. Every incomplete subtree is put together from complete ones when it is asked for.
    """

    def __init__(self) -> None:
        self._levels: list[bytearray] = [bytearray()]

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0]) // HASH_BYTES

    def append(self, leaf_hash: bytes) -> int:
        """Add a leaf by its hash (32 bytes, see `hash_leaf`); returns its index, counted from 0.

        Raises:
            ValueError: the hash is not 32 bytes long.
        """
        if len(leaf_hash) != HASH_BYTES:
            raise ValueError(f"a leaf hash has {HASH_BYTES} bytes, not {len(leaf_hash)}")
        index, level = self.size, 0
        self._levels[0] += leaf_hash
        # Each trailing one in the binary index means that a pair of complete subtrees has just been filled.
        while index >> level & 1:
            parent = hash_children(self._node(level, (index >> level) - 1), self._node(level, index >> level))
            level += 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += parent
        return index

    def truncate(self, size: int) -> None:
        """Forget all leaves from index `size` on; ValueError if there are fewer than `size`."""
        self._check_size(size)
        for level, nodes in enumerate(self._levels):
            del nodes[(size >> level) * HASH_BYTES :]

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves (of all, if None); ValueError if there are fewer."""
        if size is None:
            size = self.size
        self._check_size(size)
        return self._subtree(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that leaf `index` is among the first `size` leaves: PATH of RFC 6962, section 2.1.1.

        Raises:
            ValueError: not 0 <= index < size <= the number of leaves.
        """
        self._check_size(size)
        if not 0 <= index < size:
            raise ValueError(f"a tree of {size} leaves has no leaf {index}")
        proof, low, high = [], 0, size
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                proof.append(self._subtree(middle, high))
                high = middle
            else:
                proof.append(self._subtree(low, middle))
                low = middle
        return proof[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the first `old` leaves begin the first `new`: PROOF of RFC 6962, section 2.1.2.

        It is empty when the sizes are equal, and when `old` is 0, since every tree begins with nothing.

        Raises:
            ValueError: not 0 <= old <= new <= the number of leaves.
        """
        self._check_size(new)
        if not 0 <= old <= new:
            raise ValueError(f"a tree of {new} leaves did not grow from one of {old}")
        if old == 0:
            return []
        proof, low, high = [], 0, new
        while high > old:
            middle = low + _split(high - low)
            if old <= middle:
                proof.append(self._subtree(middle, high))
                high = middle
            else:
                proof.append(self._subtree(low, middle))
                low = middle
        # What is left ends where the old tree ends. If it is the whole old tree, the verifier has its root.
        if low > 0:
            proof.append(self._subtree(low, high))
        return proof[::-1]

    def _check_size(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise ValueError(f"the tree has {self.size} leaves, not {size}")

    def _node(self, level: int, index: int) -> bytes:
        return bytes(self._levels[level][index * HASH_BYTES : (index + 1) * HASH_BYTES])

    def _subtree(self, low: int, high: int) -> bytes:
        """The root over leaves low..high-1; low must be a multiple of the largest power of two that fits."""
        level = (high - low).bit_length() - 1
        middle = low + (1 << level)
        left = self._node(level, low >> level)
        return left if middle == high else hash_children(left, self._subtree(middle, high))


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that leaf `index` of the tree of `size` leaves and root `root` is `leaf_hash`.

    Accepts what the algorithm of RFC 9162, section 2.1.3.2 accepts. Any other input, however malformed
    (sizes and indices are integers, hashes bytes), gives False.
    """
    if not 0 <= index < size or any(len(node) != HASH_BYTES for node in (leaf_hash, *proof)):
        return False
    turns = []  # from the root down to the leaf: whether the way goes right
    while size > 1:
        middle = _split(size)
        right = index >= middle
        turns.append(right)
        index, size = (index - middle, size - middle) if right else (index, middle)
    if len(proof) != len(turns):
        return False
    node = leaf_hash
    for sibling, right in zip(proof, reversed(turns), strict=True):
        node = hash_children(sibling, node) if right else hash_children(node, sibling)
    return node == root


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree (new_size, new_root) begins with the tree (old_size, old_root).

    Accepts what the algorithm of RFC 9162, section 2.1.4.2 accepts, and from old size 0 the empty proof.
    Any other input, however malformed (sizes are integers, hashes bytes), gives False.
    """
    if not 0 <= old_size <= new_size or any(len(node) != HASH_BYTES for node in (old_root, new_root, *proof)):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root and (old_size > 0 or old_root == EMPTY_ROOT)
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    turns = []  # from the root down to the last subtree that both trees share: whether the way goes right
    shared, size = old_size, new_size
    while shared < size:
        middle = _split(size)
        right = shared > middle
        turns.append(right)
        shared, size = (shared - middle, size - middle) if right else (shared, middle)
    # Without a turn to the right that subtree is the whole old tree, and the proof leaves its root out.
    nodes = list(proof) if any(turns) else [old_root, *proof]
    if len(nodes) != len(turns) + 1:
        return False
    old = new = nodes[0]
    for sibling, right in zip(nodes[1:], reversed(turns), strict=True):
        if right:
            old, new = hash_children(sibling, old), hash_children(sibling, new)
        else:
            new = hash_children(new, sibling)
    return old == old_root and new == new_root
