"""Erasing people: the account ends at once, and its data is erased in short steps that can stop anywhere.

`erase_person` ends an account. `continue_erasing` erases its data while there is time, and again the next day.
Other apps listen to `accounts.signals` and erase their own data.

The user's row stays, without name, address and rights, while other rows refer to it: erased decks that others have
studied, or the admin's log of an editor's actions.
"""

import logging
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY as SIGNED_IN
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet

from studysite.accounts.models import Invitation, User
from studysite.accounts.signals import belongings_asked, objections_asked, person_erasing, person_leaving
from studysite.admin.log import forget_rows
from studysite.numbers import whole_number
from studysite.slices import Slice

logger = logging.getLogger(__name__)

NAME = "Somebody who has left"
SESSIONS_AT_ONCE = 500
LAST_SUPERUSER = "This is the last superuser. Make another user a superuser first."
HEIR_GONE = "The new owner's account no longer exists."


@dataclass(frozen=True)
class Belonging:
    """How many rows of a kind a person has; decks can be handed over to another owner."""

    number: int
    one: str
    many: str
    can_be_handed_over: bool = False

    def __str__(self) -> str:
        return f"{self.number:,} {self.one if self.number == 1 else self.many}"


class ErasureRefusedError(Exception):
    """A person cannot be erased, and nothing has changed; ``str()`` is a message for the user."""


def objections(people: Collection[int]) -> list[str]:
    """The reasons, as sentences, why these people (primary keys) cannot be erased; empty if they can."""
    others = User.objects.filter(is_superuser=True, is_active=True)
    superusers = set(others.values_list("pk", flat=True))
    found = [LAST_SUPERUSER] if superusers and superusers <= set(people) else []
    for _, sentences in objections_asked.send(sender=User, people=people):
        found += sentences  # type: ignore[arg-type]
    return found


def belongings(people: Collection[int]) -> list[Belonging]:
    """The data of these people (primary keys), to be shown before they are erased."""
    answers: list[Any] = [found for _, found in belongings_asked.send(sender=User, people=people)]
    return [each for found in answers for each in found if each.number]


def erase_person(*, person: User, heir: User | None = None, now: datetime) -> bool:
    """End the account of ``person``, who may be a guest, for good; `continue_erasing` erases their data.

    The ``heir`` becomes the owner of their decks; without an heir the decks are erased. Decks that were removed
    before are always erased. Return False, with nothing changed, if the account was erased already.

    Raises:
        ErasureRefusedError: the person cannot be erased, or the heir's account no longer exists.
    """
    with transaction.atomic():
        if person.is_superuser:
            # If two superusers erase each other at once, one must wait here.
            list(User.objects.select_for_update(no_key=True).filter(is_superuser=True).order_by("pk"))
        # no_key: an answer that is being saved refers to this row while it holds locks that are needed below.
        mine = User.objects.select_for_update(no_key=True).filter(pk=person.pk, erased_at=None).first()
        if mine is None:
            return False
        if sentences := objections([mine.pk]):
            raise ErasureRefusedError(" ".join(sentences))
        if (
            heir
            and not heirs().select_for_update(no_key=True).filter(pk=heir.pk).exclude(pk=mine.pk).exists()
        ):
            raise ErasureRefusedError(HEIR_GONE)
        person_leaving.send(sender=User, person=mine, heir=heir, now=now)
        _forget_account(mine, now)
    return True


def heirs() -> QuerySet[User]:
    """The people who can become the owners of decks."""
    return User.objects.filter(is_active=True, is_guest=False, erased_at=None)


def _forget_account(person: User, now: datetime) -> None:
    """Remove all data of ``person`` from the row, and make logging in impossible."""
    addresses = EmailAddress.objects.filter(user=person)
    emails = {person.email or "", *addresses.values_list("email", flat=True)} - {""}
    forget_rows(EmailAddress, addresses.values_list("pk", flat=True), said=NAME)
    LogEntry.objects.filter(object_repr__in=emails).update(object_repr=NAME, change_message="")
    forget_rows(User, [person.pk], said=NAME)
    _forget_invitations(person, emails)
    addresses.delete()
    person.groups.clear()
    person.user_permissions.clear()
    person.name, person.time_zone, person.last_login, person.date_joined = NAME, "UTC", None, now
    if not person.is_guest:
        # People must have an address: a random one, in a domain that cannot exist.
        person.email = f"left-{secrets.token_hex(8)}@erased.invalid"
    person.is_active = person.is_staff = person.is_superuser = False
    # This ends every session at its next request, even before `end_sessions` deletes it.
    person.set_unusable_password()
    person.erased_at, person.is_erasing = now, True
    person.save()


def _forget_invitations(person: User, emails: Collection[str]) -> None:
    addressed = Q(pk__in=[])
    for email in emails:
        addressed |= Q(email__iexact=email)
    theirs = Invitation.objects.filter(Q(used_by=person) | addressed)
    forget_rows(Invitation, theirs.values_list("pk", flat=True), said="An invitation")
    theirs.filter(used_at=None).delete()
    theirs.update(email="", note="", used_by=None)
    Invitation.objects.filter(created_by=person).update(created_by=None)


def continue_erasing(*, slice_: Slice, people: Collection[int] | None = None) -> bool:
    """Continue erasing the data of ended accounts, or only of ``people``; return whether all is done.

    Stops between two steps when the time of ``slice_`` is over.
    """
    left = User.objects.exclude(erased_at=None)
    if people is not None:
        left = left.filter(pk__in=people)
    emptied = []
    for person in left.filter(is_erasing=True).order_by("erased_at", "pk"):
        if slice_.is_over:
            break
        if _empty(person, slice_):
            emptied.append(person)
    keys = {person.pk for person in emptied}
    # Nobody logs in as a guest, and a session that refers to a deleted guest is harmless.
    signed_in = {person.pk for person in emptied if not person.is_guest}
    if signed_in and not end_sessions(signed_in, slice_=slice_):
        keys -= signed_in
    User.objects.filter(pk__in=keys).update(is_erasing=False)
    editors = LogEntry.objects.filter(user=OuterRef("pk"))
    for person in left.filter(~Exists(editors), is_erasing=False).iterator():
        if slice_.is_over:
            return False
        _remove(person)
    return not left.filter(is_erasing=True).exists()


def _empty(person: User, slice_: Slice) -> bool:
    """Let every app erase its data of the person; return whether nothing is left."""
    answers: list[Any] = [done for _, done in person_erasing.send(sender=User, person=person, slice_=slice_)]
    return all(answers)


def _remove(person: User) -> None:
    """Delete the row, unless other rows still refer to it."""
    try:
        with transaction.atomic():
            person.delete()
    except (ProtectedError, IntegrityError):
        logger.debug("Rows still refer to person %s.", person.pk)


def end_sessions(people: Collection[int], *, slice_: Slice) -> bool:
    """Delete the sessions of ``people``; return whether all sessions were searched.

    A session's user is only stored inside its data, so all sessions must be read.
    """
    last = ""
    while chunk := list(
        Session.objects.filter(session_key__gt=last).order_by("session_key")[:SESSIONS_AT_ONCE]
    ):
        theirs = [session.pk for session in chunk if _person_of(session) in people]
        if theirs:
            Session.objects.filter(pk__in=theirs).delete()
        last = chunk[-1].pk
        if slice_.is_over:
            return len(chunk) < SESSIONS_AT_ONCE
    return True


def _person_of(session: Session) -> int | None:
    """The primary key of the session's user."""
    return whole_number(str(session.get_decoded().get(SIGNED_IN)))
