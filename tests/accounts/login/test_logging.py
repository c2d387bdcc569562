"""Refused sign-ups and mails that were not sent leave one line each, without names, addresses and tokens."""

import smtplib
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from cards.models import Deck
from studysite.accounts import services
from studysite.accounts.models import Invitation, User
from tests.accounts.people import sign_up

pytestmark = pytest.mark.django_db


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the accounts have logged."""
    found = [record for record in caplog.records if record.name.startswith("studysite.accounts")]
    assert all(record.exc_info is None for record in found)
    return [record.getMessage() for record in found]


@pytest.fixture
def invitation(db: None, settings: object) -> Invitation:
    settings.SIGNUP = "invitation"  # type: ignore[attr-defined]
    return Invitation.objects.create(note="For Ada", email="ada@example.org")


@pytest.mark.parametrize("setting", ["closed", "invitation"])
def test_closed_signup_is_logged(client, settings, caplog, setting):
    settings.SIGNUP = setting
    sign_up(client)
    assert lines(caplog) == [f"Sign-up refused: SIGNUP is {setting}."]


def test_expired_invitation_is_logged(client, invitation, caplog):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    client.get(invitation.get_absolute_url())
    assert lines(caplog) == [f"Sign-up refused: invitation {invitation.pk} cannot be used."]


def test_unknown_invitation_is_logged(client, invitation, caplog):
    client.get("/accounts/invitation/made-up/")
    assert lines(caplog) == ["Sign-up refused: invitation (unknown) cannot be used."]


def test_lost_race_for_an_invitation_is_logged(client, invitation, learner, monkeypatch, caplog):
    claim = services.invitation_claim

    def claim_second(*, invitation: Invitation, user: User, now: object) -> None:
        claim(invitation=invitation, user=learner, now=now)
        claim(invitation=invitation, user=user, now=now)

    monkeypatch.setattr(services, "invitation_claim", claim_second)
    sign_up(client, invitation.get_absolute_url())
    assert lines(caplog) == [f"Sign-up refused: invitation {invitation.pk} was used at the same moment."]


@pytest.mark.parametrize(
    ("action", "path", "line"),
    [
        ("signup", "/accounts/signup/", "Sign-up refused: too many from one address."),
        ("guest", "/decks/{}/spaced/", "A new guest was refused: too many from one address."),
    ],
)
def test_rate_limited_newcomer_is_logged(settings, owner, caplog, action, path, line):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, action: "1/h/ip"}
    deck = Deck.objects.create(owner=owner, title="Rivers", visibility="public")
    statuses = [Client().post(path.format(deck.slug), {}).status_code for _ in range(2)]
    assert statuses[1] == 429
    assert lines(caplog) == [line]


@pytest.mark.usefixtures("with_mail")
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (smtplib.SMTPServerDisconnected("ada@example.org"), "SMTPServerDisconnected"),
        (smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"no")}), "SMTPRecipientsRefused"),
        (smtplib.SMTPSenderRefused(553, b"no", "ada@example.org"), "SMTPSenderRefused 553"),
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError 111"),
    ],
)
def test_mail_that_was_not_sent_is_logged(client, monkeypatch, caplog, error, said):
    def fail(self: EmailMessage, *args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(EmailMessage, "send", fail)
    assert sign_up(client).status_code == 503
    (line,) = lines(caplog)
    assert line.startswith("Mail account/email/")
    assert line.endswith(f" was not sent: {said}")
    assert "ada@" not in caplog.text.lower()
