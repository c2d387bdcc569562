"""Anki's packages, old and new: which notes become which cards."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cards.formats.anki.collection import CONFIG_ID, DECK_RETENTION, NORMAL
from cards.formats.anki.container import protobuf
from cards.formats.anki.reader import AnkiOptions, read_anki
from cards.formats.anki.sides import FieldChoice
from cards.formats.types import ImageRef, ParsedCard, PastReview, Report, Schedule
from tests.cards.formats import packages
from tests.cards.formats.packages import (
    BACKWARD,
    BASIC,
    CLOZE,
    OCCLUSION,
    OPTIONAL,
    REVERSED,
    TWICE,
    cards_of,
    counted,
    note,
    package,
)

both_formats = pytest.mark.parametrize("new", [True, False], ids=["new", "old"])


def sides(cards: list[ParsedCard]) -> list[tuple[str, str]]:
    return [(card.term, card.definition) for card in cards]


@both_formats
def test_front_and_back_become_term_and_definition(new: bool) -> None:
    (card,) = cards_of(package([note(["<b>a</b> \\(x\\)", "b &amp; c"], tags="t1 t2", deck=2)], new=new))
    assert (card.term, card.definition) == ("**a** $x$", "b & c")
    assert (card.key, card.tags, card.deck) == ("guid1", ("t1", "t2"), ("Biology", "Cells"))
    assert card.side_choice == "definition"


def test_stub_collection_of_a_new_package_is_ignored() -> None:
    assert sides(cards_of(package([note(["q", "a"])]))) == [("q", "a")]


def test_subdecks_can_become_tags() -> None:
    (card,) = cards_of(package([note(["q", "a"], tags="t", deck=2)]), AnkiOptions(subdecks="tags"))
    assert (card.deck, card.tags) == (("Biology",), ("t", "Cells"))


@both_formats
def test_both_directions_are_one_card(new: bool) -> None:
    reviews = [(10, 1_700_000_000_000, 3, 1, 900, 0), (11, 1_700_000_001_000, 1, -60, 800, 0)]
    (card,) = cards_of(package([note(["q", "a"], kind=REVERSED, ords=[0, 1])], new=new, reviews=reviews))
    assert (card.term, card.definition, card.side_choice) == ("q", "a", "both")
    assert [schedule.side for schedule in card.schedules] == ["definition", "term"]
    assert [(review.side, review.rating) for review in card.reviews] == [("definition", 3), ("term", 1)]


def test_first_template_decides_which_side_is_the_term() -> None:
    reviews = [(10, 1_700_000_000_000, 3, 1, 900, 0), (11, 1_700_000_001_000, 1, -60, 800, 0)]
    (card,) = cards_of(package([note(["q", "a"], kind=BACKWARD, ords=[0, 1])], reviews=reviews))
    assert (card.term, card.definition, card.side_choice) == ("a", "q", "both")
    assert [(review.side, review.rating) for review in card.reviews] == [("definition", 3), ("term", 1)]


@pytest.mark.parametrize("kind", [REVERSED, OPTIONAL])
def test_note_with_one_of_its_two_cards_asks_for_that_side(kind: int) -> None:
    fields = ["q", "a", "y"][: 3 if kind == OPTIONAL else 2]
    found = {}
    for ords in ([0], [1], [0, 1]):
        (card,) = cards_of(package([note(fields, kind=kind, ords=ords)]))
        found[tuple(ords)] = card
        assert (card.key, card.term, card.definition) == ("guid1", "q", "a")
    assert [card.side_choice for card in found.values()] == ["definition", "term", "both"]
    assert [schedule.side for schedule in found[(1,)].schedules] == ["term"]


@pytest.mark.parametrize(("kind", "side"), [(REVERSED, "both"), (BASIC, "definition")])
def test_two_way_note_with_chosen_fields_asks_for_both(kind: int, side: str) -> None:
    reviews = [(10, 1_700_000_000_000, 3, 1, 900, 0), (11, 1_700_000_001_000, 1, -60, 800, 0)]
    data = package([note(["q", "a"], kind=kind, ords=[0, 1])], reviews=reviews)
    (card,) = cards_of(data, AnkiOptions(fields={kind: FieldChoice(("Back",), ("Front",))}))
    assert (card.term, card.definition, card.side_choice) == ("a", "q", side)
    assert [review.side for review in card.reviews] == ["definition", "term"][: len(card.schedules)]
    assert len(card.schedules) == (2 if side == "both" else 1)


@pytest.mark.parametrize(("ords", "side"), [([0, 1, 2], "both"), ([1, 2], "term"), ([0, 2], "both")])
def test_direction_that_comes_twice_is_one_side(ords: list[int], side: str) -> None:
    (card,) = cards_of(package([note(["q", "a"], kind=TWICE, ords=ords)]))
    assert (card.key, card.term, card.side_choice) == ("guid1", "q", side)


def test_suspended_second_card_stays_on_its_side() -> None:
    extra = "UPDATE cards SET queue = -1 WHERE ord = 1"
    (card,) = cards_of(package([note(["q", "a"], kind=REVERSED, ords=[0, 1])], extra=extra))
    assert {schedule.side: schedule.suspended for schedule in card.schedules} == {
        "definition": False,
        "term": True,
    }


def test_two_way_note_with_an_empty_field_is_not_counted_as_asking_for_both() -> None:
    notes = [note(["q", back], kind=REVERSED, ords=(0, 1)) for back in ("a", "")]
    with read_anki(package(notes)) as parsed:
        assert counted(parsed).both_sides == 1


def test_both_directions_can_become_two_cards() -> None:
    data = package([note(["q", "a"], kind=REVERSED, ords=[0, 1])])
    cards = cards_of(data, AnkiOptions(merge_reversed=False))
    assert sides(cards) == [("q", "a"), ("a", "q")]
    assert [card.key for card in cards] == ["guid1", "guid1:2"]


def test_each_cloze_deletion_is_a_card() -> None:
    text = "{{c1::Paris}} lies in {{c2::France::country}}, {{c1::not {{c3::Rome}}}}"
    cards = cards_of(package([note([text, "extra"], kind=CLOZE, ords=[0, 1, 2])]))
    assert sides(cards) == [
        ("[...] lies in France, [...]", "Paris, not Rome\n\nextra"),
        ("Paris lies in [country], not Rome", "France\n\nextra"),
        ("Paris lies in France, not [...]", "Rome\n\nextra"),
    ]
    assert [card.key for card in cards] == ["guid1", "guid1:2", "guid1:3"]
    assert cards[1].accepted_definitions == ("France",)


def test_deletion_inside_a_formula_stays_a_formula() -> None:
    (card,) = cards_of(package([note([r"\(a = {{c1::b^2}}\)", ""], kind=CLOZE)]))
    assert (card.term, card.definition) == ("$a = [...]$", "$b^2$")


def test_image_occlusion_is_counted_and_skipped() -> None:
    data = package([note(["{{c1::image-occlusion:rect:left=.1}}", "<img src=a>"], kind=OCCLUSION, ords=[0])])
    with read_anki(data) as parsed:
        assert list(parsed) == []
        assert parsed.report.skipped == {"image occlusion cards": 1}


@both_formats
def test_images_are_read_and_sounds_counted(new: bool) -> None:
    notes = [note(['<img src="a.png" alt="A">', "[sound:b.mp3]c <img src='gone.png'>"])]
    with read_anki(package(notes, new=new, media={"a.png": b"image"})) as parsed:
        (card,) = parsed
        assert card.term_images == (ImageRef("a.png", "A"),)
        assert (card.term, card.definition, card.definition_images) == ("", "c", ())
        assert parsed.read_image("a.png") == b"image"
        assert parsed.report.skipped == {"sounds": 1, "images that are missing from the file": 1}


@both_formats
def test_schedules_are_read(new: bool) -> None:
    memory = '{"s":12.5,"d":6.5,"dr":0.9,"lrt":1700000500}'
    notes = [
        note(["due on a day", ""], type=2, queue=2, due=30, ivl=12, reps=4, lapses=1, data=memory),
        note(["due in minutes", ""], type=1, queue=1, due=1_700_000_600),
        note(["suspended", ""], type=2, queue=-1, due=3),
        note(["buried", ""], type=2, queue=-2, due=3),
        note(["filtered", ""], type=2, queue=2, due=-100, odue=40, odid=2),
        note(["new", ""]),
    ]
    day, minutes, suspended, buried, filtered, unseen = (
        card.schedules[0] for card in cards_of(package(notes, new=new))
    )
    # The collection was made at 00:30 on 15 November, one hour east of UTC; this is 30 days later.
    assert (day.due_day, day.interval_days, day.reps, day.lapses) == (date(2023, 12, 15), 12, 4, 1)
    assert (day.stability, day.difficulty, day.retention) == (12.5, 6.5, 0.9)
    assert day.last_review == datetime.fromtimestamp(1_700_000_500, UTC)
    assert (minutes.state, minutes.due_day) == ("learning", None)
    assert minutes.due_at == datetime.fromtimestamp(1_700_000_600, UTC)
    assert (suspended.suspended, buried.buried, unseen.state) == (True, True, "new")
    assert filtered.due_day == date(2023, 12, 25)
    assert unseen.retention == 0.85


@both_formats
def test_card_in_a_filtered_deck_belongs_to_its_home_deck(new: bool) -> None:
    (card,) = cards_of(package([note(["q", "a"], odid=2)], new=new))
    assert card.deck == ("Biology", "Cells")


@both_formats
def test_retention_of_a_deck_counts_before_that_of_its_options(new: bool) -> None:
    kind = protobuf.write({NORMAL: protobuf.write({CONFIG_ID: 1, DECK_RETENTION: 0.7})})
    changed = {
        True: f"UPDATE decks SET kind = x'{kind.hex()}' WHERE id = 1",
        False: "UPDATE col SET decks = json_set(decks, '$.1.desiredRetention', 70)",
    }
    (card,) = cards_of(package([note(["q", "a"])], new=new, extra=changed[new]))
    assert card.schedules[0].retention == 0.7


ANSWERS = [
    (10, 1_700_000_000_000, 1, -600, 5_000, 0, 0),
    (10, 1_700_000_100_000, 3, 4, 1_500, 1),
]


def history_of(*more: tuple[int, ...]) -> tuple[list[PastReview], Schedule, Report]:
    """The answers of ANSWERS and ``more``, and the schedule, of the only card of a package."""
    with read_anki(package([note(["q", "a"])], reviews=[*ANSWERS, *more])) as parsed:
        (card,) = parsed
        return list(card.reviews), card.schedules[0], parsed.report


def test_answers_before_a_reset_say_that_they_are() -> None:
    reset = (10, 1_700_000_200_000, 0, 0, 0, 4, 0)
    reviews, schedule, report = history_of(reset, (10, 1_700_000_300_000, 3, 2, 900, 0))
    at = datetime.fromtimestamp(1_700_000_200, UTC)
    assert [(one.kind, one.rating, one.counted_since) for one in reviews] == [
        ("learn", 1, None),
        ("review", 3, None),
        ("learn", 3, at),
    ]
    assert (schedule.reset_at, report.skipped) == (at, {})


@pytest.mark.parametrize(
    "change",
    [
        (10, 1_700_000_200_000, 0, 9, 0, 4),  # "Set due date" of a card that was answered
        (10, 1_700_000_200_000, 0, 0, 0, 4),  # and of a new card: no interval either, but an ease factor
        (10, 1_700_000_200_000, 0, 12, 0, 5, 0),  # rescheduled with other options
    ],
)
def test_changed_schedule_is_no_answer_and_no_reset(change: tuple[int, ...]) -> None:
    reviews, schedule, report = history_of(change)
    assert (len(reviews), schedule.reset_at, report.skipped) == (2, None, {})


def test_cram_differs_from_an_early_review_by_its_factor() -> None:
    cram = (10, 1_700_000_200_000, 1, -60, 4_000, 3, 0)
    early = (10, 1_700_000_300_000, 3, 20, 4_000, 3, 2_500)
    reviews, _, _ = history_of(cram, early)
    assert [one.kind for one in reviews] == ["learn", "review", "cram", "early"]


def test_damaged_answers_are_counted() -> None:
    reviews, _, report = history_of((10, 1_700_000_200_000, 7, 0, 0, 1), (10, 1_700_000_300_000, 3, 0, 0, 9))
    assert (len(reviews), report.skipped) == (2, {"answers that are damaged": 2})


@both_formats
@pytest.mark.parametrize(
    ("config", "day"),
    [
        ({}, None),
        # The answer was given on 14 November 2023 at 22:13:20 UTC.
        ({"creationOffset": 0}, date(2023, 11, 14)),
        ({"creationOffset": -360}, date(2023, 11, 15)),
        ({"creationOffset": -300}, date(2023, 11, 14)),
        ({"creationOffset": -360, "localOffset": 0}, date(2023, 11, 14)),
        ({"creationOffset": -180, "rollover": 1}, date(2023, 11, 15)),
        ({"creationOffset": 0, "rollover": 23}, date(2023, 11, 13)),
        ({"creationOffset": "x", "rollover": 1}, None),
        # Numbers that no zone and no day has, and a truth value, which is a number in Python.
        ({"creationOffset": -1_440}, None),
        ({"creationOffset": 0, "localOffset": -99_999}, date(2023, 11, 14)),
        ({"creationOffset": 0, "rollover": 99}, date(2023, 11, 14)),
        ({"creationOffset": -180, "rollover": True}, date(2023, 11, 14)),
    ],
)
def test_study_days_are_the_collections_own(new: bool, config: dict[str, Any], day: date | None) -> None:
    if new:
        rows = [
            f"INSERT INTO config VALUES ('{name}', '{json.dumps(value)}');" for name, value in config.items()
        ]
        # As bytes, like Anki.
        extra = "DELETE FROM config;" + "".join(rows) + "UPDATE config SET val = CAST(val AS BLOB);"
    else:
        extra = f"UPDATE col SET conf = '{json.dumps(config)}';"
    with read_anki(package([note(["q", "a"])], new=new, reviews=ANSWERS, extra=extra)) as parsed:
        (card,) = parsed
    assert card.reviews[0].study_day == day


def test_flags_become_tags() -> None:
    # Higher bits of the column are reserved.
    notes = [note(["red", "a"], flags=1), note(["purple", "a"], flags=8 + 7, tags="x"), note(["none", "a"])]
    assert [card.tags for card in cards_of(package(notes))] == [("red flag",), ("x", "purple flag"), ()]


def test_flag_of_either_direction_is_a_tag_of_the_card() -> None:
    extra = "UPDATE cards SET flags = ord + 2;"
    (card,) = cards_of(package([note(["q", "a"], kind=REVERSED, ords=[0, 1])], extra=extra))
    assert card.tags == ("orange flag", "green flag")


def test_note_types_have_fields_and_three_samples() -> None:
    notes = [note([f"q{n}", f"a{n}"]) for n in range(5)] + [note(["{{c1::x}}", ""], kind=CLOZE)]
    with read_anki(package(notes)) as parsed:
        basic, cloze = parsed.note_types
    assert (basic.name, basic.fields, basic.notes) == ("Basic", ("Front", "Back"), 5)
    assert basic.chosen == FieldChoice(("Front",), ("Back",))
    assert [(fields, card.term) for fields, card in basic.samples] == [
        ({"Front": f"q{n}", "Back": f"a{n}"}, f"q{n}") for n in range(3)
    ]
    assert (cloze.is_cloze, cloze.chosen) == (True, FieldChoice(("Text",), ("Extra",)))


def test_fields_can_be_chosen() -> None:
    options = AnkiOptions(fields={BASIC: FieldChoice(("Back",), ("Front", "Back"))})
    assert sides(cards_of(package([note(["q", "a"])]), options)) == [("a", "q\n\na")]


def test_template_decides_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = ("Country", "City", "Hint")
    question = (
        "<style>x</style>Capital of {{Country}}?{{#Hint}} ({{hint:Hint}}){{/Hint}}{{^Hint}} No hint.{{/Hint}}"
    )
    answer = "{{FrontSide}}<hr id='answer'>{{type:City}} {{tts en_US:City}} {{Tags}}"
    types = packages.NOTE_TYPES | {BASIC: ("Capitals", fields, [(question, answer)], False)}
    monkeypatch.setattr(packages, "NOTE_TYPES", types)
    cards = cards_of(package([note(["France", "Paris", ""], tags="x"), note(["Italy", "Rome", "R"])]))
    assert sides(cards) == [("Capital of France? No hint.", "Paris"), ("Capital of Italy? ()", "Rome")]


def test_keys_that_cannot_be_stored_are_replaced() -> None:
    first, second = cards_of(package([note(["a", ""], guid="x" * 80), note(["b", ""], guid="x" * 80 + "\n")]))
    assert len(first.key) == len(second.key) == 40
    assert first.key != second.key


def test_marked_notes_are_starred_and_the_leech_tag_dropped() -> None:
    (card,) = cards_of(package([note(["q", "a"], tags="Marked leech real")]))
    assert (card.starred, card.tags) == (True, ("real",))
