"""Random requests that no browser would send, to every page: ``python -m tests.load.fuzz --requests 20000``.

In this process, on a database of its own. They are the site's own forms with some values replaced, addresses with
strange parts and queries, and any method, from everybody: strangers, guests, a learner, an owner, an admin. What a
few of them in a row write is taken back. Prints the answers by status and the slowest; ends with 1 after a 500.
"""

import argparse
import atexit
import io
import os
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from unittest import mock
from urllib.parse import quote, urlsplit

if __name__ == "__main__":
    from studysite.server.prepare import prepare, start_django

    DATA_DIR = tempfile.mkdtemp(prefix="studysite-fuzz-")
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {"DATA_DIR": DATA_DIR, "LOG_LEVEL": "ERROR", "SQLITE_SYNC": "OFF"}
    atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
    start_django()

from django.http.response import HttpResponseBase
from django.test import client as client_module

from tests.load import world as worlds
from tests.load.world import Form, World

FORM = "application/x-www-form-urlencoded"
METHODS = "GET GET POST POST POST HEAD OPTIONS PUT DELETE BREW".split()
NUMBERS = [
    *"0 1 2 -1 +1 007 1.5 1e9 1,000 0x1 1_0 NaN inf ² ٣ १२ ３".split(),
    *(str(2**power + more) for power in (15, 16, 31, 32, 63, 64) for more in (-1, 0)),
    *("9" * count for count in (18, 19, 20, 400, 4_300, 4_301, 5_000)),
    *(" 1 ", "0" * 5_000 + "1", "1" + "٣" * 10, "-" + "9" * 5_000),
]
TEXTS = [
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "a\ud800b",
        "\n",
        "\r\n",
        "\u202e",
        "\ufeff",
        "e\u0301",
        "<b>",
        "{{ 7 * 7 }}",
    ),
    *("x" * 300, "x" * 2_000, "x" * 20_001, "https://evil.example.org", "../../etc", '{"a": 1}', "[[[["),
    *"ο ο/η ı ½ $x^ \\frac{ $$ %s%d%00 // None null true on all term correct # & = - __ [] {} ; '".split(),
    *"2026-99-99 0000-00-00 9999-12-31T23:59:59.999999Z 0001-01-01 12:99 delete_selected export_text".split(),
]
# Parts of addresses: what fits no pattern is 404, and some of it fits.
PARTS = [*NUMBERS, *"x - _ __ a.b é .. _5F_ %00".split(), "\0", "\ud800", " ", "x" * 300, *worlds.SLUGS]
NAMES = "page p q o e all next card answered round board aside shuffle tag _popup _to_field".split()
NAMES += "owner id__exact deck deck__id__exact learner app_label model_name field_name".split()
TARGETS = "question paper-bar paper cards terms tags card-viewer star-form x \xff".split()
FILES = [b"", b"a\tb\n", b"\xff\xfe\0", b"PK\x03\x04" + b"\0" * 40, b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"{}"]
FILE_NAMES = ["x.txt", "x.csv", "x.apkg", "x.png", "x.zip", "..", "é\u202e.txt", "x" * 300]
SHOWN = 700
OUTSIDE_ADMIN = "/(?!admin/)"


@dataclass
class Request:
    """One request: who sends what where."""

    role: str
    method: str
    path: str
    sent: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Outcome:
    """The results of the requests: how many by status, the exceptions, and the slowest.

    Times are seconds of processor time, which a busy machine does not change.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    errors: dict[str, list[Request]] = field(default_factory=dict)
    slowest: list[tuple[float, Request]] = field(default_factory=list)

    def note(self, seconds: float, request: Request) -> None:
        self.slowest = sorted([*self.slowest, (seconds, request)], key=lambda pair: -pair[0])[:10]

    def note_error(self, error: Exception, request: Request) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if "site-packages" not in frame.filename]
        places = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in (frames[-1], ours[-1]))
        self.errors.setdefault(f"{type(error).__name__} at {places}", []).append(request)
        self.statuses[500] += 1


class Fuzzer:
    """Chooses requests by a seed, and sends them."""

    def __init__(self, world: World, seed: int, *, follow: int = 0) -> None:
        self.world, self.chance, self.outcome = world, random.Random(seed), Outcome()
        routes, pages = list(worlds.routes()), worlds.pages_of(world)
        self.routes, self.forms = dict[str, list[str]](), dict[str, list[Form]]()
        for role, client in world.clients.items():
            seen = "/" if role == "admin" else OUTSIDE_ADMIN
            self.routes[role] = [route for route in routes if re.match(seen, route)]
            own = [page for page in pages if re.match(seen, page)]
            self.forms[role] = worlds.forms_of(client, own, follow=follow)
        known = [form for forms in self.forms.values() for form in forms]
        self.names = sorted({name for form in known for name, _ in form.fields} | {*NAMES})
        self.values = sorted({value for form in known for _, value in form.fields if value})
        # The forms of the last page, and the address that the last response leads to.
        self.fresh: list[Form] = []
        self.location = ""

    def run(self, requests: int) -> Outcome:
        while self.outcome.statuses.total() < requests:
            role = self.chance.choices(worlds.ROLES, (1, 1, 4, 4, 4))[0]
            self.fresh, self.location = [], ""
            with worlds.taken_back(self.world.clients.values()):
                # After an error the database refuses statements until the transaction is rolled back.
                while self.send(self.chosen(role)) and self.chance.random() < 0.7:
                    pass
        return self.outcome

    def send(self, request: Request) -> bool:
        """Whether the answer was no error."""
        client, started = self.world.clients[request.role], time.process_time()
        try:
            response = client.generic(request.method, request.path, headers=request.headers, **request.sent)
            body = b"".join(response.streaming_content) if response.streaming else response.content
        except Exception as error:
            self.outcome.note_error(error, request)
            return False
        self.outcome.note(time.process_time() - started, request)
        self.outcome.statuses[response.status_code] += 1
        self.look_at(request, response, body)
        return response.status_code < 500

    def look_at(self, request: Request, response: HttpResponseBase, body: bytes) -> None:
        """Remember what a person could do next."""
        self.location = response.get("Location", "")
        if response.status_code == 200 and "text/html" in response.get("Content-Type", ""):
            self.fresh = worlds.read_page(urlsplit(request.path).path, body.decode())[0] or self.fresh

    # --- Which requests

    def chosen(self, role: str) -> Request:
        if self.location.startswith("/") and self.chance.random() < 0.6:
            return Request(role, "GET", self.location)
        request = self.chance.choices((self.a_form, self.a_query, self.an_address), (6, 2, 2))[0](role)
        if self.chance.random() < 0.4:
            request.headers = {"HX-Request": "true", "HX-Target": self.chance.choice(TARGETS)}
        return request

    def a_form(self, role: str) -> Request:
        """A form of the last page, of the same person or another one, with some values replaced."""
        chance = self.chance.random()
        forms = self.forms[role if chance < 0.9 else self.chance.choice(worlds.ROLES)]
        form = self.chance.choice(self.fresh if self.fresh and chance < 0.5 else forms)
        fields = self.filled_in(form)
        for _ in range(self.chance.choice((0, 1, 1, 1, 2, 4))):
            self.replace_one(fields)
        if self.chance.random() < 0.1:
            fields = [(name, self.value()) for name, _ in fields]
        path = form.action if self.chance.random() < 0.95 else self.chance.choice(self.forms[role]).action
        if form.method == "get":
            return Request(role, "GET", f"{urlsplit(path).path}?{encoded(fields)}")
        if form.files or self.chance.random() < 0.05:
            return Request(role, "POST", path, self.multipart(fields, form.files))
        return Request(role, "POST", path, urlencoded(fields))

    def filled_in(self, form: Form) -> list[tuple[str, str]]:
        """One of the values of each name, mostly: a page has them all, as radio buttons."""
        if self.chance.random() < 0.2:
            return list(form.fields)
        by_name: dict[str, list[str]] = {}
        for name, value in form.fields:
            by_name.setdefault(name, []).append(value)
        return [
            (name, self.chance.choice(form.offered.get(name, values))) for name, values in by_name.items()
        ]

    def replace_one(self, fields: list[tuple[str, str]]) -> None:
        place, way = self.chance.randrange(len(fields) + 1), self.chance.random()
        if place == len(fields) or way < 0.1:
            fields.insert(place, (self.chance.choice(self.names), self.value()))
        elif way < 0.2:
            del fields[place]
        elif way < 0.25:
            fields.append(fields[place])
        else:
            fields[place] = (fields[place][0], self.value())

    def some_fields(self, *counts: int) -> list[tuple[str, str]]:
        return [(self.chance.choice(self.names), self.value()) for _ in range(self.chance.choice(counts))]

    def a_query(self, role: str) -> Request:
        page = urlsplit(self.chance.choice(self.forms[role]).page).path
        path = page if self.chance.random() < 0.5 else self.path(role, likely=True)
        return Request(role, "GET", f"{path}?{encoded(self.some_fields(1, 1, 2, 5))}")

    def an_address(self, role: str) -> Request:
        method, path = self.chance.choice(METHODS), self.path(role, likely=self.chance.random() < 0.3)
        return Request(role, method, path, urlencoded(self.some_fields(0, 1, 4)) if method == "POST" else {})

    def path(self, role: str, *, likely: bool) -> str:
        """Any address; of an unlikely one a part is replaced by what names nothing."""
        route = self.chance.choice(self.routes[role])
        names = worlds.parts_of(route)
        values = {name: self.chance.choice(self.world.named.get(name, ["x"])) for name in names}
        if names and not likely:
            values[self.chance.choice(names)] = self.chance.choice(PARTS)
        return quote(worlds.address(route, values), errors="surrogatepass", safe="/%")

    def value(self) -> str:
        texts = self.chance.choices((NUMBERS, TEXTS, self.values), (4, 4, 2))[0]
        more = self.chance.randrange(1, 9) if self.chance.random() < 0.1 else 0
        return self.chance.choice(texts) + "".join(chr(self.chance.randrange(0x110000)) for _ in range(more))

    def multipart(self, fields: Sequence[tuple[str, str]], files: Sequence[str]) -> dict[str, object]:
        """The fields with files, as a browser would send them."""
        data: dict[str, object] = {name: value.encode("utf-8", "replace").decode() for name, value in fields}
        for name in files:
            file = data[name] = io.BytesIO(self.chance.choice(FILES))
            file.name = self.chance.choice(FILE_NAMES)  # type: ignore[attr-defined]
        body = client_module.encode_multipart(client_module.BOUNDARY, data)
        return {"data": body, "content_type": client_module.MULTIPART_CONTENT}


def urlencoded(fields: Sequence[tuple[str, str]]) -> dict[str, object]:
    return {"data": encoded(fields), "content_type": FORM}


def encoded(fields: Sequence[tuple[str, str]]) -> str:
    return "&".join(
        "=".join(quote(part, safe="", errors="surrogatepass") for part in pair) for pair in fields
    )


def fuzz(requests: int, seed: int, *, follow: int = 0) -> Outcome:
    """Send this many requests to a small site that is made for them in the database."""
    # Keeping the context of every rendered template takes most of a request's time.
    with mock.patch.object(client_module, "store_rendered_templates"):
        return Fuzzer(worlds.build(), seed, follow=follow).run(requests)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    prepare()
    outcome = fuzz(given.requests, given.seed, follow=300)
    print(" ".join(f"{status}: {count:,}" for status, count in sorted(outcome.statuses.items())))
    for seconds, request in outcome.slowest:
        print(f"{seconds:6.2f} s  {request.role} {request.method} {request.path[:150]!r}")
    for name, requests in outcome.errors.items():
        print(f"{len(requests):,} × {name}\n    {str(requests[0])[:SHOWN]}")
    if outcome.statuses[500]:
        sys.exit(1)


if __name__ == "__main__":
    main()
