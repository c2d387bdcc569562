"""Lists of the words of eight languages: a response that is another word is no slip.

The lists are those of the package ``pyspellchecker``. Reading them takes seconds, so a server stores them in a
file, as sorted arrays of each word's checksum: four bytes a word, 6 MB in all. Workers that are forked after
loading share them. A word that is in no list has the checksum of a listed one once in ten thousand times; then
the learner is asked.
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
# These lists have only some of a word's forms.
SHORT_LISTS = ("es", "ru")
# Shorter words are not listed: none of them is judged as a slip.
SHORTEST = 4
# Raise it when other lists are made from the same version of the package.
FORMAT = 1
# A word this many times rarer than the same word with accents is a misspelling of it.
RARER = 20

Checksums: TypeAlias = "array[int]"
# One list for each language, then one of the words that are other words without their accents.
_lists: list[Checksums] = []
_loading = Lock()
_kept: Path | None = None


def is_another_word(typed: str, word: str) -> bool:
    """Whether ``typed`` is another word of a language that ``word`` may be in; both are without accents.

    English words are words in any deck. A name or term that is in no list may be in any language.
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
    """Whether a list that has the word also has its other forms."""
    meant = checksum(word)
    return any(
        holds(each, meant) and name not in SHORT_LISTS
        for name, each in zip(LANGUAGES, lists()[:-1], strict=True)
    )


def has_bare_twin(word: str) -> bool:
    """Whether the word without its accents is another word, not a spelling of it: imité, imite."""
    return holds(lists()[-1], checksum(word))


def keep_in(directory: Path) -> None:
    """Set the directory of the file with the lists, from which they are read, and to which they are written."""
    global _kept
    _kept = directory / f"words-{FORMAT}-{version('pyspellchecker')}"


def lists() -> list[Checksums]:
    """Return the lists. This takes seconds if there is no file yet: a server calls it before its first request."""
    if not _lists:
        with _loading:
            if not _lists:
                found = read(_kept) if _kept and _kept.exists() else []
                # In one step: another thread may read the list at any time.
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
    """Return the lists of a file; an empty list if it cannot be read or is not complete."""
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
    """Write the lists to a file for the next process; an error is ignored."""
    begun = path.with_name(f"{path.name}.{getpid()}")
    with suppress(OSError):
        begun.write_bytes(b"".join(len(each).to_bytes(4) + each.tobytes() for each in _lists))
        begun.replace(path)
