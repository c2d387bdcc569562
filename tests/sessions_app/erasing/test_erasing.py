"""Erasing at bad moments: killed in between, twice, while others study, import or restore."""

from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cards.editing import decks as editing_decks
from cards.editing.cards import edit_card, remove_cards, restore_cards
from cards.editing.decks import description_version, restore_decks
from cards.editing.moving import move_cards
from cards.erasing.services import (
    REMOVED_CARD,
    REMOVED_DECK,
    claim_decks,
    erase_cards,
    erase_claimed_decks,
    erase_deck,
    erase_now,
    old_cards_erase,
    old_decks_claim,
)
from cards.media.files import path_of, unused_images_remove
from cards.models import LIBRARY_SLUG, Card, CardImage, Deck, Tag
from sessions_app.models import Enrollment, OverriddenAnswer, Review, Step, StudySession
from sessions_app.sessions import marks
from studysite.accounts import erasing
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.cards.pictures import show, stored
from tests.sessions_app.conftest import NOON, Studying
from tests.sessions_app.erasing import erasable

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LONG_AGO = timedelta(days=31)


def study(person, deck, *ratings, now=NOON):
    studying = Studying(person, deck, now)
    studying.start()
    for rating in ratings:
        studying.answer(rating)
    return studying


def remove(deck, ago=LONG_AGO):
    Deck.objects.filter(pk=deck.pk).update(removed_at=timezone.now() - ago)


def remove_card(card, ago=LONG_AGO):
    remove_cards(deck=card.deck, cards=Card.objects.filter(pk=card.pk))
    Card.objects.filter(pk=card.pk).update(removed_at=timezone.now() - ago)


def erase(now=None):
    """Run the daily tasks about decks and cards, and check that a replay changes nothing."""
    old_decks_claim(now=now or timezone.now())
    erase_claimed_decks(slice_=Slice(60))
    old_cards_erase(now=now or timezone.now(), slice_=Slice(60))
    call_command("rebuild_progress", check=True, verbosity=0)


# --- When


def test_removed_deck_is_erased_after_30_days(deck, learner):
    study(learner, deck, 3)
    remove(deck, timedelta(days=29))
    erase()
    deck.refresh_from_db()
    assert deck.title == "Capitals"
    erase(timezone.now() + timedelta(days=2))
    deck.refresh_from_db()
    assert deck.title == "A deck that was removed"


def test_deck_restored_in_time_is_not_erased(deck):
    remove(deck)
    before = timezone.now() - timedelta(days=30)
    restore_decks(decks=Deck.objects.filter(pk=deck.pk))
    assert claim_decks([deck.pk], now=timezone.now(), removed_before=before) == []
    deck.refresh_from_db()
    assert (deck.title, deck.erased_at) == ("Capitals", None)


def test_card_restored_in_time_is_not_erased(deck):
    card = deck.cards.get(position=0)
    remove_card(card)
    before = timezone.now() - timedelta(days=30)
    restore_cards(deck=deck, cards=deck.cards.all())
    assert erase_cards(deck, [card.pk], slice_=Slice(60), removed_before=before)
    card.refresh_from_db()
    assert (card.term, card.erased_at) == ("Term 0", None)


def test_erased_deck_cannot_be_restored(deck, owner_client, learner):
    study(learner, deck, 3)
    remove(deck)
    erase()
    deck.refresh_from_db()
    assert restore_decks(decks=Deck.objects.all()) == 0
    assert owner_client.post(reverse("deck_restore", args=[deck.slug])).status_code == 404
    assert "A deck that was removed" not in owner_client.get(reverse("decks_removed")).text
    with pytest.raises(IntegrityError):
        Deck.objects.update(removed_at=None)


def test_removed_shipped_deck_is_not_erased(db):
    """Without this rule the next start would load the deck again."""
    call_command("load_library", verbosity=0)
    remove(Deck.objects.get())
    erase()
    assert Deck.objects.get().slug == LIBRARY_SLUG
    call_command("load_library", verbosity=0)
    assert not Deck.objects.present().exists()


# --- Stopped anywhere


class KilledError(BaseException):
    """As if the process ended here."""


def kill_at(monkeypatch, number):
    """Allow this many transactions to be committed, and end within the next one."""
    left = iter(range(number))
    enter, leave = transaction.Atomic.__enter__, transaction.Atomic.__exit__

    def note_and_enter(self):
        self.is_outermost = not connection.in_atomic_block
        enter(self)

    def exit_or_die(self, kind, error, trace):
        if kind is None and self.is_outermost and next(left, None) is None:
            leave(self, KilledError, KilledError(), None)
            raise KilledError
        return leave(self, kind, error, trace)

    monkeypatch.setattr(transaction.Atomic, "__enter__", note_and_enter)
    monkeypatch.setattr(transaction.Atomic, "__exit__", exit_or_die)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [4, 7])
def test_erasure_killed_repeatedly_finishes(number, make_deck, learner, stranger, owner, monkeypatch):
    """Each run ends within its fifth or eighth transaction; a replay after it changes nothing."""
    for name in ("cards.erasing.services.CARDS", "cards.erasing.services.ROWS", "sessions_app.erasing.ROWS"):
        monkeypatch.setattr(f"{name}_AT_ONCE", 2)
    erasable.fill(make_deck(4), learner, stranger)
    erasable.plant(others=[learner.pk, stranger.pk])
    runs = 0
    while erasable.found():
        runs += 1
        with monkeypatch.context() as patch, suppress(KilledError):
            kill_at(patch, number)
            erasing.erase_person(person=owner, now=timezone.now())
            erasing.continue_erasing(slice_=Slice(60))
        call_command("rebuild_progress", check=True, verbosity=0)
        assert runs < 100
    assert runs > 2
    assert Review.objects.filter(learner=learner).count() == 2


def test_no_deck_is_erased_after_the_time_is_up(make_deck, owner):
    """For any number of learners."""
    for _ in range(3):
        make_deck(0)
    claim_decks(list(Deck.objects.values_list("pk", flat=True)), now=timezone.now())
    assert not erase_claimed_decks(slice_=Slice(-1))
    assert not erase_claimed_decks(slice_=Slice(-1), decks=Deck.objects.filter(owner=owner))
    assert Deck.objects.count() == 3
    assert erase_claimed_decks(slice_=Slice(60))
    assert not Deck.objects.exists()


def test_deck_stays_until_other_apps_have_erased_their_rows(make_deck, learner):
    deck = make_deck(0)
    StudySession.objects.create(learner=learner, deck=deck, mode="test", seed=1, study_day=NOON.date())
    claim_decks([deck.pk], now=timezone.now())
    deck.refresh_from_db()
    assert not erase_deck(deck, slice_=Slice(-1))
    assert erase_deck(deck, slice_=Slice(60))
    assert not Deck.objects.exists()


def test_erasure_out_of_time_is_finished_by_later_runs(deck, owner, learner):
    study(learner, deck, 3)
    erasing.erase_person(person=owner, now=timezone.now())
    for _ in range(3):
        assert not erasing.continue_erasing(slice_=Slice(-1))
    assert erasing.continue_erasing(slice_=Slice(60))


# --- Requests that are under way


def test_answer_to_an_erased_question_is_stale(deck, learner):
    studying = study(learner, deck, 3)
    step = studying.open_step()
    claim_decks([deck.pk], now=timezone.now())
    erase_claimed_decks(slice_=Slice(60))
    assert studying.answer(3, step).is_stale
    erase()
    assert not Step.objects.exists()


def test_session_started_during_erasure_is_erased_by_next_run(deck, learner):
    study(learner, deck, 3)
    claim_decks([deck.pk], now=timezone.now())
    stale = Deck(pk=deck.pk, owner=deck.owner, title=deck.title)
    study(learner, stale)
    assert StudySession.objects.exists()
    erase()
    assert not StudySession.objects.exists()


def test_card_added_to_erased_deck_is_erased_by_next_run(deck, learner):
    study(learner, deck, 3)
    claim_decks([deck.pk], now=timezone.now())
    erase()
    Card.objects.create(deck=deck, term="late", definition="late")
    erase()
    assert not Card.objects.filter(term="late").exists()


@pytest.mark.django_db(transaction=True)
def test_deck_erased_during_a_request_returns_404(deck, learner_client, monkeypatch):
    set_settings = Enrollment.objects.set_for

    def too_late(learner, deck, **fields):
        erase_now([deck.pk], now=timezone.now())
        assert not Deck.objects.exists()
        set_settings(learner, deck, **fields)

    monkeypatch.setattr(Enrollment.objects, "set_for", too_late)
    response = learner_client.post(reverse("study", args=[deck.slug, "spaced"]), {"queue": "due"})
    assert response.status_code == 404


@pytest.mark.parametrize("is_needed", [False, True])
@pytest.mark.parametrize("is_seen", [False, True])
def test_deck_erased_while_edited_stays_erased(deck, learner, owner_client, monkeypatch, is_needed, is_seen):
    """With and without the form's ``seen`` value; the row may still exist because of others' answers."""
    if is_needed:
        study(learner, deck, 3)
    seen = description_version(deck) if is_seen else ""
    describe = editing_decks.describe_deck

    def too_late(**more):
        erase_now([deck.pk], now=timezone.now())
        return describe(**more)

    monkeypatch.setattr("cards.editing.views.decks.describe_deck", too_late)
    data = {"title": "Mine", "visibility": "public", "language": "en", "side_choice": "auto", "seen": seen}
    assert owner_client.post(reverse("deck_details", args=[deck.slug]), data).status_code == 404
    assert set(Deck.objects.values_list("title", flat=True)) == ({REMOVED_DECK} if is_needed else set())


def test_person_erased_during_a_request_is_redirected_home(
    make_deck, learner, learner_client, stranger, monkeypatch
):
    """Also if their row stays because others study their deck."""
    deck, theirs = make_deck(2), make_deck(2)
    Deck.objects.filter(pk=theirs.pk).update(owner=learner)
    study(stranger, theirs, 3)

    def too_late(learner, deck, **fields):
        erasing.erase_person(person=learner, now=timezone.now())
        raise Enrollment.DoesNotExist

    monkeypatch.setattr(Enrollment.objects, "set_for", too_late)
    response = learner_client.post(reverse("study", args=[deck.slug, "spaced"]), {"queue": "due"})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert User.objects.get(pk=learner.pk).erased_at


# --- Whose


def test_guest_with_an_erased_studied_deck_is_erased(deck, learner):
    guest = User.objects.create_guest(time_zone="UTC")
    Deck.objects.update(owner=guest)
    study(learner, deck, 3)
    remove(deck)
    erase()
    assert Deck.objects.get().erased_at
    assert erasing.erase_person(person=guest, now=timezone.now())
    erasing.continue_erasing(slice_=Slice(60))
    assert User.objects.get(pk=guest.pk).email is None


def test_people_and_decks_without_content_are_erased(db, stranger):
    for person in (stranger, User.objects.create_guest(time_zone="UTC")):
        Deck.objects.create(owner=person, title="Empty", removed_at=timezone.now() - LONG_AGO)
    erase()
    assert not Deck.objects.exists()
    for person in list(User.objects.all()):
        erasing.erase_person(person=person, now=timezone.now())
    assert erasing.continue_erasing(slice_=Slice(60))
    assert not User.objects.exists()


def test_two_people_are_erased_with_names_in_any_script(make_deck, owner, learner, stranger):
    decks = [make_deck(2), make_deck(3, title="Żółć 漢字 🎓")]
    for deck in decks:
        study(learner, deck, 3)
        learner.study_sessions.filter(deck=deck, mode="spaced").finish(NOON)
    User.objects.filter(pk=owner.pk).update(name="Zoë 漢字 \u200f")
    for person in (owner, stranger):
        erasing.erase_person(person=person, now=timezone.now())
    erasing.continue_erasing(slice_=Slice(60))
    erase()
    assert list(Deck.objects.values_list("owner__name", flat=True)) == [erasing.NAME] * 2
    assert not User.objects.filter(pk=stranger.pk).exists()


def test_owners_log_is_erased_and_other_logs_stay(deck, owner, learner, make_deck):
    kept = make_deck(2)
    for person in (owner, learner):
        study(person, deck, 3, 3)
        person.study_sessions.filter(deck=deck, mode="spaced").finish(NOON)
    study(owner, kept, 3, now=NOON + timedelta(hours=1))
    remove(deck)
    erase()
    assert set(Enrollment.objects.values_list("learner", "deck")) == {
        (learner.pk, deck.pk),
        (owner.pk, kept.pk),
    }
    assert Review.objects.filter(learner=owner).count() == 1


@pytest.mark.parametrize("side", ["term", "both"])
def test_rendering_erased_cards_keeps_their_side(deck, learner, side):
    """They asked for it because of the texts that are erased, and progress is counted for it."""
    deck.cards.update(studied_side=side)
    deck.refresh_from_db()
    study(learner, deck, 3, 3)
    remove(deck)
    erase()
    call_command("render_cards", verbosity=0)
    assert set(deck.cards.values_list("studied_side", flat=True)) == {side}
    call_command("rebuild_progress", check=True, verbosity=0)


def test_enrollment_with_a_marked_card_is_kept(deck, learner, stranger):
    for person in (learner, stranger):
        Enrollment.objects.create(learner=person, deck=deck)
    card = deck.cards.get(position=0)
    marks.card_mark(learner=stranger, card=card, mark=marks.Mark.STARRED, on=True, now=NOON)
    remove(deck)
    erase()
    assert Enrollment.objects.get().learner == stranger
    assert deck.cards.get() == card


def test_owners_log_of_moved_cards_is_kept(make_deck, owner):
    here, there = make_deck(3), make_deck(3)
    study(owner, here, 3, 3)
    move_cards(cards=here.cards.filter(position=0), to=there, now=NOON + timedelta(hours=1))
    remove(here)
    erase()
    remove(there)
    erase()
    assert Review.objects.count() == 2


def test_moved_cards_are_erased_from_questions_of_both_decks(make_deck, learner):
    here, there = make_deck(3), make_deck(3)
    study(learner, here, 3)
    card = here.cards.get(position=0)
    Card.objects.filter(pk=card.pk).update(term="Zq7!")
    Step.objects.update(question=erasable.question(list(here.cards.in_order())))
    move_cards(cards=here.cards.filter(position=0), to=there, now=NOON + timedelta(hours=1))
    remove(there)
    erase()
    assert erasable.found() == set()
    assert StudySession.objects.filter(deck=here).exists()


def test_overridden_answer_is_erased_with_its_last_learner(deck, learner, stranger):
    for person in (learner, stranger):
        study(person, deck, 3)
    digest = OverriddenAnswer.objects.create(card=deck.cards.first(), side="definition", digest="d")
    Review.objects.update(overridden=digest)
    for person, left in ((learner, {digest.pk}), (stranger, set())):
        erasing.erase_person(person=person, now=timezone.now())
        erasing.continue_erasing(slice_=Slice(60))
        assert set(Review.objects.values_list("overridden", flat=True)) == left
        assert OverriddenAnswer.objects.exists() == bool(left)


# --- Images and tags


def test_shared_image_is_kept_until_unused(make_deck):
    first, second = make_deck(1), make_deck(1)
    for deck in (first, second):
        show(deck.cards.get(), term=(stored(),))
    path = path_of(CardImage.objects.first().sha256)
    tomorrow = timezone.now() + timedelta(days=2)
    remove(first)
    erase()
    assert unused_images_remove(now=tomorrow) == 0
    remove(second)
    erase()
    assert unused_images_remove(now=tomorrow) == 1
    assert not path.exists()


def test_image_file_is_deleted_with_its_card(deck):
    card = deck.cards.get(position=0)
    show(card, term=(stored(),))
    remove_card(card)
    path = path_of(CardImage.objects.get().sha256)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        call_command("daily", verbosity=0)
    assert not path.exists()


def test_tags_only_on_erased_cards_are_deleted(make_deck, owner, learner):
    here, there = make_deck(1), make_deck(1)
    only, both = (Tag.objects.create(owner=owner, name=name) for name in ("only", "both"))
    theirs, unused = (
        Tag.objects.create(owner=learner, name="mine"),
        Tag.objects.create(owner=owner, name="unused"),
    )
    here.cards.get().tags.add(only, both, theirs)
    there.cards.get().tags.add(both)
    remove(here)
    erase()
    assert set(Tag.objects.all()) == {both, theirs, unused}


# --- Cards of decks that stay


def test_unanswered_card_row_is_deleted(deck):
    remove_card(deck.cards.get(position=0))
    erase()
    assert deck.cards.count() == 4


def test_emptied_card_row_is_deleted_with_its_last_answer(deck, learner):
    study(learner, deck, 3)
    remove_card(deck.cards.get(position=0))
    erase()
    assert deck.cards.count() == 5
    erasing.erase_person(person=learner, now=timezone.now())
    erasing.continue_erasing(slice_=Slice(60))
    erase()
    assert deck.cards.count() == 4


def test_erased_card_cannot_be_restored(deck, learner, owner, owner_client):
    study(learner, deck, 3)
    card = deck.cards.get(position=0)
    remove_card(card)
    erase()
    page = owner_client.get(reverse("cards_removed", args=[deck.slug])).text
    assert REMOVED_CARD not in page
    assert restore_cards(deck=deck, cards=deck.cards.all()) == 0
    for name in ("card_edit", "card_twins"):
        assert owner_client.get(reverse(name, args=[deck.slug, card.pk])).status_code == 404
    assert owner_client.post(reverse("card_restore", args=[deck.slug, card.pk])).status_code == 404


def test_edit_of_an_erased_card_can_be_saved(deck, learner):
    study(learner, deck, 3)
    card = deck.cards.get(position=0)
    seen = card.updated_at
    remove_card(card)
    erase()
    card.term, card.definition = "Mine", "Written for long"
    stands = edit_card(card=card, seen=seen)
    assert stands.term == REMOVED_CARD
    assert edit_card(card=card, seen=stands.updated_at) is None
    card.refresh_from_db()
    assert (card.term, card.erased_at, card.removed_at) == ("Mine", None, None)
    call_command("rebuild_progress", check=True, verbosity=0)


def test_import_restores_an_erased_card(deck, learner, tmp_path, owner):
    path = str(tmp_path / "deck.zip")
    call_command("export_deck", deck.slug, path, verbosity=0)
    study(learner, deck, 3)
    card = deck.cards.get(position=0)
    remove_card(card)
    erase()
    call_command("import_deck", path, owner=owner.email, into=deck.slug, verbosity=0)
    back = deck.cards.get(pk=card.pk)
    assert (back.term, back.definition, back.side_choice) == (card.term, card.definition, card.side_choice)
    assert back.erased_at is back.removed_at is None
    assert "Term 0" in back.term_html
    call_command("rebuild_progress", check=True, verbosity=0)


def test_pages_open_for_learners_of_an_erased_deck(deck, learner, learner_client):
    study(learner, deck, 3)
    slug = deck.slug
    remove(deck)
    erase()
    for path in ("/", "/guest/", "/accounts/preferences/", reverse("decks_removed")):
        assert learner_client.get(path, follow=True).status_code == 200
    for address in (slug, Deck.objects.get().slug):
        assert learner_client.get(reverse("deck", args=[address])).status_code == 404


def test_admin_names_an_erased_deck(deck, learner):
    study(learner, deck, 3)
    remove(deck)
    erase()
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", "x", name="Root"))
    for name in ("enrollment", "review"):
        page = client.get(reverse(f"admin:sessions_app_{name}_changelist"))
        assert page.status_code == 200
        assert "that was removed" in page.text
    for name in ("deck", "card"):
        for removed in ("", "yes"):
            page = client.get(reverse(f"admin:cards_{name}_changelist"), {"removed": removed})
            assert "that was removed" not in page.text
    review = Review.objects.get()
    assert client.get(reverse("admin:sessions_app_review_change", args=[review.pk])).status_code == 200
    assert client.get(reverse("admin:cards_deck_change", args=[deck.pk]), follow=True).status_code == 200
