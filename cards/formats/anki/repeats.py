"""Answers that repeat their question in another style. Pure.

Many templates show the question once more above the answer, and many fields hold both. As a definition that would
give every test away. Whether a template does so cannot be seen in one note, where both sides may share a beginning
by chance: it is a rule if nearly all of its notes do.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from cards.formats.markdown.from_html import Converted

SAMPLED = 40
"""Notes of a type that are looked at."""

FEWEST, MOST_SHARE = 3, 0.8
"""Of at least so many notes with a text, this share repeats the question."""

MARKS = frozenset("*_~`\\#>")
"""Characters by which two styles of one text differ in Markdown."""

STOP = r"(?:\\?[.。．])?"
AFTER = re.compile(rf"[*_~`]*{STOP}[*_~`]*[^\S\n]*(?:[:–—→](?=\s)|(?=\n)|\Z)\s*")
"""What ends the question in an answer: a full stop, the end of a style, a sign that separates, or the line's end.

Not a comma, a slash or a minus: "go, went, gone" and "x - y" are answers.
"""

LINE_REST = re.compile(rf"[*_~` \t]*{STOP}[*_~` \t]*(?=\n|\Z)")
"""What may follow the question on a line of its own."""

READING = re.compile(
    r"(?<=[々〆ヶ\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[(\[（［](?:[ぁ-ヿｦ-ﾟ\u3100-\u312fˇˊˋ˙]{1,30}"
    r"|[a-zü]{0,3}[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ][a-z]{0,4}|[a-zü]{1,6}[1-5])[)\]）］]",
    re.IGNORECASE,
)
"""Kana, Bopomofo or Pinyin in brackets behind a Chinese character. A translation in brackets is no reading."""

MOST_TRIES = 20
"""Places of an answer that are tried."""

PAIRED = ("**", "~~", "`")


def is_rule(found: Iterable[Converted | None]) -> bool:
    """Whether a template repeats its question. ``found`` has `without_question` of each of its notes."""
    rests = list(found)
    return len(rests) >= FEWEST and sum(rest is not None for rest in rests) >= MOST_SHARE * len(rests)


def without_question(question: Converted, answer: Converted) -> Converted | None:
    """The answer without the question. None if it does not repeat it, or has nothing else."""
    asked = set(question.images)
    images = [image for image in answer.images if image not in asked]
    if question.text:
        rest = without_text(answer.text, question.text)
    else:
        rest = answer.text if asked and len(images) < len(answer.images) else None
    if rest is None or not (rest or images):
        return None
    return replace(answer, text=rest, images=images)


def without_text(answer: str, question: str) -> str | None:
    """The Markdown ``answer`` without the text of ``question``: at its beginning, or as lines of its own."""
    wanted, *_ = content(question)
    wanted = wanted.rstrip(".。．") or wanted
    there, places, ends = content(answer)
    if not wanted:
        return None
    start = there.find(wanted)
    for _ in range(MOST_TRIES):
        if start < 0:
            break
        first, last = places[start], places[start + len(wanted) - 1]
        end = ends.get(last, last + 1)
        if start == 0 and (after := AFTER.match(answer, end)):
            rest = answer[after.end() :]
        elif is_line_start(answer, first) and (after := LINE_REST.match(answer, end)):
            before = answer[: answer.rfind("\n", 0, first) + 1].strip("\n")
            rest = "\n\n".join(filter(None, (before, answer[after.end() :].strip("\n"))))
        else:
            start = there.find(wanted, start + 1)
            continue
        # A style that begins in the question and ends in the answer.
        return None if any(rest.count(mark) % 2 for mark in PAIRED) else rest.strip()
    return None


def content(text: str) -> tuple[str, list[int], dict[int, int]]:
    """The characters of a Markdown text without spaces, styles, capitals and readings, and the place of each.

    The last are the ends of the readings, by the place of the character before.
    """
    places = [place for place, sign in enumerate(text) if sign not in MARKS and not sign.isspace()]
    letters = "".join(text[place] for place in places)
    parts: list[str] = []
    kept: list[int] = []
    ends: dict[int, int] = {}
    done = 0
    for reading in READING.finditer(letters):
        start, end = reading.span()
        before, last = places[start - 1], places[end - 1]
        if "\n" not in text[before:last]:
            parts.append(letters[done:start])
            kept += places[done:start]
            ends[before] = last + 1
            done = end
    return folded("".join([*parts, letters[done:]])), kept + places[done:], ends


def folded(text: str) -> str:
    """``text`` without regard to capitals. Each character stays one: "ß" does not become "ss"."""
    small = text.casefold()
    if len(small) == len(text):
        return small
    return "".join(one if len(one := sign.casefold()) == 1 else sign for sign in text)


def is_line_start(text: str, place: int) -> bool:
    return not text[text.rfind("\n", 0, place) + 1 : place].strip("*_~` \t#>")
