"""A shuffled order for decks of any size, calculated for each place without a list of the cards.

A small Feistel network permutes the places below the next power of four. A place beyond the deck's end is
permuted again ("cycle walking"), which keeps it a permutation of the deck: Black and Rogaway, "Ciphers with
Arbitrary Finite Domains", 2002, section 3.
"""

from hashlib import blake2b

ROUNDS = 4


def shuffled_place(place: int, size: int, seed: int) -> int:
    """The index (0 to ``size`` - 1) of the card at ``place`` (0 to ``size`` - 1) in the order of ``seed``."""
    if not 0 <= place < size:
        raise ValueError(f"place {place} is outside a deck of {size}")
    half_bits = max(1, ((size - 1).bit_length() + 1) // 2)
    place = _feistel(place, half_bits, seed)
    while place >= size:
        place = _feistel(place, half_bits, seed)
    return place


def _feistel(value: int, half_bits: int, seed: int) -> int:
    mask = (1 << half_bits) - 1
    left, right = value >> half_bits, value & mask
    for number in range(ROUNDS):
        digest = blake2b(f"{seed}:{number}:{right}".encode(), digest_size=8).digest()
        left, right = right, left ^ (int.from_bytes(digest, "big") & mask)
    return (left << half_bits) | right
