"""Which languages the two sides of a list are written in: a careful guess from scripts and small words. Pure.

A list of nouns without articles says too little, and so do a few cards: then there is no guess. Languages with
Latin letters that cannot be told apart by such signs (Danish and Norwegian) are left to the learner. Another
script is certainly not English: without signs it is taken for its most used language (Russian, Arabic, Hindi).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

ENGLISH = "en"

LEAST_TEXTS = 5
"""So many texts of a side have to speak for a language."""

LEAST_OF_A_SCRIPT = 2
"""So many are enough for a language that has a script of its own."""

LEAST_SHARE = 0.4
"""And this share of them."""

LEAD = 1.5
"""And so many times as many as for any other language."""

SENTENCE = 5
"""Words of a text. A side of sentences explains its terms, and is written in their language."""

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
    "fr": ("le la les un une des du de et est l' d' que qui dans pour avec au aux je ne pas se en", "œçêèù"),
    "hu": ("a az egy és nem van hogy is meg de ez", "őű"),
    "it": ("il lo la i gli un una uno di del della e è che in per con non dei delle", ""),
    "la": ("et est in non ad cum ex sunt esse quod qui quae sed", "āēīōū"),
    "nb": ("en et ei den det de og er av å til ikke på som jeg", "æø"),
    "nl": ("de het een en van is niet ik dat op te met voor zijn aan", ""),
    "pl": ("i w na nie jest się z do że to jak od po ale", "łąęśżź"),
    "pt": ("o a os as um uma de do da e é que em por com para não se ao", "ãõ"),
    "ro": ("un o și este de la în cu nu pe pentru că sunt al", "țșăâ"),
    "sv": ("en ett den det de och är av att till inte på som jag", "åä"),
    # The letters that only Vietnamese has: horns, hooks, and two marks on one letter.
    "vi": ("và của không có một là người những được trong", "ơưđạảẻỉỏủỷấầẩẫậắằẳẵặếềểễệốồổỗộớờởỡợứừửữự"),
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
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "GURMUKHI": "pa",
    "MYANMAR": "my",
}
OWN_SCRIPT = frozenset(SCRIPTS.values())
"""Languages with a script of their own."""

# Letters of Cyrillic and Arabic that only one of the languages has, and those that rule it out.
MARKED = {
    "CYRILLIC": {"ru": ("ыэё", "іїєґўјљњђћџ"), "uk": ("їєґі", "ыэёўјљњђћџ")},
    "ARABIC": {"fa": ("پچژگ", "ٹڈےةىكي"), "ar": ("ةىكي", "پچژگٹڈےکی")},
}

CAPITALISED_NOUNS = frozenset({"de"})
"""Languages with capital letters for all nouns. In others a capital letter behind a small word begins a name."""

# An elided article has its apostrophe and a letter behind it. Letters beside digits are no words.
# The most used language of a script, and what only other languages write in it. Serbian and Bulgarian have words
# without such letters, Urdu and Marathi too: so nearly all texts have to be without them.
MOST_USED = {
    "CYRILLIC": ("ru", re.compile("[^\u0430-\u044fё]|ъ(?![еёюя])")),
    "ARABIC": ("ar", re.compile("[^\u0621-\u063a\u0641-\u064a\u0671]")),
    "DEVANAGARI": ("hi", re.compile("[ळऴऩ]")),
    "CJK": ("zh", re.compile("[\u3040-\u30ff]")),
}
MOST_FOREIGN = 0.1
"""The share of a side's texts that may have letters that only other languages have."""

GREEK_WORD = 3
"""Letters of a Greek word. Single ones and pairs are names of quantities and angles."""

WORD = re.compile(r"(?<!\w)(?:[LDld]['’](?=[^\W\d_])|[^\W\d_]+(?!\w))")
LETTERS_TOGETHER = re.compile(r"[^\W\d_]+")
FORMULA = re.compile(r"\$+[^$]*\$+")


def guess_languages(terms: Sequence[str], definitions: Sequence[str]) -> tuple[str, str]:
    """The language codes of the terms and of the definitions. A code is empty without a sure guess."""
    sides = (terms, definitions)
    found = together(sides, [side_language(texts) for texts in sides])
    # The other side says more than what is most common.
    guessed = [code or most_used(texts) for code, texts in zip(found, sides, strict=True)]
    if guessed != found:
        guessed = together(sides, guessed)
    return guessed[0], guessed[1]


def together(sides: tuple[Sequence[str], Sequence[str]], languages: Sequence[str]) -> list[str]:
    """The languages of both sides, where what is found of one may say more of the other."""
    found = list(languages)
    for side, other in ((0, 1), (1, 0)):
        if found[side] == "zh" and found[other] == "ja" and may_be_japanese(sides[side]):
            found[side] = "ja"
        elif not found[side] and found[other] and go_with(sides[side], sides[other], found[other]):
            found[side] = found[other]
    return found


def go_with(texts: Sequence[str], others: Sequence[str], language: str) -> bool:
    """Whether texts without a sure language are in the ``language`` that the ``others`` certainly have.

    Words beside words of another language are a vocabulary: then they are not.
    """
    scripts = {script for text in texts if (script := script_in(text))}
    if not scripts:
        # Numbers and formulas.
        return True
    if scripts != {"LATIN"} or language not in LATIN:
        return scripts <= {script_in(text) for text in others}
    signs = Counter[str]()
    for text in texts:
        signs.update(signs_in(text))
    if signs[language] > signs[ENGLISH]:
        return True
    words = sum(len(WORD.findall(text)) for text in others)
    return words >= SENTENCE * len(others) and signs[language] >= signs[ENGLISH]


def may_be_japanese(texts: Sequence[str]) -> bool:
    """Whether Japanese has all characters of these texts: most simplified ones are not in JIS X 0208."""
    try:
        "".join(texts).encode("euc_jp", "strict")
    except UnicodeEncodeError:
        return False
    return True


def side_language(texts: Sequence[str]) -> str:
    """The language of the texts of one side, or an empty text."""
    signs, speaking = Counter[str](), Counter[str]()
    filled = [text for text in texts if text.strip()]
    for text in filled:
        found = signs_in(text)
        signs.update(found)
        speaking.update(found.keys())
    if not signs:
        return ""
    ranked = [*signs.most_common(2), ("", 0)]
    best, second = ranked[0], ranked[1]
    least = LEAST_OF_A_SCRIPT if best[0] in OWN_SCRIPT else LEAST_TEXTS
    if speaking[best[0]] < max(least, LEAST_SHARE * len(filled)):
        return ""
    return best[0] if best[1] >= LEAD * second[1] else ""


def most_used(texts: Sequence[str]) -> str:
    """The most used language of the script of these texts, if no other language shows. Empty for Latin letters."""
    filled = [text for text in texts if text.strip()]
    ranked = Counter(script for text in filled if (script := script_in(text)) in MOST_USED).most_common(1)
    if not ranked or ranked[0][1] < max(LEAST_OF_A_SCRIPT, LEAST_SHARE * len(filled)):
        return ""
    script, count = ranked[0]
    language, others = MOST_USED[script]
    foreign = sum(any(others.search(word) for word in words_of(text, script)) for text in filled)
    return language if foreign <= MOST_FOREIGN * count else ""


def words_of(text: str, script: str) -> list[str]:
    """The words of ``text`` whose letters are of this script, in small letters."""
    lower = unicodedata.normalize("NFC", FORMULA.sub(" ", text)).lower()
    return [word for word in LETTERS_TOGETHER.findall(lower) if script_in(word) == script]


def signs_in(text: str) -> Counter[str]:
    """The languages that a text may be in, with the number of its signs. Most short texts have none."""
    lower = unicodedata.normalize("NFC", FORMULA.sub(" ", text)).lower()
    letters = {letter for letter in lower if letter.isalpha()}
    if not letters:
        return Counter()
    scripts = Counter(script_of(letter) for letter in lower if letter.isalpha())
    script = scripts.most_common(1)[0][0]
    if script in ("CJK", "HIRAGANA", "KATAKANA"):
        return Counter({"ja": 1} if scripts["HIRAGANA"] + scripts["KATAKANA"] else {"zh": 1})
    if script == "GREEK" and max(map(len, words_of(lower, script)), default=0) < GREEK_WORD:
        return Counter()
    if script in MARKED:
        return Counter(
            language
            for language, (own, others) in MARKED[script].items()
            if not letters.isdisjoint(own) and letters.isdisjoint(others)
        )
    if script != "LATIN":
        return Counter({SCRIPTS[script]: 1} if script in SCRIPTS else {})
    words, before_names = small_words(FORMULA.sub(" ", text))
    found = {
        language: len((words | before_names if language in CAPITALISED_NOUNS else words) & WORDS[language])
        + len(letters & LETTERS[language])
        for language in LATIN
    }
    return Counter({language: count for language, count in found.items() if count})


def small_words(text: str) -> tuple[set[str], set[str]]:
    """The words of a text in small letters, and those before a word with a capital letter, as in "Los Angeles".

    Letters alone and those of an equation are names of quantities or choices.
    """
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    matches = list(WORD.finditer(text))
    has_words = any(len(match[0]) > 1 for match in matches)
    least = 1 if has_words and not any(is_operator(sign) for sign in text) else 2
    words, before_names = set[str](), set[str]()
    for match in matches:
        if len(match[0]) >= least:
            behind = text[match.end() : match.end() + 2].lstrip(" ")
            # Not "la France": a text does not begin a name with a small letter.
            is_in_name = behind[:1].isupper() and (match.start() > 0 or match[0][0].isupper())
            (before_names if is_in_name else words).add(match[0].lower())
    return words, before_names


def is_operator(sign: str) -> bool:
    return sign == "^" or unicodedata.category(sign) == "Sm"


def script_in(text: str) -> str:
    """The script of most letters of a text, or an empty text. Japanese is written in several: all count as one."""
    scripts = Counter(script_of(letter) for letter in FORMULA.sub(" ", text) if letter.isalpha())
    most = scripts.most_common(1)[0][0] if scripts else ""
    return "CJK" if most in ("HIRAGANA", "KATAKANA") else most


def script_of(letter: str) -> str:
    """The first word of a letter's name in Unicode: LATIN, CYRILLIC, CJK."""
    return unicodedata.name(letter, "").partition(" ")[0]
