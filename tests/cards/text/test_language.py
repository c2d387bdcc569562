"""The guess at the language of a list of cards: sure, or none."""

import pytest
from django.conf.locale import LANG_INFO
from hypothesis import given
from hypothesis import strategies as st

from cards.editing.deck_forms import MORE_LANGUAGES
from cards.text.language import LATIN, MARKED, SCRIPTS, guess_language

ENGLISH = ["dog", "cat", "house", "tree", "water", "bread"]


@pytest.mark.parametrize(
    ("terms", "language"),
    [
        ("le chien|le chat|la maison|l’arbre|l'eau|du pain", "fr"),
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
def test_language_that_is_learned_is_found_beside_english(terms: str, language: str) -> None:
    assert guess_language([terms.split("|"), ENGLISH]) == language
    assert guess_language([["the dog of it", *ENGLISH[1:]] * 5, terms.split("|")]) == language


def test_english_is_found_by_its_definitions() -> None:
    definitions = ["a thing to read", "the large one", "an animal", "part of a cell", "it is cold", "to run"]
    assert guess_language([ENGLISH, definitions]) == "en"


@pytest.mark.parametrize(
    "sides",
    [
        [[], []],
        [["le chien"], ["dog"]],
        [["le chien", "le chat", "la maison", "le pain"], ENGLISH],
        [["chien", "chat", "maison", "arbre", "eau", "pain"], ENGLISH],
        # Norwegian or Danish; French and German.
        [["en hund", "et hus", "en kat", "et træ", "en bil", "et brød"], ENGLISH],
        [["le chien", "le chat", "du pain", "les yeux", "une rue"], ["der Hund", "das Haus"] * 3],
        # Latin names among English ones; mathematics.
        [["Homo sapiens", "Canis lupus", "Felis catus", "Mus musculus", "Bos taurus"], ENGLISH],
        [["$x$", "1+1", "42", "=", "…"], ["2", "3", "4", "5", "6"]],
        [["кот"] * 9, ENGLISH],
    ],
)
def test_there_is_no_guess_where_it_could_be_wrong(sides: list[list[str]]) -> None:
    assert guess_language(sides) == ""


def test_every_guess_is_a_language_of_the_site() -> None:
    codes = {*LATIN, *SCRIPTS.values(), *(code for of_script in MARKED.values() for code in of_script), "zh"}
    assert codes <= {*LANG_INFO, *MORE_LANGUAGES}


@given(st.lists(st.lists(st.text(max_size=30), max_size=12), max_size=2))
def test_any_text_is_accepted(sides: list[list[str]]) -> None:
    assert isinstance(guess_language(sides), str)
