"""No text of an erased deck or person is in any field of the database, new fields included."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from cards.editing.cards import remove_cards
from cards.erasing.services import REMOVED_CARD, REMOVED_DECK
from cards.importing.drafts import make_draft
from cards.media.files import path_of
from cards.models import Card, CardImage, CardReport, Deck, DeckExport, ImportDraft, Tag, exports_folder
from sessions_app.models import Enrollment, MatchingBoard, Paper, Review, Step
from sessions_app.study.questions.types import Question
from studysite.accounts import erasing
from studysite.accounts.models import User
from tests.sessions_app.erasing import erasable

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PEOPLE = {
    *("accounts.User", "accounts.Invitation", "account.EmailAddress", "account.EmailConfirmation"),
    # May have other decks in them.
    "sessions_app.Folder",
}
OF_PEOPLE = {"user", "invitation", "emailaddress"}


@pytest.fixture
def world(settings, tmp_path, make_deck, learner, stranger):
    """A deck with all kinds of data, and its owner with all kinds of data."""
    settings.DATA_DIR = tmp_path
    deck = make_deck(4)
    erasable.fill(deck, learner, stranger)
    return deck


def daily():
    call_command("daily")
    call_command("rebuild_progress", "--check")


def old(rows):
    rows.update(removed_at=timezone.now() - timedelta(days=31))


def entries(*, of_people):
    entries = LogEntry.objects.all()
    return (
        entries.filter(content_type__model__in=OF_PEOPLE)
        if of_people
        else entries.exclude(content_type__model__in=OF_PEOPLE)
    )


def test_every_text_field_is_covered_by_the_test(world):
    """A new model needs a row in `erasable.fill`, or a reason there why it belongs to no user."""
    planted = erasable.plant(others=[])
    assert planted == {f"{model._meta.label}.{field.name}" for model, field in erasable.text_fields()}
    assert erasable.found() == planted


def test_erased_deck_leaves_no_text(world, learner, stranger):
    others = [learner.pk, stranger.pk]
    erasable.plant(others=others, spared=PEOPLE)
    entries(of_people=True).update(object_repr="", change_message="")
    old(Deck.objects.filter(pk=world.pk))
    draft, image = ImportDraft.objects.get(), path_of(CardImage.objects.get().sha256)
    assert draft.path.exists()
    assert len(list(exports_folder().iterdir())) == 2
    daily()
    assert erasable.found() == set()
    assert not draft.path.exists()
    assert not list(exports_folder().iterdir())
    assert image.exists()
    daily()
    assert erasable.found() == set()


def test_erased_deck_keeps_answers_of_others(world, learner, stranger):
    old(Deck.objects.filter(pk=world.pk))
    before = list(
        Review.objects.filter(learner=learner).order_by("pk").values("pk", "response", "card", "reviewed_at")
    )
    totals = list(Enrollment.objects.filter(learner=learner).values())
    daily()
    assert before == list(Review.objects.order_by("pk").values("pk", "response", "card", "reviewed_at"))
    assert totals == list(Enrollment.objects.values())
    shell = Deck.objects.get()
    assert str(shell) == REMOVED_DECK
    assert shell.slug != world.slug
    assert {str(card) for card in shell.cards.all()} == {REMOVED_CARD}
    assert shell.cards.count() == 2
    assert not Step.objects.exists()


def test_erased_owner_leaves_no_text(world, owner, learner, stranger):
    others = [learner.pk, stranger.pk]
    erasable.plant(others=others)
    owner.refresh_from_db()
    erasing.erase_person(person=owner, now=timezone.now())
    assert not any(text.startswith(("accounts.", "account.")) for text in erasable.found())
    daily()
    assert erasable.found() == set()
    assert not Session.objects.exists()
    assert str(User.objects.get(pk=owner.pk)) == erasing.NAME
    assert LogEntry.objects.filter(user=owner).exists()


def test_erased_learner_leaves_no_row(world, owner, learner, stranger):
    """A person without a deck is deleted completely; the deck stays unchanged."""
    erasable.log(owner, learner)
    draft = make_draft(owner=learner, content="a\tb\n")
    export = DeckExport.objects.create(deck=world, learner=learner, kind="history")
    export.folder.mkdir()
    texts = list(Card.objects.values())
    erasing.erase_person(person=learner, now=timezone.now())
    daily()
    assert not User.objects.filter(pk=learner.pk).exists()
    assert texts == list(Card.objects.values())
    assert not Review.objects.filter(learner=learner.pk).exists()
    assert not CardReport.objects.exists()
    assert not draft.path.exists()
    assert not export.folder.exists()
    assert not Tag.objects.exclude(owner=owner).exists()
    assert "Lena" not in "".join(LogEntry.objects.values_list("object_repr", flat=True))
    assert set(Paper.objects.filter(session__learner=stranger).values_list("source", flat=True)) == {None}


def test_emptied_rows_are_deleted_with_the_last_answer(world, learner, stranger):
    old(Deck.objects.filter(pk=world.pk))
    daily()
    erasing.erase_person(person=learner, now=timezone.now())
    daily()
    assert not Deck.objects.exists()
    assert not Card.objects.exists()


def test_frozen_texts_of_an_erased_card_are_erased(world, learner, stranger):
    """Also if it was an option, the answer beside a typed one, or on a board."""
    card = world.cards.get(position=0)
    marked = {
        "term": "Zq7!t",
        "definition": "Zq7!d",
        "accepted_terms": ["Zq7!a"],
        "wrong_definitions": ["Zq7!w"],
    }
    Card.objects.filter(pk=card.pk).update(**marked)
    cards = list(world.cards.in_order())
    for step in Step.objects.all():
        Step.objects.filter(pk=step.pk).update(question=erasable.question(cards, step.position))
    MatchingBoard.objects.all().delete()
    erasable.lay_board(learner, world, cards)
    remove_cards(deck=world, cards=Card.objects.filter(pk=card.pk))
    old(Card.objects.filter(pk=card.pk))
    daily()
    assert erasable.found() == set()
    assert Card.objects.get(pk=card.pk).erased_at
    board = MatchingBoard.objects.get().frozen()
    assert board.terms == (REMOVED_CARD, "Term 1", "Term 2", "Term 3")
    second = Question.from_json(
        Step.objects.get(session__learner=learner, on_paper=True, position=1).question
    )
    assert second.answer == "Definition 1"
    assert second.options == (REMOVED_CARD, "Definition 1", "Definition 2", "Definition 3")
    assert second.others == second.twins == second.options[1:]
