"""Slow clients of every kind on a site: their uploads and downloads must be complete in the end."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.load.learners import STUDY, Learner, begin
from tests.load.sites import Site, digest_of, picture
from tests.load.slow_clients import FORM, SlowClient, exchange, form_body, head_of, multipart, reader, upload
from tests.server import query

RATE = 4_000
"""Bytes a second of a slow reader; every other one reads nothing."""
LONG = 300
"""Seconds that a body takes unless it is told to finish."""


@dataclass
class Expected:
    """A slow client, and the fault in its outcome; empty if there is none."""

    client: SlowClient
    judge: Callable[[], str]


class SlowMix:
    """Makes slow uploaders and readers, and knows what must come of each."""

    def __init__(self, site: Site, most: int) -> None:
        self.site, self.teacher = site, site.teacher()
        # An import may be handed in 20 times a minute by each person, so each uploader is one.
        self.visitors: list[Learner] = begin(site.port, most)
        self.paths = [self._prepared(site.large_export), site.static, f"/decks/{site.large}/"]
        self.digests = [self._digest(path) for path in self.paths[:2]]
        self.next_card = 0

    def _prepared(self, path: str) -> str:
        """The address of the large deck's file, once it is written."""
        address = self.teacher.post(f"{path}prepare/", {}, {}).headers["Location"]
        while self.teacher.post(f"{address}go-on/", {}, {}).status == 302:
            if f"{address}file/" in self.teacher.get(address).text:
                return f"{address}file/"
        raise AssertionError(f"{address} was not prepared")

    def _digest(self, path: str) -> str:
        status, _, body = exchange(self.site.port, head_of("GET", path, self.teacher))
        assert status == 200, f"{path}: {status}"
        return digest_of(body)

    def uploads(self, count: int, *, seconds: float = LONG) -> list[Expected]:
        """Imports, images of cards, and answers, in turns."""
        kinds = [self._import, self._image, self._answer]
        return [kinds[n % 3](self.visitors[n], seconds) for n in range(count)]

    def readers(self, count: int) -> list[Expected]:
        """Who downloads the large deck, a large static file, and a page, in turns."""
        return [self._reader(n % 3, RATE if n % 2 else 0) for n in range(count)]

    def _import(self, visitor: Learner, seconds: float) -> Expected:
        lines = "".join(f"Term {n}\tDefinition {n}\n" for n in range(200)).encode()
        token = {"csrfmiddlewaretoken": visitor.browser.cookies["csrftoken"]}
        body, kind = multipart(token, "file", "cards.txt", lines)
        client = upload(visitor.browser, "/import/", body, kind, seconds=seconds)
        return Expected(client, lambda: self._judge_import(client, visitor))

    def _judge_import(self, client: SlowClient, visitor: Learner) -> str:
        if client.status != 302:
            return f"an import was answered with {client.status}"
        draft = client.response[1]["Location"]
        page = visitor.browser.get(draft).text
        if "Definition 1" not in page:
            return f"the draft {draft} does not show the cards"
        token = draft.strip("/").rpartition("/")[2]
        kept = query(self.site.data_dir, f"SELECT count(*) FROM cards_importdraft WHERE token = '{token}'")
        return "" if kept == [(1,)] else f"{kept} drafts are {draft}"

    def _image(self, _visitor: Learner, seconds: float) -> Expected:
        card = self.site.cards[self.next_card]
        self.next_card += 1
        path = f"/decks/{self.site.pictured}/cards/{card}/edit/"
        seen = re.search(r'name="seen" value="([^"]+)"', self.teacher.get(path).text)
        assert seen
        fields = {
            "csrfmiddlewaretoken": self.teacher.cookies["csrftoken"],
            "term": f"Pictured {card}",
            "definition": "With an image",
            "side_choice": "auto",
            "seen": seen[1],
            "term-words": "Noise",
        }
        body, kind = multipart(fields, "term-file", "noise.png", picture(card))
        client = upload(self.teacher, path, body, kind, seconds=seconds)
        return Expected(client, lambda: self._judge_image(client, card))

    def _judge_image(self, client: SlowClient, card: int) -> str:
        kept = query(self.site.data_dir, f"SELECT count(*) FROM cards_cardimage WHERE card_id = {card}")
        return "" if kept == [(1,)] else f"card {card} has {kept} images after {client.status}"

    def _answer(self, visitor: Learner, seconds: float) -> Expected:
        step = visitor.step
        assert step, "a session has ended"
        body = form_body(visitor.browser, {"step": step, "rating": 3})
        client = upload(visitor.browser, f"{STUDY}answer/", body, FORM, seconds=seconds)
        return Expected(client, lambda: self._judge_answer(client, visitor, step))

    def _judge_answer(self, client: SlowClient, visitor: Learner, step: int) -> str:
        if client.status != 200:
            visitor.told.unknown[step] = 3
            visitor.told.unsure.add(step)
            return f"a slow answer was answered with {client.status}"
        visitor.note_answer(step, 3, client.response[2].decode())
        return ""

    def _reader(self, kind: int, rate: int) -> Expected:
        client = reader(self.site.port, self.paths[kind], rate=rate, browser=self.teacher)
        return Expected(client, lambda: self._judge_reader(client, kind))

    def _judge_reader(self, client: SlowClient, kind: int) -> str:
        if client.status != 200:
            return f"{self.paths[kind]} was answered with {client.status}"
        is_whole = kind == 2 or digest_of(client.response[2]) == self.digests[kind]
        return "" if is_whole else f"{self.paths[kind]} came with other bytes"


def wrong_outcomes(expected: Sequence[Expected]) -> list[str]:
    """What is wrong with the outcomes, once the slow clients have finished."""
    return [wrong for one in expected if (wrong := one.judge())]
