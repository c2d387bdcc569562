"""A small site with data of every kind, and the forms of its own pages: for hostile requests.

Lena studies Olga's deck: a session in Spaced and one in Learn, a board, an open paper and one that is scored and
shared. Olga has a private deck with tags, reports and an import that is not finished; Ada is an admin.
"""

import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from cards.editing.cards import mark_twins
from cards.editing.decks import refresh_deck
from cards.models import Card, CardReport, Deck, ImportDraft, Tag, Visibility
from cards.reporting.services import report_card
from sessions_app.models import Paper, Review, Step
from studysite.accounts.models import Invitation, User

SLUGS = SLUG, PRIVATE = "capitals", "private"
CITIES = "Paris London Madrid Lisbon Berlin Vienna Rome Athens".split()
KINDS = ("choice", "true_false", "block", "typed", "flip")
ROLES = ("nobody", "guest", "learner", "owner", "admin")
# Values for the parts of addresses that name no row.
FREE = {"mode": "spaced", "name": "tab", "key": "0-x", "uidb36": "z", "sha256": "0" * 64, "note_type": "1"}
PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^()]*\)")


@dataclass
class Form:
    """A form as a page has it: where it is posted, with which names and values, and what its menus offer."""

    page: str
    action: str
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    offered: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class World:
    """The people's browsers by role, and what the site's addresses can name."""

    clients: dict[str, Client]
    named: dict[str, list[str]]


def build() -> World:
    """Make the site in an empty database."""
    olga, lena = (
        User.objects.create_user(f"{name.lower()}@example.org", name=name) for name in ("Olga", "Lena")
    )
    ada = User.objects.create_superuser("ada@example.org", name="Ada")
    clients = {role: Client(headers={"host": "localhost"}) for role in ROLES}
    for role, person in (("learner", lena), ("owner", olga), ("admin", ada)):
        clients[role].force_login(person)
    deck, private = make_deck(olga, SLUG, Visibility.PUBLIC), make_deck(olga, PRIVATE, Visibility.PRIVATE)
    card, other = deck.cards.in_order()[:2]
    card.tags.add(Tag.objects.create(owner=olga, name="Europe"))
    Tag.objects.create(owner=lena, name="Mine")
    mark_twins(card=card, other=other, are_twins=True)
    report_card(card=card, reporter=lena, kind=CardReport.Kind.ALSO_RIGHT, side="definition", text="Lutetia")
    Invitation.objects.create(created_by=ada)
    Card.objects.filter(pk=private.cards.in_order()[0].pk).update(removed_at=timezone.now())
    Deck.objects.create(owner=olga, title="Gone", slug="gone", removed_at=timezone.now())
    study(clients["learner"], f"/decks/{SLUG}/")
    clients["guest"].post(f"/decks/{SLUG}/learn/", {"learn_kinds": ["typed"]})
    clients["owner"].post(f"/decks/{PRIVATE}/test/", {"questions": 4, "kinds": KINDS})
    file = SimpleUploadedFile("cards.txt", b"one\ttwo\nthree\tfour")
    clients["owner"].post("/import/", {"file": file})
    return World(clients, named_things())


def make_deck(owner: User, slug: str, visibility: Visibility) -> Deck:
    deck = Deck.objects.create(
        owner=owner, title=slug.title(), slug=slug, visibility=visibility, side_choice="definition"
    )
    for position, city in enumerate(CITIES):
        Card.objects.create(
            deck=deck, position=position, term=f"Land {'abcdefgh'[position]}", definition=city
        )
    refresh_deck(deck=deck)
    return deck


def study(client: Client, deck: str) -> None:
    """One scored test that is shared, an open one, and an open session or board in every other mode."""
    take_a_test(client, f"{deck}test/")
    for line in Review.objects.all():
        client.post(f"/reviews/{line.pk}/override/", {"verdict": "correct"})
    client.post(f"{deck}test/", {"questions": 8, "kinds": KINDS})
    for mode in ("matching", "spaced", "learn"):
        client.post(f"{deck}{mode}/", {"learn_kinds": ["typed"], "retype": "on"})
    held = Step.objects.unanswered().get(session__mode="learn")
    client.post(f"{deck}learn/answer/", {"step": held.pk, "typed": "Lutetia"})


def take_a_test(client: Client, page: str) -> None:
    client.post(page, {"questions": 4, "kinds": ["typed", "choice"]})
    paper = Paper.objects.get().pk
    answers = {
        f"q{n}-{name}": value for n in range(4) for name, value in (("typed", "Lutetia"), ("option", 0))
    }
    for step, sent, revision in (("hand-in", answers, 1), ("judge", {}, 2)):
        revisions = {f"q{n}-revision": revision for n in range(4)}
        client.post(f"{page}{step}/", {"paper": paper, **sent, **revisions})
    client.post(f"{page}results/{paper}/sharing/")


def named_things() -> dict[str, list[str]]:
    """The values of the parts in the site's addresses, by name."""
    tokens = [*Paper.objects.exclude(token=None).values_list("token", flat=True)]
    tokens += [
        str(token)
        for rows in (ImportDraft, Invitation)
        for token in rows.objects.values_list("token", flat=True)
    ]
    keys = sorted(
        {str(key) for rows in (Card, Paper, Review) for key in rows.objects.values_list("pk", flat=True)[:2]}
    )
    return {name: [value] for name, value in FREE.items()} | {
        "slug": [SLUG, PRIVATE],
        "mode": ["spaced", "learn"],
        "pk": keys,
        "object_id": keys,
        "token": tokens,
    }


@contextmanager
def taken_back(clients: Collection[Client]) -> Iterator[None]:
    """All writes in the block are rolled back, and these browsers get back their earlier cookies."""
    cookies = [client.cookies.copy() for client in clients]
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    for client, before in zip(clients, cookies, strict=True):
        client.cookies = before


# --- Addresses


def routes(resolver: Any = None, before: str = "/") -> Iterator[str]:
    """The route of every page, the admin's too."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern, route)
        else:
            yield route.replace("^", "").removesuffix("$").removesuffix("\\Z")


def parts_of(route: str) -> list[str]:
    return [one or other for one, other in PART.findall(route)]


def address(route: str, values: dict[str, str]) -> str:
    """The route with its parts replaced."""
    return PART.sub(lambda found: values[found[1] or found[2]], route)


# --- Forms


class Reader(HTMLParser):
    """Reads the forms of a page; a button with an action of its own makes one more form of the same fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.forms, self.ids = page, list[Form](), dict[str, Form]()
        self.form: Form | None = None
        self.select = self.text = ""
        self.actions: list[tuple[Form, str, str, str]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.begin(given)
        elif tag == "a" and given.get("href", "").startswith(("/", "?")):
            self.links.append(urljoin(self.page, given["href"]).split("#")[0])
        form = self.ids.get(given.get("form", "")) or self.form
        if form is None or tag not in ("input", "button", "select", "textarea", "option", "fieldset"):
            return
        name, value = given.get("name", ""), given.get("value", "")
        if action := given.get("formaction") or (given.get("hx-post") if tag != "form" else ""):
            self.actions.append((form, action, name, value))
        elif tag == "option":
            self.choose(form, given)
        elif tag == "select":
            self.select = name
        elif name and given.get("type") == "file":
            form.files.append(name)
        elif name:
            form.fields.append((name, value))

    def begin(self, given: dict[str, str]) -> None:
        self.form = Form(self.page, given.get("action") or self.page, given.get("method", "get").lower())
        self.forms.append(self.form)
        if "id" in given:
            self.ids[given["id"]] = self.form

    def choose(self, form: Form, given: dict[str, str]) -> None:
        """What is selected, or the first option."""
        if self.select:
            form.offered.setdefault(self.select, []).append(given.get("value", ""))
        if self.select and ("selected" in given or self.select not in dict(form.fields)):
            form.fields = [pair for pair in form.fields if pair[0] != self.select]
            form.fields.append((self.select, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = ""


def read_page(page: str, html: str) -> tuple[list[Form], list[str]]:
    """The forms and the links of a page."""
    reader = Reader(page)
    reader.feed(html)
    more = [
        Form(page, action, "post", form.fields + ([(name, value)] if name else []), form.files, form.offered)
        for form, action, name, value in reader.actions
    ]
    for form in (*reader.forms, *more):
        form.action = urljoin(page, form.action)
        form.fields = [pair for pair in form.fields if pair[0] != "csrfmiddlewaretoken"]
    return [*reader.forms, *more], reader.links


def forms_of(client: Client, pages: Iterable[str], *, follow: int = 0) -> list[Form]:
    """The forms of ``pages``, and of up to ``follow`` pages that they link to, each form once."""
    found: dict[tuple[str, str, tuple[str, ...]], Form] = {}
    waiting, seen = list(dict.fromkeys(pages)), set[str]()
    while waiting:
        page = waiting.pop(0)
        seen.add(page)
        answer = client.get(page)
        if answer.streaming or "text/html" not in answer.get("Content-Type", ""):
            continue
        forms, links = read_page(page, answer.content.decode())
        for form in forms:
            found.setdefault(
                (urlsplit(form.action).path, form.method, tuple(sorted(dict(form.fields)))), form
            )
        fresh = [link for link in dict.fromkeys(links) if link not in seen and link not in waiting]
        waiting += [link for link in fresh if "logout" not in link][
            : max(0, follow - len(seen) - len(waiting))
        ]
    return list(found.values())


def shape_of(form: Form) -> tuple[str, ...]:
    """What a form has in common with those of other rows and decks."""
    return (without_rows(form.action), *map(without_rows, dict(form.fields)))


def unlike_fields(form: Form) -> list[tuple[str, str]]:
    """One of the form's fields that differ in their rows alone."""
    return list({without_rows(name): (name, value) for name, value in form.fields}.values())


def without_rows(text: str) -> str:
    return re.sub(rf"\d+|{'|'.join(SLUGS)}", "0", text)


def pages_of(world: World) -> list[str]:
    """Every address with all that is there, in the admin with one row of each kind."""
    found = []
    for route in routes():
        names = parts_of(route)
        if not set(names) <= world.named.keys():
            continue
        given = [world.named[name][: 1 if route.startswith("/admin/") else None] for name in names]
        found += [
            address(route, dict(zip(names, values, strict=True))) for values in itertools.product(*given)
        ]
    return list(dict.fromkeys(found))
