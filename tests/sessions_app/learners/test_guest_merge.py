"""Merging a guest into an account: nothing is lost, and a replay of the merged log changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.erasing.services import erase_now
from cards.exporting import preparing
from cards.importing.drafts import make_draft
from cards.models import Card, CardReport, Deck, DeckExport, ImportDraft, Tag
from cards.reporting.services import report_card
from sessions_app.learners.guests import LEARNER_MODELS, guest_discard, guest_merge, idle_guests_erase
from sessions_app.learners.settings import start_over
from sessions_app.models import (
    CardProgress,
    DayTotal,
    Enrollment,
    OverriddenAnswer,
    Review,
    Step,
    StudySession,
)
from sessions_app.review_log import replaying
from studysite.accounts import erasing
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.sessions_app.conftest import NOON, Studying

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# Which learner answers, with which rating, how many minutes later; they may start over first.
ANSWERS = st.lists(
    st.tuples(
        st.booleans(), st.integers(1, 4), st.integers(1, 30) | st.integers(1, 60 * 24 * 5), st.integers(0, 9)
    ),
    max_size=30,
)


@pytest.fixture
def guest():
    return User.objects.create_guest(time_zone="Asia/Tokyo")


@pytest.fixture
def merge(guest, learner):
    return lambda now=NOON: guest_merge(guest=guest, user=learner, now=now)


def study(learner, deck, *ratings, now=NOON):
    studying = Studying(learner, deck, now)
    studying.start()
    for rating in ratings:
        studying.answer(rating)
    return studying


def differences():
    return [replaying.rebuild(enrollment) for enrollment in Enrollment.objects.select_related("deck")]


# --- A guest alone


def test_merge_moves_everything_to_a_new_account(guest, learner, deck, merge):
    study(guest, deck, 3, 1)
    CardProgress.objects.filter(card__position=1).update(starred=True)
    Enrollment.objects.update(new_per_day=7)
    before = {model: list(model.objects.order_by("pk").values_list("pk")) for model in LEARNER_MODELS}
    assert merge()
    assert before == {model: list(model.objects.order_by("pk").values_list("pk")) for model in LEARNER_MODELS}
    assert {row.learner for model in LEARNER_MODELS for row in model.objects.all()} == {learner}
    assert Enrollment.objects.get().new_per_day == 7
    assert CardProgress.objects.filter(starred=True).count() == 1
    assert not User.objects.filter(is_guest=True).exists()
    assert differences() == [0]


def test_second_merge_changes_nothing(guest, learner, deck, merge):
    study(guest, deck, 3)
    again = User.objects.get(pk=guest.pk)
    assert merge()
    assert not guest_merge(guest=again, user=learner, now=NOON)
    assert Review.objects.filter(learner=learner).count() == 1


def test_erased_guest_is_not_merged(guest, learner, deck, merge):
    """Their row stays because others study their deck; no account gets its data."""
    Deck.objects.filter(pk=deck.pk).update(owner=guest)
    study(learner, deck, 3)
    assert erasing.erase_person(person=guest, now=NOON)
    assert not merge()
    assert Deck.objects.get(pk=deck.pk).owner == guest


def test_person_is_never_merged_into_another(learner, stranger, deck):
    study(stranger, deck, 3)
    assert not guest_merge(guest=stranger, user=learner, now=NOON)
    assert Review.objects.get().learner == stranger


def test_merge_that_would_lose_rows_is_rolled_back(guest, learner, deck, merge, monkeypatch):
    study(guest, deck, 3)
    monkeypatch.setattr(
        "sessions_app.learners.guests.LEARNER_MODELS", (StudySession, CardProgress, DayTotal, Enrollment)
    )
    with pytest.raises(RuntimeError, match="lost rows"), transaction.atomic():
        merge()
    assert Review.objects.get().learner_id == Enrollment.objects.get().learner_id != learner.pk


def test_every_model_with_a_learner_is_merged():
    """A new table that refers to a learner must be listed here, with what a merge does with it."""
    people_alone = {"accounts", "account", "admin"}
    made = {Deck, Tag, CardReport, ImportDraft, DeckExport}
    fields = User._meta.get_fields(include_hidden=True)
    models = {field.related_model for field in fields if field.is_relation and field.auto_created}
    assert {model for model in models if model._meta.app_label not in people_alone} == {
        *LEARNER_MODELS,
        *made,
    }


# --- Both have studied


@pytest.mark.long
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS)
def test_replaying_a_merged_log_changes_nothing(answers, learner, make_deck):
    with transaction.atomic():
        deck = make_deck(3)
        guest = User.objects.create_guest(time_zone="Asia/Tokyo")
        both = {True: Studying(guest, deck), False: Studying(learner, deck)}
        now = NOON
        for is_guest, rating, minutes, dice in answers:
            studying = both[is_guest]
            now = studying.now = now + timedelta(minutes=minutes)
            if dice == 0:
                start_over(learner=studying.learner, deck=deck, now=now)
            if studying.open_step() or studying.start():
                studying.answer(rating)
        lines = set(Review.objects.values_list("pk", flat=True))
        assert guest_merge(guest=guest, user=learner, now=now)
        assert set(Review.objects.filter(learner=learner).values_list("pk", flat=True)) == lines
        assert set(differences()) <= {0}
        later = Studying(learner, deck, now + timedelta(days=1))
        if later.start():
            later.answer(3)
        assert set(differences()) <= {0}
        transaction.set_rollback(True)


def test_replay_differs_without_the_merge_replay(guest, learner, deck, merge, monkeypatch):
    """Without the replay the card would keep the progress of only one of the two."""
    study(guest, deck, 3)
    study(learner, deck, 1)
    with monkeypatch.context() as patch:
        patch.setattr(replaying, "rebuild", lambda enrollment: 0)
        merge()
    assert differences() != [0]


def test_merged_progress_counts_answers_of_both(guest, learner, deck, merge):
    study(guest, deck, 3, 1)
    study(learner, deck, 3, now=NOON + timedelta(days=2))
    merge()
    row = CardProgress.objects.get(card__position=0)
    assert (row.recalls, row.recall_days) == (2, 2)
    assert CardProgress.objects.get(card__position=1).misses == 1
    assert DayTotal.objects.filter(learner=learner).count() == 2
    enrollment = Enrollment.objects.get()
    assert enrollment.scheduled == 2
    assert enrollment.last_studied_at == NOON + timedelta(days=2, seconds=20)


def test_merge_keeps_the_settings_of_the_account(guest, learner, deck, merge):
    study(guest, deck, 3)
    study(learner, deck, 3)
    Enrollment.objects.filter(learner=guest).update(new_per_day=1, retention=0.8)
    Enrollment.objects.filter(learner=learner).update(new_per_day=2, retention=0.95, shares_progress=True)
    call_command("rebuild_progress")
    merge()
    enrollment = Enrollment.objects.get()
    assert (enrollment.new_per_day, enrollment.retention, enrollment.shares_progress) == (2, 0.95, True)
    assert differences() == [0]


def test_merge_combines_the_marks_of_both(guest, learner, deck, merge):
    study(guest, deck, 3)
    study(learner, deck, 3)
    soon, late = NOON + timedelta(hours=1), NOON + timedelta(hours=9)
    CardProgress.objects.filter(learner=guest).update(suspended=True, buried_until=late)
    CardProgress.objects.filter(learner=learner).update(starred=True, buried_until=soon)
    Enrollment.objects.filter(learner=guest).update(buried_until=late)
    merge()
    row = CardProgress.objects.get()
    assert (row.starred, row.suspended, row.buried_until) == (True, True, late)
    enrollment = Enrollment.objects.get()
    assert (enrollment.suspended, enrollment.recalled, enrollment.buried_until) == (1, 0, late)


@pytest.mark.parametrize("guest_is_newer", [True, False])
def test_merge_keeps_the_newer_open_session(guest, learner, deck, merge, guest_is_newer):
    early, late = (learner, guest) if guest_is_newer else (guest, learner)
    study(early, deck, 3)
    open_question = study(late, deck, now=NOON + timedelta(minutes=5)).open_step()
    merge()
    session = StudySession.objects.open().get()
    assert session == open_question.session
    assert Step.objects.unanswered().get() == open_question
    assert StudySession.objects.exclude(finished_at=None).get().steps.filter(retired_at=None).count() == 1


def test_merge_replays_moved_cards(guest, learner, make_deck, merge):
    """The account has studied the card in the deck in which it was before."""
    here, there = make_deck(2), make_deck(2)
    study(learner, here, 3)
    Card.objects.filter(deck=here, position=0).update(deck=there, position=9)
    CardProgress.objects.update(deck=there)
    call_command("rebuild_progress")
    study(guest, there, 1, 1, 3)
    merge()
    assert (
        CardProgress.objects.get(card__position=9).misses + CardProgress.objects.get(card__position=9).recalls
        == 2
    )
    assert set(differences()) == {0}


# --- The end of guests


def test_discarding_deletes_the_guest_and_their_rows(guest, learner, deck):
    study(guest, deck, 3)
    study(learner, deck, 3)
    guest_discard(guest=guest, now=NOON)
    assert {row.learner for model in LEARNER_MODELS for row in model.objects.all()} == {learner}
    assert not User.objects.filter(is_guest=True).exists()


def test_discarding_never_deletes_a_person(learner, deck):
    study(learner, deck, 3)
    guest_discard(guest=learner, now=NOON)
    assert Review.objects.exists()


def make_guest(deck, *, joined, studied=None):
    guest = User.objects.create_guest(time_zone="UTC")
    User.objects.filter(pk=guest.pk).update(date_joined=joined)
    if studied:
        study(guest, deck, 3)
        Enrollment.objects.filter(learner=guest).update(last_studied_at=studied)
    return guest


def test_only_idle_guests_are_erased(learner, deck, capsys, monkeypatch):
    monkeypatch.setattr("sessions_app.learners.guests.GUESTS_AT_ONCE", 1)
    old, new = timezone.now() - timedelta(days=31), timezone.now() - timedelta(days=29)
    User.objects.filter(pk=learner.pk).update(date_joined=datetime(2020, 1, 1, tzinfo=UTC))
    stays = [make_guest(deck, joined=new), make_guest(deck, joined=old, studied=new), learner, deck.owner]
    make_guest(deck, joined=old)
    make_guest(deck, joined=old, studied=old)
    call_command("daily")
    assert "2 idle guests erased.\n" in capsys.readouterr().out
    assert set(User.objects.all()) == set(stays)
    assert Review.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        call_command("daily")
    assert "2 idle guests erased.\n" in capsys.readouterr().out
    assert set(User.objects.all()) == {learner, deck.owner}


def test_guest_who_returns_during_the_cleanup_is_not_erased(deck, monkeypatch):
    old = timezone.now() - timedelta(days=31)
    _, second = make_guest(deck, joined=old), make_guest(deck, joined=old)
    erase_person = erasing.erase_person

    def meanwhile(**more):
        study(second, deck, 3, now=timezone.now())
        return erase_person(**more)

    monkeypatch.setattr(erasing, "erase_person", meanwhile)
    assert idle_guests_erase(before=timezone.now() - timedelta(days=30), slice_=Slice(60)) == 1
    assert User.objects.get(pk=second.pk).erased_at is None


def test_merge_moves_reports_to_the_learner(learner, deck):
    guest = User.objects.create_guest(time_zone="UTC")
    card = deck.cards.first()
    for reporter, text in ((guest, "Spelling"), (guest, "Both"), (learner, "Both")):
        report_card(card=card, reporter=reporter, kind="problem", side="definition", text=text)
    assert guest_merge(guest=guest, user=learner, now=NOON)
    reporters = CardReport.objects.order_by("pk").values_list("reporter", flat=True)
    assert list(reporters) == [learner.pk, None, learner.pk]


# --- What a guest has made


def test_merge_moves_decks_and_tags(guest, learner):
    deck = Deck.objects.create(owner=guest, title="Hers")
    card = Card.objects.create(deck=deck, term="t", definition="d")
    both = Tag.objects.create(owner=guest, name="Verbs"), Tag.objects.create(owner=learner, name="verbs")
    card.tags.add(both[0], Tag.objects.create(owner=guest, name="mine"))
    twice = Card.objects.create(deck=deck, term="t2", definition="d2")
    twice.tags.add(*both)
    make_draft(owner=guest, content="a\tb\n")
    DeckExport.objects.create(deck=deck, learner=guest, kind="tab")
    guest_merge(guest=guest, user=learner, now=NOON)
    deck.refresh_from_db()
    assert deck.owner == learner
    assert set(card.tags.values_list("name", "owner")) == {("verbs", learner.pk), ("mine", learner.pk)}
    assert list(twice.tags.values_list("pk", flat=True)) == [both[1].pk]
    assert ImportDraft.objects.get().owner == learner
    assert DeckExport.objects.get().learner == learner
    assert not User.objects.filter(is_guest=True).exists()


def test_discarding_deletes_the_guests_decks(guest):
    deck = Deck.objects.create(owner=guest, title="Hers")
    Card.objects.create(deck=deck, term="t", definition="d")
    draft = make_draft(owner=guest, content="a\tb\n")
    guest_discard(guest=guest, now=NOON)
    assert not Deck.objects.filter(pk=deck.pk).exists()
    assert not User.objects.filter(is_guest=True).exists()
    assert not draft.path.exists()


def test_guest_with_a_recently_edited_deck_is_not_idle(guest):
    Deck.objects.create(owner=guest, title="Hers", updated_at=NOON + timedelta(days=40))
    User.objects.filter(pk=guest.pk).update(date_joined=NOON - timedelta(days=90))
    assert idle_guests_erase(before=NOON + timedelta(days=30), slice_=Slice(60)) == 0
    Deck.objects.update(updated_at=NOON - timedelta(days=60))
    assert idle_guests_erase(before=NOON + timedelta(days=30), slice_=Slice(60)) == 1
    assert not Deck.objects.filter(title="Hers").exists()


def test_guest_whose_deck_is_studied_is_kept(guest, learner):
    deck = Deck.objects.create(owner=guest, title="Hers", updated_at=NOON - timedelta(days=60))
    Enrollment.objects.create(learner=learner, deck=deck)
    User.objects.filter(pk=guest.pk).update(date_joined=NOON - timedelta(days=90))
    assert idle_guests_erase(before=NOON, slice_=Slice(60)) == 0
    guest_discard(guest=guest, now=NOON)
    assert Deck.objects.filter(pk=deck.pk).exists()


def test_guest_kept_for_a_deck_loses_answers_and_files(guest, learner, make_deck, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    shared, deck = make_deck(1), make_deck(2)
    Deck.objects.filter(pk=shared.pk).update(owner=guest)
    study(learner, shared, 3)
    study(guest, deck, 3)
    digest = OverriddenAnswer.objects.create(card=deck.cards.first(), side="definition", digest="d")
    Review.objects.filter(learner=guest).update(overridden=digest)
    draft = make_draft(owner=guest, content="a\tb\n")
    export = preparing.begin(deck=deck, learner=guest, kind="history")
    preparing.run(export=export)
    guest_discard(guest=guest, now=NOON)
    assert {row.learner for model in LEARNER_MODELS for row in model.objects.all()} == {learner}
    assert not OverriddenAnswer.objects.exists()
    assert not draft.path.exists()
    assert not export.folder.exists()
    assert User.objects.filter(pk=guest.pk, erased_at=None).exists()


def test_idle_guest_who_owned_an_erased_deck_is_erased(guest, learner, deck):
    Deck.objects.filter(pk=deck.pk).update(owner=guest)
    study(learner, deck, 3)
    erase_now([deck.pk], now=NOON)
    User.objects.filter(pk=guest.pk).update(date_joined=NOON - timedelta(days=90))
    assert idle_guests_erase(before=NOON, slice_=Slice(60)) == 1
    assert Deck.objects.get(pk=deck.pk).owner.erased_at
    assert Review.objects.get().learner == learner
