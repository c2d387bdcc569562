"""Choices for an Anki package: the fields of each note type, and a tag or a deck for each deck inside."""

import json
from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cards.importing import running
from cards.importing.preview import comparing, saving
from cards.importing.reading import reader
from cards.importing.reading.content import FileContent
from cards.models import Card, Deck, ImportDraft, Tag
from tests.cards.formats.packages import BASIC, CLOZE, OCCLUSION, note, package
from tests.cards.importing.slicing import prepared
from tests.cards.importing.test_pages import as_shown, import_it, upload

pytestmark = pytest.mark.django_db

DEFAULT, CELLS = 1, 2
CREATE_BONES = "INSERT INTO decks VALUES (3, 'Biology\x1fBones', NULL);"


def notes(last: str = "ulna") -> list:
    cells = [note([f"cell {n}", f"part {n}"], guid=f"c{n}", deck=CELLS) for n in range(4)]
    bones = [note([f"bone {n}", last], guid=f"b{n}", deck=DEFAULT) for n in range(3)]
    return cells + bones


def hand_in(client, rows=None, **more) -> str:
    return upload(client, package(rows or notes(), **more), "Biology.apkg")["Location"]


def split(client, url: str) -> None:
    client.post(url, as_shown(client, url, subdecks="decks", do="look"))


def decks() -> dict[str, int]:
    return dict(Deck.objects.present().values_list("title", "card_count"))


def test_first_change_of_an_option_reads_the_file_only_if_it_needs_to(learner_client, monkeypatch):
    url = hand_in(learner_client)
    monkeypatch.setattr(FileContent, "clear", lambda _: pytest.fail("It is read again."))
    sent = as_shown(learner_client, url, do="look")
    del sent["history"]
    assert learner_client.post(url, sent).status_code == 302
    assert ImportDraft.objects.get().options["history"] is False


def test_file_of_which_nothing_can_be_imported_says_why(learner_client):
    hidden = note(["{{c1::image-occlusion:rect:left=.1}}", "<img src=a>"], kind=OCCLUSION, ords=[0])
    page = upload(learner_client, package([hidden, note(["x" * 40_000, "a"], guid="long")]), "x.apkg")
    assert page.status_code == 200
    assert "image occlusion cards (1), cards that are too long (1)" in page.text
    assert "a side has at most 32,000" in page.text


class TestNames:
    @pytest.mark.parametrize("new", [True, False])
    def test_deck_with_an_unstorable_name_can_be_imported(self, learner_client, new):
        named = json.dumps({"1": {"id": 1, "name": "a\0b"}, "2": {"id": 2, "name": "\ud800"}})
        renamed = "UPDATE decks SET name = 'a' || char(0) || 'b' WHERE id = 1;"
        extra = renamed if new else f"UPDATE col SET decks = '{named}';"
        url = hand_in(learner_client, new=new, extra=extra)
        split(learner_client, url)
        import_it(learner_client, url)
        assert decks() == {"ab": 3, "Biology: Cells" if new else "?": 4}

    def test_field_with_an_unstorable_name_can_be_chosen(self, learner_client):
        url = hand_in(
            learner_client, extra="UPDATE fields SET name = 'Fr' || char(0) || 'ont' WHERE ord = 0;"
        )
        import_it(learner_client, url, **{f"term_{BASIC}": "1", f"definition_{BASIC}": "0"}, do="look")
        import_it(learner_client, url)
        assert Card.objects.get(key="c0").definition == "cell 0"


class TestSamples:
    def test_each_note_type_shows_three_samples(self, learner_client):
        rows = [note([f"front {n}", f"back {n}"]) for n in range(60)]
        rows += [note([f"{{{{c1::gap {n}}}}} of text", ""], kind=CLOZE) for n in range(5)]
        page = learner_client.get(hand_in(learner_client, rows)).text
        assert f'id="type-samples-{BASIC}"' in page
        assert "60 notes" in page
        part = page[page.index(f'id="type-samples-{CLOZE}"') :]
        assert [f"gap {n}" in part for n in range(4)] == [True, True, True, False]

    def test_choosing_fields_changes_only_the_samples(self, learner_client):
        url = hand_in(learner_client)
        data = as_shown(learner_client, url, **{f"term_{BASIC}": "1", f"definition_{BASIC}": "0"})
        part = learner_client.post(f"{url}samples/{BASIC}/", data).text
        assert part.index("part 0") < part.index("cell 0")
        assert ImportDraft.objects.get().options.get("fields") is None
        learner_client.post(url, data | {"do": "look"})
        assert part.strip() in learner_client.get(url).text

    def test_one_chosen_field_asks_for_the_other(self, learner_client):
        url = hand_in(learner_client)
        data = as_shown(learner_client, url, **{f"term_{BASIC}": "1"})
        part = learner_client.post(f"{url}samples/{BASIC}/", data).text
        assert "Choose a field for both sides." in part

    @pytest.mark.parametrize("key", ["0", "x", "9" * 400, f"{BASIC}0"])
    def test_unknown_note_type_returns_404(self, learner_client, stranger_client, key):
        url = hand_in(learner_client)
        assert learner_client.post(f"{url}samples/{key}/").status_code == 404
        assert learner_client.get(f"{url}samples/{BASIC}/").status_code == 405
        assert stranger_client.post(f"{url}samples/{BASIC}/").status_code == 404


class TestDecks:
    def test_subdecks_become_tags_by_default(self, learner_client):
        import_it(learner_client, hand_in(learner_client), title="All")
        assert decks() == {"All": 7}
        assert Tag.objects.get().name == "Cells"

    def test_split_import_makes_a_deck_for_each_subdeck(self, learner_client, learner):
        url = hand_in(learner_client)
        split(learner_client, url)
        page = learner_client.get(url).text
        assert "Biology: Cells: 4 cards" in page
        assert "Create 2 decks" in page
        assert import_it(learner_client, url)["Location"] == "/"
        assert decks() == {"Biology: Cells": 4, "Default": 3}
        assert not Tag.objects.exists()
        assert set(Deck.objects.values_list("owner", "visibility")) == {(learner.pk, "private")}
        for deck in Deck.objects.all():
            assert list(deck.cards.in_order().values_list("position", flat=True)) == [*range(deck.card_count)]
        assert "Cards: 7 added. In 2 decks." in learner_client.get("/").text

    def test_split_import_again_updates_each_deck(self, learner_client):
        url = hand_in(learner_client)
        split(learner_client, url)
        import_it(learner_client, url)
        again = hand_in(learner_client, notes("radius"))
        page = learner_client.get(again)
        assert "into your deck" in page.text
        assert (page.context["preview"].changed, page.context["preview"].same) == (3, 4)
        import_it(learner_client, again)
        assert decks() == {"Biology: Cells": 4, "Default": 3}
        assert set(Deck.objects.get(title="Default").cards.values_list("definition", flat=True)) == {"radius"}
        draft = ImportDraft.objects.latest("pk")
        assert (draft.added, draft.updated, draft.unchanged) == (0, 3, 4)

    def test_split_import_after_a_merged_one_makes_new_decks(self, learner_client):
        import_it(learner_client, hand_in(learner_client), title="All")
        url = hand_in(learner_client)
        assert ImportDraft.objects.latest("pk").deck == Deck.objects.get()
        split(learner_client, url)
        import_it(learner_client, url)
        assert decks() == {"All": 7, "Biology: Cells": 4, "Default": 3}

    def test_empty_subdeck_makes_no_deck(self, learner_client):
        url = hand_in(learner_client, extra="INSERT INTO decks VALUES (3, 'Empty', NULL);")
        learner_client.post(url, as_shown(learner_client, url, subdecks="decks", path="Empty", do="look"))
        page = import_it(learner_client, url)
        assert page.status_code == 200
        assert "There are no cards in it." in page.text
        assert not Deck.objects.exists()

    def test_options_chosen_after_the_start_change_nothing(self, learner_client, monkeypatch):
        url = hand_in(learner_client)
        split(learner_client, url)
        shown = as_shown(learner_client, url, subdecks="tags", do="look")
        real = comparing.compare

        def begins(draft, reading):
            monkeypatch.undo()
            other = ImportDraft.objects.get()
            running.begin(draft=other, preview=prepared(other), title="x")
            return real(draft, reading)

        monkeypatch.setattr(comparing, "compare", begins)
        learner_client.post(url, shown)
        learner_client.post(f"{url}go-on/")
        assert decks() == {"Biology: Cells": 4, "Default": 3}

    def test_reading_does_not_disturb_an_import_begun_meanwhile(self, learner_client, monkeypatch):
        url = hand_in(learner_client)
        shown = as_shown(learner_client, url, **{f"term_{BASIC}": "1", f"definition_{BASIC}": "0"})
        real = reader.Reader.add

        def begins(*args):
            monkeypatch.undo()
            monkeypatch.setattr("studysite.slices.SECONDS", 0.0)
            other = ImportDraft.objects.get()
            running.begin(draft=other, preview=saving.load(other), title="x")
            real(*args)

        monkeypatch.setattr(reader.Reader, "add", begins)
        monkeypatch.setattr("studysite.slices.SECONDS", 0.0)
        learner_client.post(url, shown | {"do": "look"})
        assert "Importing x" in learner_client.get(url).text
        while learner_client.post(f"{url}go-on/")["Location"] == url:
            pass
        assert decks() == {"x": 7}

    def test_split_decks_appear_together(self, learner_client, monkeypatch):
        monkeypatch.setattr("cards.importing.writing.CHUNK", 2)
        monkeypatch.setattr("cards.importing.running.run", partial(running.run, seconds=0))
        url = hand_in(learner_client)
        split(learner_client, url)
        import_it(learner_client, url)
        seen = []
        for _ in range(20):
            seen.append(len(decks()))
            if ImportDraft.objects.get().phase == "done":
                break
            learner_client.post(f"{url}go-on/")
        assert set(seen) == {0, 2}
        assert decks() == {"Biology: Cells": 4, "Default": 3}
        assert not Deck.objects.filter(is_building=True).exists()

    @pytest.mark.parametrize("subdecks", ["tags", "decks"])
    def test_note_split_between_slices_is_imported_whole(self, learner_client, monkeypatch, subdecks):
        monkeypatch.setattr("cards.importing.writing.CHUNK", 2)
        monkeypatch.setattr("cards.importing.running.run", partial(running.run, seconds=0))
        gaps = "{{c1::one}} {{c2::two}} {{c3::three}}"
        rows = [note([f"{gaps} {n}", ""], kind=CLOZE, ords=[0, 1, 2], deck=1 + n % 2) for n in range(5)]
        url = hand_in(learner_client, rows)
        learner_client.post(url, as_shown(learner_client, url, subdecks=subdecks, do="look"))
        import_it(learner_client, url)
        while ImportDraft.objects.get().phase != "done":
            learner_client.post(f"{url}go-on/")
        assert sum(decks().values()) == 15
        assert len(set(Card.objects.values_list("key", flat=True))) == 15
        assert ImportDraft.objects.get().added == 15

    def test_dropped_split_import_leaves_nothing(self, learner_client, monkeypatch):
        monkeypatch.setattr("cards.importing.writing.CHUNK", 2)
        monkeypatch.setattr("cards.importing.running.run", partial(running.run, seconds=0))
        url = hand_in(learner_client)
        split(learner_client, url)
        import_it(learner_client, url)
        assert Card.objects.exists()
        learner_client.post(f"{url}drop/")
        assert not Deck.objects.exists()
        assert not Card.objects.exists()

    def test_history_goes_to_the_deck_of_each_card(self, learner_client, learner):
        rows = [note(["a", "b"], guid="a", deck=CELLS), note(["c", "d"], guid="c", deck=DEFAULT)]
        # A review of each card; a card's number is ten times its note's.
        reviews = [(10, 1_700_000_000_000, 3, 1, 900, 1), (20, 1_700_000_001_000, 3, 1, 900, 1)]
        url = hand_in(learner_client, rows, reviews=reviews)
        split(learner_client, url)
        import_it(learner_client, url)
        assert len(decks()) == 2
        assert set(learner.reviews.values_list("deck__title", "card__key")) == {
            ("Biology: Cells", "a"),
            ("Default", "c"),
        }


class TestCommand:
    def run(self, tmp_path, owner, *args: str) -> str:
        path, out = tmp_path / "Biology.apkg", StringIO()
        path.write_bytes(package(notes()))
        call_command("import_deck", str(path), "--owner", owner.email, *args, stdout=out, stderr=StringIO())
        return out.getvalue()

    def test_command_splits_the_file_into_decks(self, tmp_path, owner):
        said = self.run(tmp_path, owner, "--subdecks", "decks")
        assert decks() == {"Biology: Cells": 4, "Default": 3}
        assert all(deck.get_absolute_url() in said for deck in Deck.objects.all())
        assert "0 cards added, 0 updated, 7 there already" in self.run(tmp_path, owner, "--subdecks", "decks")
        assert len(decks()) == 2

    def test_command_refuses_to_split_into_an_existing_deck(self, tmp_path, owner, make_deck):
        with pytest.raises(CommandError, match="split"):
            self.run(tmp_path, owner, "--subdecks", "decks", "--into", make_deck(1).slug)


NO_CARDS = "There are no cards in it that can be imported. Left out: image occlusion cards (2)."


def test_file_without_cards_is_refused_with_what_is_left_out(learner_client):
    data = package([note(["{{c1::image-occlusion:rect}}", "<img src=a>"], kind=OCCLUSION, ords=[0, 1])])
    page = upload(learner_client, data, "Maps.apkg")
    assert NO_CARDS in page.context["form"].errors["file"]
    assert not ImportDraft.objects.exists()


def test_command_says_what_is_left_out_of_a_file_without_cards(owner, tmp_path):
    path = tmp_path / "Maps.apkg"
    path.write_bytes(package([note(["{{c1::image-occlusion:rect}}", ""], kind=OCCLUSION, ords=[0, 1])]))
    with pytest.raises(CommandError) as error:
        call_command("import_deck", str(path), owner=owner.email, stdout=StringIO())
    assert NO_CARDS in str(error.value)
