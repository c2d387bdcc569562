"""Which language the cards of a list are written in: a careful guess from scripts and small words. Pure.

A list of nouns without articles says too little, and so do a few cards: then there is no guess. Languages that
cannot be told apart by such signs (Danish and Norwegian, Hindi and Marathi) are left to the learner.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

ENGLISH = "en"

LEAST_TEXTS = 5
"""So many texts of a side have to speak for a language."""

LEAST_SHARE = 0.4
"""And this share of them."""

LEAD = 1.5
"""And so many times as many as for any other language."""

# Small words, articles above all, that most lists of vocabulary have; and letters that others hardly use. Italian
# lacks "le" and "l'", which French has far more often.
LATIN: dict[str, tuple[str, str]] = {
    "ca": ("el la els les un una amb i és dels per que no", "ŀ"),
    "cs": ("a je se na v ve že to jsem není nebo jak který", "ěřů"),
    "da": ("en et den det de og er af at til ikke på som jeg", "æø"),
    "de": ("der die das ein eine den dem des und ist sich nicht mit von zu ich im auf für", "ß"),
    "en": ("the a an of to is and in that for with it are be on as by or not from", ""),
    "es": ("el la los las un una de del y es que en por con para no se lo", "ñ¿¡"),
    "fi": ("ja on ei se että mutta ovat hän minä olla tai kun", ""),
    "fr": ("le la les un une des du de et est l d que qui dans pour avec au aux je ne pas se en", "œçêèù"),
    "hu": ("a az egy és nem van hogy is meg de ez", "őű"),
    "it": ("il lo la i gli un una uno di del della e è che in per con non dei delle", ""),
    "la": ("et est in non ad cum ex sunt esse quod qui quae sed", "āēīōū"),
    "nb": ("en et ei den det de og er av å til ikke på som jeg", "æø"),
    "nl": ("de het een en van is niet ik dat op te met voor zijn aan", ""),
    "pl": ("i w na nie jest się z do że to jak od po ale", "łąęśżź"),
    "pt": ("o a os as um uma de do da e é que em por com para não se ao", "ãõ"),
    "ro": ("un o și este de la în cu nu pe pentru că sunt al", "țșăâ"),
    "sv": ("en ett den det de och är av att till inte på som jag", "åä"),
    "tr": ("bir ve bu için ile değil ne da de mi var yok", "ğış"),
}
WORDS = {language: frozenset(words.split()) for language, (words, _) in LATIN.items()}
LETTERS = {language: frozenset(letters) for language, (_, letters) in LATIN.items()}

# Scripts of one language of the site, by the beginning of the names of their letters.
SCRIPTS = {
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "GREEK": "el",
    "HEBREW": "he",
    "THAI": "th",
    "ARMENIAN": "hy",
    "GEORGIAN": "ka",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KHMER": "km",
}
# Letters of Cyrillic and Arabic that only one of the languages has, and those that rule it out.
MARKED = {
    "CYRILLIC": {"ru": ("ыэё", "іїєґўјљњђћџ"), "uk": ("їєґі", "ыэёўјљњђћџ")},
    "ARABIC": {"fa": ("پچژگ", "ٹڈےةىكي"), "ar": ("ةىكي", "پچژگٹڈےکی")},
}

WORD = re.compile(r"[^\W\d_]+")


def guess_language(sides: Iterable[Sequence[str]]) -> str:
    """The language code of ``sides``: the texts of all terms, and of all definitions. Empty without a sure guess.

    Of English and another language it is the other one, which is the one that is learned.
    """
    found = {side_language(texts) for texts in sides} - {""}
    if len(found) > 1:
        found.discard(ENGLISH)
    return found.pop() if len(found) == 1 else ""


def side_language(texts: Sequence[str]) -> str:
    """The language of the texts of one side, or an empty text."""
    signs = Counter[str]()
    filled = [text for text in texts if text.strip()]
    for text in filled:
        signs.update(languages_of(text))
    ranked = signs.most_common(2)
    if not ranked or ranked[0][1] < max(LEAST_TEXTS, LEAST_SHARE * len(filled)):
        return ""
    second = ranked[1][1] if len(ranked) > 1 else 0
    return ranked[0][0] if ranked[0][1] >= LEAD * second else ""


def languages_of(text: str) -> set[str]:
    """The languages that a text may be in, by its signs. Most texts of one or two words have none."""
    lower = unicodedata.normalize("NFC", text).lower()
    letters = {letter for letter in lower if letter.isalpha()}
    if not letters:
        return set()
    scripts = Counter(script_of(letter) for letter in lower if letter.isalpha())
    script = scripts.most_common(1)[0][0]
    if script in ("CJK", "HIRAGANA", "KATAKANA"):
        return {"ja"} if scripts["HIRAGANA"] + scripts["KATAKANA"] else {"zh"}
    if script in MARKED:
        return {
            language
            for language, (own, others) in MARKED[script].items()
            if not letters.isdisjoint(own) and letters.isdisjoint(others)
        }
    if script != "LATIN":
        return {SCRIPTS[script]} if script in SCRIPTS else set()
    words = set(WORD.findall(lower))
    return {
        language
        for language in LATIN
        if not words.isdisjoint(WORDS[language]) or not letters.isdisjoint(LETTERS[language])
    }


def script_of(letter: str) -> str:
    """The first word of a letter's name in Unicode: LATIN, CYRILLIC, CJK."""
    return unicodedata.name(letter, "").partition(" ")[0]
