"""The site's error pages."""

import json

import pytest
from django.conf import settings
from django.test import Client

from studysite.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.studysite.urls")]


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status", "text"),
    [
        ("/test/suspect/", 400, "400"),
        ("/test/deny/", 403, "403"),
        ("/nothing/here/", 404, "Page not found"),
        ("/test/button/", 405, "cannot be opened directly"),
        ("/test/crash/", 500, "Something went wrong"),
        ("/%00", 404, "Page not found"),
        ("/\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), 404, "Page not found"),
    ],
)
def test_error_page_looks_like_the_site(client: Client, address: str, status: int, text: str) -> None:
    response = client.get(address)
    page = response.content.decode()
    assert response.status_code == status
    assert text in page
    assert 'id="main"' in page
    assert 'href="/"' in page


def test_error_page_shows_who_is_signed_in(learner_client: Client, learner: User) -> None:
    assert learner.name in learner_client.get("/nothing/here/").content.decode()


def test_missing_csrf_token_returns_403_with_a_page(learner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"login": learner.email, "password": "x"})
    assert response.status_code == 403
    assert "This page is out of date" in response.content.decode()


@pytest.mark.parametrize(
    "body",
    [
        {"field": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)},
        {f"field{number}": "" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)},
    ],
    ids=["long", "many fields"],
)
def test_too_large_body_returns_413_with_a_page(client: Client, body: dict[str, str]) -> None:
    response = client.post("/test/form/", body)
    assert response.status_code == 413
    assert "That was too large" in response.content.decode()


@pytest.mark.parametrize("length", ["9" * 5_000, "²", "-1", "1e3"])
def test_invalid_content_length_is_refused(client: Client, length: str) -> None:
    assert client.generic("POST", "/test/form/", b"", CONTENT_LENGTH=length).status_code == 413


@pytest.mark.slow
def test_form_of_a_megabyte_is_read(client: Client) -> None:
    assert client.post("/test/form/", {"field": "x" * 1024 * 1024}).content == b"1"


def test_unknown_host_returns_400_with_a_page(client: Client) -> None:
    response = client.get("/test/zone/", headers={"Host": "evil.example.org"})
    assert response.status_code == 400
    assert 'id="main"' in response.content.decode()


def test_damaged_body_causes_no_500(client: Client) -> None:
    multipart = "multipart/form-data; boundary=x"
    assert client.post("/test/form/", b"\xff\0", content_type=multipart).status_code < 500
    assert client.post("/test/form/", json.dumps({}), content_type="application/json").status_code == 200
