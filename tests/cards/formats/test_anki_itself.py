"""Tests with Anki itself, if its package is installed: its exports, and how it reads ours."""

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cards.formats.anki.reader import read_anki
from cards.formats.anki.writer import write_anki
from cards.formats.detect import read_file
from cards.formats.markdown.from_html import convert
from cards.formats.types import ImageRef, ParsedCard
from cards.text.markdown import plain

pytest.importorskip("anki", reason="Anki's package is installed by hand: pip install anki")
from anki.collection import (
    Collection,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)

from tests.cards.formats.anki_options import switch_fsrs_on

FORMATS = ["new.apkg", "old.apkg", "new.colpkg", "old.colpkg"]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLOZE = "The {{c1::capital::what?}} of {{c2::France}} is {{c1::Paris}}"


def add(collection: Any, kind: str, deck: str, *fields: str, tags: str = "") -> None:
    note = collection.new_note(collection.models.by_name(kind))
    note.fields[: len(fields)] = list(fields)
    note.tags = tags.split()
    collection.add_note(note, collection.decks.id(deck))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one collection exported in each format, and what Anki shows for it."""
    return export_all(tmp_path_factory.mktemp("anki"))


def export_all(folder: Path) -> Path:
    collection = Collection(str(folder / "collection.anki2"))
    (folder / "heart.png").write_bytes(b"\x89PNG heart")
    collection.media.add_file(str(folder / "heart.png"))
    add(
        collection,
        "Basic",
        "Bio::Cells",
        "<b>What</b> is \\(x^2\\)?",
        'A &lt; B <img src="heart.png">',
        tags="one two",
    )
    add(
        collection,
        "Basic",
        "Bio",
        "1. <i>list</i><div>of</div><div>lines</div>",
        "<ul><li>a</li><li>b</li></ul>[sound:x.mp3]",
    )
    add(collection, "Basic (and reversed card)", "Bio", "Hund", "dog")
    add(collection, "Basic (optional reversed card)", "Bio", "Katze", "cat")
    add(collection, "Basic (type in the answer)", "Bio", "2 + 2", "4")
    add(collection, "Cloze", "Bio", CLOZE, "extra")
    study(collection)
    (folder / "shown.json").write_text(
        json.dumps([shown(collection, key) for key in collection.find_cards("")])
    )
    options = {"with_scheduling": True, "with_deck_configs": True, "with_media": True}
    for name in FORMATS:
        legacy = name.startswith("old")
        if name.endswith(".apkg"):
            made = ExportAnkiPackageOptions(**options, legacy=legacy)
            collection.export_anki_package(out_path=str(folder / name), options=made, limit=None)
        else:
            collection.export_collection_package(str(folder / name), True, legacy)
            collection = Collection(str(folder / "collection.anki2"))
    collection.close()
    return folder


def study(collection: Any) -> None:
    """Answers weeks old, from which Anki computes memory and due days; one card suspended, one buried."""
    cards = collection.find_cards("")
    now = collection.sched.today
    start = (collection.sched.day_cutoff - 40 * 86_400) * 1_000
    for number, card in enumerate(cards[:5]):
        at = start + number * 1_000
        for day, ease, interval, kind in ((0, 3, 2, 0), (2, 3, 8, 1), (10 + number, 3 - number % 3, 21, 1)):
            row = (at + day * 86_400_000, card, -1, ease, interval, 0, 2_500, 4_000, kind)
            collection.db.execute("INSERT INTO revlog VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)
        update = "UPDATE cards SET type = 2, queue = 2, due = ?, ivl = 21, reps = 3 WHERE id = ?"
        collection.db.execute(update, now - 9 + number * 3, card)
    switch_fsrs_on(collection, 1, reschedule=True)
    collection.sched.suspend_cards([cards[3]])
    collection.sched.bury_cards([cards[4]])


def shown(collection: Any, key: int) -> dict[str, Any]:
    card = collection.get_card(key)
    stats = collection.card_stats_data(key)
    return {
        "guid": card.note().guid,
        "ord": card.ord,
        "question": card.question(),
        "answer": card.answer(),
        "due": stats.due_date,
        "stability": stats.memory_state.stability,
        "cutoff": collection.sched.day_cutoff,
        "reviews": sum(entry.button_chosen > 0 for entry in stats.revlog),
        "suspended": card.queue == -1,
        "buried": card.queue in (-2, -3),
    }


@pytest.fixture(params=FORMATS)
def both(
    request: pytest.FixtureRequest, exported: Path
) -> Iterator[tuple[list[dict[str, Any]], list[ParsedCard]]]:
    with read_anki(exported / request.param) as parsed:
        yield json.loads((exported / "shown.json").read_text()), list(parsed)


def words(marked: str) -> str:
    """What Anki shows, without its style sheet and players, as one line; what is typed there is "4"."""
    marked = marked.replace("[[type:Back]]", "4" if marked.lstrip().startswith("[[") else "")
    return plain(convert(marked).text)


def pairs(
    both: tuple[list[dict[str, Any]], list[ParsedCard]],
) -> Iterator[tuple[dict[str, Any], ParsedCard, str]]:
    """Each of Anki's cards with the card and the side that it became."""
    cards = {card.key: card for card in both[1]}
    for theirs in both[0]:
        key = theirs["guid"] if not theirs["ord"] else f"{theirs['guid']}:{theirs['ord'] + 1}"
        if key in cards:
            yield theirs, cards[key], "definition"
        else:
            yield theirs, cards[theirs["guid"]], "term"


def test_cards_show_what_anki_shows(both: tuple[list[dict[str, Any]], list[ParsedCard]]) -> None:
    assert len(both[0]) == len(list(pairs(both))) == 8
    for theirs, card, side in pairs(both):
        question, answer = (
            (card.term, card.definition) if side == "definition" else (card.definition, card.term)
        )
        assert plain(question) == words(theirs["question"])
        if "Paris" not in card.term + card.definition and "France" not in card.term:
            line = re.search(r"<hr id=answer>", theirs["answer"])
            assert line
            assert plain(answer) == words(theirs["answer"][line.end() :])


def test_due_days_and_memory_states_equal_those_of_anki(
    both: tuple[list[dict[str, Any]], list[ParsedCard]],
) -> None:
    scheduled = 0
    for theirs, card, side in pairs(both):
        schedule = next(schedule for schedule in card.schedules if schedule.side == side)
        assert (schedule.suspended, schedule.buried) == (theirs["suspended"], theirs["buried"])
        assert len([review for review in card.reviews if review.side == side]) == theirs["reviews"]
        if theirs["stability"]:
            assert schedule.stability == pytest.approx(theirs["stability"], abs=0.01)
            assert schedule.retention == pytest.approx(0.9)
        if theirs["due"] and schedule.state == "review" and not theirs["suspended"]:
            scheduled += 1
            # Anki gives the end of the day, as an instant.
            due = datetime.fromtimestamp(theirs["due"], UTC).date()
            assert schedule.due_day is not None
            assert abs(schedule.due_day - due) <= timedelta(days=1)
    assert scheduled >= 3


def test_two_way_note_goes_in_and_out_with_its_due_days(exported: Path, tmp_path: Path) -> None:
    """Exported by Anki, read and written here, and imported into a new collection."""
    before = {(card["guid"], card["ord"]): card for card in json.loads((exported / "shown.json").read_text())}
    with read_anki(exported / "new.apkg") as parsed:
        cards = [card for card in parsed if card.side_choice == "both" or card.term == "Katze"]
    assert [card.side_choice for card in cards] == ["both", "definition"]
    day_0 = datetime.now(UTC).astimezone() - timedelta(days=1_000)
    with (tmp_path / "out.apkg").open("wb") as file:
        write_anki(file, title="D", deck_key="d", cards=cards, now=datetime.now(UTC), day_0=day_0)
    after = {
        (card["guid"], card["ord"]): card
        for card in imported_shown(tmp_path / "collection.anki2", tmp_path / "out.apkg")
    }
    assert [ord_ for _, ord_ in after] == [0, 1, 0]
    for key, card in after.items():
        same = ("suspended", "buried", "reviews")
        assert {name: card[name] for name in same} == {name: before[key][name] for name in same}
        assert card["stability"] == pytest.approx(before[key]["stability"], abs=0.01)
        # An instant on the due day, which depends on the time at which it was asked for.
        assert card["due"] == pytest.approx(before[key]["due"], abs=3_600)
    assert sum(card["reviews"] for card in after.values()) == 9


def imported_shown(path: Path, package: Path) -> list[dict[str, Any]]:
    """What a new collection of Anki shows after the import of ``package`` with its schedules."""
    collection = Collection(str(path))
    options = ImportAnkiPackageOptions(with_scheduling=True)
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options))
    found = [shown(collection, key) for key in collection.find_cards("")]
    collection.close()
    return found


def test_images_tags_and_decks_are_read(exported: Path) -> None:
    for name in FORMATS:
        with read_anki(exported / name) as parsed:
            card = next(iter(parsed))
            assert (card.deck, set(card.tags)) == (("Bio", "Cells"), {"one", "two"})
            assert parsed.read_image(card.definition_images[0].name) == b"\x89PNG heart"


def test_anki_imports_and_updates_our_export(tmp_path: Path) -> None:
    cards = [
        ParsedCard(
            "**What** is $x < 2$?",
            "$$\\frac{1}{2}$$",
            key="key-1",
            tags=("two words",),
            side_choice="definition",
        ),
        ParsedCard("Hund", "dog", key="key-2", side_choice="both"),
        ParsedCard(
            "name", "a long description", key="key-3", side_choice="term", term_images=(ImageRef("a.png"),)
        ),
    ]
    collection = Collection(str(tmp_path / "collection.anki2"))
    for definition, now in (("first", NOW), ("second", NOW + timedelta(days=1))):
        cards[0].definition = definition
        with (tmp_path / "out.apkg").open("wb") as file:
            write_anki(
                file, title="Deck", deck_key="deck", cards=cards, now=now, read_image=lambda _name: b"image"
            )
        log = collection.import_anki_package(
            ImportAnkiPackageRequest(package_path=str(tmp_path / "out.apkg"))
        ).log
    assert not log.new
    assert collection.card_count() == 4
    note = collection.get_note(collection.find_notes('"Definition:second"')[0])
    assert (note.guid, note.tags) == ("key-1", ["two\N{NO-BREAK SPACE}words"])
    assert note["Term"] == "<strong>What</strong> is \\(x &lt; 2\\)?"
    asks_for_term = collection.get_card(collection.find_cards('"Term:name*"')[0])
    assert "a long description" in asks_for_term.question()
    assert "name" not in asks_for_term.question()
    assert (Path(collection.media.dir()) / "a.png").read_bytes() == b"image"
    collection.close()


def test_our_export_survives_a_round_trip_through_anki(tmp_path: Path) -> None:
    """Exported here, imported into Anki, exported in Anki's new format and imported here: the same cards."""
    cards = [
        ParsedCard("**What** is $x < 2$?", "1. one\n2. two", key="key-1", side_choice="definition"),
        ParsedCard("Hund", "dog", key="key-2", side_choice="both"),
    ]
    file = io.BytesIO()
    write_anki(file, title="Deck", deck_key="deck", cards=cards, now=NOW)
    (tmp_path / "out.apkg").write_bytes(file.getvalue())
    collection = Collection(str(tmp_path / "collection.anki2"))
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(tmp_path / "out.apkg")))
    options = ExportAnkiPackageOptions(legacy=False)
    collection.export_anki_package(out_path=str(tmp_path / "back.apkg"), options=options, limit=None)
    collection.close()
    with read_anki(tmp_path / "back.apkg") as parsed:
        back = [(card.term, card.definition, card.key, card.side_choice) for card in parsed]
    assert back == [(card.term, card.definition, card.key, card.side_choice) for card in cards]


TAGS = (
    "two words",
    "two_words",
    "Nouns::Proper nouns",
    "x::",
    "a :: b",
    'so-called "strong"',
    "leech",
    "日本 語",
)


@pytest.mark.parametrize("is_newest", [True, False])
def test_our_tags_survive_anki_and_its_exports(tmp_path: Path, is_newest: bool) -> None:
    card = ParsedCard("Hund", "dog", key="k", tags=TAGS, side_choice="definition")
    with (tmp_path / "out.apkg").open("wb") as file:
        write_anki(file, title="Default", deck_key="d", cards=[card], now=NOW, is_newest=is_newest)
    collection = Collection(str(tmp_path / "collection.anki2"))
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(tmp_path / "out.apkg")))
    assert len(collection.get_note(collection.find_notes("tag:two_words")[0]).tags) == len(TAGS)
    assert [deck.name for deck in collection.decks.all_names_and_ids()] == ["Default"]
    text = tmp_path / "back.txt"
    shown = {
        "with_html": True,
        "with_tags": True,
        "with_deck": True,
        "with_notetype": True,
        "with_guid": True,
    }
    collection.export_note_csv(out_path=str(text), limit=None, **shown)
    packages = [tmp_path / "new.apkg", tmp_path / "old.apkg"]
    for path in packages:
        options = ExportAnkiPackageOptions(legacy=path.name == "old.apkg")
        collection.export_anki_package(out_path=str(path), options=options, limit=None)
    assert collection.fix_integrity()[1]
    collection.close()
    for path in (text, *packages):
        with read_file(path) as parsed:
            (back,) = parsed
        assert set(back.tags) == set(TAGS)
