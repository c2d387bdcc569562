"""Passwords of only blanks are refused in every form; blanks around a password are part of it."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from studysite.accounts.models import User
from studysite.accounts.validators import VisiblePasswordValidator
from tests.accounts.people import errors, log_in, sign_up
from tests.conftest import PASSWORD

USERS = "/admin/accounts/user/"
BLANKS = {
    "spaces": " " * 10,
    "tabs and line ends": "\t\n\r " * 3,
    "no-break": "\u00a0" * 10,
    "ideographic": "\u3000" * 10,
    "zero width": "\u200b\u200c\u200d\ufeff\u2060" * 2,
    "soft hyphens": "\u00ad" * 10,
    "variation selectors": "\ufe0f\u034f" * 5,
    "Hangul fillers": "\u3164\u115f\u1160\uffa0" * 3,
    "empty Braille": "\u2800" * 10,
    "tags": "\U000e0020" * 10,
}
SENTENCE = "A password needs at least one visible character."
AROUND = "  a long sentence \u00a0"


@pytest.fixture(params=BLANKS.values(), ids=BLANKS)
def blank(request):
    return request.param


def set_by_link(superuser_client, user, password):
    chosen = {"action": "make_password_links", "_selected_action": user.pk}
    [(_, link)] = superuser_client.post(USERS, chosen).context["links"]
    client = Client()
    page = client.get(link, follow=True).redirect_chain[-1][0]
    return client.post(page, {"password1": password})


def change(client, password, present=PASSWORD):
    return client.post("/accounts/password/change/", {"oldpassword": present, "password1": password})


@pytest.mark.django_db
def test_every_form_refuses_a_blank_password(blank, learner, learner_client, superuser_client):
    assert SENTENCE in errors(sign_up(Client(), password1=blank))["password1"]
    assert SENTENCE in errors(change(learner_client, blank))["password1"]
    assert SENTENCE in errors(set_by_link(superuser_client, learner, blank))["password1"]
    learner.refresh_from_db()
    assert learner.check_password(PASSWORD)


@pytest.mark.django_db
def test_admin_refuses_a_blank_password(blank, learner, superuser_client):
    twice = {"password1": blank, "password2": blank, "usable_password": "true"}
    new = {"email": "kim@example.org", "name": "Kim", **twice}
    for path, data in [(f"{USERS}add/", new), (f"{USERS}{learner.pk}/password/", twice)]:
        response = superuser_client.post(path, data)
        assert response.status_code == 200
        assert SENTENCE in response.text
    assert not User.objects.filter(name="Kim").exists()


@pytest.mark.django_db
def test_createsuperuser_refuses_a_blank_password(blank, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", blank)
    with pytest.raises(CommandError, match="visible character"):
        call_command("createsuperuser", "--noinput", email="root@example.org", name="Root")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_every_form_keeps_blanks_around_a_password(learner, learner_client, superuser_client):
    def is_it(email):
        exact = log_in(Client(), email=email, password=AROUND).status_code == 302
        return exact and "__all__" in errors(log_in(Client(), email=email, password=AROUND.strip()))

    sign_up(Client(), email="ada@example.org", password1=AROUND)
    assert is_it("ada@example.org")
    assert change(learner_client, AROUND).status_code == 302
    assert change(learner_client, PASSWORD, AROUND.strip()).status_code == 200
    assert is_it(learner.email)
    assert change(learner_client, PASSWORD, AROUND).status_code == 302
    set_by_link(superuser_client, learner, AROUND)
    assert is_it(learner.email)
    twice = {"password1": AROUND, "password2": AROUND, "usable_password": "true"}
    superuser_client.post(f"{USERS}add/", {"email": "kim@example.org", "name": "Kim", **twice})
    assert is_it("kim@example.org")


@pytest.mark.django_db
def test_createsuperuser_keeps_blanks_around_a_password(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", AROUND)
    call_command("createsuperuser", "--noinput", email="root@example.org", name="Root")
    assert User.objects.get().check_password(AROUND)


@given(st.text("abcXYZ019äß李¿!-_€🦊", min_size=1), st.text(" \t\u200b\u3000", max_size=20))
def test_one_visible_character_is_enough(visible, blanks):
    VisiblePasswordValidator().validate(blanks + visible + blanks)


def test_empty_password_counts_as_blank():
    with pytest.raises(ValidationError):
        VisiblePasswordValidator().validate("")
