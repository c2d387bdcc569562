"""Helper functions for the tests of accounts."""

from typing import Any

from django.test import Client

from tests.conftest import PASSWORD

NEW = {
    "email": "ada@example.org",
    "name": "Ada",
    "password1": "a long sentence",
    "time_zone": "Europe/Berlin",
}


def sign_up(client: Client, path: str = "/accounts/signup/", **fields: Any) -> Any:
    return client.post(path, {**NEW, **fields})


def log_in(client: Client, email: str = "lena@example.org", password: str = PASSWORD, **fields: Any) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password, **fields})


def errors(response: Any) -> dict[str, list[str]]:
    """The errors of the form on a page with status 200: a form with errors is not a failed request."""
    assert response.status_code == 200
    return response.context["form"].errors
