"""An import whose deck, draft or hidden deck changes between two slices."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from cards.editing import cards, decks, moving
from cards.erasing import leaving
from cards.erasing import services as erasing
from cards.erasing.handing_over import hand_over
from cards.formats.types import FormatError
from cards.importing import drafts, merging, running, splitting
from cards.models import KEPT_DRAFTS, KEPT_FOR, Card, Deck, ImportDraft
from sessions_app.models import Enrollment, Review
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.cards.conftest import MakeDeck
from tests.cards.importing.slicing import MOST_REQUESTS, a_draft, again, preview_in_slices
from tests.cards.importing.test_pages import import_it

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("minimal"), pytest.mark.long]

GONE = "The deck no longer exists."


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path


def begun(
    owner: User, kind: str, until: str = "cards", deck: Deck | None = None, **options: Any
) -> ImportDraft:
    """An import that has reached this phase."""
    draft = again(a_draft(owner, kind, deck, **options))
    running.begin(draft=draft, preview=preview_in_slices(draft), title="x")
    for _ in range(MOST_REQUESTS):
        # One slice that writes, also if it is the first.
        running.run(draft=again(draft), seconds=0)
        if again(draft).phase == until:
            return again(draft)
    raise AssertionError("It never comes so far.")


def hand_to(stranger: User, deck: Deck) -> None:
    hand_over(decks=[deck.pk], owner=deck.owner, to=stranger)


def remove(_stranger: User, deck: Deck) -> None:
    decks.remove_decks(decks=Deck.objects.filter(pk=deck.pk))


CHANGES = pytest.mark.parametrize("change", [hand_to, remove])
SAID = {
    "cards": "Nothing was imported.",
    "merging": "Some of the cards are in the deck already; the others were not imported.",
    "history": "The cards are there, but not all of your answers.",
}


@CHANGES
@pytest.mark.parametrize("phase", SAID)
def test_import_stops_once_deck_is_given_away_or_removed(
    make_deck: MakeDeck,
    owner: User,
    owner_client: Client,
    stranger: User,
    change: Callable[[User, Deck], None],
    phase: str,
) -> None:
    deck = make_deck(1)
    draft = begun(owner, "archive", phase, deck)
    change(stranger, deck)
    before = (deck.cards.count(), Review.objects.count())
    running.run_waiting(seconds=60)
    page = owner_client.post(f"{draft.get_absolute_url()}go-on/", follow=True)
    assert page.status_code == 200
    assert f"{SAID[phase]} {GONE}" in page.text
    assert (deck.cards.count(), Review.objects.count()) == before
    if phase == "history":
        assert page.redirect_chain[-1][0] == "/"


@CHANGES
def test_import_slice_stops_when_its_deck_is_lost(
    make_deck: MakeDeck,
    owner: User,
    stranger: User,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[User, Deck], None],
) -> None:
    deck = make_deck(1)
    draft = begun(owner, "archive", "merging", deck)
    before, real = deck.cards.count(), merging.lock_target

    def late(draft: ImportDraft, deck: Deck) -> None:
        change(stranger, deck)
        real(draft, deck)

    monkeypatch.setattr(merging, "lock_target", late)
    with pytest.raises(FormatError, match=GONE):
        running.run(draft=again(draft))
    assert deck.cards.count() == before


def test_card_edited_during_an_import_keeps_its_text(make_deck: MakeDeck, owner: User) -> None:
    deck = make_deck(1)
    deck.cards.update(term="Term 2", definition="another 2")
    draft = begun(owner, "text", "merging", deck)
    deck.cards.filter(definition="another 2").update(definition="edited")
    while not running.run(draft=again(draft)):
        pass
    said = deck.cards.filter(term="Term 2").values_list("definition", flat=True)
    assert sorted(said) == ["another 2", "edited"]


def test_card_added_during_an_import_has_its_own_position(make_deck: MakeDeck, owner: User) -> None:
    deck = make_deck(1)
    draft = begun(owner, "archive", "merging", deck)
    came = deck.cards.count()
    Card.objects.create(deck=deck, position=moving.next_position(deck), term="Mine", definition="d")
    while not running.run(draft=again(draft)):
        pass
    assert list(deck.cards.in_order().values_list("term", flat=True))[came] == "Mine"
    places = deck.cards.values_list("position", flat=True)
    assert len(set(places)) == len(places) == 9


def test_import_finished_elsewhere_is_finished_once(owner: User) -> None:
    draft = begun(owner, "archive")
    while again(draft).done < draft.total:
        running.run(draft=again(draft))
    stale = again(draft)
    assert stale.phase == "cards"
    while again(draft).phase != "history":
        running.run(draft=again(draft))
    merging.finish(stale, Slice())
    now = again(draft)
    assert (now.phase, now.added, now.total) == ("history", now.total, 7)


@CHANGES
def test_import_does_not_begin_when_its_deck_is_lost(
    make_deck: MakeDeck,
    owner: User,
    owner_client: Client,
    stranger: User,
    change: Callable[[User, Deck], None],
) -> None:
    deck = make_deck(1)
    draft = again(a_draft(owner, "archive", deck))
    preview = preview_in_slices(draft)
    change(stranger, deck)
    with pytest.raises(FormatError, match=GONE):
        running.begin(draft=draft, preview=preview, title="x")
    assert (again(draft).phase, Deck.objects.count()) == ("preview", 1)


def test_preview_says_that_the_deck_is_gone(
    make_deck: MakeDeck, owner: User, owner_client: Client, stranger: User
) -> None:
    deck = make_deck(1)
    draft = again(a_draft(owner, "archive", deck))
    hand_to(stranger, deck)
    preview_in_slices(draft)
    page = import_it(owner_client, draft.get_absolute_url())
    assert page.status_code == 200
    assert GONE in page.text
    assert again(draft).phase == "preview"


def test_admin_import_continues_while_the_editor_has_the_right(make_deck: MakeDeck, stranger: User) -> None:
    deck = make_deck(1)
    stranger.is_staff = True
    stranger.save()
    rights = Permission.objects.filter(codename__in=["add_card", "change_card"])
    stranger.user_permissions.set(rights)
    draft = begun(stranger, "text", "merging", deck)
    stranger.user_permissions.clear()
    with pytest.raises(FormatError, match=GONE):
        running.run(draft=again(draft))
    stranger.user_permissions.set(rights)
    assert running.run_waiting(seconds=60) == 1


# --- The daily command


def dropped(draft: ImportDraft) -> None:
    drafts.drop_draft(draft=draft)


def given_up(draft: ImportDraft) -> None:
    running.roll_back(draft=draft)


def claimed(draft: ImportDraft) -> None:
    ImportDraft.objects.filter(pk=draft.pk).update(claimed_until=timezone.now() + KEPT_FOR)


@pytest.mark.parametrize("change", [dropped, given_up, claimed])
def test_daily_command_leaves_an_import_that_changed(
    owner: User, monkeypatch: pytest.MonkeyPatch, change: Callable[[ImportDraft], None]
) -> None:
    begun(owner, "text")
    real, calls = running.run, []

    def run(*, draft: ImportDraft) -> bool:
        calls.append(draft.pk)
        # A loop without an end would run for a minute.
        assert len(calls) < 9
        real(draft=draft)
        change(again(draft))
        return False

    monkeypatch.setattr(running, "run", run)
    assert running.run_waiting(seconds=60) == 0
    assert len(calls) == 1


def test_failing_import_does_not_block_others(
    owner: User, learner: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = begun(owner, "text"), begun(learner, "text")
    real = merging.open_content

    def full(draft: ImportDraft) -> Any:
        if draft.pk == first.pk:
            raise OSError("No space left on device")
        return real(draft)

    monkeypatch.setattr(merging, "open_content", full)
    assert running.run_waiting(seconds=60) == 1
    assert again(second).phase == "done"
    assert f"Import {first.pk} has failed." in caplog.text


# --- Hidden decks


def test_hidden_deck_of_a_starting_import_is_kept(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(owner, "text")
    draft = again(a_draft(owner, "text"))
    preview, real = preview_in_slices(draft), splitting.hidden_decks

    def begins(other: ImportDraft) -> list[Deck]:
        found = real(other)
        running.begin(draft=draft, preview=preview, title="x")
        return found

    monkeypatch.setattr(splitting, "hidden_decks", begins)
    drafts.hidden_remove()
    assert again(draft).staging is not None


def test_finished_deck_is_not_deleted_as_hidden(make_deck: MakeDeck) -> None:
    deck = make_deck(3)
    deck.is_building = True
    assert drafts.drop_hidden([deck])
    assert deck.cards.count() == 3


@pytest.mark.parametrize("options", [{}, {"subdecks": "decks"}])
def test_import_without_its_hidden_deck_is_rolled_back(
    owner: User, owner_client: Client, options: dict[str, str]
) -> None:
    draft = begun(owner, "new package", **options)
    drafts.drop_hidden(splitting.hidden_decks(draft))
    page = owner_client.post(f"{draft.get_absolute_url()}go-on/", follow=True)
    assert "Nothing was imported. The imported cards are gone. Import the file again." in page.text
    assert again(draft).phase == "preview"


LEFT = pytest.mark.parametrize("way", ["newer files", "erased deck", "erased person", "old"])


@LEFT
def test_daily_command_deletes_leftovers_of_a_draft(owner: User, make_deck: MakeDeck, way: str) -> None:
    deck = make_deck(1)
    draft = begun(owner, "archive", deck=deck)
    while again(draft).done < 6:
        running.run(draft=again(draft))
    hidden = Card.objects.filter(deck__is_building=True)
    assert hidden.count() == 6
    if way == "newer files":
        for _ in range(KEPT_DRAFTS):
            drafts.make_draft(owner=owner, content="a\tb")
    elif way == "erased deck":
        erasing.claim_decks([deck.pk], now=timezone.now())
        erasing.erase_deck(Deck.objects.get(pk=deck.pk), slice_=Slice(60))
    elif way == "erased person":
        leaving.erase_belongings(None, person=owner, slice_=Slice(60))
    else:
        drafts.old_drafts_remove(now=timezone.now() + 2 * KEPT_FOR)
    assert not ImportDraft.objects.filter(pk=draft.pk).exists()
    assert hidden.count() == 4
    while not drafts.hidden_remove(slice_=Slice(0)):
        pass
    assert not hidden.exists()


# --- A merge that ends early


@pytest.mark.parametrize("way", ["drop", "give up", "old"])
def test_counts_are_right_after_an_interrupted_merge(
    make_deck: MakeDeck, owner: User, learner: User, way: str
) -> None:
    deck = make_deck(4)
    for n, card in enumerate(deck.cards.in_order()):
        Card.objects.filter(pk=card.pk).update(key=f"k{n}")
        answer(learner, card)
    Enrollment.objects.create(learner=learner, deck=deck)
    cards.remove_cards(deck=deck, cards=deck.cards.all())
    call_command("rebuild_progress", stdout=StringIO())
    draft = begun(owner, "archive", "merging", deck)
    assert deck.cards.present().exists()
    if way == "drop":
        drafts.drop_draft(draft=draft)
    elif way == "give up":
        running.roll_back(draft=draft)
    else:
        drafts.old_drafts_remove(now=timezone.now() + 2 * KEPT_FOR)
    call_command("rebuild_progress", check=True, stdout=StringIO())


def answer(learner: User, card: Card) -> None:
    now = timezone.now()
    said = {"mode": "spaced", "side": "definition", "kind": "flip", "evidence": "recall"}
    said |= {"verdict": "correct", "judged_by": "learner"}
    Review.objects.create(
        learner=learner,
        card=card,
        deck=card.deck,
        **said,
        rating=3,
        reviewed_at=now,
        study_day=now.date(),
        gap_needed=1,
    )


# --- Several decks at once


def test_removed_target_deck_ends_a_split_import(owner: User, owner_client: Client) -> None:
    begun(owner, "new package", "done", subdecks="decks")
    draft = begun(owner, "new package", "merging", subdecks="decks")
    Deck.objects.filter(pk=draft.options["parts"][-1]["deck"]).update(removed_at=timezone.now())
    titles = set(Deck.objects.present().values_list("pk", flat=True))
    page = owner_client.post(f"{draft.get_absolute_url()}go-on/", follow=True)
    assert GONE in page.text
    assert again(draft).phase == "preview"
    assert set(Deck.objects.present().values_list("pk", flat=True)) == titles


def test_handed_over_hidden_deck_is_no_error(owner: User, owner_client: Client, stranger: User) -> None:
    draft = begun(owner, "new package", subdecks="decks")
    hidden = [deck.pk for deck in splitting.hidden_decks(draft)]
    hand_over(decks=hidden, owner=owner, to=stranger)
    assert owner_client.post(f"{draft.get_absolute_url()}go-on/").status_code == 302


# --- Dropping


@pytest.mark.parametrize("phase", ["merging", "history", "done"])
def test_dropped_import_says_what_stays_in_each_phase(
    make_deck: MakeDeck, owner: User, owner_client: Client, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    draft = begun(owner, "archive", deck=make_deck(1))
    real = drafts.drop_draft

    def goes_on_first(**kwargs: Any) -> str:
        while again(draft).phase != phase:
            running.run(draft=again(draft), seconds=0)
        return real(**kwargs)

    monkeypatch.setattr("cards.importing.views.drop_draft", goes_on_first)
    page = owner_client.post(f"{draft.get_absolute_url()}drop/", follow=True)
    assert (SAID | {"done": "The cards are there already."})[phase] in page.text


def test_page_says_when_only_the_history_is_left(owner: User, owner_client: Client) -> None:
    draft = begun(owner, "archive", "history")
    page = owner_client.get(draft.get_absolute_url())
    assert "The cards are imported; your answers follow." in page.text
