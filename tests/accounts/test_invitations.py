"""Invitations: one person each, for a while."""

import datetime

import pytest
from django.utils import timezone

from studysite.accounts import services
from studysite.accounts.models import Invitation, User
from tests.accounts.people import errors, sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def by_invitation(settings):
    settings.SIGNUP = "invitation"


@pytest.fixture
def invitation(db):
    return Invitation.objects.create(note="The new girl")


def test_invitation_lets_one_person_sign_up(client, invitation):
    assert "Sign up" in client.get(invitation.get_absolute_url()).text
    assert sign_up(client, invitation.get_absolute_url()).status_code == 302
    invitation.refresh_from_db()
    assert invitation.used_by == User.objects.get()
    assert invitation.used_at is not None


def test_used_invitation_returns_404(client, invitation, learner):
    services.invitation_claim(invitation=invitation, user=learner, now=timezone.now())
    response = sign_up(client, invitation.get_absolute_url())
    assert response.status_code == 404
    assert "This invitation does not work" in response.text
    assert User.objects.count() == 1


def test_invitation_used_meanwhile_makes_no_account(client, invitation, learner, monkeypatch):
    """Both pass the check. The first to save uses the invitation, and the other makes no account."""
    claim = services.invitation_claim

    def claim_second(*, invitation, user, now):
        claim(invitation=invitation, user=learner, now=now)
        claim(invitation=invitation, user=user, now=now)

    monkeypatch.setattr(services, "invitation_claim", claim_second)
    assert "__all__" in errors(sign_up(client, invitation.get_absolute_url()))
    assert not User.objects.filter(name="Ada").exists()


def test_expired_invitation_returns_404(client, invitation):
    Invitation.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    assert client.get(invitation.get_absolute_url()).status_code == 404


def test_invitation_lasts_fourteen_days(invitation):
    assert (invitation.expires_at - invitation.created_at).days in (13, 14)


@pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "..", "%ED%A0%80"])
def test_invented_token_returns_404(client, token):
    assert client.get(f"/accounts/invitation/{token}/").status_code == 404


def test_invitation_for_an_address_signs_up_that_address(client):
    invitation = Invitation.objects.create(email="Ada@example.org")
    assert 'value="Ada@example.org"' in client.get(invitation.get_absolute_url()).text
    sign_up(client, invitation.get_absolute_url(), email="eve@example.org")
    assert User.objects.get().email == "ada@example.org"


def test_invalid_input_leaves_the_invitation_usable(client, invitation):
    assert errors(sign_up(client, invitation.get_absolute_url(), password1="short"))
    assert Invitation.objects.usable(timezone.now()).exists()


def test_closed_sign_up_refuses_invitations(client, invitation, settings):
    settings.SIGNUP = "closed"
    response = sign_up(client, invitation.get_absolute_url())
    assert "closed" in response.text
    assert not User.objects.exists()


def test_open_sign_up_accepts_invitations(client, invitation, settings):
    settings.SIGNUP = "open"
    sign_up(client, invitation.get_absolute_url())
    invitation.refresh_from_db()
    assert invitation.used_by is not None


def test_tokens_cannot_be_guessed():
    tokens = {Invitation.objects.create().token for _ in range(20)}
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 43


def test_invitation_outlives_its_user(invitation, learner):
    services.invitation_claim(invitation=invitation, user=learner, now=timezone.now())
    learner.delete()
    invitation.refresh_from_db()
    assert invitation.used_at is not None
    assert not Invitation.objects.usable(timezone.now()).exists()
