"""The words that there are, in eight languages: a typed one that is another word is no slip.

The lists are those of the package ``pyspellchecker``. Reading them takes seconds, so a server keeps them in a
file, as sorted arrays of each word's checksum: four bytes a word, 6 MB in all, which workers forked after loading
share. A word that is in no list shares its checksum with a listed one once in ten thousand times; then the learner
is asked.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import version
from os import getpid
from pathlib import Path
from threading import Lock
from typing import TypeAlias
from zlib import crc32

from spellchecker import SpellChecker

from sessions_app.study.text.normal import plain

LANGUAGES = ("en", "de", "es", "fr", "it", "nl", "pt", "ru")
# These lists have few of a word's forms.
SHORT_LISTS = ("es", "ru")
# No shorter word is a slip for another.
SHORTEST = 4
# To be counted up when other lists are made of the same package.
FORMAT = 1
# A word this much rarer than the one with accents is rather that one, misspelled.
RARER = 20

Checksums: TypeAlias = "array[int]"
# One list for each language, then one of the words that are other words without their accents.
_lists: list[Checksums] = []
_loading = Lock()
_kept: Path | None = None


def is_another_word(typed: str, word: str) -> bool:
    """Whether what was typed for a word, both without accents, is itself a word of a language that it may be in.

    English words are words in any deck, and a name or term that no list holds may be of any language.
    """
    english, *rest = lists()[:-1]
    sought, meant = checksum(typed), checksum(word)
    if holds(english, sought):
        return True
    known = [each for each in rest if holds(each, sought)]
    return any(holds(each, meant) for each in known) or (bool(known) and not is_known(word))


def is_english(word: str) -> bool:
    return holds(lists()[0], checksum(word))


def is_known(word: str) -> bool:
    meant = checksum(word)
    return any(holds(each, meant) for each in lists()[:-1])


def is_complete(word: str) -> bool:
    """Whether a list that has the word has its forms, too."""
    meant = checksum(word)
    return any(
        holds(each, meant) and name not in SHORT_LISTS
        for name, each in zip(LANGUAGES, lists()[:-1], strict=True)
    )


def has_bare_twin(word: str) -> bool:
    """Whether a word is another without its accents, where that is no spelling of it: imité, imite."""
    return holds(lists()[-1], checksum(word))


def keep_in(directory: Path) -> None:
    """Name the directory in which the lists are kept from now on: to be read from there, made if need be."""
    global _kept
    _kept = directory / f"words-{FORMAT}-{version('pyspellchecker')}"


def lists() -> list[Checksums]:
    """Return the lists, which takes seconds where they are not kept yet; a server does so before it answers."""
    if not _lists:
        with _loading:
            if not _lists:
                found = read(_kept) if _kept and _kept.exists() else []
                # At once: another thread may look at them meanwhile.
                _lists.extend(found or made())
                if _kept and not found:
                    write(_kept)
    return _lists


def made() -> list[Checksums]:
    found, twins = [], set[str]()
    for name in LANGUAGES:
        frequencies: Mapping[str, int] = SpellChecker(name).word_frequency.dictionary
        found.append(checksums(plain(word.casefold()) for word in frequencies if len(word) >= SHORTEST))
        if name not in ("en", "ru"):
            twins |= with_bare_twins(frequencies)
    return [*found, checksums(twins)]


def with_bare_twins(frequencies: Mapping[str, int]) -> set[str]:
    accented = [(word, count) for word, count in frequencies.items() if not word.isascii()]
    return {word for word, count in accented if RARER * frequencies.get(plain(word), 0) >= count}


def checksums(words: Iterable[str]) -> Checksums:
    return array("I", sorted(set(map(checksum, words))))


def checksum(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))


def holds(words: Checksums, sought: int) -> bool:
    at = bisect_left(words, sought)
    return at < len(words) and words[at] == sought


def read(path: Path) -> list[Checksums]:
    """Return the lists of a file, none where they are not all there or cannot be read."""
    try:
        content = path.read_bytes()
    except OSError:
        return []
    at, found = 0, list[Checksums]()
    while at < len(content):
        end = at + 4 + 4 * int.from_bytes(content[at : at + 4])
        if end > len(content):
            break
        found.append(array("I", content[at + 4 : end]))
        at = end
    return found if len(found) == len(LANGUAGES) + 1 else []


def write(path: Path) -> None:
    """Keep the lists for the next process, where that can be."""
    begun = path.with_name(f"{path.name}.{getpid()}")
    with suppress(OSError):
        begun.write_bytes(b"".join(len(each).to_bytes(4) + each.tobytes() for each in _lists))
        begun.replace(path)
