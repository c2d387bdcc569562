"""Names of tags in Anki, and back. Pure.

Anki separates the tags of a note by spaces, ideographic ones too, so a tag has none. A space becomes a no-break
space (U+00A0), which Anki shows as a space, and which no tag here has: "a b" and "a_b" stay different. In Anki's
search ``tag:two_words`` finds it, because ``_`` stands for any one character.

Two other things would not come back from Anki (tags/mod.rs of its rslib): it removes quotation marks, and it fills
the empty parts around ``::``, which separates parents from children, with the word "blank". They are written as
signs that look alike. Two tags have a meaning for Anki itself, so a learner's own ones of these names get an
invisible sign. Our reader turns these back, but only on notes of our own types.
"""

import re

SPACE, IDEOGRAPHIC = "\u00a0", "\u3000"
QUOTE, COLONS = "ˮ", "∷"
"""They stand for ``"`` and ``::``. A tag that has one of them itself gets the invisible sign behind it."""

MARKED, LEECH = "marked", "leech"
OWN_MEANING, JOINER = (MARKED, LEECH), "\u2060"
"""Anki's own tags, and the invisible sign behind a learner's tag of that name."""

STANDING_FOR = {QUOTE: '"', COLONS: "::"}
SIGN = re.compile(f"([{QUOTE}{COLONS}])({JOINER})?")
RUN = re.compile("::+")


def to_anki(tag: str) -> str:
    """The name of ``tag`` (single spaces, none at its ends) in Anki."""
    name = " ".join(tag.split())
    name = re.sub(f"[{QUOTE}{COLONS}]", lambda found: found[0] + JOINER, name)
    name = RUN.sub(lambda found: colons(found, name), name).replace('"', QUOTE)
    return name.replace(" ", SPACE) + JOINER * (tag.casefold() in OWN_MEANING)


def colons(run: re.Match[str], name: str) -> str:
    """Colons as Anki keeps them: two, with a part of the name on both sides."""
    around = name[: run.start()][-1:], name[run.end() :][:1]
    if len(run[0]) == 2 and all(one.strip() for one in around):
        return run[0]
    return run[0].replace("::", COLONS)


def from_anki(tags: str, *, is_own: bool) -> tuple[list[str], bool]:
    """The tags of a note's column without Anki's own, and whether it is marked.

    ``is_own`` says whether the note's type is one of our exports.
    """
    names = separated(tags)
    given = [name for name in names if name.casefold() not in OWN_MEANING]
    if is_own:
        given = list(map(restored, given))
    return given, MARKED in map(str.casefold, names)


def separated(tags: str) -> list[str]:
    """The names in a note's column of tags, as Anki separates them."""
    return [name for name in tags.replace(IDEOGRAPHIC, " ").split(" ") if name]


def restored(name: str) -> str:
    """The tag of ours that Anki has as ``name``, but for its spaces."""
    return SIGN.sub(meant, name).removesuffix(JOINER)


def meant(sign: re.Match[str]) -> str:
    """What a sign stands for: itself, if there is the invisible one behind it."""
    return sign[1] if sign[2] else STANDING_FOR[sign[1]]
