"""Wrong options are never right, never a twin's, plausible, and different from each other."""

from collections import Counter
from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.study.distractors import choose, options, owner_of, statement
from sessions_app.study.distractors.appearance import Shape, appearance_of
from sessions_app.study.distractors.choosing import gives_away
from sessions_app.study.distractors.ranking import comparable, weights_of_texts
from sessions_app.study.distractors.similarity import names, stands_in, stems
from sessions_app.study.distractors.twins import are_marked, are_twins, weights_of
from sessions_app.study.judging import judge
from sessions_app.study.types import Side, StudyCard, Verdict
from tests.sessions_app.study.decks import asking, deck_of, decks, large, shipped

DECK = shipped()
NORMS = [card for card in DECK if card.term.endswith("axes")]
SENTENCE = "It makes the {} of every large network that is trained with it {}"


def verdict(card: StudyCard, text: str) -> Verdict:
    return judge(text, card.text(card.side), accepted=card.accepted(card.side)).verdict


# Whatever the deck.


@pytest.mark.slow
@given(decks(), st.integers(0, 3), st.dictionaries(st.integers(0, 9), st.integers(-1, 3), max_size=3))
@settings(max_examples=100, deadline=None)
def test_wrong_options_are_neither_correct_nor_twins(deck, seed, confusions):
    weights = weights_of(deck)
    for card in deck:
        wrong = choose(card, deck, rng=Random(seed), confusions=confusions)
        twins = [other for other in deck if are_marked(card, other) and are_twins(card, other, weights)]
        assert len(wrong) <= 3
        assert wrong == choose(card, deck, rng=Random(seed), confusions=confusions)
        for text in wrong:
            assert names(text).whole
            assert verdict(card, text) is not Verdict.CORRECT
            assert not any(names(text).meets(names(twin.text(card.side))) for twin in twins)


@given(decks(), st.integers(0, 3), st.integers(0, 4))
@settings(max_examples=100, deadline=None)
def test_options_hold_exactly_one_right_answer(deck, seed, count):
    for card in deck:
        offered = options(card, deck, count=count, rng=Random(seed)) or ()
        answer, prompt = card.text(card.side), card.text(card.side.other)
        if not offered:
            continue
        assert 2 <= len(offered) <= count + 1
        assert [text for text in offered if verdict(card, text) is Verdict.CORRECT] == [answer]
        assert not any(names(one).meets(names(other)) for one, other in combinations(offered, 2))
        language = card.language_of(card.side)
        shared = stems(prompt, language) & stems(answer, language)
        assert not stands_in(answer, prompt)
        assert not shared or any(shared & stems(text, language) for text in offered if text != answer)


@given(decks(), st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_statement_is_true_exactly_if_marked_true(deck, seed):
    for card in deck:
        said = statement(card, deck, rng=Random(seed))
        if said is not None:
            text, is_true = said
            assert (text == card.text(card.side)) is (verdict(card, text) is Verdict.CORRECT) is is_true


# The shipped deck.


def test_every_card_of_the_shipped_deck_has_wrong_options_unless_its_prompt_has_its_answer():
    without = {
        card.term
        for card in DECK
        for seed in range(5)
        if not options(card, DECK, count=3, rng=Random(seed), confusions={})
    }
    assert without == {"Effective receptive field", "Effective receptive field of single 7×7 conv"}


def forbidden(card: StudyCard) -> set[str]:
    """The texts of the card's twins. They may be options only if the owner wrote them there."""
    twins = {twin.text(card.side) for twin in DECK if are_twins(card, twin, weights_of(DECK))}
    marked = {DECK[twin].text(card.side) for twin in card.twins}
    return twins - set(card.wrong(card.side)) | marked


@pytest.mark.slow
@pytest.mark.parametrize("side", Side)
def test_no_candidate_of_the_shipped_deck_is_a_twin(side):
    for card in (asking(card, side) for card in DECK):
        possible = choose(card, DECK, count=len(DECK), rng=Random(1))
        assert len(possible) > 20
        assert not forbidden(card).intersection(possible)


@pytest.mark.parametrize("side", Side)
def test_no_option_of_the_shipped_deck_is_a_twin(side):
    for seed in range(200):
        card = asking(DECK[seed % len(DECK)], side)
        wrong = choose(card, DECK, rng=Random(seed))
        assert len(wrong) == 3
        assert not forbidden(card).intersection(wrong)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("card", NORMS, ids=lambda card: card.term)
def test_normalization_layers_are_options_of_each_other(card, side):
    others = {other.text(side) for other in NORMS if other is not card}
    for seed in range(20):
        wrong = choose(asking(card, side), DECK, rng=Random(seed))
        assert set(wrong[:2]) == others
        assert others <= set(options(asking(card, side), DECK, rng=Random(seed)) or ())


@pytest.mark.parametrize("side", Side)
def test_most_shipped_cards_can_be_asked_by_choice(side):
    asked = [options(asking(card, side), DECK, rng=Random(1)) for card in DECK]
    assert sum(offered is not None for offered in asked) >= 38


def test_options_of_a_formula_are_formulas():
    for term in ("Hinge loss average", "Total squared error", "Weight update rule (gradient descent)"):
        card = next(card for card in DECK if card.term == term)
        for seed in range(20):
            wrong = choose(asking(card, Side.DEFINITION), DECK, rng=Random(seed))
            assert all(appearance_of(text).shape is Shape.FORMULA for text in wrong)


# What makes a good one.


def test_own_wrong_answers_come_first():
    deck = deck_of(("capital of France", "Paris"), ("of Italy", "Rome"), ("of Spain", "Madrid"))
    card = replace(deck[0], wrong_definitions=("Lyon", "paris.", "Lyon", " ", "Lutetia"))
    card = replace(card, accepted_definitions=("Lutetia",))
    assert choose(card, deck, count=1, rng=Random(1)) == ["Lyon"]
    assert sorted(choose(card, deck, rng=Random(1))) == ["Lyon", "Madrid", "Rome"]


@pytest.mark.parametrize(
    ("answer", "other"),
    [
        ("dog", "Dog."), ("dog", "**dog**"), ("dog", "dog; hound"), ("amino acid", "acid"), ("colour", "color"),
        ("café", "cafe\u0301"), ("$x^2$", "$x^{2}$"), ("7x7", "7×7"), ("1,000", "1000"), ("ＡＢＣ", "abc"),
        ("Paris", "Paris, France"), ("mitochondria", "mitochondira"), ("שלום", "שָׁלוֹם"),
        (SENTENCE.format("training", "faster"), SENTENCE.format("training", "faster") + " and more stable"),
    ],
)  # fmt: skip
def test_options_close_to_the_answer_are_dropped(answer, other):
    deck = deck_of(("one", answer), ("two", other))
    assert choose(deck[0], deck, rng=Random(1)) == []
    assert choose(deck[1], deck, rng=Random(1)) == []


@pytest.mark.parametrize(
    ("answer", "other"),
    [
        ("mitosis", "meiosis"), ("L1", "L2"), ("contagious", "not contagious"), ("10 kg", "10 g"),
        ("casa", "caza"),
        ("Carries blood into the glomerulus", "Carries blood away from the glomerulus"), ("$2x$", "$3x$"),
        ("to be (permanent)", "to be (temporary)"), ("1914", "1918"), ("大学", "学生"),
        (SENTENCE.format("training", "faster"), SENTENCE.format("training", "slower")),
    ],
)  # fmt: skip
def test_similar_wrong_answer_is_the_best_option(answer, other):
    deck = deck_of(
        ("one", answer), ("two", other), ("three", "umbrella"), ("four", "$z^2 - 4$"), ("five", "99")
    )
    assert choose(deck[0], deck, rng=Random(1))[0] == other


@pytest.mark.parametrize(
    ("prompt", "same"),
    [("dog", "Dog"), ("dog; hound", "hound"), ("dog (animal)", "dog"), ("", "dog")],
)
def test_answer_of_an_equal_prompt_is_no_option(prompt, same):
    deck = deck_of((prompt, "el perro"), (same, "el sabueso"), ("cat", "el gato"))
    deck[0] = replace(deck[0], accepted_terms=("dog",))
    assert choose(deck[0], deck, rng=Random(1)) == ["el gato"]


def test_answer_of_a_twin_is_never_an_option():
    deck = deck_of(
        ("pooling", "smaller maps"), ("usefulness", "fewer weights"), ("x", "Fewer weights."), ("y", "ReLU")
    )
    deck[1] = replace(deck[1], twins=frozenset({0}))
    assert choose(deck[0], deck, rng=Random(1)) == ["ReLU"]
    deck[1] = replace(deck[1], accepted_definitions=("less to learn",))
    own = replace(deck[0], wrong_definitions=("fewer weights", "less to learn"))
    assert choose(own, deck, rng=Random(1)) == ["ReLU"]


def test_frequent_confusions_come_first():
    deck = large(46)
    wrong = choose(deck[3], deck, rng=Random(1), confusions={40: 1, 17: 4, 3: 9, 99: 9})
    assert wrong[:2] == [deck[17].definition, deck[40].definition]


def test_shared_tags_and_words_raise_the_rank():
    deck = deck_of(
        *((f"prompt{number}", word) for number, word in enumerate("lima roma oslo kiev bern".split()))
    )
    tagged = [replace(card, tags=frozenset({card.id % 2})) for card in deck]
    assert all(
        set(choose(tagged[0], tagged, count=2, rng=Random(seed))) == {"oslo", "bern"} for seed in range(20)
    )


def test_options_have_a_similar_appearance():
    same = [(f"term {number}", f"{word} makes it {end}") for number, (word, end) in enumerate(
        zip("sun rain wind snow fog".split(), "warm wet cold white grey".split(), strict=True)
    )]  # fmt: skip
    odd = [
        ("a", "$x$"),
        ("b", "12"),
        ("c", "ice"),
        ("d", "A very long sentence " * 8),
        ("e", "two\nlines\nof it"),
    ]
    deck = deck_of(*same, *odd)
    likely = {definition for _, definition in same}
    assert all(set(choose(deck[0], deck, rng=Random(seed))) <= likely for seed in range(20))
    assert len(choose(deck[5], deck, rng=Random(1))) == 3


def test_options_vary_between_showings():
    deck = large(46)
    seen = Counter(text for seed in range(40) for text in choose(deck[5], deck, rng=Random(seed)))
    assert len(seen) > 5


# Small decks, and large ones.


@pytest.mark.parametrize("size", [1, 2, 3])
def test_small_decks_give_fewer_options(size):
    deck = deck_of(("uno", "one"), ("dos", "two"), ("tres", "three"))[:size]
    assert len(choose(deck[0], deck, rng=Random(1))) == size - 1
    offered = options(deck[0], deck, rng=Random(1))
    assert offered is None if size == 1 else sorted(offered or ()) == sorted(c.definition for c in deck)


def test_identical_or_empty_sides_give_no_options():
    same = deck_of(*((f"term {number}", "the same") for number in range(20)))
    empty = deck_of(("", "one"), ("two", ""), ("", ""))
    for deck in (same, empty):
        for card in deck:
            assert options(card, deck, rng=Random(1)) is None
            assert statement(card, deck, rng=Random(1)) is None
    assert choose(same[0], same, rng=Random(1)) == choose(empty[0], empty, rng=Random(1)) == []


def test_large_deck_sample_keeps_twins_and_confusions():
    deck = large(3_000)
    deck[10] = replace(deck[10], twins=frozenset({2_900}))
    deck[2_000] = replace(deck[2_000], term=deck[10].term, definition="the other answer")
    deck[11] = replace(deck[11], definition="The other answer")
    deck[12] = replace(deck[12], definition=deck[2_900].definition)
    for seed in range(20):
        wrong = choose(deck[10], deck, rng=Random(seed), confusions={1_500: 2, 2_900: 3, 11: 1, 12: 1})
        assert len(wrong) == 3
        assert wrong[0] == deck[1_500].definition
        assert not {text.lower() for text in wrong} & {"the other answer", deck[2_900].definition}


# Choices and statements.


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [("receptive field of 7×7 conv", "7×7"), ("The big dog barks", "big dog"), ("大学生", "大学")],
)
def test_answer_contained_in_its_prompt_gets_no_choice(prompt, answer):
    deck = deck_of((prompt, answer), ("another", "big cat"), ("one more", "7×7 cows"), ("last", "大学生"))
    assert options(deck[0], deck, rng=Random(1)) is None
    assert statement(deck[0], deck, rng=Random(1)) is None


def test_word_shared_by_prompt_and_answer_gives_no_hint():
    deck = deck_of(
        ("Uses of pooling", "pools make maps small"), ("a", "nets make maps large"), ("b", "maps are read")
    )
    assert options(deck[0], deck, rng=Random(1)) is None
    deck = [*deck, *deck_of(("c", "x"), ("d", "y"), ("e", "z"), ("f", "a pooled map"))[3:]]
    assert "a pooled map" in (options(deck[0], deck, rng=Random(1)) or ())
    assert statement(deck[0], deck, rng=Random(1)) in [
        ("pools make maps small", True),
        ("a pooled map", False),
    ]


def test_each_side_is_read_in_its_own_language():
    """ "Häuser" and "Haus" are one word in German, "chevaux" and "chevaux-vapeur" in French."""
    pairs = ("das Haus", "cheval"), ("die Häuser der Stadt", "gravement"), ("der Baum", "grave")
    deck = [replace(card, language="de", definition_language="fr") for card in deck_of(*pairs)]
    weights = weights_of_texts(deck)
    assert weights.words.keys() == {
        *(word for card in deck for word in stems(card.term, "de")),
        *(word for card in deck for word in stems(card.definition, "fr")),
    }
    for side in Side:
        languages = deck[1].language_of(side), deck[1].language_of(side.other)
        words = comparable(deck[1], side, side.other, languages).words
        assert words == stems("die Häuser der Stadt", "de") | stems("gravement", "fr")


def test_word_on_both_sides_gives_no_hint_in_two_languages():
    """ "Integration" has another stem in each language, but it is one word for a reader."""
    card = replace(
        deck_of(("Integration", "the integration of parts"))[0], language="de", definition_language="en"
    )
    assert stems("Integration", "de").isdisjoint(stems("the integration", "en"))
    assert gives_away(card, ["the slope"])
    assert not gives_away(card, ["integrations in a row"])


def test_right_option_place_and_truth_are_evenly_spread():
    places = Counter(
        (options(DECK[13], DECK, rng=Random(seed)) or ()).index("Hinge loss") for seed in range(200)
    )
    assert set(places) == {0, 1, 2, 3}
    assert min(places.values()) > 25
    said = [statement(DECK[13], DECK, rng=Random(seed)) for seed in range(200)]
    assert 70 < sum(is_true for _, is_true in said if _) < 130


def test_option_is_traced_to_its_cards():
    deck = deck_of(("a", "Lima"), ("b", "Roma"), ("c", "Lima"))
    assert owner_of("Lima", deck, Side.DEFINITION) == {0, 2}
    assert owner_of(" roma", deck, Side.DEFINITION) == {1}
    assert owner_of("Oslo", deck, Side.DEFINITION) == owner_of("", deck, Side.TERM) == frozenset()
