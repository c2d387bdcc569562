"""Writes on several models of accounts."""

import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from studysite.accounts.models import Invitation, User


class InvitationGoneError(Exception):
    """The invitation was used by someone else, or has expired, in the meantime."""


def invitation_claim(*, invitation: Invitation, user: User, now: datetime.datetime) -> None:
    """Mark ``invitation`` as used by ``user``; call it in the transaction that creates the user.

    It is one conditional update: if two people send the form at once, only one succeeds.

    Raises:
        InvitationGoneError: it can no longer be used; the caller must roll back.
    """
    claimed = Invitation.objects.filter(pk=invitation.pk).usable(now).update(used_by=user, used_at=now)
    if not claimed:
        raise InvitationGoneError


@transaction.atomic
def email_change(*, user: User, email: str) -> EmailAddress:
    """Make ``email`` the only address of ``user``, unconfirmed; the old address can no longer log in.

    Raises:
        IntegrityError: another account has this address.
    """
    user.email = email.lower()
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    return EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
