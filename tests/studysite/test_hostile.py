"""Requests that no browser would send: every page gives a clear response, never a 500.

The test finds the pages and the names of their fields in the site, so it covers new ones too.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote
from wsgiref.util import setup_testing_defaults

import pytest
from django.conf import settings
from django.test import Client
from django.test import client as client_module
from django.urls import get_resolver, reverse

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck, Visibility
from sessions_app.models import Review, Step
from studysite.accounts.models import User
from studysite.wsgi import application
from tests.load import fuzz
from tests.load import world as worlds

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MEGABYTE = "x" * 1024 * 1024
VALUES = {
    "empty": "",
    "long": "x" * 50_000,
    "NUL": "a\0b",
    "a lone surrogate": "a\ud800b",
    "control characters": "".join(map(chr, range(32))) + "\x7f\u202e\u2028\ufeff",
    "a long number": "9" * 5_000,
    "a large number": str(2**63),
    "the largest number": str(2**63 - 1),
    "a negative number": "-1",
    "other digits": "٣",
    "a raised digit": "²",
    "not a number": "NaN",
    "HTML": "\"'><script>alert(1)</script>{{ 7 * 7 }}{% now 'Y' %}",
    "a path that is no text": "/\ud800\0/?\n",
    "another site": "https://evil.example.org\\@//",
}
FORM = "application/x-www-form-urlencoded"
BODIES = {
    "nothing": (b"", FORM),
    "JSON": (b'{"step": {"rating": [1]}}', "application/json"),
    "an unknown type": (b"\xff\xfe\0", "image/png"),
    "no type": (b"step=1", ""),
    "bytes that are no text": (b"step=\xff\xfe&rating=%ff%fe&%00=%00&=&&&=", FORM),
    "an unknown charset": (b"step=1&rating=3", f"{FORM}; charset=martian"),
    "two bytes for a character": ("step=1&rating=3".encode("utf-16"), f"{FORM}; charset=utf-16"),
    "multipart without a boundary": (b"--x\r\n", "multipart/form-data"),
    "multipart that breaks off": (b"--x\r\nContent-Disposition: form-da", "multipart/form-data; boundary=x"),
    "multipart that is none": (b"\xff\0" * 99, "multipart/form-data; boundary=x"),
    "an endless boundary": (b"--x", "multipart/form-data; boundary=" + "x" * 5_000),
    "bad base64": (
        b'--x\r\nContent-Disposition: form-data; name="step"\r\nContent-Transfer-Encoding: base64\r\n\r\nA=',
        "multipart/form-data; boundary=x",
    ),
    "a file for a text": (
        b'--x\r\nContent-Disposition: form-data; name="step"; filename="../x"\r\n\r\n1\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    "too many fields": (b"&".join(b"f%d=1" % n for n in range(1_001)), FORM),
    "too much": (b"step=" + b"1" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE, FORM),
}
HEADERS = {
    "a cookie that is none": {"Cookie": "sessionid=\0; csrftoken=\xff; messages=[[[; =; ;"},
    "a session that never was": {"Cookie": f"sessionid={'a' * 32}; csrftoken={'b' * 32}; messages=W10:x:y"},
    "a long cookie": {"Cookie": f"sessionid={'x' * 50_000}"},
    "a path for a cookie": {"Cookie": "sessionid=../../etc/passwd; csrftoken=<script>"},
    "an unknown part": {"HX-Request": "true", "HX-Target": "../base.html#x", "HX-Current-URL": "http://["},
    "a part with strange letters": {"HX-Request": "true", "HX-Target": "\xff", "HX-Current-URL": "\xff"},
    "htmx elsewhere": {"HX-Request": "true", "HX-Boosted": "true", "HX-Current-URL": "//evil.example.org"},
    "half of htmx": {"HX-Request": "%00", "HX-History-Restore-Request": "true", "HX-Trigger": "{"},
    "no origin": {"Referer": "http://[", "Origin": "null", "Accept-Language": "x" * 5_000},
    "a proxy that is none": {"X-Forwarded-For": "'; --", "X-Forwarded-Proto": "x", "X-Forwarded-Host": "x y"},
    "a range": {"Range": "bytes=9-1", "If-Modified-Since": "yesterday", "If-None-Match": "*"},
    "no browser": {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json", "User-Agent": ""},
}
NUMBERS = ("a long number", "a large number", "the largest number", "a raised digit")
HOSTS = ["evil.example.org", "", "testserver:port", "a b", "[::1", "testserver\0", "x" * 300]
METHODS = ["HEAD", "OPTIONS", "PUT", "BREW"]
QUERY_NAMES = ["card", "shuffle", "first", "page", "next", "q"]
NAME = re.compile(r'<(?:input|button|select|textarea)[^>]* name="([^"]+)')
# Values for the parts of addresses that their patterns accept.
ARGUMENTS = {
    "pk": 1,
    "mode": "spaced",
    "name": "tab",
    "token": "x" * 300,
    "key": "0-" + "x" * 300,
    "uidb36": "z" * 300,
    "sha256": "0" * 64,
    "note_type": "x" * 300,
}

Send = Callable[[Client, str], Any]
Sweep = Callable[[Send], list[tuple[str, int]]]


@pytest.fixture
def deck(owner: User) -> Deck:
    deck = Deck.objects.create(owner=owner, title="Capitals", slug="capitals", visibility=Visibility.PUBLIC)
    for position in range(3):
        Card.objects.create(deck=deck, position=position, term=f"Term {position}", definition="Definition")
    refresh_deck(deck=deck)
    return deck


def patterns(resolver: Any) -> Iterator[Any]:
    """The patterns of every page outside the admin."""
    for pattern in resolver.url_patterns:
        if not hasattr(pattern, "url_patterns"):
            yield pattern
        elif pattern.app_name != "admin":
            yield from patterns(pattern)


@pytest.fixture
def pages(deck: Deck) -> list[str]:
    arguments = {**ARGUMENTS, "slug": deck.slug}
    named = ((found.name, found.pattern.regex.groupindex) for found in patterns(get_resolver()))
    return sorted({reverse(name, kwargs={part: arguments[part] for part in parts}) for name, parts in named})


@pytest.fixture
def sweep(pages: list[str], learner: User, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """Send a request to every page as a stranger and as the learner; returns those that got a 500."""
    # Copying the context of each of 600 time zones' options took most of the time.
    monkeypatch.setattr(client_module, "store_rendered_templates", lambda *args, **kwargs: None)
    clients = [Client(raise_request_exception=False) for _ in range(2)]
    clients[1].force_login(learner)

    def answers(send: Send) -> Iterator[tuple[str, int]]:
        for page in pages:
            for client in clients:
                with worlds.taken_back([client]):
                    yield page, send(client, page).status_code

    return lambda send: [answer for answer in answers(send) if answer[1] >= 500]


@pytest.fixture
def field_names(pages: list[str], learner: User) -> set[str]:
    """Every name that a field of any page has, for strangers and for a learner in a session."""
    stranger, newcomer, student = Client(), Client(), Client()
    newcomer.force_login(learner)
    answers = [client.get(page) for client in (stranger, newcomer) for page in pages]
    texts = [answer.content.decode() for answer in answers if not answer.streaming]
    student.force_login(learner)
    student.post("/decks/capitals/spaced/")
    texts.append(student.get("/decks/capitals/spaced/").content.decode())
    names = set(NAME.findall("".join(texts)))
    assert {"step", "rating", "new_per_day", "login", "email", "time_zone"} <= names
    return names - {"csrfmiddlewaretoken"}


def encoded(fields: dict[str, str]) -> str:
    return "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in fields.items())


def test_sweep_reaches_every_page(pages: list[str], sweep: Sweep) -> None:
    seen = []
    sweep(lambda client, page: seen.append(page) or client.get(page))
    assert len(pages) > 20
    assert seen == sorted(pages * 2)
    assert {"/", "/accounts/signup/", "/decks/capitals/spaced/answer/"} <= set(seen)


@pytest.mark.parametrize("method", METHODS)
def test_unusual_methods_cause_no_500(sweep: Sweep, method: str) -> None:
    assert not sweep(lambda client, page: client.generic(method, page))


@pytest.mark.long
@pytest.mark.parametrize("name", ["NUL", "a lone surrogate", "a long number", "a path that is no text"])
def test_hostile_queries_cause_no_500(sweep: Sweep, name: str) -> None:
    query = encoded(dict.fromkeys(QUERY_NAMES, VALUES[name]))
    assert not sweep(lambda client, page: client.get(f"{page}?{query}"))


@pytest.mark.long
@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_hostile_headers_cause_no_500(sweep: Sweep, headers: dict[str, str]) -> None:
    assert not sweep(lambda client, page: client.get(page, headers=headers))


@pytest.mark.parametrize("host", HOSTS)
def test_unknown_host_returns_400(host: str) -> None:
    assert Client().get("/", headers={"Host": host}).status_code == 400


@pytest.mark.long
def test_hostile_fields_cause_no_500(sweep: Sweep, field_names: set[str]) -> None:
    for name, value in VALUES.items():
        body = encoded(dict.fromkeys(field_names, value))
        assert not sweep(lambda client, page: client.post(page, body, content_type=FORM)), name  # noqa: B023


def test_invalid_number_in_an_address_returns_404(deck: Deck, admin_client: Client) -> None:
    routes = [route for route in worlds.routes() if "<key:pk>" in route]
    assert len(routes) > 20
    for route in routes:
        for value in (str(2**63), "9" * 5_000):
            page = route.replace("<key:pk>", value).replace("<slug:slug>", deck.slug)
            assert admin_client.get(page).status_code == 404, page[:200]


def test_addresses_use_no_int_converter() -> None:
    """Django's own <int:> takes numbers that a database does not."""
    assert not [route for route in worlds.routes() if "<int:" in route]


@pytest.mark.long
def test_hostile_values_in_every_form_cause_no_500(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each field of every form that people see, with an open paper too: one at a time, and all at once.

    Also some random requests; `python -m tests.load.fuzz` sends more.
    """
    monkeypatch.setattr(client_module, "store_rendered_templates", lambda *args, **kwargs: None)
    fuzzer = fuzz.Fuzzer(worlds.build(), seed=1)
    unlike = {
        worlds.shape_of(form): (role, form) for role in ("owner", "learner") for form in fuzzer.forms[role]
    }
    names = {name for _, form in unlike.values() for name, _ in form.fields}
    assert {
        "paper",
        "q0-revision",
        "step",
        "rating",
        "board",
        "revision",
        "report",
        "answer",
        "card",
    } <= names
    for role, form in unlike.values():
        client = fuzzer.world.clients[role]
        for fields in strange_fields(form):
            with worlds.taken_back([client]):
                answer = client.post(form.action, fuzz.encoded(fields), content_type=FORM)
            assert answer.status_code < 500, (form.action, str(fields)[:500])
    outcome = fuzzer.run(300)
    assert (outcome.statuses[500], outcome.errors) == (0, {})


def strange_fields(form: worlds.Form) -> Iterator[list[tuple[str, str]]]:
    for value in (*NUMBERS, "NUL", "a lone surrogate"):
        yield [(name, VALUES[value]) for name, _ in form.fields]
    for changed, real in worlds.unlike_fields(form):
        yield [(name, sent) for name, sent in form.fields if name != changed]
        for value in NUMBERS if real.isdigit() else ():
            yield [(name, VALUES[value] if name == changed else sent) for name, sent in form.fields]


@pytest.mark.long
@pytest.mark.parametrize(("body", "content_type"), BODIES.values(), ids=BODIES)
def test_hostile_bodies_cause_no_500(sweep: Sweep, body: bytes, content_type: str) -> None:
    assert not sweep(lambda client, page: client.generic("POST", page, body, content_type=content_type))


@pytest.mark.parametrize("charset", ["base64", "idna", "undefined", "martian", "utf-16"])
def test_unknown_charsets_cause_no_500(charset: str) -> None:
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/accounts/login/", "QUERY_STRING": "next=%ff&x=%C3%A4"}
    environ["CONTENT_TYPE"] = f"{FORM}; charset={charset}"
    setup_testing_defaults(environ)
    statuses: list[str] = []
    application(environ | {"HTTP_HOST": "localhost"}, lambda status, headers: statuses.append(status))
    assert statuses == ["403 Forbidden"]


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("/accounts/signup/", "email"),
        ("/accounts/signup/", "name"),
        ("/accounts/signup/", "password1"),
        ("/accounts/login/", "login"),
        ("/accounts/login/", "password"),
    ],
)
def test_megabyte_in_a_field_is_a_form_error(client: Client, page: str, field: str) -> None:
    response = client.post(page, {field: MEGABYTE})
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()


@pytest.mark.parametrize("field", ["name", "time_zone"])
def test_megabyte_in_a_preference_is_refused(learner: User, learner_client: Client, field: str) -> None:
    before = User.objects.filter(pk=learner.pk).values().get()
    fields = {"name": learner.name, "time_zone": learner.time_zone, field: MEGABYTE}
    response = learner_client.post("/accounts/preferences/", fields)
    assert response.status_code == 200
    assert User.objects.filter(pk=learner.pk).values().get() == before


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data", "text/plain"])
def test_answer_in_another_content_type_is_not_counted(
    deck: Deck, learner_client: Client, content_type: str
) -> None:
    learner_client.post(f"{deck.get_absolute_url()}spaced/")
    body = f"step={Step.objects.get().pk}&rating=3"
    address = f"{deck.get_absolute_url()}spaced/answer/"
    assert learner_client.generic("POST", address, body, content_type=content_type).status_code in (400, 404)
    assert not Review.objects.exists()
