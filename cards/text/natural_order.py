"""The order of titles as people expect it: "deck 2" comes before "deck 10"."""

import re
import unicodedata

NUMBERS = re.compile(r"([0-9]{1,18})")


def natural_key(title: str) -> tuple[tuple[str, int], ...]:
    """A key that sorts titles without regard to case, and numbers in them by value."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    parts = NUMBERS.split(folded)
    # Texts and numbers take turns, so a pair is never compared with one of another kind.
    texts, numbers = parts[::2], [int(number) for number in parts[1::2]]
    return tuple(zip(texts, [*numbers, -1], strict=True))
