"""The guess at the languages of both sides of a list of cards: sure, or none."""

import pytest
from django.conf.locale import LANG_INFO
from hypothesis import given
from hypothesis import strategies as st

from cards.editing.deck_forms import MORE_LANGUAGES
from cards.text.language import LATIN, MARKED, MOST_USED, SCRIPTS, guess_languages

ENGLISH = ["dog", "cat", "house", "tree", "water", "bread"]
SENTENCES = ["a thing to read", "the large one", "an animal", "part of a cell", "it is cold", "to run"]
GERMAN = ["der Hund", "die Katze", "das Haus", "ein Baum", "das Wasser", "das Brot"]


@pytest.mark.parametrize(
    ("terms", "language"),
    [
        ("le chien|le chat|la maison|l’arbre|l'eau|du pain", "fr"),
        ("la France|l’Espagne|le Portugal|les Pays-Bas|la Suisse|l'Italie", "fr"),
        ("der Hund|die Katze|das Haus|der Baum|das Wasser|das Brot", "de"),
        ("el perro|el gato|los niños|el árbol|el agua|las casas", "es"),
        ("il cane|il gatto|gli alberi|lo zaino|il pane|le case", "it"),
        ("o cão|o gato|a casa|os pães|o pão|um irmão", "pt"),
        ("het huis|het brood|een boom|het water|de hond|de kat", "nl"),
        ("собака это кошка|мышь|хлеб есть|дом был|вы|ты|сыр|рыба|эхо|ёлка", "ru"),
        ("собака є|її хліб|кіт|дім|їжа|ніч", "uk"),
        ("いぬ|猫の|たべる|のむ|みる|いく", "ja"),
        ("你好|狗|猫|房子|水|面包", "zh"),
        ("개|고양이|집|나무|물|빵", "ko"),
        ("ο σκύλος|η γάτα|το σπίτι|το δέντρο|το νερό|το ψωμί", "el"),
        ("כלב|חתול|בית|עץ|מים|לחם", "he"),
        ("مدرسة|سيارة|كتاب|قطة|شجرة|كبير", "ar"),
    ],
)
def test_language_of_each_side_is_found(terms: str, language: str) -> None:
    other = terms.split("|")
    assert guess_languages(other, ENGLISH) == (language, "")
    assert guess_languages(ENGLISH, other) == ("", language)
    assert guess_languages(SENTENCES, other) == ("en", language)
    assert guess_languages(other, SENTENCES) == (language, "en")
    assert guess_languages(other, GERMAN) == (language, "de")


@pytest.mark.parametrize(
    ("terms", "definitions", "languages"),
    [
        # A glossary explains its words in their own language; English is what the site supposes anyway.
        (ENGLISH, SENTENCES, ("", "en")),
        (
            ["Zelle", "Kern", "Membran", "Gen", "Enzym", "Gewebe"],
            ["Der Teil, der die Energie liefert", "Das ist der Ort der Gene in ihr"] * 3,
            ("de", "de"),
        ),
        # A question and its answer.
        (["Quelle est la capitale de la France ?"] * 6, ["Paris", "Lyon", "Nice"] * 2, ("fr", "fr")),
        # Numbers are read as the other side is.
        (["der Anfang", "das Ende", "die Mitte"] * 2, ["1914", "1918", "$x$"] * 2, ("de", "de")),
        # Characters and their reading: characters alone look like Chinese.
        (
            ["学校", "先生", "電車", "花", "水", "山"],
            ["がっこう", "せんせい", "でんしゃ", "はな", "みず", "やま"],
            ("ja", "ja"),
        ),
        (
            ["说话", "这里", "们", "汉语", "吗", "对"],
            ["はなす", "ここ", "たち", "ちゅうごくご", "か", "はい"],
            ("zh", "ja"),
        ),
        # A script of one language is told from two texts; Cyrillic goes with what is surely Russian.
        (["いぬ", "ねこ"], ["dog", "cat"], ("ja", "")),
        (["кот", "дом", "лес"] * 2, ["вы", "мышь", "сыр", "ты", "рыба", "эхо"], ("ru", "ru")),
    ],
)
def test_sides_are_guessed_together(
    terms: list[str], definitions: list[str], languages: tuple[str, str]
) -> None:
    assert guess_languages(terms, definitions) == languages


@pytest.mark.parametrize(
    "sides",
    [
        ([], []),
        (["le chien"], ["dog"]),
        (["le chien", "le chat", "la maison", "le pain"], ENGLISH[:4]),
        (["chien", "chat", "maison", "arbre", "eau", "pain"], ENGLISH),
        # Norwegian or Danish.
        (["en hund", "et hus", "en kat", "et træ", "en bil", "et brød"], ENGLISH),
        # Latin names among English ones; mathematics.
        (["Homo sapiens", "Canis lupus", "Felis catus", "Mus musculus", "Bos taurus"], ENGLISH),
        (["$x$", "1+1", "42", "=", "…"], ["2", "3", "4", "5", "6"]),
        (["α", "β", "γ", "δ", "ε", "ζ"], ENGLISH),
        # Ukrainian, Bulgarian, Serbian and Persian words, whose own letters are rare; angles.
        (["хата", "вода", "рука", "їжа", "мова", "сад"], ENGLISH),
        (["къща", "вода", "ръка", "храна", "език", "градина"], ENGLISH),
        (["кућа", "вода", "рука", "храна", "језик", "башта"], ENGLISH),
        (["آب", "نان", "در", "باد", "پدر", "خانه"], ENGLISH),
        (["お茶", "水"], ENGLISH),
        (["αβ", "γ", "Δx", "θ = π", "ε"], ENGLISH),
        # Articles in a quarter of the texts; letters of formulas.
        (["le chien", "le chat", "la maison", "le pain", "une rue", *["mot"] * 15], ENGLISH),
        (["$le la les$"] * 6, ENGLISH),
        (["$$le la les$$"] * 6, ENGLISH),
        # Letters beside digits, alone and in equations are no words.
        ([f"w {n}" for n in range(8)], [f"D{n}" for n in range(8)]),
        ([f"L{n}" for n in range(5)], [f"d{n}" for n in range(5)]),
        (["y = 2x", "y = x + 1", "y = -x", "y = sin x", "y < log a"], ["2", "3", "4", "5", "6"]),
        (["y", "(a, y)", "y/2", "x - y", "2 y"], ["o", "e", "i", "w", "z"]),
        (["vitamin d", "group l", "type d", "class l", "line d"], ENGLISH),
        # A small word before a name says nothing.
        (["Los Angeles", "Las Vegas", "El Paso", "Los Alamos", "La Paz", "El Salvador"], ENGLISH),
        (["L'Oréal", "L’Aquila", "D'Artagnan", "Le Mans", "La Rochelle"], ENGLISH),
        (["Jan van Eyck", "Vincent van Gogh", "Anthony van Dyck", "Kees van Dongen", "De Niro"], ENGLISH),
    ],
)
def test_there_is_no_guess_where_it_could_be_wrong(sides: tuple[list[str], list[str]]) -> None:
    assert guess_languages(*sides) == ("", "")


@pytest.mark.parametrize(
    ("terms", "language"),
    [
        ("кот|дом|лес|стол|окно|вода|рука|нога|книга|школа|город|друг", "ru"),
        ("дом|вода|подъезд|сыр|стол|окно", "ru"),
        ("σπίτι|νερό", "el"),
        ("घर|पानी|किताब|पेड़", "hi"),
        ("باب|قلم", "ar"),
        ("學校|電腦|圖書館", "zh"),
        ("người|nước|được|đường|trời|một quyển sách|tiếng Việt", "vi"),
        ("con mèo|con chó|cái bàn|quả táo|nước|cơm|trường học|bạn", "vi"),
        ("ಮನೆ|ನೀರು", "kn"),
    ],
)
def test_a_script_that_is_not_english_has_its_most_used_language(terms: str, language: str) -> None:
    words = terms.split("|")
    assert guess_languages(words, ENGLISH) == (language, "")
    assert guess_languages(words, words) == (language, language)
    # One text may be of anything.
    assert guess_languages(words[:1], ENGLISH) == ("", "")


def test_another_side_says_more_than_what_is_most_used() -> None:
    ukrainian = ["її хліб", "їжа", "ніч", "кіт", "дім", "собака є"]
    assert guess_languages(["хата", "вода", "рука"] * 2, ukrainian) == ("uk", "uk")


def test_every_guess_is_a_language_of_the_site() -> None:
    codes = {*LATIN, *SCRIPTS.values(), *(code for of_script in MARKED.values() for code in of_script)}
    codes |= {code for code, _ in MOST_USED.values()}
    assert codes <= {*LANG_INFO, *MORE_LANGUAGES}


TEXTS = st.lists(st.text(max_size=30), max_size=12)


@given(TEXTS, TEXTS)
def test_any_text_is_accepted(terms: list[str], definitions: list[str]) -> None:
    assert {type(code) for code in guess_languages(terms, definitions)} == {str}
