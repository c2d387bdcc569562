"""Pages are compressed, with a length that tells little; downloads and short parts are not."""

import gzip
import io
import re
from pathlib import Path

import pytest
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from cards.editing import cards
from cards.models import Card, Deck, Visibility
from studysite.accounts.models import User
from studysite.http.compression import PageCompression

TEXT = b"<p>" + b"the same words again, " * 50
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')


def request(accepted: str = "gzip, deflate, br") -> HttpRequest:
    return RequestFactory().get("/", headers={"Accept-Encoding": accepted})


def answered(response: HttpResponseBase, accepted: str = "gzip, deflate, br") -> HttpResponseBase:
    return PageCompression(lambda _: response)(request(accepted))


@pytest.fixture
def client() -> Client:
    """A browser that accepts compressed pages."""
    return Client(headers={"Accept-Encoding": "gzip, deflate, br"})


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/nothing/here/"])
def test_pages_are_compressed(client: Client, address: str) -> None:
    response = client.get(address)
    page = gzip.decompress(response.content)
    assert response["Content-Encoding"] == "gzip"
    assert int(response["Content-Length"]) == len(response.content) < len(page) / 2
    assert "Accept-Encoding" in response["Vary"]
    assert b"</html>" in page


@pytest.mark.django_db
def test_page_for_a_client_that_does_not_accept_gzip_is_the_same() -> None:
    plain = Client().get("/nothing/here/")
    packed = Client(headers={"Accept-Encoding": "gzip"}).get("/nothing/here/")
    assert "Content-Encoding" not in plain
    assert "Accept-Encoding" in plain["Vary"]
    assert gzip.decompress(packed.content) == plain.content


@pytest.mark.django_db
def test_head_has_the_headers_of_a_compressed_page(client: Client) -> None:
    response = client.head("/accounts/login/")
    assert response["Content-Encoding"] == "gzip"
    assert int(response["Content-Length"]) > 200


def test_length_of_the_same_page_varies() -> None:
    lengths = {len(answered(HttpResponse(TEXT)).content) for _ in range(20)}  # type: ignore[attr-defined]
    assert len(lengths) > 3


@pytest.mark.django_db
def test_token_is_masked_anew_in_each_page(client: Client) -> None:
    """Nobody can guess a token letter by letter from the lengths of compressed pages."""
    tokens = {TOKEN.findall(gzip.decompress(client.get("/accounts/login/").content))[0] for _ in range(3)}
    assert len(tokens) == 3


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse(b"<p>" + b"x" * 190),
        HttpResponse(TEXT, content_type="text/csv"),
        HttpResponse(TEXT, content_type="image/png"),
        HttpResponse(TEXT, headers={"Content-Encoding": "br"}),
        HttpResponse(status=204),
        HttpResponse(status=304),
    ],
    ids=["short", "table", "image", "compressed already", "no content", "not modified"],
)
def test_these_stay_as_they_are(response: HttpResponse) -> None:
    content, encoding = response.content, response.get("Content-Encoding")
    assert answered(response) is response
    assert response.content == content
    assert response.get("Content-Encoding") == encoding


@pytest.mark.parametrize("content_type", ["application/zip", "text/html"])
def test_streams_and_files_are_neither_read_nor_changed(content_type: str) -> None:
    stream = StreamingHttpResponse((pytest.fail("read") for _ in "x"), content_type=content_type)
    assert "Content-Encoding" not in answered(stream)
    file = FileResponse(io.BytesIO(TEXT), content_type=content_type)
    answered(file)
    assert file["Content-Length"] == str(len(TEXT))
    assert "Content-Encoding" not in file


def test_strong_etag_becomes_weak() -> None:
    """The same page has other bytes each time, because of the padding."""
    assert answered(HttpResponse(TEXT, headers={"ETag": '"a"'}))["ETag"] == 'W/"a"'


@pytest.mark.django_db
def test_export_is_sent_as_it_is(client: Client, owner: User) -> None:
    deck = Deck.objects.create(owner=owner, title="A", slug="a", visibility=Visibility.PUBLIC)
    cards.save_card(card=Card(deck=deck, position=0, term="one " * 100, definition="eins"))
    client.force_login(owner)
    response = client.get(f"/decks/{deck.slug}/export/tab/")
    assert response.status_code == 200
    assert "Content-Encoding" not in response
    assert b"one one" in b"".join(response)


def test_collected_static_file_is_not_compressed_again(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "page.html").write_bytes(TEXT)
    (tmp_path / "page.html.gz").write_bytes(gzip.compress(TEXT))
    response = Client(headers={"Accept-Encoding": "gzip"}).get("/static/page.html")
    assert gzip.decompress(b"".join(response)) == TEXT
