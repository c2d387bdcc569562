"""Logging in and out."""

import pytest
from django.test import Client

from tests.accounts.people import errors, log_in

pytestmark = pytest.mark.django_db


def test_login_ignores_the_case_of_the_address(client, learner):
    assert log_in(client, email="LENA@example.org").status_code == 302
    assert client.session["_auth_user_id"] == str(learner.pk)


def test_wrong_password_and_unknown_address_look_the_same(client, learner):
    wrong = errors(log_in(client, password="wrong"))
    unknown = errors(log_in(client, email="nobody@example.org", password="wrong"))
    assert wrong == unknown


@pytest.mark.parametrize("text", ["", "\x00", "a\x00@example.org", "x" * 1_000_000, "no address"])
def test_invalid_addresses_are_form_errors(client, text):
    assert errors(log_in(client, email=text))


@pytest.mark.parametrize("text", ["", "\x00", "x" * 1_000_000, "\ud800".encode("utf-8", "replace").decode()])
def test_invalid_passwords_are_form_errors(client, learner, text):
    assert errors(log_in(client, password=text))


def test_inactive_person_cannot_log_in(client, learner):
    learner.is_active = False
    learner.save()
    response = client.post("/accounts/login/", {"login": learner.email, "password": "correct horse battery"})
    assert response["Location"] == "/accounts/inactive/"
    assert "switched off" in client.get("/accounts/inactive/").text
    assert "_auth_user_id" not in client.session


def test_too_many_wrong_passwords_return_429(client, learner):
    for _ in range(10):
        assert log_in(client, password="wrong").status_code == 200
    response = log_in(client)
    assert response.status_code == 429
    assert "too many tries from your network" in response.text


def test_other_accounts_at_the_address_still_log_in(client, learner, stranger):
    for _ in range(11):
        log_in(client, password="wrong")
    assert log_in(Client(), email=stranger.email).status_code == 302


@pytest.mark.parametrize("path", ["/decks/new/", "/?page=2", "http://testserver/decks/"])
def test_login_returns_to_the_page_before(client, learner, settings, path):
    settings.ALLOWED_HOSTS = ["testserver"]
    assert log_in(client, next=path)["Location"] == path


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "\x00//evil.example",
        "http://testserver@evil.example/",
        "/" + "x" * 3000,
    ],
)
def test_login_never_redirects_to_another_site(client, learner, path):
    assert log_in(client, next=path)["Location"] == "/"


def test_hostile_next_is_escaped(client):
    assert "<script>x" not in client.get("/accounts/login/", {"next": '"><script>x'}).text


def test_logout_needs_a_post(learner_client):
    page = learner_client.get("/accounts/logout/")
    assert "Lena Learner" in page.text
    assert "_auth_user_id" in learner_client.session
    assert learner_client.post("/accounts/logout/")["Location"] == "/"
    assert "_auth_user_id" not in learner_client.session


def test_login_without_csrf_token_returns_403(learner):
    assert log_in(Client(enforce_csrf_checks=True)).status_code == 403


def test_login_answers_html_to_json_requests(client):
    response = client.get("/accounts/login/", headers={"accept": "application/json"})
    assert response["Content-Type"].startswith("text/html")
