"""Signing up: its fields, the account that it makes, and its refusals."""

import pytest
from django.db import IntegrityError
from django.test import Client

from studysite.accounts.models import User
from tests.accounts.people import errors, sign_up

pytestmark = pytest.mark.django_db


def test_sign_up_makes_an_account_and_logs_in(client):
    response = sign_up(client)
    assert response.status_code == 302
    user = User.objects.get()
    assert (user.email, user.name, user.time_zone) == ("ada@example.org", "Ada", "Europe/Berlin")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_form_asks_for_one_password_and_no_user_name(client):
    form = client.get("/accounts/signup/").context["form"]
    assert list(form.fields) == ["email", "name", "password1", "time_zone"]


@pytest.mark.parametrize(
    "zone", ["", "Nowhere/Land", "localtime", "\x00", "z" * 1_000_000, "../../etc/passwd"]
)
def test_unknown_time_zone_becomes_utc(client, zone):
    assert sign_up(client, time_zone=zone).status_code == 302
    assert User.objects.get().time_zone == "UTC"


def test_missing_time_zone_becomes_utc(client):
    client.post("/accounts/signup/", {"email": "a@example.org", "name": "A", "password1": "a long sentence"})
    assert User.objects.get().time_zone == "UTC"


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b", "a\x07b", "a\nb", "\u200b", "evil\u202etxt"])
def test_names_that_cannot_be_shown_are_refused(client, name):
    assert "name" in errors(sign_up(client, name=name))


@pytest.mark.parametrize("name", ["x" * 80, "  Ada  ", "李四", "José O’Neill-García", "🦊"])
def test_real_names_are_accepted(client, name):
    sign_up(client, name=name)
    assert User.objects.get().name == name.strip()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "a\x00@example.org"),
        ("email", "a" * 1_000_000 + "@example.org"),
        ("password1", ""),
        ("password1", "short"),
        ("password1", "password123"),
        ("password1", "ada@example.org"),
        ("password1", "a long\x00sentence"),
    ],
)
def test_invalid_fields_are_form_errors_and_keep_the_rest(client, field, value):
    response = sign_up(client, **{field: value})
    assert field in errors(response)
    assert 'value="Ada"' in response.text
    assert not User.objects.exists()


def test_lone_surrogates_and_invalid_utf8_are_form_errors(client):
    body = "email=a%ED%A0%80@example.org&name=%ED%A0%80%FF&password1=%ED%A0%80&time_zone=%ED%A0%80"
    response = client.post("/accounts/signup/", body, content_type="application/x-www-form-urlencoded")
    assert {"email", "password1"} <= set(errors(response))


def test_password_of_one_megabyte_causes_no_server_error(client):
    assert sign_up(client, password1="long " * 200_000).status_code in (200, 302)


def test_address_has_one_account(client, learner):
    assert "email" in errors(sign_up(client, email=learner.email.upper()))
    assert User.objects.count() == 1


def test_simultaneous_sign_ups_with_one_address_make_one_account(client, monkeypatch):
    """The second request passes the check, then violates the database's constraint."""

    def taken(*args: object, **kwargs: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(User, "save", taken)
    assert "email" in errors(sign_up(client))


@pytest.mark.slow
def test_forty_pupils_sign_up_from_one_address(client):
    answers = {sign_up(Client(), email=f"pupil{number}@example.org").status_code for number in range(40)}
    assert answers == {302}
    assert User.objects.count() == 40


@pytest.mark.slow
def test_endless_sign_ups_from_one_address_return_429(client):
    for _ in range(100):
        client.post("/accounts/signup/", {})
    response = client.post("/accounts/signup/", {})
    assert response.status_code == 429
    assert "Wait" in response.text


def test_signed_in_person_is_redirected_home(learner_client):
    assert learner_client.get("/accounts/signup/").status_code == 302


@pytest.mark.parametrize(("setting", "words"), [("closed", "closed"), ("invitation", "by invitation")])
def test_closed_sign_up_says_how_to_get_an_account(client, settings, setting, words):
    settings.SIGNUP = setting
    response = sign_up(client)
    assert response.status_code == 200
    assert words in response.text
    assert not User.objects.exists()
