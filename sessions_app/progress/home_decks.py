"""The decks on a learner's home page: read once, for the list of decks and for the day's plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse

from cards.models import Deck
from cards.reporting.services import pending_feedback
from sessions_app.models import Enrollment, Folder
from sessions_app.progress.standing import Figures, Row, decks_of, my_decks
from sessions_app.questions.every_deck import EveryDeck, with_day
from studysite.accounts.models import User
from studysite.numbers import whole_number

ARCHIVE = "archive"
"""The choice of the archive; that of a folder is its primary key, that of all decks is empty."""


@dataclass(frozen=True)
class Choice:
    """One of the lists that the learner can choose: all decks, a folder or the archive, and how many it has."""

    value: str
    name: str
    count: int

    @property
    def address(self) -> str:
        return list_address(self.value)


@dataclass(frozen=True)
class HomeDecks:
    """The learner's decks.

    ``rows`` are those of the list that is ``chosen``, with their standing; ``planned`` the enrollments in the
    day's plan, whatever is chosen. ``choices`` are all lists.
    """

    rows: Sequence[tuple[Deck, Row[Figures] | None]] = ()
    planned: Sequence[Enrollment] = ()
    choices: Sequence[Choice] = ()
    chosen: Choice | None = None
    has_decks: bool = False

    @property
    def is_archive(self) -> bool:
        return self.chosen is not None and self.chosen.value == ARCHIVE


def home_decks(learner: User, *, now: datetime, choice: str = "") -> HomeDecks:
    """The decks that the learner owns or has studied, in three queries, and two more for an owner.

    Raises:
        Folder.DoesNotExist: ``choice`` names no list of the learner.
    """
    put_away = learner.enrollments.archived().filter(deck=OuterRef("pk"))
    decks = list(
        decks_of(learner).annotate(is_archived=Exists(put_away)).select_related("owner").defer("words")
    )
    present = {deck.pk for deck in decks if not deck.is_archived}
    archived = {deck.pk for deck in decks} - present
    folders = learner.folders.decks_by_folder()
    lists = {"": ("All", present)}
    lists |= {str(pk): (name, present & keys) for pk, name, keys in folders}
    lists |= {ARCHIVE: ("Archive", archived)}
    choice = clean_choice(choice)
    if choice not in lists:
        raise Folder.DoesNotExist
    choices = {value: Choice(value, name, len(keys)) for value, (name, keys) in lists.items()}
    shown = [deck for deck in decks if deck.pk in lists[choice][1]]
    # The plan has all decks but archived ones, whose due cards are counted only to list them.
    read = present | archived if choice == ARCHIVE else present
    enrollments = (
        enrollments_in([deck for deck in decks if deck.pk in read], learner, now=now) if read else []
    )
    note_pending_feedback(learner, shown)
    return HomeDecks(
        rows=my_decks(shown, enrollments, zone=learner.zone),
        planned=[enrollment for enrollment in enrollments if enrollment.is_in_plan],
        choices=list(choices.values()) if folders or archived else [],
        chosen=choices[choice],
        has_decks=bool(decks),
    )


def clean_choice(text: str) -> str:
    """``text`` as the value of a choice; that of all decks if it names neither the archive nor a key."""
    return text if text == ARCHIVE else str(whole_number(text) or "")


def list_address(choice: str) -> str:
    """The address of the home page with the list ``choice``; that of all decks for a value that is no choice."""
    value = clean_choice(choice)
    return reverse("home") + (f"?folder={value}" if value else "") + "#decks"


def enrollments_in(decks: Sequence[Deck], learner: User, *, now: datetime) -> list[Enrollment]:
    """The learner's enrollments in ``decks``, with what is due today and with the decks themselves."""
    by_pk = {deck.pk: deck for deck in decks}
    enrollments = list(with_day(learner.enrollments.filter(deck__in=by_pk), learner, now))
    for enrollment in enrollments:
        enrollment.deck, enrollment.learner = by_pk[enrollment.deck_id], learner
    return enrollments


def note_due(plan: EveryDeck) -> None:
    """Set ``due`` on the decks of ``plan``: how many of their cards can be asked now."""
    for each in plan.decks:
        each.deck.due = each.due  # type: ignore[attr-defined]


def note_pending_feedback(owner: User, decks: Sequence[Deck]) -> None:
    """Set ``pending`` on the owner's decks: what learners have reported and the owner has not dealt with."""
    own = {deck.pk: deck for deck in decks if deck.owner_id == owner.pk}
    for pk, pending in pending_feedback(own).items():
        own[pk].pending = pending  # type: ignore[attr-defined]
