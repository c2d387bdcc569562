"""What changes if the site can send mail: addresses are confirmed, and no page shows who has an account."""

import re
import smtplib

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client

from studysite.accounts.models import User
from tests.accounts.people import log_in, sign_up
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_mail")]


def link_in(mail: EmailMessage) -> str:
    """The path of the only link to the site in a mail."""
    (path,) = re.findall(r"http://testserver(/\S+)", str(mail.body))
    return path


@pytest.fixture
def verified(learner):
    EmailAddress.objects.create(user=learner, email=learner.email, primary=True, verified=True)
    return learner


def test_sign_up_waits_for_the_mailed_link(client, mailoutbox):
    assert sign_up(client)["Location"] == "/accounts/confirm-email/"
    assert "Check your mail" in client.get("/accounts/confirm-email/").text
    assert "_auth_user_id" not in client.session
    (mail,) = mailoutbox
    assert mail.to == ["ada@example.org"]
    link = link_in(mail)
    client.get(link)
    assert "_auth_user_id" not in client.session
    client.post(link)
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)


def test_unconfirmed_address_cannot_log_in(client, learner, mailoutbox):
    assert log_in(client)["Location"] == "/accounts/confirm-email/"
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("key", ["x", "MQ:1:x", "a" * 3000])
def test_invented_confirmation_key_is_refused(client, key):
    page = client.get(f"/accounts/confirm-email/{key}/")
    assert "This link does not work" in page.text
    assert client.post(f"/accounts/confirm-email/{key}/").status_code == 404


def test_sign_up_does_not_reveal_accounts(mailoutbox, verified):
    new, taken = Client(), Client()
    answers = [sign_up(new), sign_up(taken, email=verified.email)]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    assert [mail.subject for mail in mailoutbox] == [
        "Confirm your e-mail address",
        "You already have an account",
    ]
    assert User.objects.count() == 2


def test_reset_does_not_reveal_accounts(client, mailoutbox, verified):
    answers = [
        client.post("/accounts/password/reset/", {"email": email})
        for email in (verified.email, "no@example.org")
    ]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    assert [mail.subject for mail in mailoutbox] == [
        "Set a new password",
        "There is no account with this address",
    ]


def test_mailed_reset_link_sets_a_password(client, mailoutbox, verified):
    client.post("/accounts/password/reset/", {"email": verified.email})
    page = client.get(link_in(mailoutbox[0]), follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "another long sentence"})
    assert client.session["_auth_user_id"] == str(verified.pk)
    assert mailoutbox[-1].subject == "Your password was changed"


def test_email_changes_after_confirmation(learner_client, mailoutbox, verified):
    learner_client.post(
        "/accounts/email/", {"email": "new@example.org", "password": PASSWORD, "action_add": ""}
    )
    verified.refresh_from_db()
    assert verified.email == "lena@example.org"
    assert "new@example.org" in learner_client.get("/accounts/email/").text
    learner_client.post(link_in(mailoutbox[0]))
    verified.refresh_from_db()
    assert verified.email == "new@example.org"


def test_email_change_can_be_cancelled(learner_client, mailoutbox, verified):
    learner_client.post(
        "/accounts/email/", {"email": "new@example.org", "password": PASSWORD, "action_add": ""}
    )
    learner_client.post("/accounts/email/", {"email": "new@example.org", "action_remove": ""})
    assert learner_client.post(link_in(mailoutbox[0])).status_code == 404


def test_email_does_not_change_to_a_taken_address(learner_client, mailoutbox, verified):
    User.objects.create_user("new@example.org", PASSWORD, name="First")
    learner_client.post(
        "/accounts/email/", {"email": "new@example.org", "password": PASSWORD, "action_add": ""}
    )
    response = learner_client.post(link_in(mailoutbox[0]))
    assert response.status_code in (200, 302)
    verified.refresh_from_db()
    assert verified.email == "lena@example.org"


@pytest.fixture
def broken_mail(monkeypatch):
    def fail(self: EmailMessage, *args: object, **kwargs: object) -> None:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(EmailMessage, "send", fail)


@pytest.mark.usefixtures("broken_mail")
def test_failing_mail_server_returns_503_with_a_reason(client, verified):
    for response in (sign_up(client), client.post("/accounts/password/reset/", {"email": verified.email})):
        assert response.status_code == 503
        assert "could not be sent" in response.text


@pytest.mark.usefixtures("broken_mail")
def test_password_changes_even_if_the_notice_fails(learner_client, verified):
    data = {"oldpassword": PASSWORD, "password1": "another long sentence"}
    assert learner_client.post("/accounts/password/change/", data).status_code == 302
    verified.refresh_from_db()
    assert verified.check_password("another long sentence")


def test_superuser_made_by_command_needs_no_confirmation(client, superuser):
    assert log_in(client, superuser.email)["Location"] == "/"
