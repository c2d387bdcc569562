"""Guests' answers and decks: merging them into an account, discarding them, and erasing idle guests.

`studysite.accounts.guests` knows which guest a browser has; what a guest owns is only known here.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from math import inf

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.template.defaultfilters import pluralize
from django.utils import timezone

from cards.erasing.handing_over import relink
from cards.erasing.leaving import drop_files
from cards.models import CardReport, Deck, DeckExport, ImportDraft, TagLink
from sessions_app.erasing import person_erase
from sessions_app.models import (
    CardProgress,
    DayTotal,
    Enrollment,
    EnrollmentQuerySet,
    Folder,
    FolderDeck,
    LearnerSettings,
    MatchingBoard,
    Review,
    StudySession,
)
from sessions_app.review_log import replaying, totals
from sessions_app.review_log.locking import lock_enrollments
from studysite.accounts import erasing
from studysite.accounts.models import User
from studysite.slices import Slice

logger = logging.getLogger(__name__)

GUESTS_AT_ONCE = 100
# All models with a learner.
LEARNER_MODELS = (
    *(Review, StudySession, MatchingBoard, CardProgress, DayTotal),
    *(Enrollment, LearnerSettings, Folder),
)
MARKS = ("starred", "suspended", "buried_until")


def belongings(guest: User) -> str:
    """What a guest has, in words: "12 answers and 1 deck"; empty if they have nothing to lose."""
    counts = (
        (Review.objects.standing().filter(learner=guest).count(), "answer"),
        (MatchingBoard.objects.finished().filter(learner=guest).count(), "board"),
        (Deck.objects.owned_by(guest).count(), "deck"),
    )
    found = [f"{count:,} {noun}{pluralize(count)}" for count, noun in counts if count]
    return " and ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))


def guest_merge(*, guest: User, user: User, now: datetime) -> bool:
    """Give everything of the guest to the user, and delete the guest.

    False, with nothing changed, if the guest was merged or discarded already. If both have studied a deck, the
    user's settings stay and progress is replayed from both logs.

    Raises:
        IntegrityError: the user began to study one of these decks at the same time; try again.
    """
    with transaction.atomic():
        enrollments = lock_enrollments(enrollments_to_merge(guest, user))
        # Locked after the enrollments, as by an answer, whose log line refers to the learner.
        there = User.objects.select_for_update().filter(pk=guest.pk, is_guest=True, erased_at=None)
        if not there.exists():
            logger.info("Guest %s was merged or discarded already; user %s got nothing.", guest.pk, user.pk)
            return False
        decks = decks_to_replay(guest, user)
        end_older_sessions(guest, user, now)
        drop_what_both_have(enrollments, guest, user)
        for rows in LEARNER_MODELS:
            rows.objects.filter(learner=guest).update(learner=user)
        hand_over(guest, user)
        for enrollment in user.enrollments.filter(deck__in=decks).select_related("deck").order_by("pk"):
            replaying.rebuild(enrollment)
        # The guest may have studied another side.
        user.enrollments.filter(deck__in=decks).recount(with_sides=True)
        take_over_reports(guest, user)
        delete_empty(guest)
    return True


def take_over_reports(guest: User, user: User) -> None:
    """Make the guest's reports the user's, except those that the user has made, too."""
    said = CardReport.objects.unsettled().filter(reporter=user, card=OuterRef("card"))
    said = said.filter(kind=OuterRef("kind"), text=OuterRef("text"))
    CardReport.objects.filter(~Exists(said), reporter=guest).update(reporter=user)


def guest_discard(*, guest: User, now: datetime) -> None:
    """Erase the guest; the daily tasks erase what takes too long for a request.

    If others have studied the guest's decks, only the guest's answers are erased, and the decks stay.
    """
    if not User.objects.filter(pk=guest.pk, is_guest=True).exists():
        return
    if Deck.objects.filter(studied_by_others(), owner=guest).exists():
        guest_forget_answers(guest=guest)
    elif erasing.erase_person(person=guest, now=now):
        erasing.continue_erasing(slice_=Slice(), people=[guest.pk])


def guest_forget_answers(*, guest: User) -> None:
    """Delete the guest's answers, imports and exports; the guest and their decks stay."""
    with transaction.atomic():
        if not User.objects.select_for_update().filter(pk=guest.pk, is_guest=True).exists():
            return
        person_erase(guest, slice_=Slice(inf))
        drop_files(guest)


def studied_by_others() -> Q:
    """Decks that others than their owner study or have answered in, without erased decks."""
    others = Enrollment.objects.filter(deck=OuterRef("pk")).exclude(learner=OuterRef("owner"))
    logged = Review.objects.filter(card__deck=OuterRef("pk")).exclude(learner=OuterRef("owner"))
    return Q(erased_at=None) & (Q(Exists(others)) | Q(Exists(logged)))


def idle_guests_erase(*, before: datetime, slice_: Slice) -> int:
    """Erase guests who joined before this instant and have done nothing since; return their number.

    Guests with a deck that others study stay. Stops when the time of ``slice_`` is over.
    """
    answered = Enrollment.objects.filter(learner=OuterRef("pk"), last_studied_at__gte=before)
    wrote = Deck.objects.filter(owner=OuterRef("pk"), updated_at__gte=before, erased_at=None)
    shared = Deck.objects.filter(studied_by_others(), owner=OuterRef("pk"))
    idle = User.objects.filter(is_guest=True, date_joined__lt=before, erased_at=None)
    idle = idle.filter(~Exists(answered), ~Exists(wrote), ~Exists(shared))
    erased = 0
    while chunk := list(idle.order_by("date_joined", "pk")[:GUESTS_AT_ONCE]):
        for guest in chunk:
            if slice_.is_over:
                return erased
            with transaction.atomic():
                # Checked again under the lock: the guest may have come back.
                list(User.objects.select_for_update(no_key=True).filter(pk=guest.pk))
                if idle.filter(pk=guest.pk).exists():
                    erased += erasing.erase_person(person=guest, now=timezone.now())
    return erased


def enrollments_to_merge(guest: User, user: User) -> EnrollmentQuerySet:
    """Both learners' enrollments in the guest's decks and in those to replay."""
    decks = decks_to_replay(guest, user) | set(guest.enrollments.values_list("deck", flat=True))
    return Enrollment.objects.filter(learner__in=[guest, user], deck__in=decks)


def decks_to_replay(guest: User, user: User) -> set[int]:
    """The decks (primary keys) in which progress or totals will depend on the answers of both.

    These are the decks that both have studied, and those in which a card of both has been, because cards can move.
    """
    shared = user.progress.filter(card__in=guest.progress.values("card"))
    lines = Review.objects.filter(learner__in=[guest, user], card__in=shared.values("card"))
    enrolled = user.enrollments.filter(deck__in=guest.enrollments.values("deck"))
    return {
        *enrolled.values_list("deck", flat=True),
        *shared.values_list("deck", flat=True),
        *lines.values_list("deck", flat=True).distinct(),
    }


def end_older_sessions(guest: User, user: User, now: datetime) -> None:
    """Leave one open session in each deck and mode, the newer; the other one is ended."""
    sessions = list(
        StudySession.objects.open().filter(learner__in=[guest, user]).order_by("started_at", "pk")
    )
    newest = {(session.deck_id, session.mode): session.pk for session in sessions}
    older = {session.pk for session in sessions} - set(newest.values())
    StudySession.objects.filter(pk__in=older).finish(now)


def drop_what_both_have(enrollments: Sequence[Enrollment], guest: User, user: User) -> None:
    """Add the guest's marks to the user's rows, then delete rows of the guest that the user has, too.

    The user's rows are replayed later.
    """
    add_marks(guest, user)
    same_side = user.progress.filter(card=OuterRef("card"), side=OuterRef("side"))
    CardProgress.objects.filter(Exists(same_side), learner=guest).delete()
    same_day = DayTotal.objects.filter(learner=user, deck=OuterRef("deck"), study_day=OuterRef("study_day"))
    DayTotal.objects.filter(Exists(same_day), learner=guest).delete()
    if LearnerSettings.objects.filter(learner=user).exists():
        LearnerSettings.objects.filter(learner=guest).delete()
    join_folders(guest, user)
    mine = {each.deck_id: each for each in enrollments if each.learner_id == user.pk}
    for theirs in enrollments:
        own = mine.get(theirs.deck_id)
        if theirs.learner_id == guest.pk and own:
            add_enrollment(own, theirs)


def join_folders(guest: User, user: User) -> None:
    """Put the decks of the guest's folders into the user's folders of the same names, and delete the guest's."""
    own = dict(user.folders.values_list("key", "pk"))
    same = guest.folders.filter(key__in=own)
    links = FolderDeck.objects.filter(folder__in=same).values_list("folder__key", "deck")
    FolderDeck.objects.bulk_create(
        [FolderDeck(folder_id=own[key], deck_id=deck) for key, deck in links],
        batch_size=totals.ROWS_AT_ONCE,
        ignore_conflicts=True,
    )
    same.delete()


def add_marks(guest: User, user: User) -> None:
    """Star and suspend what either has starred or suspended, and bury until the later day."""
    theirs = {(row.card_id, row.side): row for row in guest.progress.all()}
    shared = user.progress.filter(card__in=guest.progress.values("card"))
    rows = [row for row in shared if (row.card_id, row.side) in theirs]
    for row in rows:
        other = theirs[row.card_id, row.side]
        row.starred |= other.starred
        row.suspended |= other.suspended
        row.buried_until = totals.later(row.buried_until, other.buried_until)
    CardProgress.objects.bulk_update(rows, MARKS, batch_size=totals.ROWS_AT_ONCE)


def add_enrollment(own: Enrollment, theirs: Enrollment) -> None:
    """Keep ``own`` with its settings, and delete ``theirs``."""
    own.last_studied_at = totals.later(own.last_studied_at, theirs.last_studied_at)
    own.buried_until = totals.later(own.buried_until, theirs.buried_until)
    # A replay after a start over can make cards unseen again.
    own.unseen_from = 0
    own.save(update_fields=["last_studied_at", "buried_until", "unseen_from"])
    theirs.delete()


def hand_over(guest: User, user: User) -> None:
    """Make the guest's decks, tags, imports and exports the user's; of two tags of one name the user's stays."""
    Deck.objects.filter(owner=guest).update(owner=user)
    ImportDraft.objects.filter(owner=guest).update(owner=user)
    DeckExport.objects.filter(learner=guest).update(learner=user)
    same = guest.tags.filter(key__in=user.tags.values("key"))
    relink(TagLink.objects.filter(tag__in=same), user)
    same.delete()
    guest.tags.update(owner=user)


def delete_empty(guest: User) -> None:
    """Delete the guest's row. Raises RuntimeError if that would delete other rows, too."""
    deleted = guest.delete()[1]
    if set(deleted) != {User._meta.label}:
        raise RuntimeError(f"Merging a guest would have lost rows: {deleted}")
