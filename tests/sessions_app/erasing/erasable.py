"""All data that a person and a deck can have, with a marker in each text.

Rows are made once. Then every text and JSON field of every model of the site gets the marker, so that new fields
are checked too.
"""

from collections.abc import Collection, Iterator
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test import Client
from django.utils import timezone

from cards.importing.drafts import make_draft
from cards.models import Card, CardImage, CardReport, Deck, DeckExport, ImportDraft, Tag, TwinPair
from sessions_app.models import (
    Folder,
    LearnerSettings,
    MatchingBoard,
    OverriddenAnswer,
    Paper,
    Review,
    Step,
    StudySession,
)
from studysite.accounts.models import Invitation, User
from tests.cards.pictures import stored
from tests.sessions_app.conftest import NOON, Studying

MARKER = "Zq7!"
"""Cannot be in random values: keys and hashes contain no such character."""

NOT_OURS = {"auth.Group", "auth.Permission", "contenttypes.ContentType"}
"""Rights and tables: texts of no user."""

KEPT = {
    "accounts.User": ("pk", "other people are nobody's to erase"),
    "cards.Tag": ("owner_id", "a learner's own tags are theirs, wherever they are used"),
    "sessions_app.Folder": ("learner_id", "a learner's own folders are theirs, whatever is in them"),
    "sessions_app.Enrollment": ("learner_id", "settings of a learner, who has studied there"),
    "sessions_app.Review": (
        "learner_id",
        "the log: what learners have typed is theirs, and so are its results",
    ),
}
"""Rows of others that stay unchanged: how to recognise them, and why they stay."""

NO_TEXT = {"token", "digest", "sha256", "password", "session_data", "object_id"}
"""Random values, digests, and keys by which files, sessions and rows are found."""

QUESTION = {"kind": "choice", "card": 0, "side": "definition", "prompt": "p", "answer": "a", "origin": "new"}


def fill(deck: Deck, learner: User, friend: User) -> None:
    """Give each model a row that is about ``deck``, its owner, or what two others do there."""
    cards = list(deck.cards.in_order())
    describe(deck, cards)
    Studying(learner, deck).start()
    studying = Studying(learner, deck)
    for rating in (3, 1):
        studying.answer(rating)
    LearnerSettings.objects.bulk_create([LearnerSettings(learner=one) for one in (learner, deck.owner)])
    for one in (learner, deck.owner):
        Folder.objects.create(learner=one, name="Languages").links.create(deck=deck)
    own = Studying(deck.owner, deck)
    own.start()
    own.answer(3)
    answer = OverriddenAnswer.objects.create(card=cards[0], side="definition", digest="d")
    Review.objects.filter(learner=learner).update(response="mine", overridden=answer)
    papers = [take_paper(person, deck, cards) for person in (learner, friend, deck.owner)]
    Paper.objects.exclude(pk=papers[0].pk).update(source=papers[0], shown_as="Me")
    lay_board(learner, deck, cards)
    CardReport.objects.create(card=cards[0], reporter=learner, text="wrong", side="term")
    account_of(deck.owner)
    log(
        deck.owner, deck, cards[0], *deck.owner.tags.all(), *TwinPair.objects.all(), *CardReport.objects.all()
    )


def describe(deck: Deck, cards: list[Card]) -> None:
    TwinPair.objects.create(first=cards[0], second=cards[1])
    for owner in (deck.owner, User.objects.get(name="Lena Learner")):
        cards[0].tags.add(Tag.objects.create(owner=owner, name="verbs"))
    image = stored()
    CardImage.objects.create(card=cards[0], side="term", sha256=image.sha256, width=1, height=1)
    make_draft(owner=deck.owner, content="a\tb\n", deck=deck, file_name="a.txt")
    for learner in (None, deck.owner):
        # Finished, so that no code continues it with the marker in its state.
        export = DeckExport(deck=deck, learner=learner, kind="tab", state={"at": "a"}, is_whole=True)
        export.save()
        export.folder.mkdir(parents=True)
    ImportDraft.objects.update(title="t", options={"o": "o"}, look={"of": ["x"]}, images={"names": ["n"]})


def question(cards: list[Card], asked: int = 0) -> dict[str, Any]:
    """A frozen question about one of ``cards``, with all the others as options."""
    texts = [card.definition for card in cards]
    more = {"options": texts, "option_cards": [card.pk for card in cards], "others": texts, "twins": texts}
    said = {
        "card": cards[asked].pk,
        "prompt": cards[asked].term,
        "answer": texts[asked],
        "accepted": ["also"],
    }
    return {**QUESTION, **more, **said}


def take_paper(person: User, deck: Deck, cards: list[Card]) -> Paper:
    session = StudySession.objects.create(
        learner=person, deck=deck, mode="test", seed=1, study_day=NOON.date(), finished_at=NOON
    )
    for position, card in enumerate(cards):
        Step.objects.create(
            session=session,
            position=position,
            card=card,
            origin="new",
            question=question(cards, position),
            response="typed",
            saved={"typed": "typed"},
            answered_at=NOON,
            on_paper=True,
        )
    return Paper.objects.create(session=session, questions=2, short=["typed"], verdicts={"0": ["right"]})


def lay_board(person: User, deck: Deck, cards: list[Card]) -> None:
    session = StudySession.objects.create(
        learner=person, deck=deck, mode="matching", seed=1, study_day=NOON.date(), finished_at=NOON
    )
    keys = list(range(len(cards)))
    board = {
        "terms": [card.term for card in cards],
        "definitions": [card.definition for card in cards],
        "key": keys,
        "cards": [card.pk for card in cards],
    }
    MatchingBoard.objects.create(session=session, learner=person, deck=deck, board=board, pairs=len(cards))


def account_of(person: User) -> None:
    address = EmailAddress.objects.create(user=person, email=person.email, primary=True)
    EmailConfirmation.create(address)
    Invitation.objects.create(email=person.email, note="n", used_by=person, used_at=timezone.now())
    Client().force_login(person)
    log(person, person, address, *Invitation.objects.all())


def log(by: User, *rows: models.Model) -> None:
    """Entries in the admin's log, about ``rows``."""
    for row in rows:
        LogEntry.objects.create(
            user=by,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=str(row),
            action_flag=CHANGE,
            change_message=f"Changed {row}",
        )


# --- The marker


def text_fields() -> Iterator[tuple[type[models.Model], models.Field]]:
    """Every field that could hold a user's text."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label in NOT_OURS:
            continue
        for field in model._meta.concrete_fields:
            is_text = isinstance(field, models.CharField | models.TextField | models.JSONField)
            if is_text and not field.choices and not field.primary_key and field.name not in NO_TEXT:
                yield model, field


def plant(*, others: Collection[int], spared: Collection[str] = ()) -> set[str]:
    """Write the marker into every text but those of ``spared`` models and the `KEPT` ones of ``others``.

    Returns the fields, as "app.Model.field".
    """
    planted, number = set(), 0
    for model, field in text_fields():
        label = model._meta.label
        for row in model._base_manager.order_by("pk"):
            number += 1
            if label in spared or (label in KEPT and getattr(row, KEPT[label][0]) in others):
                continue
            value = marked(getattr(row, field.attname), number, field)
            model._base_manager.filter(pk=row.pk).update(**{field.name: value})
            planted.add(f"{label}.{field.name}")
    return planted


def marked(value: Any, number: int, field: models.Field) -> Any:
    """``value`` with its texts replaced; a value without texts gets one."""
    if not isinstance(field, models.JSONField):
        return f"{MARKER}{number}"
    new = marked_json(value, number)
    if MARKER in str(new):
        return new
    return [*new, f"{MARKER}{number}"] if isinstance(new, list) else {**new, "planted": f"{MARKER}{number}"}


def marked_json(value: Any, number: int) -> Any:
    if isinstance(value, str):
        return f"{MARKER}{number}"
    if isinstance(value, list):
        return [marked_json(each, number) for each in value]
    if isinstance(value, dict):
        return {name: marked_json(each, number) for name, each in value.items()}
    return value


def found() -> set[str]:
    """The fields that hold the marker."""
    return {
        f"{model._meta.label}.{field.name}"
        for model, field in text_fields()
        for value in model._base_manager.values_list(field.name, flat=True)
        if MARKER in str(value)
    }
