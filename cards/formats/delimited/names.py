"""What the names of columns mean, in the languages of other programs and of people's own tables. Pure."""

import re
from collections.abc import Sequence

NAMES = {
    "term": (
        "term, terms, front, front side, question, prompt, word, words, expression, phrase, vocab, vocabulary",
        "begriff, vorderseite, frage, wort, vokabel, ausdruck",
        "terme, recto, question, mot, mot ou expression",
        "término, termino, anverso, pregunta, palabra, frente",
        "termine, fronte, domanda, parola",
        "termo, pergunta, palavra",
        "begrip, voorkant, vraag, woord",
        "pojęcie, termin, przód, pytanie, słowo",
        "термин, вопрос, слово, лицевая сторона",
        "用語, 単語, 表, 表面, 質問, 問題",
        "术语, 術語, 单词, 單字, 單詞, 词语, 正面, 问题",
        "용어, 단어, 앞면, 질문",
    ),
    "definition": (
        "definition, definitions, back, back side, answer, meaning, translation, explanation, gloss",
        "definition, rückseite, antwort, bedeutung, übersetzung, erklärung",
        "définition, verso, réponse, signification, sens, traduction",
        "definición, definicion, reverso, respuesta, significado, traducción, traduccion",
        "definizione, retro, risposta, significato, traduzione",
        "definição, resposta, tradução",
        "definitie, achterkant, antwoord, betekenis, vertaling",
        "definicja, tył, odpowiedź, znaczenie, tłumaczenie",
        "определение, ответ, значение, перевод, обратная сторона",
        "定義, 意味, 裏, 裏面, 答え, 回答, 訳",
        "定义, 释义, 釋義, 意思, 含义, 翻译, 背面, 答案",
        "정의, 뜻, 의미, 뒷면, 답, 정답",
    ),
    "tags": ("tags, tag, labels", "schlagwörter", "étiquettes", "etiquetas", "标签", "タグ", "태그"),
    "key": ("key, guid",),
    "deck": ("deck",),
}
"""The names of each kind of column, one language in each text."""

KIND_OF = {name: kind for kind, texts in NAMES.items() for text in texts for name in re.split(r",\s*", text)}

LANGUAGES = (
    "english, englisch, anglais, inglés, ingles, inglese, inglês, engels, angielski, английский, 英語, 英语, 영어",
    "german, deutsch, allemand, alemán, aleman, tedesco, alemão, duits, немецкий, ドイツ語, 德语, 독일어",
    "french, französisch, français, francais, francés, francese, francês, frans, французский, フランス語, 法语",
    "spanish, spanisch, espagnol, español, espanol, spagnolo, espanhol, spaans, испанский, スペイン語, 西班牙语",
    "italian, italienisch, italien, italiano, italiaans, włoski, итальянский, イタリア語, 意大利语, 이탈리아어",
    "portuguese, portugiesisch, portugais, portugués, portoghese, português, portugees, португальский",
    "dutch, niederländisch, holländisch, néerlandais, neerlandés, olandese, holandês, nederlands, niderlandzki",
    "latin, latein, lateinisch, latín, latino, latim, latijn, łacina, латинский",
    "greek, griechisch, altgriechisch, grec, griego, greco, grego, grieks, ελληνικά, греческий",
    "russian, russisch, russe, ruso, russo, rosyjski, русский, ロシア語, 俄语, 러시아어",
    "polish, polnisch, polonais, polaco, polacco, pools, polski, польский",
    "ukrainian, ukrainisch, ukrainien, ucraniano, українська, украинский",
    "czech, tschechisch, tchèque, checo, ceco, čeština, česky",
    "swedish, schwedisch, suédois, sueco, svedese, svenska, zweeds",
    "danish, dänisch, danois, danés, dansk, deens",
    "norwegian, norwegisch, norvégien, noruego, norsk, noors",
    "finnish, finnisch, finnois, finlandés, suomi",
    "hungarian, ungarisch, hongrois, húngaro, magyar",
    "romanian, rumänisch, roumain, rumano, română",
    "turkish, türkisch, turc, turco, türkçe, turks",
    "arabic, arabisch, arabe, árabe, arabo, العربية, عربي, арабский, 아랍어",
    "hebrew, hebräisch, hébreu, hebreo, ebraico, עברית",
    "persian, farsi, persisch, persan, فارسی",
    "hindi, हिन्दी",
    "chinese, mandarin, chinesisch, chinois, chino, cinese, chinês, 中文, 汉语, 漢語, 中国語, 중국어, китайский",
    "japanese, japanisch, japonais, japonés, giapponese, japonês, japans, 日本語, 日语, 日語, 일본어, японский",
    "korean, koreanisch, coréen, coreano, 한국어, 韩语, 韓語, 韓国語, корейский",
    "vietnamese, vietnamesisch, vietnamien, tiếng việt",
    "thai, thailändisch, thaï, ไทย, ภาษาไทย",
    "indonesian, indonesisch, indonésien, bahasa indonesia",
)
"""The names of languages, one language in each text."""

LANGUAGE_OF = {name: number for number, text in enumerate(LANGUAGES) for name in re.split(r",\s*", text)}

COUNTERS = frozenset("# nr no number nummer id index lfd lfd.nr num numéro número n° номер 番号 编号".split())
"""Names of columns that number the rows."""

SURE = ("tags", "guid")
"""Names that are no words of a language to be learned, unlike "word" or "tag", which means "day" in German."""

ADDED = re.compile(r"\s*[(\[（【][^()\[\]（）【】]{0,40}[)\]）】]\s*\Z")
"""What may follow a name in brackets, such as a language."""

MAX_NAME = 60


def kind_of(name: str) -> str:
    """The kind of column that ``name`` means, without regard to case, marks around it and brackets behind it.

    Empty if that is not known.
    """
    return next((KIND_OF[known] for known in variants(name) if known in KIND_OF), "")


def is_counter(name: str) -> bool:
    """Whether a column of this name numbers the rows."""
    return name.casefold().strip(" .") in COUNTERS


def are_languages(names: Sequence[str]) -> bool:
    """Whether the first two names, without empty ones and those of counters, are those of two languages.

    Two names of one language are a card: "German" and "Deutsch".
    """
    filled = [name for name in names if name and not is_counter(name)][:2]
    return len(set(map(language_named, filled)) - {None}) > 1


def language_named(name: str) -> int | None:
    """A number for the language that ``name`` means, in any language. None if it means none."""
    return next((LANGUAGE_OF[known] for known in variants(name)[-1:] if known in LANGUAGE_OF), None)


def variants(name: str) -> list[str]:
    """The name in lower case, without marks around it, and then without brackets behind it."""
    if len(name) > MAX_NAME:
        return []
    plain = " ".join(name.casefold().replace("_", " ").split())
    return [known.strip(" *#:.-") for known in (plain, ADDED.sub("", plain))]
