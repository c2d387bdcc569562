"""What the names of columns mean, in the languages of other programs and of people's own tables. Pure."""

import re

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

SURE = ("tags", "guid")
"""Names that are no words of a language to be learned, unlike "word" or "tag", which means "day" in German."""

ADDED = re.compile(r"\s*[(\[（【][^()\[\]（）【】]{0,40}[)\]）】]\s*\Z")
"""What may follow a name in brackets, such as a language."""

MAX_NAME = 60


def kind_of(name: str) -> str:
    """The kind of column that ``name`` means, without regard to case, marks around it and brackets behind it.

    Empty if that is not known.
    """
    if len(name) > MAX_NAME:
        return ""
    plain = " ".join(name.casefold().replace("_", " ").split())
    for known in (plain, ADDED.sub("", plain)):
        if kind := KIND_OF.get(known.strip(" *#:.-")):
            return kind
    return ""
