"""Headers that every page has, and content that no page may have."""

import re

import pytest
from django.test import Client

from studysite.accounts.models import User
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.studysite.urls")]
PAGES = ["/", "/accounts/login/", "/accounts/signup/", "/nothing/here/", "/test/deny/", "/test/crash/"]
# An attribute that would run a script or set a style, or an element that holds one.
INLINE = re.compile(
    r"<style|\sstyle\s*=|<[^>]+\son[a-z]+\s*=|javascript:|<script(?![^>]*\ssrc=)(?![^>]*application/json)",
    re.IGNORECASE,
)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("address", [*PAGES, "/healthz", "/admin/login/"])
def test_every_response_has_the_security_headers(client: Client, address: str) -> None:
    response = client.get(address)
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.parametrize("address", PAGES)
def test_pages_hold_no_inline_script_or_style(client: Client, address: str) -> None:
    assert not INLINE.findall(client.get(address).content.decode())


@pytest.mark.parametrize(
    "page",
    ['<p style="x">', "<style>", '<a onclick="x">', "<script>x</script>", '<a href="javascript:x">'],
)
def test_search_for_inline_code_finds_it(page: str) -> None:
    assert INLINE.search(page)


def test_post_from_another_origin_is_refused(learner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)
    assert client.post("/accounts/logout/", headers={"Origin": "https://evil.example.org"}).status_code == 403


def test_cookies_are_http_only_and_same_site(client: Client, learner: User) -> None:
    client.post("/accounts/login/", {"login": learner.email, "password": PASSWORD})
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
