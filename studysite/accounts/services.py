"""Writes that span the models of people."""

import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from studysite.accounts.models import Invitation, User


class InvitationGoneError(Exception):
    """The invitation has been used by somebody else or has expired meanwhile."""


def invitation_claim(*, invitation: Invitation, user: User, now: datetime.datetime) -> None:
    """Note that ``user`` has used ``invitation``; call it in the transaction that creates them.

    One conditional update decides, so of two people who send the form at once only one succeeds.

    Raises:
        InvitationGoneError: it cannot be used any more; the caller's transaction must be undone.
    """
    claimed = Invitation.objects.filter(pk=invitation.pk).usable(now).update(used_by=user, used_at=now)
    if not claimed:
        raise InvitationGoneError


@transaction.atomic
def email_change(*, user: User, email: str) -> EmailAddress:
    """Make ``email`` the only address of ``user``, not confirmed: the old one signs in no more.

    Raises:
        IntegrityError: somebody else has this address.
    """
    user.email = email.lower()
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    return EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
