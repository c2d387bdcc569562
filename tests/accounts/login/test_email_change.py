"""Changing an address on a site without mail: at once, with the password."""

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError
from django.test import Client

from studysite.accounts import services
from tests.accounts.people import errors, log_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def change(client, email="new@example.org", password=PASSWORD):
    return client.post("/accounts/email/", {"email": email, "password": password, "action_add": ""})


def test_email_changes_at_once_without_mail(learner, learner_client, mailoutbox):
    assert change(learner_client, "New@example.org").status_code == 302
    learner.refresh_from_db()
    assert learner.email == "new@example.org"
    assert not mailoutbox
    assert "now new@example.org" in learner_client.get("/accounts/preferences/").text


def test_old_address_no_longer_logs_in(learner, learner_client):
    log_in(Client(), learner.email)
    change(learner_client)
    assert errors(log_in(Client(), "lena@example.org"))
    assert log_in(Client(), "new@example.org").status_code == 302


@pytest.mark.parametrize("password", ["", "wrong", "\x00"])
def test_email_change_needs_the_password(learner, learner_client, password):
    assert "password" in errors(change(learner_client, password=password))
    learner.refresh_from_db()
    assert learner.email == "lena@example.org"


@pytest.mark.parametrize(
    "email", ["", "no address", "a\x00@b.org", "x" * 1_000_000, "SAM@example.org", "lena@example.org"]
)
def test_invalid_and_taken_addresses_are_form_errors(learner, learner_client, stranger, email):
    assert "email" in errors(change(learner_client, email))


def test_address_taken_since_the_check_is_refused(learner, learner_client, monkeypatch):
    def taken(**kwargs: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(services, "email_change", taken)
    assert change(learner_client).status_code == 302
    assert "already has an account" in learner_client.get("/accounts/email/").text
    learner.refresh_from_db()
    assert learner.email == "lena@example.org"


def test_admin_change_replaces_the_only_address(learner, superuser_client):
    log_in(Client())
    page = f"/admin/accounts/user/{learner.pk}/change/"
    data = {"email": "Other@example.org", "name": "Lena", "time_zone": "UTC", "is_active": "on"}
    assert superuser_client.post(page, data).status_code == 302
    assert list(EmailAddress.objects.filter(user=learner).values_list("email", flat=True)) == [
        "other@example.org"
    ]
