"""What happens to every request."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from studysite.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.studysite.urls")]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/decks/deep-learning/?card=7"}


@pytest.fixture
def request_log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "studysite.http.requests")
    return caplog


def test_request_log_line_holds_no_typed_text(client: Client, request_log: pytest.LogCaptureFixture) -> None:
    client.get("/healthz?q=secret")
    assert len(request_log.messages) == 1
    assert request_log.messages[0].startswith("GET /healthz 200 ")


def test_request_log_masks_the_reset_key(client: Client, request_log: pytest.LogCaptureFixture) -> None:
    client.get("/test/reset/secret/")
    assert request_log.messages[0].startswith("GET /test/reset/<key>/ 302 ")


def test_path_cannot_forge_a_second_log_line(client: Client, request_log: pytest.LogCaptureFixture) -> None:
    client.get("/nothing%0AGET /healthz 200 0 ms")
    assert "\n" not in request_log.messages[-1]


def test_crash_is_logged_under_the_request_id(client: Client, request_log: pytest.LogCaptureFixture) -> None:
    client.raise_request_exception = False
    response = client.get("/test/crash/")
    assert "GET /test/crash/ 500" in request_log.text
    assert response["X-Request-ID"] in response.content.decode()


def test_each_response_has_its_own_request_id(client: Client) -> None:
    assert client.get("/healthz")["X-Request-ID"] != client.get("/healthz")["X-Request-ID"]


def test_htmx_login_redirect_returns_to_the_page(client: Client) -> None:
    response = client.get("/test/private/", headers=HTMX)
    target = urlsplit(response["HX-Redirect"])
    assert response.status_code == 200
    assert target.path == "/accounts/login/"
    assert parse_qs(target.query) == {"next": ["/decks/deep-learning/?card=7"]}


def test_htmx_login_redirect_never_leaves_the_site(client: Client) -> None:
    headers = {**HTMX, "HX-Current-URL": "https://evil.example.org/decks/"}
    response = client.get("/test/private/", headers=headers)
    assert parse_qs(urlsplit(response["HX-Redirect"]).query) == {"next": ["/"]}


def test_login_redirect_without_htmx_is_302(client: Client) -> None:
    response = client.get("/test/private/")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/test/private/"


def test_other_htmx_redirects_stay_302(client: Client) -> None:
    response = client.get("/admin/", headers=HTMX)
    assert response.status_code == 302
    assert "HX-Redirect" not in response


def test_times_are_shown_in_the_learners_time_zone(learner_client: Client, learner: User) -> None:
    assert learner_client.get("/test/zone/").content.decode() == learner.time_zone


def test_visitor_without_cookie_costs_no_extra_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        client.get("/healthz")


def test_visitor_sees_utc(client: Client) -> None:
    assert client.get("/test/zone/").content == b"UTC"


def test_get_of_a_post_only_page_returns_405(client: Client) -> None:
    response = client.get("/test/button/")
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "cannot be opened directly" in response.content.decode()
