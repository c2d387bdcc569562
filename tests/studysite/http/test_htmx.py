"""The module that decides whether a request gets a whole page or one part of it."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from studysite.http import htmx

PARTS = ("tags", "progress-table")


def request_with(**headers: str) -> HttpRequest:
    request = RequestFactory().get(
        "/", headers={name.replace("_", "-"): text for name, text in headers.items()}
    )
    request.htmx = HtmxDetails(request)
    return request


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        ({}, None),
        ({"HX_Target": "tags"}, None),
        ({"HX_Request": "true"}, None),
        ({"HX_Request": "true", "HX_Target": "tags"}, "tags"),
        ({"HX_Request": "true", "HX_Target": "TAGS"}, None),
        ({"HX_Request": "true", "HX_Target": "somewhere-else"}, None),
        ({"HX_Request": "true", "HX_Target": "tags", "HX_Boosted": "true"}, None),
        ({"HX_Request": "true", "HX_Target": "tags", "HX_History_Restore_Request": "true"}, None),
    ],
)
def test_htmx_gets_only_parts_that_the_page_offers(headers: dict[str, str], part: str | None) -> None:
    assert htmx.wanted_part(request_with(**headers), PARTS) == part


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the templates that were rendered."""
    names: list[str] = []

    def render(request: HttpRequest, name: str, context: dict[str, object], status: int) -> HttpResponse:
        names.append(name)
        return HttpResponse(f"part: {context['part']}", status=status)

    monkeypatch.setattr(htmx, "render", render)
    return names


def test_part_is_rendered_alone(rendered: list[str]) -> None:
    request = request_with(HX_Request="true", HX_Target="tags")
    response = htmx.render_page(request, "cards/deck.html", {}, parts=PARTS)
    assert rendered == ["cards/deck.html#tags"]
    assert response.content == b"part: tags"


def test_whole_page_varies_on_the_htmx_headers(rendered: list[str]) -> None:
    response = htmx.render_page(request_with(), "cards/deck.html", {}, parts=PARTS, status=404)
    assert rendered == ["cards/deck.html"]
    assert response.status_code == 404
    assert {name.strip() for name in response["Vary"].split(",")} == {"HX-Request", "HX-Target"}


def test_another_page_is_opened_as_a_whole_with_htmx_too() -> None:
    plain, by_htmx = (
        htmx.go_to(request_with(**headers), "/decks/") for headers in ({}, {"HX_Request": "true"})
    )
    assert (plain.status_code, plain["Location"]) == (302, "/decks/")
    assert (by_htmx.status_code, by_htmx["HX-Redirect"]) == (200, "/decks/")
